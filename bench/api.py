"""Time and memory of whole sets read over HTTP, from a project of your own.

    python bench/api.py HOME [--sets decisions coded] [--forms jsonl csv json]

Serves the project (without users: as its one local coder) in a process of its own and reads each set once in
each form, part by part for json. `peak_mb` is the most memory that the server had at any time, so far.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

SETS = ("reports", "decisions", "evidence", "coded")
_SERVE = "from ctg_nlp.cli.main import main; main()"


def _whole(address: str, form: str) -> tuple[int, int]:
    """Read a whole set. Returns its lines and bytes."""
    lines = size = 0
    with urlopen(f"{address}?format={form}", timeout=600) as answer:
        while some := answer.read(1 << 20):
            lines, size = lines + some.count(b"\n"), size + len(some)
    return lines, size


def _parts(address: str) -> tuple[int, int]:
    """Read a set part by part. Returns its rows and bytes."""
    rows, size, cursor = 0, 0, ""
    while cursor is not None:
        with urlopen(f"{address}?limit=5000&cursor={cursor}", timeout=600) as answer:
            said = answer.read()
        part = json.loads(said)
        rows, size, cursor = rows + len(part["data"]), size + len(said), part["next"]
    return rows, size


def _peak_mb(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


def main() -> None:
    """Print a line of JSON for each set and form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--forms", nargs="+", default=("jsonl", "csv", "json"))
    asked = parser.parse_args()
    command = [
        sys.executable,
        "-c",
        _SERVE,
        "--home",
        str(asked.home),
        "review",
        "--no-browser",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        assert server.stdout is not None
        said = re.search(r"http://[0-9.:]+", server.stdout.readline())
        assert said is not None
        try:
            for name in asked.sets:
                for form in asked.forms:
                    address, begun = f"{said[0]}/api/v1/{name}", time.perf_counter()
                    rows, size = _parts(address) if form == "json" else _whole(address, form)
                    took = round(time.perf_counter() - begun, 1)
                    told = {"set": name, "form": form, "rows": rows, "mb": size >> 20, "seconds": took}
                    print(json.dumps(told | {"peak_mb": _peak_mb(server.pid)}), flush=True)
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
