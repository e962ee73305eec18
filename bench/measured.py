"""What a command costs: time on the wall, time of processors, memory; in all, and by stage."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# Between two looks at the processes of a command, in seconds.
LOOK = 0.1


@dataclass
class Cost:
    """`seconds` on the wall, `cpu`: seconds of processors, `peak`: bytes of memory at most."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0


@dataclass
class Measured:
    """`total` of a command, its cost by stage, and what it printed."""

    total: Cost = field(default_factory=Cost)
    stages: dict[str, Cost] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def measured(
    command: Sequence[str],
    environ: Mapping[str, str],
    folder: Path,
    stages_of: Callable[[str], Sequence[str]] | None = None,
) -> Measured:
    """Runs a command to its end, in a process group of its own.

    `stages_of` is told each line as it is printed, an empty one before the first, and says which
    stages run from then on; what is spent meanwhile is shared out among them equally. Raises
    SystemExit where the command fails.
    """
    found, running = Measured(), list(stages_of("")) if stages_of else []
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    done = threading.Event()

    def look() -> None:
        before, cpu_before = began, 0.0
        while not done.wait(LOOK):
            now, (cpu, memory) = time.perf_counter(), spent(process.pid)
            # a process that has ended takes its time with it
            cpu = max(cpu, cpu_before)
            found.total.cpu, found.total.peak = cpu, max(found.total.peak, memory)
            for stage in running:
                cost = found.stages.setdefault(stage, Cost())
                cost.seconds += (now - before) / len(running)
                cost.cpu += (cpu - cpu_before) / len(running)
                cost.peak = max(cost.peak, memory)
            before, cpu_before = now, cpu

    looking = threading.Thread(target=look)
    looking.start()
    assert process.stdout
    for line in process.stdout:
        found.lines.append(line.rstrip())
        if stages_of:
            running[:] = stages_of(line)
    status = process.wait()
    done.set()
    looking.join()
    found.total.seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"{' '.join(command)} failed:\n" + "\n".join(found.lines[-40:]))
    return found


def spent(group: int) -> tuple[float, int]:
    """Seconds of processors, and bytes of memory, of the processes of a group, with what those that
    ended have spent."""
    cpu, memory = 0, 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            cpu += sum(map(int, fields[11:15]))
            memory += int(fields[21]) * PAGE
    return cpu / TICKS, memory


class Stages:
    """Which stages of `holdfast build` run, from what it prints.

    Models of `staging`; `facts`: what lies between, and dimensions and facts; `marts`: what people
    read; `tests` of data; `forecast`; `publish`. `erase` is what comes before dbt: carrying out
    requests to be forgotten. What dbt does before its first node is `dbt`.
    """

    NODE = re.compile(r"(\d+) of \d+ (START|\S+) (.*)")

    def __init__(self) -> None:
        """Nothing has run."""
        self.running: dict[str, str] = {}
        self.between = "erase"

    def __call__(self, line: str) -> list[str]:
        """What runs once `line` was printed."""
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if node := self.NODE.search(line):
            number, word, rest = node.groups()
            if word == "START":
                self.running[number] = self.stage(rest)
            else:
                self.running.pop(number, None)
        elif "Done. PASS=" in line:
            self.running.clear()
            self.between = "publish" if self.between == "after" else "forecast"
        elif "Running with dbt=" in line:
            self.between = "after" if self.between == "forecast" else "dbt"
        if self.running:
            return list(self.running.values())
        return ["dbt" if self.between == "after" else self.between]

    @staticmethod
    def stage(rest: str) -> str:
        """Stage of a node, from dbt's words for it."""
        if rest.startswith(("test", "unit_test")):
            return "tests"
        name = rest.split(" model ")[-1].split(" file ")[-1].split()[0]
        schema, _, table = name.rpartition(".")
        if schema == "staging":
            return "staging"
        if schema == "marts" and not table.startswith(("dim_", "fct_")):
            return "marts"
        return "facts" if schema in ("intermediate", "marts") else "dbt"
