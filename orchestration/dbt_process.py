"""dbt as Dagster starts it: `holdfast-dbt`, which is `dbt` that never outlives the run it is of."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from orchestration.lock import hold_as_child

PAUSE_SECONDS = 0.3


def main() -> None:
    """Holds the writer's lock as a child, and becomes dbt."""
    parent = os.getppid()
    hold_as_child(Path(os.environ["HOLDFAST_HOME"]))
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    from dbt.cli.main import cli

    cli()


def end_with(parent: int) -> None:
    """Ends this process when its parent has ended: nobody reads what it would still do."""
    while os.getppid() == parent:
        time.sleep(PAUSE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
