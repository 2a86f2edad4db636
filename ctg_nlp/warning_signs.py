"""What is wrong with a project at a glance, as far as that costs little; the doctor looks at the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctg_nlp.records import Report, VerdictKind
from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.checking import damage_at_a_glance
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import files_below, stored_file, stored_path

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Signs:
    """`damage`: what SQLite says of its file, empty where nothing; `missing`: names of reports whose
    submitted file is no more where it was."""

    damage: str
    missing: tuple[str, ...]

    def in_words(self) -> str:
        """The same in a sentence or two; empty where nothing is wrong."""
        said = [f"The database is damaged ({self.damage})."] if self.damage else []
        if self.missing:
            names = ", ".join(self.missing[:_SHOWN])
            more = f" and {len(self.missing) - _SHOWN} more" if len(self.missing) > _SHOWN else ""
            n = len(self.missing)
            of = "file of 1 report is" if n == 1 else f"files of {n} reports are"
            said.append(f"The submitted {of} missing: {names}{more}.")
        return " ".join(said)


def warning_signs(store: Store, home: Home) -> Signs:
    """What can be seen by one listing of data/raw and a short look into the database."""
    return Signs(damage_at_a_glance(store), missing_files(store, home))


def has_a_file(report: Report) -> bool:
    """Whether a report's submitted file ought to be there: its pages are shown."""
    return report.verdict in (VerdictKind.ACCEPTED, VerdictKind.WARNING) and not report.withdrawn_at


def missing_files(store: Store, home: Home) -> tuple[str, ...]:
    """Names of reports whose submitted file is gone; a copy that lies elsewhere will do."""
    with store.reading() as db:
        reports = [r for r in report_store.reports(db) if has_a_file(r)]
        places: dict[str, list[str]] = {}
        for s in report_store.submissions(db):
            places.setdefault(s.sha256, []).append(s.path)
    there = {stored_path(home.root, f) for f in files_below(home.raw, [])} if home.raw.is_dir() else set()
    below = f"{stored_path(home.root, home.raw)}/"
    return tuple(r.name for r in reports if not _lies(home, places.get(r.report_id, ()), there, below))


def _lies(home: Home, paths: Sequence[str], there: set[str], below: str) -> bool:
    elsewhere = (p for p in paths if not p.startswith(below))
    return not there.isdisjoint(paths) or any(stored_file(home.root, p) for p in elsewhere)
