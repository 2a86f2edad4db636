"""Releases of tables: frozen, assured, approved and published by named people, corrected by other releases.

Composition of `rebuilds`, `quality`, `synthesis`, `export` and `store`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.errors import CtgError
from ctg_nlp.export.release import changed_files, csv_of, json_of, sha256_of, table_from, write_release
from ctg_nlp.framework import Framework
from ctg_nlp.kept_frameworks import kept_framework
from ctg_nlp.people import same_name
from ctg_nlp.quality import quality_statements
from ctg_nlp.rebuilds import code_version, data_hash, dataset_of, keep
from ctg_nlp.records import (
    Dataset,
    FrozenTable,
    Rebuild,
    Release,
    ReleaseEvent,
    ReleaseState,
    Role,
)
from ctg_nlp.settings import Home
from ctg_nlp.store import people as people_store
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import releases as release_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.breakdown import CrossTable, breakdown, by_attribute, by_dimension
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.disclosure import Rules, controlled
from ctg_nlp.synthesis.quality import QualityStatement, Verdict
from ctg_nlp.synthesis.shown import ShownTable
from ctg_nlp.synthesis.tables import SynthesisTable, synthesis_tables

DRAFT_MARK = "DRAFT"
_NEXT = {
    ReleaseState.ASSURED: (ReleaseState.DRAFT,),
    ReleaseState.APPROVED: (ReleaseState.ASSURED,),
    ReleaseState.PUBLISHED: (ReleaseState.APPROVED,),
    ReleaseState.CORRECTED: (ReleaseState.PUBLISHED,),
    ReleaseState.WITHDRAWN: (
        ReleaseState.DRAFT,
        ReleaseState.ASSURED,
        ReleaseState.APPROVED,
        ReleaseState.PUBLISHED,
    ),
}
_LEADS = frozenset({ReleaseState.APPROVED, ReleaseState.PUBLISHED, ReleaseState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Told:
    """A release with its tables and all that was done with it."""

    release: Release
    tables: tuple[FrozenTable, ...]
    events: tuple[ReleaseEvent, ...]

    @property
    def state(self) -> ReleaseState:
        """Where it stands now."""
        return self.events[-1].state

    @property
    def mark(self) -> str:
        """What every page and file of it must carry now: "DRAFT", "CORRECTED", "WITHDRAWN", or nothing."""
        if self.state in _NEXT[ReleaseState.WITHDRAWN][:3]:
            return DRAFT_MARK
        return "" if self.state is ReleaseState.PUBLISHED else self.state.upper()

    @property
    def shown(self) -> tuple[ShownTable, ...]:
        """Its tables as they are printed."""
        return tuple(table_from(t.shown) for t in self.tables)


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """A cell that a correction prints otherwise."""

    table: str
    row: str
    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Remade:
    """What making a release again came to: ids of tables that are `different`, reports `erased` since (then
    the tables cannot be made again; their kept numbers stay), the program then and now."""

    release_id: str
    tables: int
    different: tuple[str, ...]
    erased: int
    code_then: str
    code_now: str


def draft(
    store: Store, home: Home, title: str, *, now: str, who: str, rules: Rules, by: Sequence[str] = (),
    leave_out: Collection[str] = (), supersedes: str = "", why: str = "",
) -> Told:  # fmt: skip
    """Freeze the tables as they are now. `leave_out`: tables (by dimension) that do not enter.

    Raises `CtgError` for an unknown table or breakdown, `PeopleError` for somebody who may not.
    """
    with store.reading() as db:
        who = _allowed(db, who, ReleaseState.DRAFT)
        earlier = _published(db)
    if crossed := [name for name in by if rules.minimum > 1 and home.framework.dimension(name)]:
        raise CtgError(
            f"With a minimum no release is broken down by {', '.join(crossed)}: what two dimensions by each "
            "other tell together of small counts is not wholly under control. Leave it out."
        )
    rebuild = keep(store, home, now=now, who=who)
    with store.reading() as db:
        data = dataset_of(db, rebuild.rebuild_id, home.framework)
        before = [t for e in earlier for t in _told(db, e).shown]
    tables = _tables(home.framework, data, by, leave_out)
    shown_now = controlled(tables, rules, before)
    plain = [t for t in tables if isinstance(t, SynthesisTable)]
    quality = {q.table: q for q in quality_statements(store, home, data, plain)}
    frozen = tuple(_frozen(t, s, quality[t.dimension]) for t, s in zip(tables, shown_now, strict=True))
    with store.transaction() as db:
        made = replace(
            _made(release_store.next_number(db), title, rebuild, rules, frozen),
            by=tuple(by),
            earlier=tuple(e.release_id for e in earlier),
            supersedes=supersedes,
            made_by=who,
            made_at=now,
        )
        release_store.put_release(db, made, frozen)
        _note(db, made.release_id, ReleaseState.DRAFT, who, now, why)
        told = _told(db, made)
    _write(home, told, corrections(store, told))
    return told


def _made(number: int, title: str, rebuild: Rebuild, rules: Rules, frozen: Sequence[FrozenTable]) -> Release:
    """A release by what its numbers come from; who made it and what it stands beside is still to be said."""
    said = rules.minimum, rules.secondary, rules.round_to
    return Release(
        release_id=_id(number, title, rebuild, said, [t.table_id for t in frozen]),
        title=title,
        sequence=number,
        rebuild_id=rebuild.rebuild_id,
        framework_id=rebuild.framework_id,
        data_hash=rebuild.data_hash,
        model_id=rebuild.model_id,
        code_version=code_version(),
        rules=said,
        by=(),
        earlier=(),
        supersedes="",
        made_by="",
        made_at="",
    )


def correct(store: Store, home: Home, release_id: str, *, now: str, who: str, why: str) -> Told:
    """Draft a release that supersedes a published one, by the same rules and with the same tables.

    The earlier one counts as corrected once this one is published. Raises `CtgError` where it is not
    published.
    """
    with store.reading() as db:
        old = _told(db, _find(db, release_id))
    _reason(why, "correction")
    if old.state is not ReleaseState.PUBLISHED:
        raise CtgError(f"{old.release.release_id} is {old.state}; only a published release can be corrected.")
    r = old.release
    kept = {t.table_id for t in old.tables}
    every = {d.id for d in home.framework.dimensions}
    gone = sorted(d for d in every if d not in kept and not any(k.startswith(f"{d} by ") for k in kept))
    return draft(
        store, home, r.title, now=now, who=who, rules=Rules(*r.rules), by=r.by, leave_out=gone,
        supersedes=r.release_id, why=why,
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
        stopped = [t.table_id for t in _told(db, _find(db, release_id)).tables if t.verdict == Verdict.STOP]
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
        told = _told(db, _find(db, release_id))
        who, release = _allowed(db, who, state), told.release
        if told.state not in _NEXT[state]:
            needed = " or ".join(_NEXT[state])
            raise CtgError(f"{release.release_id} is {told.state}; to become {state} it must be {needed}.")
        if state in (ReleaseState.ASSURED, ReleaseState.APPROVED) and same_name(who) == release.made_by:
            raise CtgError(
                f"{who} made {release.release_id}: somebody else must see to it that it is {state}."
            )
        old = _superseded(db, told) if state is ReleaseState.PUBLISHED else None
        _note(db, release.release_id, state, who, now, why)
        if old is not None:
            _note(
                db,
                old.release_id,
                ReleaseState.CORRECTED,
                who,
                now,
                f"by {release.release_id}. {why}".strip(),
            )
        done = [_told(db, r) for r in (release, old) if r is not None]
    for each in done:
        _write(home, each, corrections(store, each))
    return done[0]


def _superseded(db: Connection, told: Told) -> Release | None:
    """The release that this one corrects. Raises `CtgError` where others were published since it was made."""
    known = {r.release_id for r in _published(db)} - set(told.release.earlier)
    if known:
        raise CtgError(
            f"{', '.join(sorted(known))} was published after {told.release.release_id} was made, so what "
            "both tell together was not looked at. Withdraw this one and make a new draft."
        )
    return _find(db, told.release.supersedes) if told.release.supersedes else None


def corrections(store: Store, told: Told) -> tuple[ChangedCell, ...]:
    """The cells that a correction prints otherwise than the release that it supersedes."""
    if not told.release.supersedes:
        return ()
    with store.reading() as db:
        old = _cells(_told(db, _find(db, told.release.supersedes)).shown)
    new = _cells(told.shown)
    return tuple(
        ChangedCell(*key, old.get(key, ""), new.get(key, ""))
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    )


def _cells(tables: Sequence[ShownTable]) -> dict[tuple[str, str, str], str]:
    return {
        (t.id, r.id, label): f"{c.n} of {c.of}" if c.of else c.n
        for t in tables
        for r in t.rows
        for label, c in zip(t.columns, r.cells, strict=False)
    }


def remake(store: Store, release_id: str) -> Remade:
    """Make all tables of a release again, from the kept rebuild and the stored text of its framework, and
    compare them byte for byte. Raises `CtgError` where there is no such release."""
    with store.reading() as db:
        told = _told(db, _find(db, release_id))
        release = told.release
        framework, data = _frozen_data(db, release)
        before = [t for e in release.earlier for t in _told(db, _find(db, e)).shown]
        counted = next(r.reports for r in rebuild_store.rebuilds(db) if r.rebuild_id == release.rebuild_id)
    versions = release.code_version, code_version()
    if data_hash(data) != release.data_hash:
        return Remade(release.release_id, len(told.tables), (), counted - len(data.reports), *versions)
    kept = {t.table_id: t.sha256 for t in told.tables}
    leave_out = [d.id for d in framework.dimensions if d.id not in {k.split(" by ")[0] for k in kept}]
    again = controlled(_tables(framework, data, release.by, leave_out), Rules(*release.rules), before)
    made = {t.id: sha256_of(csv_of(t)) for t in again}
    different = tuple(t for t in dict.fromkeys((*kept, *made)) if kept.get(t) != made.get(t))
    return Remade(release.release_id, len(kept), different, 0, *versions)


def frozen_data(store: Store, told: Told) -> tuple[Framework, Dataset]:
    """What a release was made of: its framework and its dataset, without reports that were erased since.
    Raises `CtgError` where the text of the framework is gone."""
    with store.reading() as db:
        return _frozen_data(db, told.release)


def _frozen_data(db: Connection, release: Release) -> tuple[Framework, Dataset]:
    framework = kept_framework(db, release.framework_id)
    return framework, dataset_of(db, release.rebuild_id, framework)


def verify(store: Store, home: Home, release_id: str) -> tuple[str, ...]:
    """What of a release is not as it was frozen: files that were changed or are gone, tables in the database
    whose checksum is another. Empty: all is whole."""
    told = told_of(store, release_id)
    tables = [t.table_id for t in told.tables if sha256_of(csv_of(table_from(t.shown))) != t.sha256]
    folder = folder_of(home, told.release)
    return (*changed_files(folder), *(f"table {t} in the database" for t in tables))


def told_of(store: Store, release_id: str) -> Told:
    """A release by its id, the first letters of it, or its number. Raises `CtgError` where there is none."""
    with store.reading() as db:
        return _told(db, _find(db, release_id))


def all_releases(store: Store) -> tuple[Told, ...]:
    """All releases, oldest first."""
    with store.reading() as db:
        return tuple(_told(db, r) for r in release_store.releases(db))


def folder_of(home: Home, release: Release) -> Path:
    """Where its files are."""
    return home.coded / "releases" / release.release_id


def _tables(
    framework: Framework, data: Dataset, by: Sequence[str], leave_out: Collection[str]
) -> tuple[SynthesisTable | CrossTable, ...]:
    known = {d.id for d in framework.dimensions}
    if unknown := sorted(set(leave_out) - known):
        raise CtgError(f"There is no table {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
    every = [t for stage in ("map", "indepth") for t in synthesis_tables(framework, data, stage)]
    kept = [t for t in every if t.dimension not in leave_out]
    columns = Columns(framework, data)
    crossed: list[CrossTable] = []
    for name in by:
        for t in kept:
            d = framework.dimension(t.dimension)
            other = framework.dimension(name)
            if d is None or t.dimension == name:
                continue
            if other is None and name not in data.attribute_names:
                names = ", ".join((*data.attribute_names, *sorted(known)))
                raise CtgError(f"Nothing is known by {name}; tables can be broken down by {names}.")
            parts = by_dimension(columns, other) if other else by_attribute(columns, name)
            crossed.append(breakdown(columns, d, name, parts))
    return (*kept, *crossed)


def _frozen(
    table: SynthesisTable | CrossTable, as_shown: ShownTable, quality: QualityStatement
) -> FrozenTable:
    sha = sha256_of(csv_of(as_shown))
    return FrozenTable(as_shown.id, json_of(as_shown), sha, str(quality.verdict), quality.sentences)


def _id(
    number: int, title: str, rebuild: Rebuild, rules: tuple[int, bool, int], tables: Sequence[str]
) -> str:
    """The number and title, and a hash of all that the release was made of."""
    of = [
        rebuild.data_hash,
        rebuild.framework_id,
        rebuild.model_id,
        code_version(),
        list(rules),
        list(tables),
    ]
    hashed = hashlib.sha256(json.dumps(of).encode()).hexdigest()[:12]
    short = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "release"
    return f"{number}-{short}-{hashed}"


def _published(db: Connection) -> tuple[Release, ...]:
    """All that were ever public: what was said cannot be unsaid, so withdrawn ones count too."""
    out = {e.release_id for e in release_store.events(db) if e.state is ReleaseState.PUBLISHED}
    return tuple(r for r in release_store.releases(db) if r.release_id in out)


def _find(db: Connection, name: str) -> Release:
    known = release_store.releases(db)
    exact = [r for r in known if name in (r.release_id, str(r.sequence))]
    found = exact or [r for r in known if name and r.release_id.startswith(name)]
    if len(found) != 1:
        said = ", ".join(r.release_id for r in known) or "none yet"
        raise CtgError(
            f"{'Several releases begin with' if found else 'There is no release'} {name}; there are: {said}."
        )
    return found[0]


def _told(db: Connection, release: Release) -> Told:
    tables = release_store.frozen_tables(db, release.release_id)
    return Told(release, tables, release_store.events(db, release.release_id))


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


def _write(home: Home, told: Told, changed: Sequence[ChangedCell] = ()) -> None:
    r = told.release
    manifest: dict[str, Any] = {
        **{name: getattr(r, name) for name in ("title", "made_by", "made_at", "rebuild_id", "framework_id")},
        **{name: getattr(r, name) for name in ("data_hash", "model_id", "code_version", "supersedes")},
        "state": str(told.state),
        "rules": dict(zip(("minimum", "secondary", "round_to"), r.rules, strict=True)),
        "events": [{"state": str(e.state), "who": e.who, "time": e.time, "why": e.why} for e in told.events],
        "tables": [
            {"table": t.table_id, "sha256": t.sha256, "verdict": t.verdict, "quality": t.quality}
            for t in told.tables
        ],
        "changed": [asdict(c) for c in changed],
    }
    write_release(folder_of(home, r), told.shown, manifest, told.mark, r.release_id)
