"""A project of few reports without PDF files, whose framework can change: what a history of tables needs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from ctg_nlp.coding import import_decisions
from ctg_nlp.records import Group, Report, ReportKind, VerdictKind
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store, open_store


def framework(version: str = "1", history: list | None = None, **dimensions: dict) -> dict:
    """A framework of the given dimensions; by default one of each kind."""
    usual = {
        "aims": {"kind": "multi", "codes": ["a", "b", "c"]},
        "phase": {"kind": "single", "codes": ["early", "late"]},
        "size": {"kind": "number"},
    }
    made = [_dimension(name, d) for name, d in (dimensions or usual).items()]
    said = {"id": "small", "version": version, "title": "Small", "dimensions": made}
    return said | ({"history": history} if history else {})


def _dimension(name: str, said: dict) -> dict:
    made = {"title": name.title(), **said, "id": name}
    if "codes" in said:
        made["codes"] = [c if isinstance(c, dict) else {"id": c, "label": c.title()} for c in said["codes"]]
    if said["kind"] == "number":
        made |= {
            "bands": [{"id": "few", "label": "Few", "max": 5}, {"id": "many", "label": "Many", "min": 6}]
        }
        made["total"] = "All"
    return made


@dataclass
class SmallProject:
    """A home with its store; every act takes a later time than the one before."""

    home: Home
    store: Store
    ticks: int = 0
    files: int = 0
    names: list[str] = field(default_factory=list)

    def now(self) -> str:
        self.ticks += 1
        minutes, seconds = divmod(self.ticks, 60)
        return f"2026-01-{2 + minutes // 60:02}T10:{minutes % 60:02}:{seconds:02}.000000+00:00"

    def arrive(self, name: str, group: str = "", cohort: str = "", **changes) -> str:
        """A report comes in. Returns its id."""
        self.names.append(name)
        report_id = f"{len(self.names):064x}"
        report = Report(
            report_id, len(self.names), name, f"data/raw/{name}", group or name, ReportKind.FINAL,
            VerdictKind.ACCEPTED, received_at=self.now(), counted=True, settled=True, cohort_said=cohort,
        )  # fmt: skip
        with self.store.transaction() as db:
            report_store.put_report(db, replace(report, **changes))
        return report_id

    def register(self, *groups: Group) -> None:
        with self.store.transaction() as db:
            report_store.put_groups(db, groups)

    def decide(self, report: str, dimension: str, coder: str = "ann", **said) -> str:
        """A file with one line is imported. Returns the import's id."""
        self.files += 1
        path = self.home.root / f"{self.files}.jsonl"
        line = {"report": report, "coder": coder, "dimension": dimension, "note": str(self.files), **said}
        path.write_text(json.dumps(line), encoding="utf-8")
        done = import_decisions(self.store, self.home.framework, path, now=self.now(), who="lead")
        return done.import_id

    def switch(self, said: dict) -> None:
        """The home's framework becomes another."""
        self.write(said)
        self.home = open_home(self.home.root)

    def write(self, said: dict, name: str = "framework.yaml") -> Path:
        path = self.home.root / name
        path.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
        return path


def small_project(root: Path, said: dict | None = None, url: str = "") -> SmallProject:
    """A new project with an empty store."""
    root.mkdir(parents=True, exist_ok=True)
    path = root / "framework.yaml"
    path.write_text(yaml.safe_dump(said or framework(), sort_keys=False), encoding="utf-8")
    home = make_home(root, str(path))
    return SmallProject(home, open_store(url or home.database, create=True))
