"""A home with any number of reports for `bench/scale.py`, filled without reading a PDF.

Each report has a small file of its own in the raw folder (so that its name, size and time are known), a page
of text, a fingerprint, a place in the register and what proposed for it; a tenth is coded on the whole map.
There are no suggestions: a hundred for each report would fill the disk and are measured elsewhere
(`bench/review.py`).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text
from ctg_nlp.intake.extract import EXTRACTOR
from ctg_nlp.intake.ocr import find_tesseract
from ctg_nlp.intake.similar import PERMUTATIONS, bands_of
from ctg_nlp.records import Answer, Decision, Group
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.review.queue import tally
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import schema
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.suggest.propose import Proposer

WHEN = "2026-01-01T00:00:00+00:00"
_SLICE = 1000  # reports to a transaction, and files to a folder
_PATTERNS = 50  # ways in which reports are coded; those from the fifth on are not coded
_WORDS = (
    "coaching", "pupils", "attainment", "leaders", "staff", "literacy", "visited", "schools", "parents",
    "progress", "meetings", "planned", "data", "gap", "boys", "reading", "support", "writing", "results",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """How some of the reports are coded: decisions, and what they come to."""

    decisions: tuple[Decision, ...]
    states: bytes
    values: list[list[Any]]


def home_at(folder: Path, count: int) -> Home:
    """The home in that folder with so many reports, made where it is not there."""
    if (folder / "made.txt").is_file():
        return open_home(folder)
    home = make_home(folder)
    with (folder / "ctg.toml").open("a", encoding="utf-8") as settings:
        settings.write("retrain_after = 0\n")  # training is measured by bench/learning.py
    store = open_store(home.database, create=True)
    try:
        _fill(store, home, count)
    finally:
        store.close()
    (folder / "made.txt").write_text(f"{count} reports\n", encoding="utf-8")
    return home


def _fill(store: Store, home: Home, count: int) -> None:
    framework, model = home.framework, Proposer(home.framework).model_id
    groups = [Group(f"N{n:06d}", n, str(1 + n % 4)) for n in range(count + count // 50)]
    with home.register.open("w", encoding="utf-8") as register:
        register.write("group,cohort\n")
        register.writelines(f"{g.group_id},{g.cohort}\n" for g in groups)
    with store.transaction() as db:
        suggestion_store.put_framework(
            db, framework.framework_id, framework_text(home.framework_source), WHEN
        )
        report_store.put_groups(db, groups)
    patterns = [_pattern(framework, n) for n in range(_PATTERNS)]
    for start in range(0, count, _SLICE):
        rows: dict[Table, list[dict[str, Any]]] = {}
        for n in range(start, min(start + _SLICE, count)):
            for table, row in _rows(home, model, n, patterns[n % _PATTERNS]):
                rows.setdefault(table, []).append(row)
        with store.transaction() as db:
            for table, some in rows.items():
                db.execute(insert(table), some)
    _tally(store, framework, model, count, patterns)


def _pattern(framework: Framework, n: int) -> Pattern:
    chance = random.Random(n)
    said = list(_said(framework, chance)) if n < _PATTERNS // 10 else []
    records = resolve(said, framework)
    values = [[str(v.state), v.value] for v in values_of(framework, records)]
    return Pattern(tuple(said), states_of(framework, records), values)


def _said(framework: Framework, chance: random.Random) -> Iterator[Decision]:
    """Two codes present in each dimension of the map, all others absent."""
    for d in framework.dimensions:
        if d.stage != "map" or not d.coded:
            continue
        free = [c.id for c in d.codes if not (c.exclusive or c.missing or c.otherwise)]
        present = set(chance.sample(free, min(len(free), 1 if d.kind == "single" else 2)))
        for code in d.codes:
            answer = Answer.PRESENT if code.id in present else Answer.ABSENT
            yield Decision("", d.id, code.id, answer, "ada", WHEN, framework.framework_id)


def _rows(home: Home, model: str, n: int, pattern: Pattern) -> Iterator[tuple[Table, dict[str, Any]]]:
    text = _text(n)
    name = f"N{n:06d} report.pdf"
    path = home.raw / f"{n // _SLICE:04d}" / name
    content = f"%PDF-1.4 {text[:60]} {n}\n%%EOF\n".encode()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    report_id, stat = hashlib.sha256(content).hexdigest(), path.stat()
    stored = f"data/raw/{path.parent.name}/{name}"
    extractor = EXTRACTOR + ("+ocr" if find_tesseract() else "")
    signature = random.Random(-n).randbytes(PERMUTATIONS * 4)  # of a text that resembles no other
    yield schema.report, {
        "report_id": report_id, "sequence": n + 1, "name": name, "path": stored, "group_id": f"N{n:06d}",
        "kind": "final report", "verdict": "accepted", "extractor": extractor, "pages": 1, "words": 100,
        "received_at": WHEN, "counted": True, "settled": True, "signature": signature,
    }  # fmt: skip
    yield schema.submission, {
        "path": stored, "sha256": report_id, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns,
        "received_at": WHEN,
    }  # fmt: skip
    yield schema.page, {
        "report_id": report_id, "number": 1, "width": 595.0, "height": 842.0, "rotation": 0, "source": "text",
        "text": text, "furniture": [], "blocks": [], "passages": [], "words": b"",
    }  # fmt: skip
    for band, value in enumerate(bands_of(signature)):
        yield schema.fingerprint, {"report_id": report_id, "band": band, "value": value}
    made_by = {"report_id": report_id, "framework_id": home.framework.framework_id}
    yield schema.proposed, made_by | {"model_id": model, "extractor": extractor, "done_at": WHEN}
    yield schema.coded_report, made_by | {"states": pattern.states, "values": pattern.values}
    for d in pattern.decisions:
        yield schema.decision, made_by | {
            "dimension": d.dimension, "code": d.code, "answer": str(d.answer), "quotes": [], "note": "",
            "coder": d.coder, "role": "coder", "time": d.time,
        }  # fmt: skip


def _text(n: int) -> str:
    chance = random.Random(n)
    return f"Report {n}. " + " ".join(chance.choices(_WORDS, k=100))


def _tally(store: Store, framework: Framework, model: str, count: int, patterns: list[Pattern]) -> None:
    """What is left to do in each report, as it is reckoned when decisions are taken in."""
    with store.reading() as db:
        ids = [r.report_id for r in report_store.named(db)]
    for start in range(0, count, _SLICE):
        with store.transaction() as db:
            for n, report_id in enumerate(ids[start : start + _SLICE], start):
                records = resolve(patterns[n % _PATTERNS].decisions, framework)
                decided_at = WHEN if records else ""
                left = tally(report_id, framework, records, (), model_id=model, decided_at=decided_at)
                queue_store.put_tally(db, left)
