"""Releases of tables: frozen, assured, approved and published by named people, corrected by other releases.

What people do with releases. What is told of them, how they are checked and what files they have lies in
`release_told`, `release_checks` and `release_files`. Composition of these and `report`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from ctg_nlp.agreement_summary import agreement_summary
from ctg_nlp.errors import CtgError
from ctg_nlp.export.contents import Contents
from ctg_nlp.export.contents_json import contents_from, json_of_contents
from ctg_nlp.export.editions import Edition
from ctg_nlp.export.release import sha256_of
from ctg_nlp.giving_out import as_release
from ctg_nlp.people import same_name
from ctg_nlp.published_before import published_releases, published_tables
from ctg_nlp.quality import quality_statements
from ctg_nlp.rebuilds import dataset_of, keep
from ctg_nlp.records import Dataset, FrozenReport, FrozenTable, Release, ReleaseEvent, ReleaseState, Role
from ctg_nlp.release_checks import Remade, remake, verify
from ctg_nlp.release_files import report_of, write_files, write_reports
from ctg_nlp.release_making import breakdowns, frozen, left_out, numbered, plain_tables, release_of
from ctg_nlp.release_told import (
    UNPUBLISHED,
    ChangedCell,
    Told,
    all_releases,
    corrections,
    find,
    folder_of,
    frozen_data,
    told,
    told_of,
)
from ctg_nlp.release_words import no_longer_printable
from ctg_nlp.report import made
from ctg_nlp.report_plan import pairs_of
from ctg_nlp.settings import Home
from ctg_nlp.store import people as people_store
from ctg_nlp.store import releases as release_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.disclosure import Rules, controlled
from ctg_nlp.synthesis.quality import Verdict
from ctg_nlp.synthesis.shown import ShownTable
from ctg_nlp.synthesis.tables import SynthesisTable

__all__ = [
    "ChangedCell", "Remade", "Told", "all_releases", "approve", "assure", "correct", "corrections", "draft",
    "folder_of", "frozen_data", "publish", "remake", "report_of", "told_of", "verify", "withdraw",
    "write_reports",
]  # fmt: skip

_NEXT = {
    ReleaseState.ASSURED: (ReleaseState.DRAFT,),
    ReleaseState.APPROVED: (ReleaseState.ASSURED,),
    ReleaseState.PUBLISHED: (ReleaseState.APPROVED,),
    ReleaseState.WITHDRAWN: (*UNPUBLISHED, ReleaseState.PUBLISHED),
}
_LEADS = frozenset({ReleaseState.APPROVED, ReleaseState.PUBLISHED, ReleaseState.WITHDRAWN})


def draft(
    store: Store, home: Home, title: str, *, now: str, who: str, rules: Rules, by: Sequence[str] = (),
    leave_out: Collection[str] = (), supersedes: str = "", why: str = "", looked_at: bool = False,
) -> Told:  # fmt: skip
    """Freeze the tables as they are now, and all that their report says. `leave_out`: tables (by dimension)
    that do not enter. `looked_at`: a person looked at what the report says should be looked at.

    Raises `CtgError` for an unknown table or breakdown, a narrative that does not hold, what nobody looked
    at, and somebody who may not.
    """
    with store.reading() as db:
        who = _allowed(db, who, ReleaseState.DRAFT)
    rebuild = keep(store, home, now=now, who=who)
    with store.reading() as db:
        data = dataset_of(db, rebuild.rebuild_id, home.framework)
        earlier = published_releases(db)
        before = published_tables(db, home.framework, [e.release_id for e in earlier])
        model = suggestion_store.last_model(db, home.framework.framework_id) or ""
    by = breakdowns(home.framework, data, by, rules)
    tables = _tables(store, home, data, controlled_by=(rules, before), by=by, leave_out=leave_out)
    bare = replace(
        release_of(title, rebuild, model, rules),
        by=by,
        earlier=tuple(e.release_id for e in earlier),
        supersedes=supersedes,
        made_by=who,
        made_at=now,
    )
    text = json_of_contents(_composed(store, home, Told(bare, tables, ()), looked_at))
    report = FrozenReport(text, sha256_of(text), rebuild.data_hash)
    with store.transaction() as db:
        release = numbered(bare, release_store.next_number(db), [t.table_id for t in tables], report)
        release_store.put_release(db, release, tables, report)
        _note(db, release.release_id, ReleaseState.DRAFT, who, now, why)
        done = told(db, release)
    write_files(store, home, done, now)
    return done


def _tables(
    store: Store, home: Home, data: Dataset, *, controlled_by: tuple[Rules, Sequence[ShownTable]],
    by: Sequence[str], leave_out: Collection[str],
) -> tuple[FrozenTable, ...]:  # fmt: skip
    """The tables as they are shown by rules beside those published before, with how good they are."""
    tables = plain_tables(home.framework, data, by, leave_out)
    shown = controlled(tables, *controlled_by)
    plain = [t for t in tables if isinstance(t, SynthesisTable)]
    told = quality_statements(
        store, home, data, plain, agreement_summary(store, home.framework), counts=not controlled_by[0].active
    )
    quality = {q.table: q for q in told}
    return tuple(frozen(s, quality[t.dimension]) for t, s in zip(tables, shown, strict=True))


def _composed(store: Store, home: Home, of: Told, looked_at: bool) -> Contents:
    """All that the report of a release says, but what changes with its state. Raises `CtgError` where the
    narrative says what the tables do not, or nobody looked at what should be."""
    given = as_release(store, of)
    report = made(store, home, Edition.PUBLISHABLE, pairs_of(home.gap_maps), given)
    if not report.sound:
        raise CtgError(
            f"The narrative ({home.narrative.name}) says what these tables do not, and would be frozen with "
            "them. See: ctg claims check. Mend it, or take it out of the project, and draft again."
        )
    if report.to_look_at and not looked_at:
        raise CtgError(
            "Before this is frozen a person has to look at the following; then draft again with --looked-at."
            "\n- " + "\n- ".join(report.to_look_at)
        )
    return replace(report.contents, status="", facts=())


def correct(
    store: Store, home: Home, release_id: str, *, now: str, who: str, why: str, looked_at: bool = False
) -> Told:
    """Draft a release that supersedes a published one, by the same rules and with the same tables.

    The earlier one counts as corrected once this one is published. Raises `CtgError` where it is not
    published.
    """
    with store.reading() as db:
        old = told(db, find(db, release_id))
    _reason(why, "correction")
    r = old.release
    if old.state is not ReleaseState.PUBLISHED:
        raise CtgError(f"{r.release_id} is {old.state}; only a published release can be corrected.")
    gone = left_out(home.framework, [t.table_id for t in old.tables])
    return draft(
        store, home, r.title, now=now, who=who, rules=Rules(*r.rules), by=r.by, leave_out=gone,
        supersedes=r.release_id, why=why, looked_at=looked_at,
    )  # fmt: skip


def assure(store: Store, home: Home, release_id: str, *, now: str, who: str, why: str = "") -> Told:
    """Somebody else than its author has checked the draft. Raises `CtgError` where that cannot be."""
    return _advance(store, home, release_id, ReleaseState.ASSURED, now, who, why)


def approve(
    store: Store, home: Home, release_id: str, *, now: str, who: str, why: str = "", despite: str = ""
) -> Told:
    """A lead who is not the author approves it. `despite`: the reason to publish tables all the same that
    must not be by their quality statement.

    Raises `CtgError` where the state, the person or the quality of a table does not allow it.
    """
    with store.reading() as db:
        stopped = [t.table_id for t in told(db, find(db, release_id)).tables if t.verdict == Verdict.STOP]
    if stopped and not despite.strip():
        raise CtgError(
            f'{len(stopped)} tables say "{Verdict.STOP}": {", ".join(stopped)}. Make a draft without '
            "them (ctg release draft --leave-out TABLE), or say why they are published all the same "
            "(--despite WHY)."
        )
    if stopped:
        why = f"{why} Despite the quality of {', '.join(stopped)}: {despite}".strip()
    return _advance(store, home, release_id, ReleaseState.APPROVED, now, who, why)


def publish(store: Store, home: Home, release_id: str, *, now: str, who: str, why: str = "") -> Told:
    """Publish an approved release; the one that it supersedes becomes corrected.

    Raises `CtgError` where another was published since it was made: it was not compared with that one.
    """
    return _advance(store, home, release_id, ReleaseState.PUBLISHED, now, who, why)


def withdraw(store: Store, home: Home, release_id: str, *, now: str, who: str, why: str) -> Told:
    """Take a release back, with a reason; what it said can still be read."""
    _reason(why, "withdrawal")
    return _advance(store, home, release_id, ReleaseState.WITHDRAWN, now, who, why)


def _advance(
    store: Store, home: Home, release_id: str, state: ReleaseState, now: str, who: str, why: str
) -> Told:
    with store.transaction() as db:
        release_store.lock_releases(db)
        before = told(db, find(db, release_id))
        who, release = _allowed(db, who, state), before.release
        _may_become(before, state, who)
        if state is not ReleaseState.WITHDRAWN:
            _may_be_said(db, home, before)
        old = _superseded(db, release) if state is ReleaseState.PUBLISHED else None
        _note(db, release.release_id, state, who, now, why)
        if old is not None:
            by = f"by {release.release_id}. {why}".strip()
            _note(db, old.release_id, ReleaseState.CORRECTED, who, now, by)
        done = [told(db, r) for r in (release, old) if r is not None]
    for each in done:
        write_files(store, home, each, now)
    return done[0]


def _may_be_said(db: Connection, home: Home, of: Told) -> None:
    """Raises `CtgError` where the frozen report prints words that may not be printed any more."""
    kept = release_store.frozen_report(db, of.release.release_id)
    gone = no_longer_printable(db, home.framework, contents_from(kept.contents)) if kept else ()
    if gone:
        raise CtgError(
            f"{of.release.release_id} prints what may not be printed any more: {', '.join(gone)}. "
            "Withdraw it and make a new draft."
        )


def _may_become(before: Told, state: ReleaseState, who: str) -> None:
    """Raises `CtgError` where a release cannot come to a state from where it stands, or not by its author."""
    release = before.release
    if before.state not in _NEXT[state]:
        needed = " or ".join(_NEXT[state])
        raise CtgError(f"{release.release_id} is {before.state}; to become {state} it must be {needed}.")
    if state in (ReleaseState.ASSURED, ReleaseState.APPROVED) and same_name(who) == release.made_by:
        raise CtgError(f"{who} made {release.release_id}: somebody else must see to it that it is {state}.")


def _superseded(db: Connection, release: Release) -> Release | None:
    """The published release that this one corrects; one that was withdrawn meanwhile stays withdrawn.

    Raises `CtgError` where others were published since it was made.
    """
    known = {r.release_id for r in published_releases(db)} - set(release.earlier)
    if known:
        raise CtgError(
            f"{', '.join(sorted(known))} was published after {release.release_id} was made, so what "
            "both tell together was not looked at. Withdraw this one and make a new draft."
        )
    if not release.supersedes:
        return None
    old = told(db, find(db, release.supersedes))
    return old.release if old.state is ReleaseState.PUBLISHED else None


def _note(db: Connection, release_id: str, state: ReleaseState, who: str, now: str, why: str) -> None:
    release_store.add_event(db, ReleaseEvent(release_id, state, who, now, why))
    append(db, now, who, f"release {state}", release_id)


def _reason(why: str, what: str) -> None:
    if not why.strip():
        raise CtgError(f"A {what} needs a reason: --why ...")


def _allowed(db: Connection, who: str, state: ReleaseState) -> str:
    """The person's name, if they may do this: where there are users, they must be one, active, and no
    administrator; a lead to approve, publish and withdraw. Raises `CtgError`."""
    name = same_name(who)
    if not name:
        raise CtgError("A release needs a person's name: --who NAME")
    if not people_store.any_users(db):
        return name
    user = people_store.user(db, name)
    if user is None or not user.active:
        raise CtgError(f"{name} is no active user of this project; see: ctg users list")
    if user.role is Role.ADMINISTRATOR or (state in _LEADS and user.role is not Role.LEAD):
        raise CtgError(f"{name} is {user.role}; that a release becomes {state} is for a lead.")
    return name
