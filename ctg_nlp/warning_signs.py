"""What is wrong with a project at a glance, as far as that costs little; the doctor looks at the rest."""

from __future__ import annotations

from dataclasses import dataclass

from ctg_nlp.records import Report, VerdictKind
from ctg_nlp.settings import Home
from ctg_nlp.store import overview
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
    """Names of reports whose submitted file is gone, in the order of arrival; a copy elsewhere will do."""
    below = f"{stored_path(home.root, home.raw)}/"
    there = {stored_path(home.root, f) for f in files_below(home.raw, [])} if home.raw.is_dir() else set()
    lying: set[str] = set()
    elsewhere: dict[str, list[str]] = {}
    with store.reading() as db:
        for s in overview.seen_files(db):
            if s.path in there:
                lying.add(s.sha256)
            elif not s.path.startswith(below):
                elsewhere.setdefault(s.sha256, []).append(s.path)
        gone = [r for r in overview.outlines(db) if r.report_id not in lying and has_a_file(r)]
    gone = [r for r in gone if not any(stored_file(home.root, p) for p in elsewhere.get(r.report_id, ()))]
    return tuple(r.name for r in sorted(gone, key=lambda r: r.sequence))
