"""What groups consented to, as the bank of quotations asks for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.cases import name_of
from ctg_nlp.records import ConsentFor
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import reports as report_store


@dataclass(frozen=True, slots=True)
class GroupConsent:
    """What a group consented to. `name` is what it may be called, empty where no consent to be named stands.
    `quoted`: its words may be quoted; None where nothing was ever said of that."""

    name: str = ""
    quoted: bool | None = None


NEVER_ASKED = GroupConsent()


def consents(db: Connection, group_ids: Collection[str]) -> Mapping[str, GroupConsent]:
    """The consent of some groups: the last word on each matter holds."""
    known = {g.group_id: g for g in report_store.groups_named(db, group_ids)}
    return {name: _consent(db, name, name_of(name, known.get(name))) for name in group_ids}


def _consent(db: Connection, group_id: str, called: str) -> GroupConsent:
    last = {c.scope: c.given for c in case_store.consents(db, group_id)}
    return GroupConsent(called if last.get(ConsentFor.NAME) else "", last.get(ConsentFor.QUOTES))
