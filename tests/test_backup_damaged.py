"""A backup that is damaged, crafted or of another program replaces nothing and writes nowhere else."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ctg_nlp.backup_file import BackupFile
from ctg_nlp.errors import HomeError
from ctg_nlp.restore import check_backup, restore

from .backups import NOW, back_up, changed_backup, files_of
from .backups import project as project
from .small_project import SmallProject
from .test_faults import small_disk as small_disk


@pytest.mark.parametrize("damage", ["cut", "changed", "added", "outside", "no zip"])
def test_a_damaged_backup_replaces_nothing(damage: str, project: SmallProject, tmp_path: Path) -> None:
    file = back_up(project.home, tmp_path / "b")
    content = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        at = content.index(b"database.sqlite") + 400
        content[at] ^= 0xFF
        file.write_bytes(content)
    elif damage == "no zip":
        file.write_bytes(b"this is no backup")
    else:
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("home/added.txt" if damage == "added" else "../outside.txt", "x")
    before = files_of(project.home.root)
    project.store.close()
    with pytest.raises(HomeError, match="damaged|no backup"):
        restore(file, project.home.root, now=NOW, who="ann", replace=True)
    assert files_of(project.home.root) == before and not (tmp_path.parent / "outside.txt").exists()
    assert not list(tmp_path.glob(".home*")) and not list(tmp_path.glob("home.before*"))


@pytest.mark.parametrize(
    "name", ["home/{out}", "home/../../evil", "home/a/../../../evil", "framework/{out}", "tables/../evil", "evil",
             "home/./evil", "home//evil", "home/"]
)  # fmt: skip
def test_a_listed_entry_that_would_lie_outside_the_project_is_refused(
    name: str, project: SmallProject, tmp_path: Path
) -> None:
    outside = tmp_path / "outside" / "evil"
    entry = name.format(out=outside)

    def list_it(manifest: dict[str, Any]) -> dict[str, bytes]:
        manifest["files"][entry] = hashlib.sha256(b"x").hexdigest()
        return {entry: b"x"}

    crafted = changed_backup(back_up(project.home, tmp_path / "b"), tmp_path / "crafted", list_it)
    for act in (
        lambda: check_backup(crafted),
        lambda: restore(crafted, tmp_path / "x" / "y", now=NOW, who="ann"),
    ):
        with pytest.raises(HomeError, match="is damaged"):
            act()
    assert not list(tmp_path.rglob("evil")) and not (tmp_path / "x" / "y").exists()


def test_extracting_itself_never_leaves_the_folder(project: SmallProject, tmp_path: Path) -> None:
    within = tmp_path / "within"
    within.mkdir()
    (within / "link").symlink_to(tmp_path)
    with BackupFile(back_up(project.home, tmp_path / "b")) as backup:
        for below in ("../evil", str(tmp_path / "evil"), "link/evil"):
            with pytest.raises(HomeError, match="would not lie in the project"):
                backup.extract("home/ctg.toml", within, below)
    assert not (tmp_path / "evil").exists()


def test_a_file_of_another_kind_and_a_backup_of_a_newer_program_are_told_as_what_they_are(
    project: SmallProject, tmp_path: Path
) -> None:
    file = back_up(project.home, tmp_path / "b")

    def newer(manifest: dict[str, Any]) -> dict[str, bytes]:
        manifest.clear()
        manifest.update({"ctg_backup": 2, "chunks": []})
        return {}

    def none(manifest: dict[str, Any]) -> dict[str, bytes]:
        manifest.pop("ctg_backup")
        return {}

    def odd(manifest: dict[str, Any]) -> dict[str, bytes]:
        manifest["files"] = ["a list"]
        return {}

    with pytest.raises(HomeError, match="was made by a newer ctg_nlp"):
        check_backup(changed_backup(file, tmp_path / "newer", newer))
    for number, change in enumerate((none, odd)):
        with pytest.raises(HomeError, match="is no backup of ctg"):
            check_backup(changed_backup(file, tmp_path / f"other{number}", change))
