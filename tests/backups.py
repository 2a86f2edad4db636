"""Backups for tests: made, looked into, changed, and a project on any database."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ctg_nlp.backup import make_backup
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store.copying import sums
from ctg_nlp.store.database import open_any

from .small_project import SmallProject, small_project
from .test_faults import small_disk as small_disk

NOW = "2026-03-01T12:00:00.000000+00:00"


LOG = {"audit_log", "audit_head"}  # to which the restoring itself is added


def back_up(home: Home, path: Path, **more: bool) -> Path:
    made = make_backup(home, path, now=NOW, who="ann", **more)
    assert made.left_out == ()
    return made.path


def rows_of(url: str) -> dict[str, object]:
    store, _ = open_any(url)
    with store.reading() as db:
        found = {name: said for name, said in sums(db).items() if name not in {*LOG, "session"}}
    store.close()
    return found


def files_of(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in root.rglob("*")
        if p.is_file() and not p.name.startswith("ctg.sqlite") and p.parent.name != "logs"
    }


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = small_project(tmp_path / "home")
    made.arrive("one.pdf")
    made.decide("one.pdf", "aims", codes=["a"])
    return made


def changed_backup(file: Path, target: Path, change: Callable[[dict[str, Any]], dict[str, bytes]]) -> Path:
    """The backup with another manifest, which `change` makes of its own, and the entries that that gives back."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        added = change(manifest)
        for name in old.namelist():
            if name != "manifest.json":
                new.writestr(name, old.read(name))
        for name, content in added.items():
            new.writestr(name, content)
        new.writestr("manifest.json", json.dumps(manifest))
    return target


def on_database(root: Path, url: str) -> SmallProject:
    project = small_project(root, url=url)
    project.arrive("one.pdf")
    project.decide("one.pdf", "aims", codes=["a"])
    settings = root / "ctg.toml"
    settings.write_text(f'database = "{url}"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    return replace(project, home=open_home(root))
