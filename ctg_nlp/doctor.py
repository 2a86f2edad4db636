"""Whether a project is sound: store, files, models, framework and audit log held against each other.

Each finding says what is wrong and the cure. Nothing is changed but, with `mend`, what can be reckoned anew
without loss. Composition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ctg_nlp.doctor_files import Finding, look_at_files
from ctg_nlp.doctor_store import look_at_derived, look_at_log, look_at_models, look_at_rows
from ctg_nlp.errors import CtgError, StoreError
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store import checking
from ctg_nlp.store.database import Store, address_shown, known_schemas, open_any, open_store

_RESTORE = "restore the last backup: ctg restore FILE {home} --replace"

_COPY = "ctg db copy FROM TO, then name TO as `database` in ctg.toml"


def examine(
    root: Path,
    *,
    now: str,
    verify: bool = False,
    mend: bool = False,
    who: str = "ctg doctor",
    progress: Callable[[str], None] = lambda part: None,
) -> tuple[Finding, ...]:
    """All that is wrong with the project at `root`; empty where nothing is.

    `now` is the time, against which what is stored cannot be later. `verify`: read all submitted files again.
    `mend`: reckon anew what is derived, which is noted as done by `who`, and delete leftovers of programs
    that were killed over an hour ago.
    """
    progress("settings and framework")
    try:
        home = open_home(root)
    except CtgError as error:
        return (Finding("settings", str(error), f"Mend it as said, or {_RESTORE.format(home=root)}"),)
    progress("database")
    found = list(_database(home))
    if found:
        return tuple(found)
    store = open_store(home.database)
    try:
        parts = {
            "rows": look_at_rows(store, home, now),
            "audit log": look_at_log(store),  # before anything is mended
            "models": look_at_models(store, home),
            "what is counted": look_at_derived(store, home, now, who, mend),
            "files": look_at_files(store, home, now, verify, mend),
        }
        for part, findings in parts.items():  # each is looked for while it is gone through
            progress(part)
            found += findings
    finally:
        store.close()
    return tuple(found)


def _database(home: Home) -> Iterator[Finding]:
    """What keeps the database from being looked at any further."""
    where = address_shown(home.database)
    try:
        store, schema = open_any(home.database)
    except StoreError as error:
        yield Finding("database", str(error), _cure(home))
        return
    try:
        if schema is None:
            yield Finding(
                "database", f"{where} has no tables.", f"Make them with: ctg db upgrade; or {_cure(home)}"
            )
        elif schema not in known_schemas():
            yield Finding(
                "database", f"{where} has schema {schema}.", "Install the newer ctg_nlp that made it."
            )
        elif schema != known_schemas()[-1]:
            cure = "Back it up (ctg backup FILE), then bring it up to date with: ctg db upgrade"
            yield Finding("database", f"{where} has the older schema {schema}.", cure)
        else:
            yield from _whole(store, home)
    except StoreError as error:
        yield Finding("database", str(error), _cure(home))
    finally:
        store.close()


def _whole(store: Store, home: Home) -> Iterator[Finding]:
    for said in checking.damage(store):
        yield Finding("database", f"It is damaged: {said}.", _cure(home))
    for table in checking.missing_tables(store):
        cure = f"{_cure(home)}; without one, a new database has it again, but empty: {_COPY}"
        yield Finding("database", f"The table {table} is gone.", cure)
    for guard in checking.broken_guards(store):
        yield Finding(
            "database",
            f"The trigger {guard}, which refuses changes of what is only added to, is gone, at rest, or says "
            "something else than it was made to.",
            "Find out who changed it, and compare what is stored with the last backup. A new database has it "
            f"again, with all rows: {_COPY}",
        )
    with store.transaction():
        pass  # raises where it cannot be written to


def _cure(home: Home) -> str:
    return _RESTORE.format(home=home.root)
