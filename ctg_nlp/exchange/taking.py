"""Taking in what a file of another tool brings: a coder's decisions more, in one act that can be undone.

Nothing that is there is overwritten. What says the same as the coder's last word here, or is older than it,
adds nothing and is only counted.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from ctg_nlp.constraints import violations
from ctg_nlp.errors import DecisionsError, ExchangeError, UnknownReport
from ctg_nlp.exchange.foreign import Bringing, Brought, Unmatched, Whose
from ctg_nlp.exchange.gathering import last_words
from ctg_nlp.exchange.placing import ReportText, place_quotes, report_text
from ctg_nlp.exchange.whose import Finder
from ctg_nlp.framework import Framework
from ctg_nlp.history import framework_at
from ctg_nlp.records import Answer, Decision
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.decisions import DecisionLine, to_decisions
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import exchange as exchange_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.store.decisions import DecisionImport
from ctg_nlp.tallies import retally

Person = tuple[str, str]  # coder and role


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What an import did. `number` is None where nothing was new. `unanchored` are quotes that stand nowhere
    in the text of their report: (report, code, quote); they are kept. `same` and `older` count decisions that
    added nothing. `already`: the file was taken before."""

    number: int | None
    import_id: str
    format: str
    origin: str
    decisions: int
    reports: int
    quotes: int
    codes: int
    matched_codes: int
    same: int
    older: int
    unanchored: tuple[tuple[str, str, str], ...]
    unmatched: tuple[Unmatched, ...]
    counts: dict[str, int] = field(default_factory=dict)
    already: bool = False


def sha256_of(path: Path) -> str:
    """The hash of a file. Raises `ExchangeError` where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ExchangeError(f"{path} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()


def standing_import(store: Store, sha256: str) -> DecisionImport | None:
    """The import of this very content that still stands, or None."""
    with store.reading() as db:
        found = (i for i in decision_store.imports(db) if i.sha256 == sha256 and not i.undone_at)
        return next(found, None)


def take_in(
    store: Store, framework: Framework, bringing: Bringing, path: Path, *, now: str, who: str,
    rest_absent: bool = False,
) -> TakenIn:  # fmt: skip
    """Add the decisions in one transaction. With `rest_absent` a coder who gave a report any code of a
    dimension decided all of it: codes that are not given are absent.
    """
    with store.transaction() as db:
        taker = _Taker(db, framework, now, rest_absent)
        taker.take(bringing)
        return _stored(db, framework, bringing, taker, path, now, who)


def _stored(
    db: Connection, framework: Framework, bringing: Bringing, taker: _Taker, path: Path, now: str, who: str
) -> TakenIn:
    number, import_id, made = None, "", taker.decisions
    unmatched = (*bringing.unmatched, *taker.unmatched)
    if made:
        sha256 = sha256_of(path)
        import_id = f"{now[:10]}-{len(decision_store.imports(db)) + 1}-{sha256[:8]}"
        decision_store.add_import(db, DecisionImport(import_id, path.name, sha256, now, who, len(made)))
        made = [replace(d, import_id=import_id, time=d.time or now) for d in made]
        decision_store.add_decisions(db, made)
        number = exchange_store.add_exchange(db, import_id, bringing.format, bringing.origin, len(unmatched))
        for report_id in sorted({d.report_id for d in made}):
            retally(db, framework, report_id)
        append(db, now, who, "import", import_id, {"decisions": len(made), "format": bringing.format})
    return TakenIn(
        number, import_id, bringing.format, bringing.origin, len(made), len({d.report_id for d in made}),
        sum(len(d.evidence) for d in made), bringing.codes, bringing.matched_codes, taker.same, taker.older,
        tuple(taker.unanchored), unmatched, bringing.counts,
    )  # fmt: skip


class _Taker:
    """Makes decisions of what was brought, and remembers what could not be one."""

    def __init__(self, db: Connection, framework: Framework, now: str, rest_absent: bool) -> None:
        self._db, self._framework, self._now, self._rest_absent = db, framework, now, rest_absent
        self._finder = Finder(report_store.reports(db), report_store.submissions(db))
        self.decisions: list[Decision] = []
        self.unmatched: list[Unmatched] = []
        self.unanchored: list[tuple[str, str, str]] = []
        self.same = self.older = 0

        @lru_cache(maxsize=4)  # what is of one report stands together
        def text(report_id: str) -> ReportText:
            return report_text(report_store.pages(db, report_id))

        self._text: Callable[[str], ReportText] = text

    def take(self, bringing: Bringing) -> None:
        """Take all of it, report by report."""
        by_report: dict[str, list[Brought]] = defaultdict(list)
        names: dict[str, str] = {}
        for whose, mine in _by_whose(bringing.brought).items():
            try:
                report = self._finder.find(whose)
            except UnknownReport as error:
                self.unmatched += [
                    Unmatched("coding", b.where, str(error), "; ".join(q.text for q in b.quotes))
                    for b in mine
                ]
                continue
            names[report.report_id] = report.name
            by_report[report.report_id] += mine
        for report_id, mine in by_report.items():
            self._of_report(report_id, names[report_id], mine)

    def _of_report(self, report_id: str, name: str, brought: Sequence[Brought]) -> None:
        standing = carried(decision_store.decisions(self._db, [report_id]), self._framework, each_coder=True)
        words, _ = last_words(standing, self._framework)
        known = {(d.coder, d.role, d.dimension, d.code): d for d in words}
        groups: dict[tuple[Person, str, str], list[Brought]] = defaultdict(list)
        for b in brought:
            groups[(b.coder, b.role), b.framework, b.key[0]].append(b)
        made: list[Decision] = []
        for mine in groups.values():
            made += self._of_person(report_id, _merged(mine))
        for d in sorted(made, key=lambda d: d.time):
            before = known.get((d.coder, d.role, d.dimension, d.code))
            if before is not None and _says_the_same(before, d):
                self.same += 1
            elif before is not None and before.time and d.time and before.time > d.time:
                self.older += 1
            else:
                self.decisions.append(d)
                code = f"{d.dimension}.{d.code}" if d.code else d.dimension
                self.unanchored += [(name, code, e.quote) for e in d.evidence if not e.spans]

    def _of_person(self, report_id: str, brought: Sequence[Brought]) -> list[Decision]:
        """The decisions of one person in one dimension of one report; none where they break its rules."""
        first = brought[0]
        framework = framework_at(self._framework, first.framework) if first.framework else self._framework
        dimension = framework.dimension(first.key[0])
        present = [b.key[1] for b in brought if b.answer is Answer.PRESENT and b.key[1]]
        broken = list(violations(dimension, present)) if dimension is not None and dimension.coded else []
        made: list[Decision] = []
        try:
            if broken:
                raise DecisionsError("; ".join(broken))
            for b in brought:
                made += to_decisions(self._line(b), framework, report_id, lambda q, b=b: ())  # type: ignore[misc]
        except DecisionsError as error:
            for b in brought:
                self.unmatched.append(
                    Unmatched("coding", b.where, str(error), "; ".join(q.text for q in b.quotes))
                )
            return []
        text = self._text(report_id)
        placed = [
            replace(d, evidence=place_quotes(b.quotes, b.whose, text))
            for d, b in zip(made, brought, strict=True)
        ]
        if self._rest_absent and dimension is not None and dimension.coded and present:
            placed += self._absent(placed, dimension.id, {c.id for c in dimension.codes})
        return placed

    def _absent(self, made: Sequence[Decision], dimension: str, codes: set[str]) -> list[Decision]:
        said = {d.code for d in made}
        last = max(made, key=lambda d: d.time)
        order = self._framework.dimension(dimension)
        assert order is not None
        return [
            replace(last, code=c.id, answer=Answer.ABSENT, evidence=(), note="", value=None)
            for c in order.codes
            if c.id in codes - said
        ]

    def _line(self, b: Brought) -> DecisionLine:
        """One code as a line of decisions, whose rules are then asked. Quotes are anchored afterwards."""
        dimension, code = b.key
        if code is None:
            unsure = ("value",) if b.answer is Answer.UNSURE else ()
            line = DecisionLine(
                "", "", b.coder, dimension, unsure=unsure, value=b.value, has_value=True, note=b.note
            )
        else:
            codes = {a: (code,) if b.answer is a else () for a in Answer}
            line = DecisionLine(
                "", "", b.coder, dimension, codes[Answer.PRESENT], codes[Answer.ABSENT], codes[Answer.UNSURE],
                note=b.note,
            )  # fmt: skip
        return replace(line, role=b.role, time=b.time, framework=b.framework)


def _by_whose(brought: Sequence[Brought]) -> dict[Whose, list[Brought]]:
    found: dict[Whose, list[Brought]] = {}
    for b in brought:
        found.setdefault(b.whose, []).append(b)
    return found


def _merged(brought: Sequence[Brought]) -> list[Brought]:
    """One for each code, with all quotes and notes, at the time of the last; of two values the last."""
    found: dict[str | None, Brought] = {}
    for b in sorted(brought, key=lambda b: b.time):
        before = found.get(b.key[1])
        if before is not None and before.answer is b.answer:
            quotes = tuple(dict.fromkeys((*before.quotes, *b.quotes)))
            notes = dict.fromkeys(n for n in (before.note, b.note) if n)
            b = replace(b, quotes=quotes, note="\n".join(notes))
        found[b.key[1]] = b
    return list(found.values())


def _says_the_same(before: Decision, now: Decision) -> bool:
    """The same answer with no quote that is new: what is there need not be said once more."""
    quotes = {e.quote for e in before.evidence}
    same = (before.answer, before.value) == (now.answer, now.value)
    return same and all(e.quote in quotes for e in now.evidence) and now.note in ("", before.note)
