"""Many `mf query` in one process, since each command by itself takes five seconds to start.

Reads a JSON list of argument lists from standard input. A query that finds nothing writes no file.
"""

from __future__ import annotations

import json
import sys

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from dbt_metricflow.cli.main import query

if __name__ == "__main__":
    configuration = CLIConfiguration()
    for arguments in json.load(sys.stdin):
        query.main(["--quiet", *arguments], obj=configuration, standalone_mode=False)
