"""Bytes of any kind to all that takes files from elsewhere: does anything but a `CtgError` come out of it?

    python -m bench.fuzz [--minutes 10] [--seed 1] [--target NAME ...] [--without-atheris]

Guided by coverage where atheris is installed (it need not be: each target then runs in a process of its own, from
the same seeds); else inputs are seeds changed at random. An input that raises another exception, or takes over
a second, is kept in `bench/results/fuzz/` and told. Exits with 1 where there is one.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.fuzz_change import changed
from bench.fuzz_targets import TARGETS, Bench, bench_at, run_target, seeds

KEPT = Path(__file__).parent / "results" / "fuzz"
SUMMARY = KEPT.with_suffix(".json")
_SLOW = 1.0  # seconds of this process; a reader of PDFs is one of its own, with its own limit


@dataclass
class Found:
    """What came of fuzzing one target: how many inputs, the slowest, and each finding by where it was raised."""

    inputs: int = 0
    slowest: float = 0.0
    findings: dict[str, str] = field(default_factory=dict)


def fuzz(name: str, bench: Bench, seconds: float, r: random.Random) -> Found:
    """Give a target changed seeds for so long."""
    found, start = Found(), seeds(name, bench)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = changed(start, r)
        said, spent = tried(name, bench, data)
        found.inputs += 1
        found.slowest = max(found.slowest, spent)
        if said and said not in found.findings:
            found.findings[said] = _keep(name, data)
    return found


def tried(name: str, bench: Bench, data: bytes) -> tuple[str, float]:
    """What is wrong with how a target takes an input (empty: nothing), and its seconds."""
    began, said = time.process_time(), ""
    try:
        run_target(name, bench, data)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = (
            f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}: {str(error)[:100]}"
        )
    spent = time.process_time() - began
    if not said and spent > _SLOW:
        said = "over a second"
    return said, spent


def _keep(name: str, data: bytes) -> str:
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{name.replace(' ', '_')}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path.name


def by_atheris(names: Sequence[str], seconds: float) -> dict[str, Found]:
    """Fuzz each target in a process of its own; what ended one is its finding."""
    done = {}
    for name in names:
        command = [sys.executable, "-m", "bench.fuzz_guided", name, str(int(seconds)), str(KEPT)]
        said = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        lines = said.stderr.splitlines()
        runs = [line for line in lines if line.startswith("Done ")]
        found = Found(inputs=int(runs[-1].split()[1]) if runs else 0)
        if said.returncode:
            last = [line for line in lines if "Error" in line or "Exception" in line or "timeout" in line]
            found.findings[last[0] if last else f"exit {said.returncode}"] = "see bench/results/fuzz"
        done[name] = found
    return done


def main() -> int:
    """Fuzz, keep the summary, and tell what was found. Returns the exit code."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--target", action="append", choices=list(TARGETS))
    asked.add_argument("--without-atheris", action="store_true")
    given = asked.parse_args()
    names = given.target or list(TARGETS)
    seconds = given.minutes * 60 / len(names)
    if importlib.util.find_spec("atheris") and not given.without_atheris:
        done, how = by_atheris(names, seconds), "atheris"
    else:
        with tempfile.TemporaryDirectory() as folder:
            bench = bench_at(Path(folder) / "bench")
            done = {n: fuzz(n, bench, seconds, random.Random(f"{given.seed} {n}")) for n in names}
            bench.reader.close()
        how = "changed seeds"
    for name, found in done.items():
        slowest = f", slowest {found.slowest:.2f} s" if found.slowest else ""
        print(f"{name}: {found.inputs} inputs{slowest}, {len(found.findings)} findings")
        for said, kept in found.findings.items():
            print(f"  {said} ({kept})")
    summary = {
        n: {"inputs": f.inputs, "findings": len(f.findings)}
        | ({"slowest": round(f.slowest, 2)} if f.slowest else {})  # atheris does not tell it
        for n, f in done.items()
    }
    text = json.dumps(
        {"how": how, "seed": given.seed, "minutes": given.minutes, "targets": summary}, indent=1
    )
    SUMMARY.write_text(text + "\n", encoding="utf-8")
    return 1 if any(f.findings for f in done.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
