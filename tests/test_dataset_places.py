"""Where datasets are put: nobody's files are lost, links stay links, and the umask says who may read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctg_nlp.errors import HomeError
from ctg_nlp.export.dataset_set import whole_set, write_manifest
from ctg_nlp.export.files import whole_file
from ctg_nlp.exporting import Wanted, export_dataset

from .small_project import SmallProject, small_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    made = small_project(tmp_path / "home")
    made.arrive("0.pdf")
    made.decide("0.pdf", "aims", codes=["a"])
    yield made
    made.store.close()


def put(folder: Path) -> None:
    with whole_set(folder) as hidden:
        (hidden / "a.txt").write_text("x", encoding="utf-8")
        write_manifest(hidden, {}, {})


@pytest.mark.skipif(os.name != "posix", reason="umask is of POSIX systems")
@pytest.mark.parametrize(("mask", "folder", "file"), [(0o077, 0o700, 0o600), (0o022, 0o755, 0o644)])
def test_who_may_read_a_dataset_and_any_other_file_is_left_to_the_umask(
    project: SmallProject, tmp_path: Path, mask: int, folder: int, file: int
) -> None:
    before = os.umask(mask)
    try:
        export_dataset(project.store, project.home.framework, tmp_path / "set", Wanted())
        for binary, data in ((False, "x"), (True, b"x")):
            with whole_file(tmp_path / f"{binary}.out", binary=binary) as out:
                out.write(data)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (*(tmp_path / "set").iterdir(), *tmp_path.glob("*.out"))}
    assert modes == {file} and stat.S_IMODE((tmp_path / "set").stat().st_mode) == folder


def test_a_dataset_is_not_replaced_where_somebody_keeps_files_of_their_own_beside_it(tmp_path: Path) -> None:
    put(tmp_path / "set")
    (tmp_path / "set" / "my_analysis.R").write_text("x", encoding="utf-8")
    (tmp_path / "set" / "plots").mkdir()
    with pytest.raises(HomeError, match=r"would be lost: my_analysis\.R, plots"):
        put(tmp_path / "set")
    assert sorted(p.name for p in (tmp_path / "set").iterdir()) == [
        "a.txt",
        "manifest.json",
        "my_analysis.R",
        "plots",
    ]


def test_a_file_that_comes_while_a_dataset_is_written_is_kept(tmp_path: Path) -> None:
    put(tmp_path / "set")
    with pytest.raises(HomeError, match=r"my_analysis\.R"), whole_set(tmp_path / "set"):
        (tmp_path / "set" / "my_analysis.R").write_text("x", encoding="utf-8")
    assert (tmp_path / "set" / "my_analysis.R").exists() and len(list(tmp_path.iterdir())) == 1


def test_what_a_file_manager_leaves_keeps_no_dataset_from_being_replaced(tmp_path: Path) -> None:
    put(tmp_path / "set")
    (tmp_path / "set" / ".DS_Store").write_bytes(b"x")
    put(tmp_path / "set")
    assert not (tmp_path / "set" / ".DS_Store").exists()


def test_a_link_to_a_folder_stays_one_and_what_it_names_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for _ in range(2):
        put(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "a.txt").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "real"]


@pytest.mark.skipif(os.name != "posix", reason="what was left is swept on POSIX systems")
def test_a_writer_that_ends_while_another_begins_disturbs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = [tmp_path / ".set.being-written-gone"]
    monkeypatch.setattr(Path, "glob", lambda *_: iter(gone))
    put(tmp_path / "set")
    assert (tmp_path / "set" / "a.txt").exists()
