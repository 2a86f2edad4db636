"""A thousand difficult files through one real batch: does each get a verdict, at no more than its limits?

    python -m bench.hostile [--files 1000] [--seed 1] [--seconds 12] [--memory 600] [--keep FOLDER]

`ctg run` reads them all; then it runs once more, the doctor looks at the store, and the review page shows
every report that was accepted, with pictures. Bombs are also read one by one, each by a child of its own,
whose memory is measured. The result is kept in `bench/results/hostile.json`; exits with 1 where anything was
wrong.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.hostile_corpus import corpus, write
from bench.hostile_costs import costs
from bench.hostile_review import reviewed
from bench.hostile_watch import Listener, Watch, watching
from ctg_nlp.intake.sandbox import Limits
from ctg_nlp.records import Report, VerdictKind
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store
from ctg_nlp.submissions import scan

RESULT = Path(__file__).parent / "results" / "hostile.json"
_START = 5.0  # seconds that a child which died takes to be there again
_SCAN_SECONDS, _ALL_SCANS = 10, 40  # for a scanned page, and for all of a report


@dataclass(frozen=True, slots=True)
class Ran:
    """A command: its exit code, what it printed, its seconds, and what was used meanwhile."""

    code: int
    said: str
    seconds: float
    watch: Watch


def home_for(folder: Path, limits: Limits) -> Home:
    """A new home with these limits."""
    made = make_home(folder / "home")
    settings = made.root / "ctg.toml"
    settings.write_text(
        f"seconds_per_report = {limits.seconds}\nmemory_mb = {limits.memory_mb}\nretrain_after = 0\n"
        f"seconds_per_scanned_page = {_SCAN_SECONDS}\nseconds_for_scans = {_ALL_SCANS}\n"
        + settings.read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    return open_home(made.root)


def ctg(log: Path, home: Home, *arguments: str) -> Ran:
    """Run a command of ours on the home in a process of its own."""
    command = [sys.executable, "-m", "bench.hostile_ctg", str(log), "--home", str(home.root), *arguments]
    began = time.monotonic()
    with log.with_suffix(".said").open("w+b") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        with watching(process.pid) as watch:
            code = process.wait()
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    return Ran(code, said, time.monotonic() - began, watch)


def stored(home: Home) -> tuple[list[Report], list[tuple[str, str]]]:
    """The reports of the store, and each file of the raw folder with its content's hash."""
    store = open_store(home.database)
    with store.reading() as db:
        reports = list(report_store.reports(db))
        files = scan(home.root, home.raw, report_store.submissions(db)).files
    store.close()
    return reports, [(f.folder_path, f.sha256) for f in files]


def verdicts(reports: Sequence[Report]) -> dict[str, int]:
    """How many reports have each verdict."""
    return dict(sorted(Counter(r.verdict_in_words for r in reports).items()))


def timings(log: Path, limits: Limits) -> dict[str, Any]:
    """What the slowest took, and which took longer than they may: scanned pages have their own time."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    most = limits.seconds + _START + _ALL_SCANS + _SCAN_SECONDS
    over = [line for line in lines if line["reading"] > most]
    after = max(lines, key=lambda line: line["seconds"] - line["reading"])
    return {
        "reports": len(lines),
        "half_within": round(_share(lines, 0.5), 2),
        "95_of_100_within": round(_share(lines, 0.95), 1),
        "slowest_reading": round(max(line["reading"] for line in lines), 1),
        "at_the_limit": sum(line["reading"] >= limits.seconds for line in lines),
        "slowest_after_reading": round(after["seconds"] - after["reading"], 1),
        "slowest_after_reading_is": after["path"],
        "over": over,
    }


def _share(lines: Sequence[dict[str, Any]], share: float) -> float:
    """The seconds within which this share of the files was read."""
    return float(sorted(line["reading"] for line in lines)[int(share * (len(lines) - 1))])


def wrong_with(result: dict[str, Any], limits: Limits) -> list[str]:
    """What is not as it should be, in words."""
    base = result["memory"]["idle_reader_mb"]
    reader = result["memory"]["most_mb"].get("reader", 0)
    checks = {
        f"files without a verdict: {result['without']}": not result["without"],
        f"unexpected errors: {result['failed']}": not result["failed"],
        f"the run ended with {result['exit_code']}": result["exit_code"] == 0,
        f"the run again ended with {result['again']['exit_code']}": result["again"]["exit_code"] == 0,
        f"a traceback was shown: {result['traceback']}": not result["traceback"],
        f"took too long: {result['times']['over']}": not result["times"]["over"],
        f"a reader took {reader} MB": reader <= base + limits.memory_mb,
        f"the doctor found: {result['doctor']}": not result["doctor"],
        f"the review page: {result['review']['wrong']}": not result["review"]["wrong"],
        f"was asked for over the network: {result['asked']}": not result["asked"],
    }
    return [said for said, fine in checks.items() if not fine]


def batch(folder: Path, count: int, seed: int, limits: Limits) -> dict[str, Any]:
    """Make the corpus and a home, read it, and look at what came of it."""
    home, listener = home_for(folder, limits), Listener()
    kinds = write(home.raw, corpus(seed, count, listener.address))
    print(f"{len(kinds)} files of {len(set(kinds.values()))} kinds", flush=True)
    run = ctg(folder / "first.log", home, "run", "--plain")
    print(f"read in {run.seconds:.0f} s, exit code {run.code}", flush=True)
    again = ctg(folder / "again.log", home, "run", "--plain")
    doctor = ctg(folder / "doctor.log", home, "doctor", "--verify")
    listener.close()
    reports, files = stored(home)
    known = {r.report_id for r in reports}
    readable = [r for r in reports if r.readable]
    return {
        "files": len(files), "kinds": len(set(kinds.values())), "contents": len({sha for _, sha in files}),
        "exit_code": run.code, "seconds": round(run.seconds), "verdicts": verdicts(reports),
        "without": [path for path, sha in files if sha not in known],
        "failed": [(r.path, r.message) for r in reports if r.verdict is VerdictKind.FAILED],
        "traceback": [r.said[-2000:] for r in (run, again, doctor) if "Traceback" in r.said],
        "times": timings(folder / "first.log", limits),
        "memory": {
            "idle_reader_mb": idle_reader_mb(folder, limits),
            "most_mb": {k: round(v) for k, v in run.watch.most.items()},
            "together_mb": round(run.watch.together),
        },
        "again": {
            "exit_code": again.code, "seconds": round(again.seconds, 1), "read": _lines(folder / "again.log"),
        },
        "doctor": "" if doctor.code == 0 else doctor.said,
        "asked": listener.asked,
        "review": reviewed(home.root, readable),
    }  # fmt: skip


def _lines(log: Path) -> int:
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


def idle_reader_mb(folder: Path, limits: Limits) -> int:
    """What a child holds that read one plain page."""
    from bench.hostile_pdf import document, whole
    from bench.hostile_watch import peak_mb
    from ctg_nlp.intake.sandbox import Reader

    path = folder / "idle.pdf"
    path.write_bytes(whole(document()))
    with Reader(limits) as reader:
        reader.read(path)
        assert reader._child is not None
        return round(peak_mb(reader._child.pid))


def main() -> int:
    """Run, keep the result, and say what was wrong. Returns the exit code."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--files", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--seconds", type=int, default=12)
    asked.add_argument("--memory", type=int, default=600)
    asked.add_argument("--keep", type=Path)
    given = asked.parse_args()
    limits = Limits(seconds=given.seconds, memory_mb=given.memory)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="ctg-hostile-"))
    folder.mkdir(parents=True, exist_ok=True)
    result = {
        "on": datetime.now(UTC).date().isoformat(), "seed": given.seed,
        "limits": {"seconds": limits.seconds, "memory_mb": limits.memory_mb, "seconds_for_scans": _ALL_SCANS},
        **batch(folder, given.files, given.seed, limits),
        "bombs": [asdict(c) for c in costs(folder, limits, given.seed)],
    }  # fmt: skip
    result["wrong"] = wrong_with(result, limits)
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for said in result["wrong"]:
        print(said[:3000])
    print(json.dumps({k: result[k] for k in ("files", "verdicts", "times", "memory", "again")}, indent=1))
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
