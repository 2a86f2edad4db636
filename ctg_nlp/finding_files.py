"""Findings and quotations in and out of files: a JSON object a line. Composition.

An export holds all versions and acts, and taking it in again loses nothing. A line written by hand needs
little: the text, where it belongs, and the quotes, which are looked for in their reports.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import Connection

from ctg_nlp.banking import banked_already
from ctg_nlp.enquiry import enquiries
from ctg_nlp.errors import CtgError
from ctg_nlp.findings import checked_source
from ctg_nlp.framework import Framework
from ctg_nlp.line_files import numbered_lines, said_of_line
from ctg_nlp.lookup import Lookup
from ctg_nlp.quotations import ROLES
from ctg_nlp.records import (
    BankedQuote,
    Finding,
    FindingKind,
    FindingSource,
    QuoteAct,
    QuoteActKind,
    QuoteText,
)
from ctg_nlp.redaction import NotTheSource, cuts, plain
from ctg_nlp.store import findings as finding_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store

_CLOSED = ConfigDict(extra="forbid")
_SPACE = uuid.UUID("0b0f6c0e-52a5-4d38-8a4e-6d7b0c3c1f11")  # of ids made for lines that bring none


@dataclass(frozen=True, slots=True)
class FileImport:
    """What an import came to. `known` lines were here before; `refused` are (line, reason). `clearings`
    counts clearings that were in the file and not taken."""

    lines: int
    taken: int
    known: int
    clearings: int
    refused: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _SourceLine:
    quote: str = ""
    report: str = ""
    group: str = ""
    report_id: str = ""
    page: int = 0
    start: int = 0
    end: int = 0

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class _VersionLine:
    text: str
    kind: FindingKind = FindingKind.FINDING
    dimension: str = ""
    question: str = ""
    code: str | None = None
    sources: tuple[_SourceLine, ...] = ()
    author: str = ""
    time: str = ""
    retired: bool = False
    finding_id: str = ""
    position: int | None = None
    versions: tuple[_VersionLine, ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class _TextLine:
    text: str
    role: str = ROLES[0]
    by_case: bool = False
    author: str = ""
    time: str = ""

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class _ActLine:
    kind: QuoteActKind
    version: int
    who: str
    time: str
    why: str = ""
    kept: tuple[tuple[int, int], ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class _QuoteLine:
    source: _SourceLine
    dimension: str
    code: str | None = None
    text: str = ""
    role: str = ROLES[0]
    quote_id: int | None = None
    banked_by: str = ""
    banked_at: str = ""
    texts: tuple[_TextLine, ...] = ()
    acts: tuple[_ActLine, ...] = ()

    __pydantic_config__ = _CLOSED


_FINDING, _QUOTE = TypeAdapter(_VersionLine), TypeAdapter(_QuoteLine)


def exported_findings(store: Store) -> Iterator[dict[str, Any]]:
    """All findings in order, retired ones too, each with all its versions."""
    with store.reading() as db:
        named = _naming(db)
        for f in finding_store.findings(db, retired=True):
            versions = [_version_out(v, named) for v in finding_store.versions(db, f.finding_id)]
            yield {
                "finding_id": f.finding_id,
                "position": f.position,
                **versions[-1],
                **({"versions": versions[:-1]} if len(versions) > 1 else {}),
            }


def _version_out(f: Finding, named: Callable[[FindingSource], dict[str, Any]]) -> dict[str, Any]:
    return {
        "question": f.question,
        "dimension": f.dimension,
        "code": f.code,
        "kind": str(f.kind),
        "text": f.text,
        "author": f.author,
        "time": f.time,
        **({"retired": True} if f.retired else {}),
        "sources": [named(s) for s in f.sources],
    }


def exported_quotes(store: Store) -> Iterator[dict[str, Any]]:
    """All quotations of the bank by number, each with the versions of its text and all acts."""
    with store.reading() as db:
        named = _naming(db)
        for q in quote_store.quotations(db):
            if q.texts:
                yield {
                    "quote_id": q.quote_id,
                    "source": named(q.source),
                    "dimension": q.dimension,
                    "code": q.code,
                    "banked_by": q.banked_by,
                    "banked_at": q.banked_at,
                    "texts": [{k: v for k, v in asdict(t).items() if k != "version"} for t in q.texts],
                    "acts": [asdict(a) | {"kind": str(a.kind)} for a in q.acts],
                }


def _naming(db: Connection) -> Callable[[FindingSource], dict[str, Any]]:
    reports = {r.report_id: r for r in report_store.reports(db)}

    def named(s: FindingSource) -> dict[str, Any]:
        report = reports[s.report_id]
        return {"report": report.name, "group": report.group_id or "", **asdict(s)}

    return named


def import_findings(store: Store, framework: Framework, path: Path, *, now: str, who: str) -> FileImport:
    """Take in a file of findings in one transaction; lines that were taken in before change nothing. A
    line that cannot be taken is refused with the reason. Raises `DecisionsError` for a file that cannot be
    read."""
    return _imported(store, path, _FindingTaker(framework, now, who), "findings import", now, who)


def import_quotes(
    store: Store, framework: Framework, path: Path, *, now: str, who: str, clearings: bool = False
) -> FileImport:
    """Take in a file of quotations. Each has to be cleared here, unless `clearings` are taken over as they
    are: from an export of this very project."""
    return _imported(store, path, _QuoteTaker(framework, now, who, clearings), "quotations import", now, who)


def _imported(store: Store, path: Path, taker: _Taker, what: str, now: str, who: str) -> FileImport:
    numbered = numbered_lines(path)
    refused = []
    with store.transaction() as db:
        finding_store.lock_findings(db)
        taker.begin(db)
        for n, line in numbered:
            try:
                taker.take(line)
            except CtgError as error:
                refused.append((n, str(error)))
            except ValueError as error:
                refused.append((n, said_of_line(error)))
        append(db, now, who, what, path.name, {"taken": taker.taken, "refused": len(refused)})
    return FileImport(len(numbered), taker.taken, taker.known, taker.left, tuple(refused))


class _Taker:
    """Takes lines in, one after the other, within a transaction."""

    def __init__(self, framework: Framework, now: str, who: str) -> None:
        self.framework, self.now, self.who = framework, now, who
        self.taken = self.known = self.left = 0

    def begin(self, db: Connection) -> None:
        """Use this transaction."""
        self.db = db
        self.lookup = Lookup(report_store.reports(db), report_store.submissions(db))

    def take(self, text: str) -> None:
        """Take one line. Raises `CtgError` or `ValueError` with why it cannot be."""
        raise NotImplementedError

    def source(self, line: _SourceLine) -> FindingSource:
        """The passage that a line means, with the words of its page."""
        report = self.lookup.find(line.report_id or line.report, line.group)
        given = FindingSource(report.report_id, line.page, line.start, line.end, line.quote)
        found = checked_source(self.db, given)
        if line.quote and plain(found.quote) != plain(line.quote):  # read anew since, or another place
            return checked_source(self.db, FindingSource(report.report_id, 0, 0, 0, line.quote))
        return found

    def checked_time(self, said: str) -> str:
        """A time as given, or now. Raises `ValueError`."""
        return datetime.fromisoformat(said).isoformat(timespec="microseconds") if said else self.now


class _FindingTaker(_Taker):
    def take(self, text: str) -> None:
        line = _FINDING.validate_python(json.loads(text))
        lines = (*line.versions, line)
        sources = [tuple(dict.fromkeys(map(self.source, v.sources))) for v in lines]
        first = self._question(lines[0])
        parts = (first, lines[0].dimension, lines[0].code or "", lines[0].kind, lines[0].text.strip())
        finding_id = line.finding_id[:36] or str(uuid.uuid5(_SPACE, "\x1f".join(parts)))
        before = finding_store.versions(self.db, finding_id)
        if before:
            self._already(before, lines)
            return
        taken = finding_store.findings(self.db, retired=True)
        free = line.position is not None and line.position not in {f.position for f in taken}
        position = line.position if free and line.position else finding_store.next_position(self.db)
        for number, (v, found) in enumerate(zip(lines, sources, strict=True), 1):
            made = self._made(v, finding_id, number, position, found)
            finding_store.add_version(self.db, made)
        self.taken += 1

    def _already(self, before: Sequence[Finding], lines: Sequence[_VersionLine]) -> None:
        if [f.text for f in before[: len(lines)]] != [v.text.strip() for v in lines][: len(before)]:
            raise CtgError("A finding of this id is here with another text.")
        self.known += 1

    def _made(
        self, v: _VersionLine, finding_id: str, number: int, position: int, sources: tuple[FindingSource, ...]
    ) -> Finding:
        if not v.text.strip():
            raise CtgError("A finding needs a text.")
        dimension = self.framework.dimension(v.dimension)
        if dimension is None or (v.code is not None and dimension.code(v.code) is None):
            raise CtgError(f"The framework has no {v.dimension}{f'.{v.code}' if v.code else ''}.")
        return Finding(
            finding_id=finding_id,
            question=self._question(v),
            dimension=v.dimension,
            code=v.code,
            kind=v.kind,
            text=v.text.strip(),
            position=position,
            author=v.author or self.who,
            time=self.checked_time(v.time),
            sources=sources,
            retired=v.retired,
            version=number,
        )

    def _question(self, v: _VersionLine) -> str:
        known = {d.id: q.id for q in enquiries(self.framework) for d in q.dimensions}
        if v.dimension not in known:
            raise CtgError(f"No question of the framework has a dimension {v.dimension or '(none)'}.")
        return known[v.dimension]


class _QuoteTaker(_Taker):
    def __init__(self, framework: Framework, now: str, who: str, clearings: bool) -> None:
        super().__init__(framework, now, who)
        self.take_clearings = clearings

    def take(self, text: str) -> None:
        line = _QUOTE.validate_python(json.loads(text))
        dimension = self.framework.dimension(line.dimension)
        if dimension is None or (line.code is not None and dimension.code(line.code) is None):
            raise CtgError(f"The framework has no {line.dimension}{f'.{line.code}' if line.code else ''}.")
        source = self.source(line.source)
        if banked_already(self.db, source) is not None:
            self.known += 1
            return
        number = line.quote_id or quote_store.next_number(self.db)
        if number < 1 or quote_store.quotation(self.db, number) is not None:
            raise CtgError(f"The number {number} belongs to another quotation.")
        texts = self._texts(line, source)
        acts = tuple(self._act(a) for a in line.acts if self._counts(a))
        made = BankedQuote(
            number, source, line.dimension, line.code, line.banked_by or self.who,
            self.checked_time(line.banked_at), texts, acts,
        )  # fmt: skip
        quote_store.add_quote(self.db, made)
        self.taken += 1

    def _texts(self, line: _QuoteLine, source: FindingSource) -> tuple[QuoteText, ...]:
        given = line.texts or (_TextLine(line.text or source.quote, line.role),)
        made = tuple(
            QuoteText(n, plain(t.text), t.role, t.by_case, t.author or self.who, self.checked_time(t.time))
            for n, t in enumerate(given, 1)
        )
        try:
            for text in made:
                cuts(source.quote, text.text)
        except NotTheSource as error:
            raise CtgError(str(error)) from error
        return made

    def _counts(self, act: _ActLine) -> bool:
        """Whether an act is taken: one that lets something be printed only where that was asked for."""
        if self.take_clearings or act.kind is QuoteActKind.WITHDRAWN:
            return True
        self.left += act.kind is QuoteActKind.CLEARED
        return False

    def _act(self, a: _ActLine) -> QuoteAct:
        return QuoteAct(a.kind, a.version, a.who, self.checked_time(a.time), a.why, a.kept)
