"""Findings and quotations in and out of files: a JSON object a line. Composition.

An export holds all versions and acts, and taking it in again loses nothing. A line written by hand needs
little: the text, where it belongs, and the quotes, which are looked for in their reports.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.banking import banked_already, checked_role
from ctg_nlp.enquiry import enquiries
from ctg_nlp.errors import CtgError
from ctg_nlp.finding_lines import FINDING, QUOTE, QuoteLine, SourceLine, TextLine, VersionLine
from ctg_nlp.findings import checked_source
from ctg_nlp.framework import Framework
from ctg_nlp.history import placed_now
from ctg_nlp.line_files import json_line, numbered_lines, said_of_line
from ctg_nlp.lookup import Lookup
from ctg_nlp.records import (
    BankedQuote,
    Finding,
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

_RESTORED = QuoteActKind.RESTORED
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
        "framework": f.framework_id,
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
                    "framework": q.framework_id,
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


class _Taker(ABC):
    """Takes lines in, one after the other, within a transaction."""

    def __init__(self, framework: Framework, now: str, who: str) -> None:
        self.framework, self.now, self.who = framework, now, who
        self.taken = self.known = self.left = 0

    def begin(self, db: Connection) -> None:
        """Use this transaction."""
        self.db = db
        self.lookup = Lookup(report_store.reports(db), report_store.submissions(db))

    @abstractmethod
    def take(self, text: str) -> None:
        """Take one line. Raises `CtgError` or `ValueError` with why it cannot be."""

    def source(self, line: SourceLine) -> FindingSource:
        """The passage that a line means, with the words of its page."""
        report = self.lookup.find(line.report_id or line.report, line.group)
        given = FindingSource(report.report_id, line.page, line.start, line.end, line.quote)
        found = checked_source(self.db, given)
        if line.quote and plain(found.quote) != plain(line.quote):  # read anew since, or another place
            return checked_source(self.db, FindingSource(report.report_id, 0, 0, 0, line.quote))
        return found

    def place(self, framework_id: str, dimension: str, code: str | None) -> tuple[str, str | None]:
        """Where what a line says of a dimension and code belongs now. Raises `CtgError`."""
        if framework_id and framework_id != self.framework.framework_id:
            dimension, code = placed_now(self.framework, framework_id, dimension, code) or (dimension, code)
        known = self.framework.dimension(dimension)
        if known is None or (code is not None and known.code(code) is None):
            raise CtgError(f"The framework has no {dimension}{f'.{code}' if code else ''}.")
        return dimension, code

    def checked_time(self, said: str) -> str:
        """A time as given, or now. Raises `ValueError`."""
        return datetime.fromisoformat(said).isoformat(timespec="microseconds") if said else self.now


def _name(act: QuoteAct) -> tuple[QuoteActKind, str, str]:
    """What one act is known by, here and in a file."""
    return act.kind, act.who, act.time


class _FindingTaker(_Taker):
    def take(self, text: str) -> None:
        line = FINDING.validate_python(json_line(text))
        lines = (*line.versions, line)
        first = lines[0]
        parts = (self._question(first), first.dimension, first.code or "", first.kind, first.text.strip())
        finding_id = line.finding_id[:36] or str(uuid.uuid5(_SPACE, "\x1f".join(parts)))
        before = finding_store.versions(self.db, finding_id)
        self._check_same(before, lines)
        position = before[0].position if before else self._position(line.position)
        made = [
            self._made(v, finding_id, number, position)
            for number, v in enumerate(lines, 1)
            if number > len(before)
        ]
        for version in made:  # only once all of them can be taken
            finding_store.add_version(self.db, version)
        self.taken += bool(made)
        self.known += not made

    def _check_same(self, before: Sequence[Finding], lines: Sequence[VersionLine]) -> None:
        both = zip(before, lines, strict=False)
        other = next((f.version for f, v in both if f.text != v.text.strip()), None)
        if other is not None:
            raise CtgError(
                f"This finding is here with another text (version {other}): it was changed here and there. "
                "Bring the two together on the page of findings."
            )

    def _position(self, wanted: int | None) -> int:
        taken = {f.position for f in finding_store.findings(self.db, retired=True)}
        return wanted if wanted and wanted not in taken else finding_store.next_position(self.db)

    def _made(self, v: VersionLine, finding_id: str, number: int, position: int) -> Finding:
        if not v.text.strip():
            raise CtgError("A finding needs a text.")
        dimension, code = self.place(v.framework, v.dimension, v.code)
        return Finding(
            finding_id=finding_id,
            question=self._question(v),
            dimension=dimension,
            code=code,
            kind=v.kind,
            text=v.text.strip(),
            position=position,
            author=v.author or self.who,
            time=self.checked_time(v.time),
            sources=tuple(dict.fromkeys(map(self.source, v.sources))),
            retired=v.retired,
            version=number,
            framework_id=self.framework.framework_id,
        )

    def _question(self, v: VersionLine) -> str:
        known = {d.id: q.id for q in enquiries(self.framework) for d in q.dimensions}
        dimension, _ = self.place(v.framework, v.dimension, None)
        if dimension not in known:
            raise CtgError(f"No question of the framework has a dimension {dimension or '(none)'}.")
        return known[dimension]


class _QuoteTaker(_Taker):
    def __init__(self, framework: Framework, now: str, who: str, clearings: bool) -> None:
        super().__init__(framework, now, who)
        self.take_clearings = clearings

    def take(self, text: str) -> None:
        line = QUOTE.validate_python(json_line(text))
        none = ("", None)
        dimension, code = self.place(line.framework, line.dimension, line.code) if line.dimension else none
        source = self.source(line.source)
        here = banked_already(self.db, source)
        texts = self._texts(line, here.source if here else source)
        acts = self._acts(line, len(texts), here.acts if here else ())
        if here is not None:
            self._add_news(here, line, texts, acts)
            return
        number = line.quote_id or quote_store.next_number(self.db)
        if number < 1 or quote_store.quotation(self.db, number) is not None:
            raise CtgError(f"The number {number} belongs to another quotation.")
        made = BankedQuote(
            number, source, dimension, code, line.banked_by or self.who,
            self.checked_time(line.banked_at), texts, acts, self.framework.framework_id,
        )  # fmt: skip
        quote_store.add_quote(self.db, made)
        self.taken += 1

    def _add_news(
        self, here: BankedQuote, line: QuoteLine, texts: Sequence[QuoteText], acts: Sequence[QuoteAct]
    ) -> None:
        """Add what a line knows of a quotation that is here: later texts, and acts. A withdrawal is taken
        even where its texts are others. Raises `CtgError` for other texts."""
        both = zip(here.texts, texts, strict=False) if line.texts or line.text else ()
        other = any((a.text, a.role, a.by_case) != (b.text, b.role, b.by_case) for a, b in both)
        if other:
            acts = [replace(a, version=here.now.version) for a in acts if a.kind is QuoteActKind.WITHDRAWN]
        news = [] if other else texts[len(here.texts) :]
        if other and not acts:
            raise CtgError(
                f"This passage is here as quotation {here.quote_id} with another text or attribution. "
                "Change it there."
            )
        for text in news:
            quote_store.add_text(self.db, here.quote_id, text)
        for act in acts:
            quote_store.add_act(self.db, here.quote_id, act)
        self.taken += bool(news or acts)
        self.known += not (news or acts)

    def _texts(self, line: QuoteLine, source: FindingSource) -> tuple[QuoteText, ...]:
        given = line.texts or (TextLine(line.text or source.quote, line.role),)
        made = tuple(self._text(n, t, source) for n, t in enumerate(given, 1))
        try:
            for text in made:
                cuts(source.quote, text.text)
        except NotTheSource as error:
            raise CtgError(str(error)) from error
        return made

    def _text(self, number: int, t: TextLine, source: FindingSource) -> QuoteText:
        role = checked_role(self.db, t.role, source.report_id)
        said = (t.author or self.who, self.checked_time(t.time))
        return QuoteText(number, plain(t.text), role, t.by_case, *said)

    def _acts(self, line: QuoteLine, texts: int, here: Sequence[QuoteAct]) -> tuple[QuoteAct, ...]:
        """The acts that are not here yet and are taken: of a quotation that is here all withdrawals, with the
        restorings that follow them, and what was done after its last act. One that was withdrawn here alone
        stays so. Raises `CtgError` for one on no text."""
        times = [self.checked_time(a.time) for a in line.acts]
        both = zip(line.acts, times, strict=True)
        made = [QuoteAct(a.kind, a.version, a.who, time, a.why, a.kept) for a, time in both]
        if any(not 1 <= a.version <= texts for a in made):
            raise CtgError("An act is on a version of the text that is not in this line.")
        known = set(map(_name, here))
        last = max((a.time for a in here), default="")
        news = [a for a in made if _name(a) not in known]
        first = next((n for n, a in enumerate(news) if a.kind is QuoteActKind.WITHDRAWN), len(news))
        late = (
            a
            for n, a in enumerate(news)
            if a.kind is QuoteActKind.WITHDRAWN or a.time > last or (n > first and a.kind is _RESTORED)
        )
        gone = bool(here) and here[-1].kind is QuoteActKind.WITHDRAWN
        own = gone and _name(here[-1]) not in map(_name, made)
        return tuple(a for a in late if self._counts(a, own))

    def _counts(self, act: QuoteAct, withdrawn_here: bool) -> bool:
        """Whether an act is taken: a clearing, which lets something be printed, only where that was asked
        for; a restoring, after which it waits to be cleared, unless it was withdrawn here alone."""
        if act.kind is QuoteActKind.CLEARED and not self.take_clearings:
            self.left += 1
            return False
        return act.kind is not _RESTORED or not withdrawn_here
