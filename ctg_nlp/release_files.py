"""The files of a release: its tables, the manifest, and its report as it was frozen with the draft.

Composition of `giving_out`, `export` and `store`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ctg_nlp.errors import CtgError
from ctg_nlp.export.contents import Contents
from ctg_nlp.export.contents_json import contents_from
from ctg_nlp.export.editions import Edition
from ctg_nlp.export.forms import FORMS, write_report
from ctg_nlp.export.release import REPORT, files_of, sha_of_file, write_release
from ctg_nlp.giving_out import facts_of
from ctg_nlp.release_told import Told, corrections, folder_of
from ctg_nlp.settings import Home
from ctg_nlp.store import releases as release_store
from ctg_nlp.store.database import Store


def write_files(store: Store, home: Home, told: Told, now: str) -> None:
    """Write the files of a release with the mark that it carries now, and again its report in each form in
    which it lies there."""
    write_release(folder_of(home, told.release), release_files(store, told))
    forms = [f for f in FORMS if _report(home, told, f).is_file()]
    write_reports(store, home, told, forms, now)


def release_files(store: Store, told: Told) -> dict[str, str]:
    """The text of each file of a release but its report, by its name, as the database has it."""
    return files_of(told.shown, _manifest(store, told), told.mark, told.release.release_id)


def _manifest(store: Store, told: Told) -> dict[str, Any]:
    """What the files say of themselves. It is given out with them: it names nobody and gives nobody's
    reasons, which `ctg release show` does."""
    r = told.release
    return {
        **{name: getattr(r, name) for name in ("title", "made_at", "rebuild_id", "framework_id")},
        **{name: getattr(r, name) for name in ("data_hash", "model_id", "code_version", "supersedes")},
        "state": str(told.state),
        "rules": dict(zip(("minimum", "secondary", "round_to"), r.rules, strict=True)),
        "events": [{"state": str(e.state), "time": e.time} for e in told.events],
        "tables": [
            {"table": t.table_id, "sha256": t.sha256, "verdict": t.verdict, "quality": t.quality}
            for t in told.tables
        ],
        "changed": [asdict(c) for c in corrections(store, told)],
    }


def report_of(store: Store, told: Told) -> Contents:
    """The report of a release as it was frozen with the draft, with the mark and the facts of now.

    Raises `CtgError` where it is not in the database.
    """
    with store.reading() as db:
        kept = release_store.frozen_report(db, told.release.release_id)
    if kept is None:
        raise CtgError(f"The report of {told.release.release_id} is not in the database.")
    return replace(contents_from(kept.contents), status=told.mark, facts=tuple(facts_of(told)))


def write_reports(
    store: Store, home: Home, told: Told, forms: Collection[str], now: str, folder: Path | None = None
) -> tuple[Path, ...]:
    """Write the report of a release in some forms, and note the checksum of each that lies with its files.
    `folder`: another than the release's own. Returns the files."""
    if not forms:
        return ()
    contents = report_of(store, told)
    paths = [_report(home, told, form, folder) for form in forms]
    for path in paths:
        write_report(path, contents)
    if folder is None:
        with store.transaction() as db:
            for path in paths:
                name = f"{REPORT}/{path.name}"
                release_store.note_file(db, told.release.release_id, name, sha_of_file(path), now)
    return tuple(paths)


def _report(home: Home, told: Told, form: str, folder: Path | None = None) -> Path:
    return (folder or folder_of(home, told.release) / REPORT) / f"{Edition.PUBLISHABLE}.{form}"
