"""Telling people that something failed: a command or a webhook of theirs, from the settings."""

from __future__ import annotations

import json
import shlex
import subprocess
import urllib.error
import urllib.request

from orchestration.errors import HoldfastError
from orchestration.settings import Settings

PATIENCE_SECONDS = 20


def alert(settings: Settings, subject: str, text: str) -> list[str]:
    """Tells `alert_command` and `alert_url`, where they are set; returns which were told.

    Both get a JSON object with `subject` and `text`: the command on standard input, the webhook as
    a POST. Raises HoldfastError, after both were tried, where one could not be told.
    """
    message = json.dumps({"subject": subject, "text": text}, ensure_ascii=False)
    told, failed = [], []
    if settings.alert_command:
        try:
            # No shell: what is told comes from data, and stays on standard input.
            subprocess.run(
                shlex.split(settings.alert_command),
                input=message.encode(),
                check=True,
                timeout=PATIENCE_SECONDS,
                capture_output=True,
            )
            told.append("command")
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            failed.append(f"HOLDFAST_ALERT_COMMAND: {error}")
    if settings.alert_url:
        request = urllib.request.Request(
            settings.alert_url,
            data=message.encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):
                told.append("webhook")
        except (OSError, urllib.error.URLError) as error:
            # Its address may hold a secret.
            failed.append(f"HOLDFAST_ALERT_URL: {type(error).__name__}")
    if failed:
        raise HoldfastError(f"an alert could not be told: {'; '.join(failed)}")
    return told
