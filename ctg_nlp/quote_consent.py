"""What groups consented to, as the bank of quotations asks for it. The one place that knows where it is
kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.records import FindingSource


@dataclass(frozen=True, slots=True)
class GroupConsent:
    """What a group consented to. `name` is what it may be called, empty where no consent to be named stands.
    `quoted`: its words may be quoted; None where nothing was ever said of that."""

    name: str = ""
    quoted: bool | None = None


NEVER_ASKED = GroupConsent()


def consents(db: Connection, group_ids: Collection[str]) -> Mapping[str, GroupConsent]:
    """The consent of some groups. Consent of groups is not recorded yet, so none has said anything."""
    return dict.fromkeys(group_ids, NEVER_ASKED)


def case_studies_quoting(db: Connection, sources: Collection[FindingSource]) -> Mapping[FindingSource, str]:
    """Which of these passages a case study quotes, with the group of it. There are no case studies yet."""
    return {}
