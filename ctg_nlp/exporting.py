"""Datasets of what was coded, for Excel, R, SPSS, Stata and Python. Composition of `dataset`, `export` and
`store`.

One reading of the store gives all tables in all forms: reports are taken some at a time, so that memory does
not grow with the number of decisions.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.dataset import read_dataset
from ctg_nlp.dataset_rows import (
    Coding,
    Decided,
    Row,
    Whose,
    code_rows,
    decision_rows_of,
    evidence_rows,
    report_row,
)
from ctg_nlp.dataset_selection import RELEASE_HAS_NONE, Filtering, sample_of
from ctg_nlp.disguise import Disguise, kept_columns, pseudonyms, risk
from ctg_nlp.export.dataset_dictionary import (
    CODEBOOK,
    DICTIONARY,
    NO_TEXTS,
    RELEASE_NOTE,
    TEXTS_WITHOUT_NAMES,
    codebook_rows,
    dictionary_rows,
    notes_of,
    reading_notes,
)
from ctg_nlp.export.dataset_files import FORMS, DatasetFiles
from ctg_nlp.export.dataset_plan import CODES, DECISIONS, EVIDENCE, SUGGESTIONS, reports_frame, wanted
from ctg_nlp.export.dataset_set import whole_set, write_manifest
from ctg_nlp.export.filter_plan import as_told, naming_sample, note_of
from ctg_nlp.export.variables import Frame
from ctg_nlp.framework import Framework
from ctg_nlp.name_words import Told
from ctg_nlp.rebuilds import code_version, data_hash
from ctg_nlp.records import Dataset, Rebuild
from ctg_nlp.store import coding_rows as row_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.coding_rows import DecisionRow
from ctg_nlp.store.database import Store
from ctg_nlp.suggestion_rows import suggestion_row
from ctg_nlp.tallies import refresh

_AT_ONCE = 100  # reports whose decisions are in memory together


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a release froze: exported instead of what is there now. `when` is the time of its rebuild."""

    release_id: str
    mark: str
    framework: Framework
    dataset: Dataset
    rebuild_id: str
    when: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a dataset is to hold. `stage`: "map", "indepth" or both (empty); `suggested`: also what a model
    proposes, in a file of its own.

    With a `key` names are replaced by pseudonyms; then quotes, notes and free texts are there only
    `with_texts`, and of the register's columns only those `kept` as they are.
    """

    forms: tuple[str, ...] = FORMS
    stage: str = ""
    suggested: bool = False
    key: bytes = b""
    with_texts: bool = False
    kept: tuple[str, ...] = ()
    frozen: Frozen | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """A dataset that was written: its files, the rows of each table, what remains of the risk where it is
    pseudonymised, of how many reports in it somebody still codes blind, and what it says of the sample of the
    second stage (empty where the framework has no such stage)."""

    folder: Path
    files: tuple[Path, ...]
    rows: Mapping[str, int]
    risk: tuple[str, ...] = ()
    blind: int = 0
    sample: str = ""


def export_dataset(
    store: Store,
    framework: Framework,
    folder: Path,
    asked: Wanted = Wanted(),  # noqa: B008 - frozen
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Exported:
    """Write a dataset; `folder` has it whole once this returns, and until then what it had.

    Raises `HomeError` where the folder cannot be written or holds something else.
    """
    if asked.frozen is None:
        refresh(store, framework)
    with whole_set(folder) as hidden, store.reading() as db, _seldom_collecting():
        made = _Making(db, framework, asked).write(hidden, progress)
    files = tuple(sorted(folder.iterdir()))
    return replace(made, folder=folder, files=files)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Have Python look for reference cycles seldom: rows make none, and looking through millions took
    a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Making:
    """One dataset from one state of the store."""

    def __init__(self, db: Connection, framework: Framework, asked: Wanted) -> None:
        self.db, self.asked = db, asked
        frozen = asked.frozen
        self.framework = frozen.framework if frozen else framework
        self.data = frozen.dataset if frozen else read_dataset(db, framework)
        dimensions = wanted(self.framework, asked.stage)
        self.coding = Coding(self.framework, dimensions, self.data.attribute_names, self.data.sample)
        self.rebuild = _rebuild(db, frozen.rebuild_id) if frozen else None
        self.when = frozen.when if frozen else decision_store.last_decided_at(db)
        self.blind = independence_store.still_blind(db)
        self.whose = self._reports()
        self.kept = kept_columns(asked.kept)
        self.disguise = self._disguised() if asked.key else None
        self.sample = sample_of(db, self.data, frozen.when if frozen else "", self.disguise)
        self.filtering = Filtering(db, self.coding, self.disguise, now=frozen is None)

    def _reports(self) -> list[Whose]:
        """The reports that count; then others that were decided on, unless they were withdrawn."""
        named = {n.report_id: n for n in report_store.named(self.db, withdrawn=self.rebuild is not None)}
        found = []
        for r in self.data.reports:
            name = named.pop(r.report_id, None)
            found.append(Whose(r.report_id, r.report_id, name.name if name else "", r.group_id, r))
        if self.rebuild is None:
            decided = decision_store.decided_reports(self.db) | selection_store.filtered_reports(self.db)
            found += [
                Whose(n.report_id, n.report_id, n.name, n.group_id, None)
                for n in named.values()
                if n.report_id in decided
            ]
        return found

    def _disguised(self) -> Disguise:
        told = Told()
        if self.asked.with_texts:  # what one report names may stand in texts on another
            for whose in self.whose:
                told.add("\n".join(report_store.page_texts(self.db, whose.report_id).values()))
        people = {*row_store.coders(self.db), *selection_store.deciders(self.db)}
        names = pseudonyms(self.asked.key, self.whose, sorted(people), self.kept, told)
        made = Disguise(names, self.coding, self.asked.with_texts, self.kept)
        # In the order of their new names: that of their arrival would tell which is which.
        self.whose = sorted((made.whose(w) for w in self.whose), key=lambda w: (w.coded is None, w.called))
        return made

    def frames(self) -> tuple[Frame, ...]:
        """The tables of the dataset."""
        further = (SUGGESTIONS,) if self.asked.suggested else ()
        wide = reports_frame(self.coding.dimensions, self.coding.attributes)
        every = (wide, CODES, DECISIONS, EVIDENCE, *self.filtering.frames, *further)
        return tuple(naming_sample(every, self.sample))

    def write(self, hidden: Path, progress: Callable[[int, int], None]) -> Exported:
        """Write all files into a folder."""
        frames = self.frames()
        files = DatasetFiles(hidden, (*frames, DICTIONARY, CODEBOOK), self.asked.forms, self.when)
        for start in range(0, len(self.whose), _AT_ONCE):
            progress(start, len(self.whose))
            for table, rows in self._tables(self.whose[start : start + _AT_ONCE]).items():
                files.write(table, rows)
        if self.asked.suggested:
            for some in in_parts(self._suggested(), 5000):
                files.write(SUGGESTIONS.name, some)
        files.write(DICTIONARY.name, list(dictionary_rows((*frames, CODEBOOK))))
        files.write(CODEBOOK.name, list(codebook_rows(self.framework, self.coding.dimensions)))
        said = self.facts(files.rows)
        files.close(notes_of(said))
        write_manifest(hidden, said, files.rows_of_files())
        risk = tuple(said["pseudonymised"]["risk"]) if self.disguise else ()
        told = note_of(self.sample) if self.framework.stage("indepth") else ""
        return Exported(hidden, (), dict(files.rows), risk, said["reports_still_coded_blind"], told)

    def _tables(self, some: Sequence[Whose]) -> dict[str, list[Row]]:
        """The rows of all tables on some reports."""
        said = self._decisions(some)
        found: dict[str, list[Row]] = {"reports": [], "codes": [], "decisions": [], "evidence": []}
        for whose in some:
            if whose.coded is not None:
                found["reports"].append(report_row(self.coding, whose, whose.coded))
            decided = Decided(self.coding, whose, said.get(whose.report_id, []))
            found["codes"].extend(code_rows(decided))
            found["decisions"].extend(decision_rows_of(decided))
            found["evidence"].extend(evidence_rows(decided))
        return found | (self.filtering.tables(some) if self.filtering.frames else {})

    def _decisions(self, some: Sequence[Whose]) -> dict[str, list[DecisionRow]]:
        ids = [w.report_id for w in some]
        then = None
        if self.rebuild is not None:
            then = frozenset(d.sequence for d in rebuild_store.decisions_at(self.db, self.rebuild, ids))
        said: dict[str, list[DecisionRow]] = {}
        for row in row_store.decision_rows(self.db, ids, then):
            said.setdefault(row.report_id, []).append(row)
        if self.disguise is not None:
            said = {w.report_id: [self.disguise.decision(r) for r in said.get(w.report_id, ())] for w in some}
        return said

    def _suggested(self) -> Iterator[Row]:
        model = self.model
        if not model:
            return
        stages = {d.id: d.stage for d in self.coding.dimensions}
        for whose in self.whose:
            of = whose.report_id
            text = self.disguise.text if self.disguise else str
            for s in suggestion_store.suggestions(self.db, model, self.framework.framework_id, of):
                if s.dimension in stages:
                    said = self.disguise.suggestion(s) if self.disguise else s
                    yield suggestion_row(whose, stages[s.dimension], said, text)

    @property
    def model(self) -> str:
        """The model whose suggestions these are: that of the release, or the last that proposed."""
        if self.rebuild is not None:
            return self.rebuild.model_id
        return suggestion_store.last_model(self.db, self.framework.framework_id) or ""

    def facts(self, rows: Mapping[str, int]) -> dict[str, Any]:
        """What the set says of itself. It tells no time but the store's, so that the same store makes the
        same bytes."""
        f, frozen = self.framework, self.asked.frozen
        said: dict[str, Any] = {
            "framework": {"id": f.framework_id, "version": f.version, "title": f.title},
            "stage": self.asked.stage or "all",
            "as_of": self.when,
            "data_hash": data_hash(self.data),
            "reports_that_count": len(self.data.reports),
            "reports_withdrawn_and_left_out": row_store.withdrawn_reports(self.db),
            "reports_still_coded_blind": sum(w.report_id in self.blind for w in self.whose),
            "sample": as_told(self.sample),
            "rows": dict(rows),
            "program": f"ctg_nlp {code_version()}".strip(),
            "suggestions_of": self.model if self.asked.suggested else "",
            "tables": {x.name: x.what for x in (*self.frames(), DICTIONARY, CODEBOOK)},
            "reading": dict(reading_notes()),
        }
        if frozen is not None:
            note = f"{RELEASE_NOTE} {RELEASE_HAS_NONE}"
            said["release"] = {"id": frozen.release_id, "mark": frozen.mark, "note": note}
        else:
            said["last_decision"] = decision_store.last_decision(self.db)
        if self.disguise is not None:
            counted = [w.coded for w in self.whose if w.coded is not None]
            said["pseudonymised"] = {
                "texts": TEXTS_WITHOUT_NAMES if self.asked.with_texts else NO_TEXTS,
                "kept_columns": sorted(self.kept),
                "risk": list(risk(self.coding, counted, self.kept)),
            }
        return said


def _rebuild(db: Connection, rebuild_id: str) -> Rebuild | None:
    return next((r for r in rebuild_store.rebuilds(db) if r.rebuild_id == rebuild_id), None)


def in_parts(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """Rows some at a time."""
    while some := list(islice(rows, size)):
        yield some
