"""A home with many reports for `bench/review.py`: the bundled example, copied over and over under new ids.

The copies have the pages, passages, words and suggestions of the example reports; scores differ within
their side of the threshold, and each copy ends in a line of its own ("Reference 4711"). Three of ten are
coded by one coder, a third of these also by a second one, who sometimes disagrees; one of twenty is half
done. One report has 300 pages, read and proposed for like any other.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pypdfium2
from sqlalchemy import Connection, Table, insert, select

from ctg_nlp.framework import Framework
from ctg_nlp.records import Act, Answer, Decision, Group
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import schema
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.tallies import refresh

EXAMPLE = Path(__file__).parent.parent / "ctg_nlp" / "example" / "raw"
LONG = "a report of 300 pages.pdf"
CODERS = ("ann", "ben")
DONE = "made.txt"
_SLICE = 200  # reports to a transaction
_COHORTS = ("Cohort 1", "Cohort 2", "Cohort 3", "Cohort 4")


@dataclass(frozen=True, slots=True)
class Original:
    """A report of the example as rows of the store, with what coders decided on it."""

    report: dict[str, Any]
    pages: tuple[dict[str, Any], ...]
    suggestions: tuple[dict[str, Any], ...]
    proposed: dict[str, Any]
    decisions: tuple[Decision, ...]


def home_at(folder: Path, count: int, database: str = "") -> Home:
    """The home in that folder, made where it is not there yet; `database` as in the settings."""
    if (folder / DONE).is_file():
        return open_home(folder)
    home = make_home(folder)
    with (folder / "ctg.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'database = "{database}"\n' if database else "")
    write_long_report(home.raw / LONG, 300)
    run = "from ctg_nlp.cli.main import main; main()"
    subprocess.run([sys.executable, "-c", run, "example", str(folder), "--plain"], check=True)
    home = open_home(folder)
    store = open_store(home.database)
    try:
        copy(store, home.framework, count)
    finally:
        store.close()
    (folder / DONE).write_text(f"{count} reports\n", encoding="utf-8")
    return home


def write_long_report(path: Path, pages: int) -> None:
    """One PDF of that many pages out of the example reports, the scan (a large file) left out."""
    merged = pypdfium2.PdfDocument.new()
    for source in cycle(p for p in sorted(EXAMPLE.glob("*.pdf")) if p.stat().st_size < 500_000):
        with pypdfium2.PdfDocument(source) as document:
            wanted = min(len(document), pages - len(merged))
            merged.import_pages(document, list(range(wanted)))
        if len(merged) == pages:
            break
    merged.save(path)
    merged.close()


def copy(store: Store, framework: Framework, count: int) -> None:
    """Fill the store up to that many reports, and tally them all."""
    with store.reading() as db:
        originals = tuple(_originals(db, framework))
        there = len(report_store.reports(db))
        groups = report_store.groups(db)
        position = report_store.next_sequence(db)
    numbers = range(there + 1, count + 1)
    with store.transaction() as db:
        made = [Group(_group(n), n, _COHORTS[n % len(_COHORTS)]) for n in numbers]
        report_store.put_groups(db, [*groups, *made])
    for start in range(0, len(numbers), _SLICE):
        with store.transaction() as db:
            some = numbers[start : start + _SLICE]
            _copy_slice(db, framework, originals, some, position - there - 1, count)
    refresh(store, framework)


def _copy_slice(
    db: Connection,
    framework: Framework,
    originals: Sequence[Original],
    numbers: Sequence[int],
    shift: int,
    count: int,
) -> None:
    rows: dict[Table, list[dict[str, Any]]] = {}
    decisions: list[Decision] = []
    for number in numbers:
        original = originals[number % len(originals)]
        for table, row in _rows(original, number, number + shift):
            rows.setdefault(table, []).append(row)
        decisions += _decided(framework, original, number, count)
    for table, some in rows.items():
        db.execute(insert(table), some)
    if decisions:
        db.execute(insert(schema.act), [_act(d) for d in decisions])
        decision_store.add_decisions(db, decisions)


def _originals(db: Connection, framework: Framework) -> Iterator[Original]:
    model = suggestion_store.last_model(db, framework.framework_id)
    for report in report_store.reports(db):
        if report.name == LONG or not report.counted:
            continue
        key = {"report_id": report.report_id, "model_id": model, "framework_id": framework.framework_id}
        yield Original(
            report=_all(db, schema.report, {"report_id": report.report_id})[0],
            pages=tuple(_all(db, schema.page, {"report_id": report.report_id})),
            suggestions=tuple(_all(db, schema.suggestion, key)),
            proposed=_all(db, schema.proposed, key)[0],
            decisions=tuple(decision_store.decisions(db, [report.report_id])),
        )


def _all(db: Connection, table: Table, key: dict[str, Any]) -> list[dict[str, Any]]:
    query = select(table).where(*(table.c[name] == value for name, value in key.items()))
    return [dict(row._mapping) for row in db.execute(query)]


def _rows(original: Original, number: int, sequence: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    """The rows of one copy, each after those that it refers to."""
    chance = random.Random(number)
    new = {"report_id": hashlib.sha256(f"copy {number}".encode()).hexdigest()}
    stem = original.report["name"].removesuffix(".pdf")
    named = {"sequence": sequence, "name": f"{stem} {number}.pdf", "group_id": _group(number)}
    yield schema.report, original.report | new | named | {"counted": True, "chosen": False}
    for page in original.pages:
        last = page["number"] == len(original.pages)
        yield schema.page, page | new | {"text": page["text"] + f"\nReference {number}" * last}
    yield schema.proposed, original.proposed | new
    for suggestion in original.suggestions:
        yield schema.suggestion, suggestion | new | {"score": _varied(suggestion, chance)}


def _group(number: int) -> str:
    return f"N{number:05d}"


def _varied(suggestion: dict[str, Any], chance: random.Random) -> float:
    """Another score on the same side of the threshold, so that what is suggested stays allowed."""
    score, threshold = suggestion["score"], suggestion["threshold"]
    low, high = (threshold, 1.0) if score >= threshold else (0.0, threshold)
    part = chance.random() * 0.5
    return float(score + part * (chance.choice((low, high)) - score))


def _decided(framework: Framework, original: Original, number: int, count: int) -> Iterator[Decision]:
    """What the coders decided on a copy: both, one, one on the first half of the codes, or nobody."""
    place = number / count
    chance = random.Random(-number)
    report_id = hashlib.sha256(f"copy {number}".encode()).hexdigest()
    said = original.decisions if place < 0.3 else original.decisions[: len(original.decisions) // 2]
    coders = CODERS if place < 0.1 else CODERS[:1] if place < 0.35 else ()
    for coder in coders:
        for i, d in enumerate(said):
            answer = d.answer
            if coder == CODERS[1] and chance.random() < 0.03 and _free(framework, d):
                answer = Answer.ABSENT if answer is Answer.PRESENT else Answer.PRESENT
            yield replace(
                d,
                report_id=report_id,
                coder=coder,
                answer=answer,
                time=f"2026-{1 + number % 9:02d}-{1 + number % 28:02d}T10:{i // 60 % 60:02d}:{i % 60:02d}Z",
                import_id="",
                act_id=str(uuid.UUID(int=chance.getrandbits(128))),
                suggested=answer is Answer.PRESENT and chance.random() < 0.9,
            )


def _free(framework: Framework, decision: Decision) -> bool:
    """Whether its answer can be turned around without breaking a rule of the framework."""
    dimension = framework.dimension(decision.dimension)
    if dimension is None or dimension.kind != "multi":
        return False
    code = dimension.code(decision.code or "")
    return code is not None and not (code.exclusive or code.missing)


def _act(decision: Decision) -> dict[str, Any]:
    act = Act(
        act_id=decision.act_id,
        report_id=decision.report_id,
        kind="answer",
        dimension=decision.dimension,
        code=decision.code,
        coder=decision.coder,
        time=decision.time,
        seconds=5.0,
        model_id="",
    )
    return {name: getattr(act, name) or None for name in Act.__dataclass_fields__} | {
        "model_id": "",
        "reason": "",
    }
