"""Run another program as a child that a file may not cost more than its limits:

    python -m ctg_nlp.intake.confined MEGABYTES PROGRAM ARGUMENT ...

The memory that it writes to, what it writes to any one file, and what it leaves of itself when it crashes are
limited before the program takes this process over, so that all that it starts is limited likewise. Where the
system knows no such limits the program just runs.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence

_FILE_MB = 1000
_MB = 1024 * 1024


def confined(megabytes: int, command: Sequence[str]) -> list[str]:
    """The command by which `command` runs with that much memory."""
    return [sys.executable, "-P", "-m", "ctg_nlp.intake.confined", str(megabytes), *command]


def main() -> None:
    """Limit this process, and become the program."""
    megabytes, command = int(sys.argv[1]), sys.argv[2:]
    try:
        import resource
    except ImportError:  # Windows, which has no exec either
        sys.exit(subprocess.call(command))
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: megabytes * _MB,
        resource.RLIMIT_FSIZE: _FILE_MB * _MB,
    }
    for limit, size in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a lower one holds already
            resource.setrlimit(limit, (size, size))
    mine = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # was for us alone
    os.execve(command[0], command, mine)


if __name__ == "__main__":
    main()
