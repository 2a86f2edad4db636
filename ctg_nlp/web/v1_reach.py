"""How far a person's eye reaches: what they may read of which report, in bulk as on the page.

The rules are those of the page (`independence.sight`), and one more, since whole sets travel further than a
page: what was said of a report that somebody still codes blind is given to nobody but who said it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.desk import ADJUDICATOR, Desk
from ctg_nlp.independence import Sight
from ctg_nlp.records import FilterDecision
from ctg_nlp.store.parts import Numbered, coded_blind_now

_FEW = 5000  # ids that are named in one query


@dataclass(frozen=True, slots=True)
class Reach:
    """What one person may read now. `blind` are the reports that somebody still codes blind."""

    coder: str
    sight: Sight
    blind: frozenset[str]

    @classmethod
    def of(cls, desk: Desk, db: Connection) -> Reach:
        """Read it from the store."""
        return cls(desk.coder, desk.sight(db), coded_blind_now(db))

    def report(self, report_id: str) -> bool:
        """Whether the report and its text are open."""
        return self.sight.may_open(report_id)

    def suggestions(self, report_id: str) -> bool:
        """Whether what is suggested for it is open: not to who codes it blind."""
        return self.sight.may_see_evidence(report_id)

    def resolved(self, report_id: str) -> bool:
        """Whether what all decisions come to is open."""
        return self.sight.may_see_evidence(report_id) and report_id not in self.blind

    def decision(self, d: Numbered | FilterDecision) -> bool:
        """Whether a decision is open: one's own always, on a report that is."""
        own = d.coder == self.coder and d.role != ADJUDICATOR and self.report(d.report_id)
        return own or self.resolved(d.report_id)

    @property
    def named(self) -> frozenset[str] | None:
        """The only reports that can be open, where these are few enough to be named in a query."""
        few = frozenset({*self.sight.waiting, *self.sight.locked}) if self.sight.waiting else self.sight.only
        return few if few is not None and len(few) <= _FEW else None

    @property
    def left_out(self) -> int:
        """Of how many open reports the decisions of others are left out."""
        return sum(self.report(report_id) for report_id in self.blind)
