"""Core groups, and what a case study of each is written from. Composition of `review` and `store`.

What people do to a case stands in `casework`; what may be printed of it is said by `case_study`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Connection

from ctg_nlp.case_coding import described, said_in
from ctg_nlp.case_quotes import quotes_for_cases
from ctg_nlp.case_sections import sections_of
from ctg_nlp.case_study import BankedWords, CaseStudy, case_study
from ctg_nlp.errors import UnknownReport
from ctg_nlp.framework import CaseSection, Framework
from ctg_nlp.independence import Sight
from ctg_nlp.records import Case, CaseDraft, CaseText, CodedRecord, Group, Report, SourceQuote
from ctg_nlp.resolved import records_of
from ctg_nlp.review.resolution import resolve
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import overview
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.counting import Registered

CORE_COLUMN = "core"
_IS_A_NAME = re.compile(r"\w*[^\W\d_]\w+|\w+[^\W\d_]")  # "3" or "A" would take words out of every text
_YES = frozenset({"yes", "y", "true", "1", "x"})
_GROUP_NAMES = ("name",)
_OTHER_NAMES = ("school", "schools", "lead school", "leader", "group leader", "contact")


def core_groups(db: Connection) -> tuple[str, ...]:
    """The core groups: those of the register's column `core`, in its order, then those that people chose;
    what a person said of a group holds over the register. Those that nothing names any more are left out."""
    choices = case_store.choices(db)
    listed = [g.group_id for g in counting_store.registered(db) if _column(g, (CORE_COLUMN,)) & _YES]
    chosen = [c.group_id for c in choices.values() if c.core and case_store.group_exists(db, c.group_id)]
    return tuple(g for g in dict.fromkeys([*listed, *chosen]) if g not in choices or choices[g].core)


def gone_groups(db: Connection) -> tuple[str, ...]:
    """The groups that people chose as core groups and that neither the register nor a report names any more:
    one was taken out of the register, or its only document was told to be another group's."""
    chosen = [c.group_id for c in case_store.choices(db).values() if c.core]
    return tuple(g for g in chosen if not case_store.group_exists(db, g))


def _column(group: Group | Registered, names: Sequence[str]) -> set[str]:
    """What a group's columns of these names say, in small letters."""
    return {value.casefold() for value in _values(group, names)}


def _values(group: Group | Registered | None, names: Sequence[str]) -> tuple[str, ...]:
    columns = group.columns if group else ()
    said = (value for name, value in columns if name.strip().casefold().replace("_", " ") in names)
    return tuple(part.strip() for value in said for part in value.split(";") if part.strip())


def require_known(db: Connection, group_id: str) -> None:
    """Raises `UnknownReport` where neither the register nor a report names the group."""
    if not case_store.group_exists(db, group_id):
        raise UnknownReport(
            f"No group {group_id} is in the register or has sent a report; see ctg reports for what there is."
        )


def require_core(db: Connection, group_id: str) -> None:
    """Raises `UnknownReport` for a group that is not known, or no core group."""
    require_known(db, group_id)
    if group_id not in core_groups(db):
        raise UnknownReport(f"{group_id} is no core group. Make it one with: ctg cases add {group_id}")


def open_to(seen: Sight, sources: Sequence[Report]) -> bool:
    """Whether a coder may see a case: only who may see what is coded in each of its documents. A case tells
    what others marked, so it is closed to who still codes one blind, or was not assigned one."""
    if seen.waiting or (seen.only is not None and not sources):
        return False
    return all(seen.may_see_evidence(r.report_id) for r in sources)


def case(db: Connection, framework: Framework, group_id: str) -> Case:
    """A core group with its documents, coding, consents, quotations and texts. Raises `UnknownReport`."""
    require_core(db, group_id)
    group = next((g for g in report_store.groups(db) if g.group_id == group_id), None)
    sources = report_store.reports_of_group(db, group_id)
    final = next((r for r in sources if r.counted), None)
    records, quotes = _coding(db, framework, final)
    return Case(
        group_id=group_id,
        name=name_of(group_id, group),
        names=(*_values(group, _GROUP_NAMES), *([group_id] if _IS_A_NAME.search(group_id) else ())),
        other_names=_values(group, _OTHER_NAMES),
        described=described(framework, records),
        sources=sources,
        final=final,
        consents=case_store.consents(db, group_id),
        quotes={q.number: q for q in case_store.quotes(db, group_id)},
        drafts=_drafts(db, framework, group_id, records, quotes),
    )


def name_of(group_id: str, group: Group | None) -> str:
    """What a group is called: by its name in the register, else by its id."""
    return next(iter(_values(group, _GROUP_NAMES)), group_id)


def _coding(
    db: Connection, framework: Framework, final: Report | None
) -> tuple[dict[str, CodedRecord], tuple[SourceQuote, ...]]:
    if final is None:
        return {}, ()
    decisions = tuple(decision_store.decisions(db, [final.report_id]))
    records = resolve(decisions, framework)
    return {r.dimension: r for r in records}, quotes_for_cases(
        db, framework, final.report_id, decisions, records
    )


def _drafts(
    db: Connection,
    framework: Framework,
    group_id: str,
    records: Mapping[str, CodedRecord],
    quotes: Sequence[SourceQuote],
) -> tuple[CaseDraft, ...]:
    """The sections of the template, then those with a text that the template has no more."""
    versions: dict[str, list[CaseText]] = {}
    for text in case_store.texts(db, group_id):
        versions.setdefault(text.section, []).append(text)
    asked = sections_of(framework)
    former = [CaseSection(name, name) for name in versions if name not in {s.id for s in asked}]
    return tuple(
        CaseDraft(
            section.id,
            section.title,
            section.prompt,
            said_in(section, framework, records, quotes),
            current_of(versions.get(section.id, ())),
            asides_of(versions.get(section.id, ())),
            section not in former,
        )
        for section in (*asked, *former)
    )


def current_of(versions: Sequence[CaseText]) -> CaseText | None:
    """The version that holds: the last that was not written aside."""
    return next((v for v in reversed(versions) if not v.aside), None)


def asides_of(versions: Sequence[CaseText]) -> tuple[CaseText, ...]:
    """The versions that wait to be brought together with the one that holds."""
    settled = {number for v in versions for number in v.settles}
    return tuple(v for v in versions if v.aside and v.version not in settled)


def printed_studies(
    db: Connection,
    framework: Framework,
    groups: Sequence[str] = (),
    banked: Mapping[tuple[str, int], BankedWords] = MappingProxyType({}),
    *,
    internal: bool = False,
) -> tuple[CaseStudy, ...]:
    """The case studies of all core groups, or of some in this order, as they may be printed. `banked` says of
    their quotations, by group and number, how the bank prints them (`case_clearing` reads that): without it
    none is printed.

    Raises `UnknownReport` for a group that is no core group.
    """
    wanted = groups or core_groups(db)
    made, alike = [], _described_alike(db, framework) if wanted else Counter()
    for group_id in wanted:
        found = case(db, framework, group_id)
        pages = {r.report_id: tuple(report_store.page_texts(db, r.report_id).values()) for r in found.sources}
        mine = {number: words for (group, number), words in banked.items() if group == group_id}
        made.append(case_study(found, pages, alike, mine, internal=internal))
    return tuple(made)


def _described_alike(db: Connection, framework: Framework) -> Counter[str]:
    """How many of the reports that count are described by the same words. What reads the same is put in words
    once, as the many on which nothing was decided."""
    counted = {r.report_id for r in overview.outlines(db) if r.counted and not r.withdrawn_at}
    rows = coded_store.coded_rows(db, framework.framework_id)
    found: Counter[str] = Counter()
    for row, reports in Counter(row for of, row in rows.items() if of in counted).items():
        found[described(framework, {r.dimension: r for r in records_of(framework, "", *row)})] += reports
    return found
