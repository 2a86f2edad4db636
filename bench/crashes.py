"""Kill -9 at random moments of a batch, a training, an export and a busy review page: is anything lost?

    python -m bench.crashes [--trials 100] [--kind batch ...] [--seed 1]
    python -m bench.crashes --trials 10 --kind serve     # the batch of `ctg serve`, a minute or two each

Each trial works on a home of its own. The result, with the moments and whatever was wrong, is kept in
`bench/results/crashes.json`; what a kind came to before is replaced. Exits with 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.crash_home import decided_home, unread_home
from bench.crash_serve import serve_trial, undisturbed_serve
from bench.crash_trials import WORKS, Trial, review_trial, trial, undisturbed

RESULT = Path(__file__).parent / "results" / "crashes.json"
KINDS = (*WORKS, "review")
SLOW = ("serve",)
"""Kinds that are run only when they are named."""


def trials_of(kind: str, folder: Path, count: int, chance: random.Random) -> tuple[list[Trial], float | None]:
    """So many trials of a kind, and the seconds of the undisturbed work."""
    template = folder / ("unread" if kind in ("batch", "serve") else "decided")
    if kind == "review":
        return [review_trial(template, folder, chance) for _ in range(count)], None
    if kind == "serve":
        expected, seconds = undisturbed_serve(template, folder)
        return [serve_trial(template, folder, expected, seconds, chance) for _ in range(count)], seconds
    expected, seconds = undisturbed(kind, template, folder)
    return [trial(kind, template, folder, expected, seconds, chance) for _ in range(count)], seconds


def summary(trials: list[Trial], seconds: float | None, seed: int) -> dict[str, Any]:
    """What is kept of the trials of a kind."""
    return {
        "trials": len(trials),
        "wrong": [{"killed_after": t.kills, "what": t.wrong} for t in trials if t.wrong],
        "killed_twice": sum(len(t.kills) > 1 for t in trials),
        "acknowledged_acts": sum(t.acknowledged for t in trials),
        "undisturbed_seconds": None if seconds is None else round(seconds, 2),
        "killed_after": sorted(k for t in trials for k in t.kills),
        "seed": seed,
        "on": datetime.now(UTC).date().isoformat(),
    }


def main() -> int:
    """Run the trials, keep the result, and say it in words. Returns the exit code."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--trials", type=int, default=100)
    asked.add_argument("--kind", action="append", choices=(*KINDS, *SLOW))
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    kept = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.is_file() else {}
    folder = Path(tempfile.mkdtemp(prefix="ctg-crashes-"))
    unread_home(folder / "unread")
    decided_home(folder / "decided")
    failed = 0
    for kind in given.kind or KINDS:
        done = summary(*trials_of(kind, folder, given.trials, random.Random(given.seed)), given.seed)
        failed += len(done["wrong"])
        kept[kind] = done
        RESULT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"{kind}: {done['trials']} trials, {len(done['wrong'])} with something wrong", flush=True)
    if not failed:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
