"""How the batch grows: time for each report, memory, and what a run costs that finds nothing new.

    python bench/scale.py read [--reports 300 1000 3000] [--pages 4 8] [--keep FOLDER]
    python bench/scale.py store [--reports 10000 100000] [--keep FOLDER]
    python bench/scale.py cores [--reports 60]

`read` runs real batches in one home that grows: real PDFs (`scale_corpus`), read, proposed for and stored;
what was done is told as it comes.
`store` fills a home's store by its own functions (`scale_store`), each report with a file of its own in the
raw folder, and measures all that reads no PDF. `cores` reads the same reports by one reader and by two. Each
figure is taken in a process of its own; seconds "of the processor" are those of that process and the ones it
started, which others on the machine disturb less. The results are kept in `bench/results/scale.json`.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import scale_cores
import scale_corpus
import scale_measures
import scale_store

from ctg_nlp.settings import make_home

RESULTS = Path(__file__).parent / "results" / "scale.json"
Figures = dict[str, Any]


def read(folder: Path, sizes: list[int], pages: tuple[int, int]) -> list[Figures]:
    """One batch after the other until the home holds each of these numbers of reports."""
    home, found, there = make_home(folder / "read"), list[Figures](), 0
    for size in sizes:
        scale_corpus.write_reports(home.raw, range(there, size), pages)
        with home.register.open("w", encoding="utf-8") as register:
            register.write("group,cohort\n")
            register.writelines(f"{scale_corpus.name_of(n)},{1 + n % 4}\n" for n in range(size))
        found.append(measured(home.root, "batch") | {"reports": size, "new": size - there})
        say(found[-1])
        for again in ("first_exports", "again", "again_verify"):
            found.append(measured(home.root, again) | {"reports": size})
            say(found[-1])
        there = size
    return found


def store(folder: Path, sizes: list[int], what: list[str]) -> list[Figures]:
    """All that reads no PDF, in a home for each of these numbers of reports."""
    found = []
    for size in sizes:
        place = folder / f"store-{size}"
        scale_store.home_at(place, size)
        for name in ("first_exports", *what):
            found.append(measured(place, name) | {"reports": size})
            say(found[-1])
    return found


def measured(home: Path, what: str) -> Figures:
    """The figures of one measure, taken in a process of its own."""
    command = [sys.executable, scale_measures.__file__, str(home), what]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {"what": what} | json.loads(told.splitlines()[-1])


def say(figures: Figures) -> None:
    """Print figures as they come."""
    print(json.dumps(figures), flush=True)


def keep(part: str, found: list[Figures]) -> None:
    """Put figures in the place of the earlier ones of the same measure and number of reports; others stay."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    given = re.sub(r" --keep \S+", "", " ".join(sys.argv[1:]))  # that folder is of this machine
    earlier = kept.setdefault(part, {"commands": [], "figures": []})
    earlier["commands"] = [*dict.fromkeys([*earlier["commands"], f"python bench/scale.py {given}"])]
    figures = {(f["what"], f["reports"]): f for f in (*earlier["figures"], *found)}
    earlier["figures"] = list(figures.values())
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Take the figures of a part, print and keep them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("part", choices=("read", "store", "cores"))
    parser.add_argument("--reports", type=int, nargs="+")
    parser.add_argument(
        "--pages", type=int, nargs=2, metavar=("FEWEST", "MOST"), help="of each report that is read"
    )
    parser.add_argument("--what", nargs="+", choices=scale_measures.STORE, default=scale_measures.STORE)
    parser.add_argument("--keep", type=Path, help="a folder for the homes, which stay; else they are deleted")
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp())
    try:
        if given.part == "read":
            sizes, pages = given.reports or [300, 1000, 3000], tuple(given.pages or scale_corpus.PAGES)
            part = "read" if pages == scale_corpus.PAGES else "read, {} to {} pages".format(*pages)
            keep(part, read(folder, sizes, pages))
        elif given.part == "store":
            keep("store", store(folder, given.reports or [10_000, 100_000], given.what))
        else:
            keep("cores", scale_cores.compared(folder, (given.reports or [60])[0]))
    finally:
        if given.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
