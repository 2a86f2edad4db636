"""What an erased report itself said leaves the releases: the only change that is ever made to one.

The numbers stay. A text that a report gave as a value (a place, a name) is a row of a table; where no other
report gave it, the row is kept with its number and called "(erased)". Composition.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.case_text import BlockKind, without_words_of
from ctg_nlp.export.release import csv_of, sha256_of, table_from
from ctg_nlp.framework import Framework
from ctg_nlp.rebuilds import data_hash
from ctg_nlp.records import Dataset, FrozenReport
from ctg_nlp.release_told import find, read_frozen_data, told
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import releases as release_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.synthesis.cells import RowKind, texts_of
from ctg_nlp.synthesis.solutions import SOLUTIONS

ERASED = "(erased)"
Texts = Mapping[str, frozenset[str]]
"""By the id of a dimension, texts that one report alone gave."""


@dataclass(frozen=True, slots=True)
class Own:
    """What a report alone gave in the data of a release. `whole`: that data was as it was frozen; else its
    hash is kept, so that erasing hides no tampering."""

    release_id: str
    texts: Texts
    whole: bool


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What a report gave: in `releases` what it alone gave, and all its texts in any rebuild; `quotes` are
    its quotations in the bank, as they were printed at any time, and in case studies; `pages` its text."""

    releases: tuple[Own, ...]
    texts: frozenset[str]
    quotes: frozenset[str] = frozenset()
    pages: tuple[str, ...] = ()


def own_words(db: Connection, report_id: str) -> OwnWords:
    """What a report gave. To be asked before it is erased."""
    texts = frozenset(t for v in rebuild_store.values_of(db, report_id) for t in texts_of(v))
    banked = (q for q in quote_store.quotations(db) if q.source.report_id == report_id)
    quotes = {t.text for q in banked for t in q.texts}
    quotes |= {" ".join(q.quote.split()) for q in case_store.quotes_of_report(db, report_id)}
    pages = tuple(report_store.page_texts(db, report_id).values())
    told = frozenset(q for q in quotes if any(c.isalnum() for c in q))
    return OwnWords(tuple(_in_releases(db, report_id)), texts, told, pages)


def _in_releases(db: Connection, report_id: str) -> Iterator[Own]:
    """Of each release: its running text may hold words of a document that no table counts."""
    for release in release_store.releases(db):
        kept = release_store.frozen_report(db, release.release_id)
        if kept is None:
            continue
        framework, data = read_frozen_data(db, release)
        others = tuple(r for r in data.reports if r.report_id != report_id)
        rest = Dataset(data.framework_id, others, data.silent, data.regions)
        whole = data_hash(data) == kept.data_hash
        yield Own(release.release_id, _alone(framework, data, rest), whole)


def _alone(framework: Framework, data: Dataset, rest: Dataset) -> Texts:
    every, others = _texts(framework, data), _texts(framework, rest)
    return {name: frozenset(said - others[name]) for name, said in every.items()}


def _texts(framework: Framework, data: Dataset) -> dict[str, set[str]]:
    return {
        d.id: {t for r in data.reports if (v := r.values[i].value) is not None for t in texts_of(v)}
        for i, d in enumerate(framework.valued)
        if d.kind == "text"
    }


def erase_words(db: Connection, found: OwnWords) -> tuple[str, ...]:
    """Take such words out of rebuilds and of the tables and the reports of releases. Returns the ids of the
    releases that changed. To be done after the report is erased: before that the database refuses it."""
    changed = []
    left = {t for v in rebuild_store.values_of(db) for t in texts_of(v)}
    rebuild_store.forget_places(db, found.texts - left)
    for own in found.releases:
        release_id = own.release_id
        release = find(db, release_id)
        for position, table in enumerate(told(db, release).tables):
            shown = _json(_without(json.loads(table.shown), own.texts))
            if shown != table.shown:
                sha = sha256_of(csv_of(table_from(shown)))
                release_store.erase_in_table(db, release_id, position, shown, sha)
        kept = release_store.frozen_report(db, release_id)
        assert kept is not None  # else nothing was found
        said = _json(_report_without(json.loads(kept.contents), own.texts, found))
        known = data_hash(read_frozen_data(db, release)[1]) if own.whole else kept.data_hash
        if said != kept.contents or known != kept.data_hash:
            release_store.erase_in_report(db, release_id, FrozenReport(said, sha256_of(said), known))
            changed.append(release_id)
    return tuple(changed)


def _json(said: Any) -> str:
    """As `json_of` and `json_of_contents` write it."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def _report_without(contents: dict[str, Any], texts: Texts, found: OwnWords) -> dict[str, Any]:
    """The contents of a report without some texts. Only the methods are ours from end to end: in all else
    people, or sentences made of tables, may say them."""
    words = sorted({w for said in texts.values() for w in said}, key=len, reverse=True)
    said = [
        s
        if s["id"] == "methods"
        else _uncopied(_unquoted(_unsaid(_without(s, texts), words), found.quotes), found.pages)
        for s in contents["sections"]
    ]
    return contents | {"sections": said}


def _without(said: Any, texts: Texts) -> Any:
    """Plain data, in which the rows and columns of all tables that are such a text are "(erased)"."""
    if isinstance(said, list):
        return [_without(part, texts) for part in said]
    if not isinstance(said, dict):
        return said
    if "rows" in said and "columns" in said:
        return _table_without(said, texts)
    return {key: _without(part, texts) for key, part in said.items()}


def _table_without(table: dict[str, Any], texts: Texts) -> dict[str, Any]:
    mine, _, by = table["id"].partition(" by ")
    own = texts.get(mine, frozenset())
    rows = [
        r | {"id": ERASED, "label": ERASED} if r["kind"] == RowKind.VALUE and r["id"] in own else r
        for r in table["rows"]
    ]
    columns = [ERASED if c in texts.get(by, ()) else c for c in table["columns"]]
    return table | {"rows": rows, "columns": columns}


def _unsaid(section: dict[str, Any], words: Collection[str]) -> dict[str, Any]:
    """A section whose sentences say none of some words; its tables of dimensions are without them already."""
    patterns = [re.compile(rf"(?<!\w){re.escape(w)}(?!\w)") for w in words]
    free = {key: section.get(key, []) for key in ("paragraphs", "heading", "quotes", "blocks")}
    charts = [c | {"alt": _replaced(c["alt"], patterns)} for c in section["charts"]]
    tables = section["tables"]
    if section["id"] == "claims":
        tables = _replaced(tables, patterns)
    return {**section, **_replaced(free, patterns), "charts": charts, "tables": tables}


def _unquoted(section: dict[str, Any], quotes: Collection[str]) -> dict[str, Any]:
    """A section that quotes none of these: only whole quotations go, for anybody may say a short one."""

    def without(text: str) -> str:
        for quote in quotes:
            text = text.replace(f"“{quote}”", f"“{ERASED}”")
        return text

    def said(block: dict[str, Any], alone: bool) -> dict[str, Any]:
        return block | {"text": ERASED if alone and block["text"] in quotes else without(block["text"])}

    blocks = section.get("blocks", ())
    return section | {
        "paragraphs": [without(p) for p in section["paragraphs"]],
        "quotes": [said(q, True) for q in section["quotes"]],
        "blocks": [said(b, b["kind"] == BlockKind.QUOTE) for b in blocks],
    }


def _uncopied(section: dict[str, Any], pages: Sequence[str]) -> dict[str, Any]:
    """A section whose running text holds no run of words of these pages: who wrote it may have taken them."""
    blocks = [b | {"text": without_words_of(b["text"], pages)} for b in section.get("blocks", ())]
    tables = [_solutions_uncopied(t, pages) for t in section["tables"]]
    paragraphs = [without_words_of(p, pages) for p in section["paragraphs"]]
    return section | {"blocks": blocks, "tables": tables, "paragraphs": paragraphs}


def _solutions_uncopied(table: dict[str, Any], pages: Sequence[str]) -> dict[str, Any]:
    if not table["id"].endswith(SOLUTIONS):
        return table
    rows = [
        row | {"cells": [c | {"n": without_words_of(c["n"], pages)} for c in row["cells"]]}
        for row in table["rows"]
    ]
    return table | {"rows": rows}


def _replaced(said: Any, patterns: Collection[re.Pattern[str]]) -> Any:
    if isinstance(said, str):
        for pattern in patterns:
            said = pattern.sub(ERASED, said)
        return said
    if isinstance(said, list):
        return [_replaced(part, patterns) for part in said]
    if isinstance(said, dict):
        return {key: _replaced(part, patterns) for key, part in said.items()}
    return said
