"""Rebuilds of the tables are kept, and what each was made of can be read again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.errors import CtgError
from ctg_nlp.rebuilds import data_hash, dataset_of, keep
from ctg_nlp.records import Group, Submission
from ctg_nlp.store import rebuilds, reports
from ctg_nlp.store import schema as s
from ctg_nlp.store.database import Store

from .small_project import SmallProject, framework, small_project


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = small_project(tmp_path / "home")
    yield made
    made.store.close()


def kept(project: SmallProject):
    return keep(project.store, project.home, now=project.now(), who="lead")


def rows_of(project: SmallProject, rebuild_id: str) -> int:
    t = s.rebuild_report
    with project.store.reading() as db:
        query = select(func.count()).select_from(t).where(t.c.rebuild_id == rebuild_id)
        return db.execute(query).scalar_one()


def test_a_rebuild_keeps_what_tables_were_made_of_and_only_rows_that_changed(
    any_store: Store, tmp_path: Path
) -> None:
    project = small_project(tmp_path / "home")
    project.store.close()
    project.store = any_store
    project.register(Group("G9", 0, "1"))
    for name in ("one.pdf", "two.pdf", "three.pdf"):
        project.arrive(name, cohort="2")
    project.decide("one.pdf", "aims", codes=["a"])
    project.decide("two.pdf", "size", value=4)
    first, as_first = kept(project), dataset(any_store, project.home.framework)
    project.decide("two.pdf", "aims", codes=["b"])
    withdraw_report(any_store, "three.pdf", now=project.now(), who="lead", why="asked")
    second, as_second = kept(project), dataset(any_store, project.home.framework)
    with any_store.reading() as db:
        assert dataset_of(db, first.rebuild_id, project.home.framework) == as_first
        assert dataset_of(db, second.rebuild_id, project.home.framework) == as_second
        assert rebuilds.rebuilds(db) == (first, second)
    assert (first.reports, second.reports) == (3, 2)
    assert (rows_of(project, first.rebuild_id), rows_of(project, second.rebuild_id)) == (3, 2)
    assert second.rebuild_id == f"{second.made_at[:10]}-2" and second.last_decision == 7


def test_a_rebuild_in_which_nothing_changed_is_the_last_one_again(project: SmallProject) -> None:
    project.arrive("one.pdf")
    first = kept(project)
    assert kept(project) == first
    project.decide("one.pdf", "aims", codes=[])
    assert kept(project) != first


def test_the_hash_of_the_data_takes_no_notice_of_order_and_of_nothing_else(project: SmallProject) -> None:
    project.register(Group("G9", 0, "1"))
    project.arrive("one.pdf", cohort="2")
    project.arrive("two.pdf", cohort="2")
    project.decide("one.pdf", "size", value=4)
    data = dataset(project.store, project.home.framework)
    assert data_hash(replace(data, reports=data.reports[::-1])) == data_hash(data)
    first, second = data.reports
    others = (
        replace(data, framework_id="other"),
        replace(data, silent=()),
        replace(data, reports=(first,)),
        replace(data, reports=(replace(first, states=b"\2" + first.states[1:]), second)),
        replace(data, reports=(replace(first, values=second.values), second)),
        replace(data, reports=(replace(first, attributes=()), second)),
    )
    assert len({data_hash(d) for d in (data, *others)}) == 7


def test_erasing_a_report_takes_it_and_its_name_out_of_rebuilds(project: SmallProject) -> None:
    project.register(Group("G1", 0, "1"))
    gone = project.arrive("secret.pdf", "G1")
    project.arrive("two.pdf")
    project.decide("secret.pdf", "aims", codes=["a"])
    first = kept(project)
    withdraw_report(project.store, "secret.pdf", now=project.now(), who="lead", why="asked")
    kept(project)
    with project.store.transaction() as db:
        reports.put_submission(db, Submission("data/raw/secret.pdf", gone, 1, 2, "t"))
    erase_report(project.store, project.home, "secret.pdf", now=project.now(), who="lead", why="law")
    with project.store.reading() as db:
        left = dataset_of(db, first.rebuild_id, project.home.framework)
        assert [r.report_id for r in left.reports] == [f"{2:064x}"]
        assert {c.n for c in rebuilds.kept_cells(db, first.rebuild_id) if c.row == "a"} == {1}
        assert "secret" not in str(db.execute(select(s.rebuild.c.silent)).scalars().all())


def test_a_rebuild_under_another_framework_keeps_all_rows_and_is_not_read_by_the_first(
    project: SmallProject,
) -> None:
    project.arrive("one.pdf")
    project.decide("one.pdf", "aims", codes=["a"])
    old, first = project.home.framework, kept(project)
    project.switch(framework("2", aims={"kind": "multi", "codes": ["x", "a"]}))
    second = kept(project)
    with project.store.reading() as db:
        assert dataset_of(db, first.rebuild_id, old).reports[0].states[:3] == b"\2\1\1"
        assert dataset_of(db, second.rebuild_id, project.home.framework).reports[0].states == b"\0\2"
        with pytest.raises(CtgError, match="was made under small@1"):
            dataset_of(db, first.rebuild_id, project.home.framework)
        with pytest.raises(CtgError, match=f"no rebuild 2020-1: the last ones are {first.rebuild_id}"):
            dataset_of(db, "2020-1", old)
