"""Taking in what a file of another tool brings: a coder's decisions more, in one act that can be undone.

Nothing that is there is overwritten. What says the same as the coder's last word here, or is older than it,
adds nothing and is only counted; but what another import says too is taken under both, so that undoing one
takes nothing from the other. What has no time does not contradict the coder's word here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from ctg_nlp.constraints import violations
from ctg_nlp.errors import DecisionsError, ExchangeError, UnknownReport
from ctg_nlp.exchange.foreign import Bringing, Brought, Unmatched, Whose
from ctg_nlp.exchange.people_in import in_order, known_people, line_of
from ctg_nlp.exchange.placing import ReportText, place_quotes, report_text
from ctg_nlp.exchange.weighing import (
    Words,
    absent,
    breaks,
    contradicts,
    merged,
    says_the_same,
    shown,
    words_of,
)
from ctg_nlp.exchange.whose import Finder
from ctg_nlp.framework import Framework
from ctg_nlp.history import framework_at
from ctg_nlp.records import Answer, Decision
from ctg_nlp.review.decisions import to_decisions
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import exchange as exchange_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.content_sums import CONTENT, content_sum
from ctg_nlp.store.database import Store
from ctg_nlp.store.decisions import DecisionImport
from ctg_nlp.tallies import retally

Person = tuple[str, str]  # coder and role
_AHEAD_OF_US = timedelta(days=1)  # what is told without its zone may be hours ahead
_AHEAD = "times that lie ahead, taken as not told"


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What an import did. `number` is None where nothing was new. `unanchored` are quotes that stand nowhere
    in the text of their report: (report, code, quote); they are kept. `same` and `older` count decisions that
    added nothing, `replaced` those that are later than the coder's other word here, `repeated` those that
    another import had brought too. `known_as`: coders who are written otherwise here, (there, here);
    `in_roles`: who spoke as an adjudicator or trainee, (name, role). `already`: the file was taken before."""

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
    replaced: int = 0
    repeated: int = 0
    known_as: tuple[tuple[str, str], ...] = ()
    in_roles: tuple[Person, ...] = ()


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
    rest_absent: bool = False, roles: bool = False,
) -> TakenIn:  # fmt: skip
    """Add the decisions in one transaction. With `rest_absent` a coder who gave a report any code of a
    dimension decided all of it: codes that are not given are absent. With `roles` adjudicators and trainees
    are believed to be such; else only those who are known here as that.
    """
    with store.transaction() as db:
        taker = _Taker(db, framework, now, rest_absent, roles)
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
        noted: dict[str, str | int] = {
            "decisions": len(made),
            "format": bringing.format,
            CONTENT: content_sum(made),
        }
        append(db, now, who, "import", import_id, noted)
    return TakenIn(
        number, import_id, bringing.format, bringing.origin, len(made), len({d.report_id for d in made}),
        sum(len(d.evidence) for d in made), bringing.codes, bringing.matched_codes, taker.same, taker.older,
        tuple(taker.unanchored), unmatched, bringing.counts | taker.counts,
        replaced=taker.replaced, repeated=taker.repeated, known_as=tuple(sorted(taker.known_as)),
        in_roles=tuple(sorted({(d.coder, d.role) for d in made if d.role != "coder"})),
    )  # fmt: skip


class _Taker:
    """Makes decisions of what was brought, and remembers what could not be one."""

    def __init__(
        self, db: Connection, framework: Framework, now: str, rest_absent: bool, roles: bool
    ) -> None:
        self._db, self._framework, self._now = db, framework, now
        self._rest_absent, self._roles = rest_absent, roles
        self._finder = Finder(report_store.reports(db), report_store.submissions(db))
        self._people = known_people(db)
        self._exchanged = {e.import_id for e in exchange_store.exchanges(db)}
        self.decisions: list[Decision] = []
        self.unmatched: list[Unmatched] = []
        self.unanchored: list[tuple[str, str, str]] = []
        self.known_as: set[tuple[str, str]] = set()
        self.counts: dict[str, int] = {}
        self.same = self.older = self.replaced = self.repeated = 0

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
                self._leave(mine, str(error))
                continue
            names[report.report_id] = report.name
            by_report[report.report_id] += self._checked(mine)
        for report_id, mine in by_report.items():
            self._of_report(report_id, names[report_id], mine)

    def _leave(self, brought: Iterable[Brought], why: str) -> None:
        self.unmatched += [
            Unmatched("coding", b.where, why, "; ".join(q.text for q in b.quotes)) for b in brought
        ]

    def _checked(self, brought: Sequence[Brought]) -> Iterator[Brought]:
        """What a line of decisions could say, by people as they are called here, at times that have been."""
        latest = in_order(self._now) + _AHEAD_OF_US
        for b in brought:
            try:
                line_of(b)
            except DecisionsError as error:
                self._leave([b], str(error))
                continue
            coder = self._people.here(b.coder)
            if not (self._roles or self._people.may(coder, b.role)):
                self._leave([b], f"{coder} is not known here as {b.role}; to believe the file: --roles")
                continue
            if coder != b.coder:
                self.known_as.add((b.coder, coder))
            if in_order(b.time) > latest:
                self.counts[_AHEAD] = self.counts.get(_AHEAD, 0) + 1
                b = replace(b, time="")
            yield replace(b, coder=coder)

    def _of_report(self, report_id: str, name: str, brought: Sequence[Brought]) -> None:
        standing = list(decision_store.decisions(self._db, [report_id]))
        groups: dict[tuple[Person, str, str], list[Brought]] = defaultdict(list)
        for b in brought:
            groups[(b.coder, b.role), b.framework, b.key[0]].append(b)
        for mine in sorted(groups.values(), key=lambda mine: max(in_order(b.time) for b in mine)):
            known = words_of(standing, self._framework)
            new = self._new(known, self._of_person(report_id, merged(mine)))
            broken = breaks(
                self._framework,
                known,
                words_of([*standing, *(d for d, _ in new)], self._framework),
                mine[0],
            )
            if broken:
                self._leave(dict.fromkeys(b for _, b in new), broken)
                continue
            standing += [d for d, _ in new]
            for d, _ in new:
                self.decisions.append(d)
                code = f"{d.dimension}.{d.code}" if d.code else d.dimension
                self.unanchored += [(name, code, e.quote) for e in d.evidence if not e.spans]

    def _new(self, known: Words, made: Sequence[tuple[Decision, Brought]]) -> list[tuple[Decision, Brought]]:
        """Those that add something to the coder's words here."""
        found = []
        for d, b in sorted(made, key=lambda pair: in_order(pair[0].time)):
            before = known.get((d.coder, d.role, d.dimension, d.code))
            if before is not None and says_the_same(before, d):
                if not self._by_another_import(before, b):
                    self.same += 1
                    continue
                self.repeated += 1
                d = replace(d, evidence=before.evidence, note=before.note)
            elif before is not None and before.time and d.time and in_order(before.time) > in_order(d.time):
                self.older += 1
                continue
            elif before is not None and contradicts(before, d):
                if not d.time:
                    here = f"{d.coder} says of {d.code or d.dimension} here: {shown(before)}"
                    self._leave([b], f"{here}, and the file does not tell when the other was said")
                    continue
                self.replaced += 1
            found.append((d, b))
        return found

    def _by_another_import(self, before: Decision, now: Brought) -> bool:
        """Whether a word is here only as long as another import stands. What we gave out ourselves (its notes
        tell the framework) is no second word on what was imported here."""
        foreign = before.import_id in self._exchanged
        return foreign or (bool(before.import_id) and not now.framework)

    def _of_person(self, report_id: str, brought: Sequence[Brought]) -> list[tuple[Decision, Brought]]:
        """The decisions of one person in one dimension of one report, each with what it was made of; none
        where they break its rules."""
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
                made += to_decisions(line_of(b), framework, report_id, lambda quote: ())
        except DecisionsError as error:
            self._leave(brought, str(error))
            return []
        text = self._text(report_id)
        placed = [
            (replace(d, evidence=place_quotes(b.quotes, b.whose, text)), b)
            for d, b in zip(made, brought, strict=True)
        ]
        if self._rest_absent and dimension is not None and dimension.coded and present:
            placed += absent(placed, dimension)
        return placed


def _by_whose(brought: Sequence[Brought]) -> dict[Whose, list[Brought]]:
    found: dict[Whose, list[Brought]] = {}
    for b in brought:
        found.setdefault(b.whose, []).append(b)
    return found
