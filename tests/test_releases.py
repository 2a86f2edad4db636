"""Releases: frozen, seen to by several named people, made again byte for byte, corrected with reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from ctg_nlp import releases
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.errors import CtgError, StoreError
from ctg_nlp.people import add_user
from ctg_nlp.records import ReleaseState, Role
from ctg_nlp.releases import Told
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.disclosure import Rules

from .small_project import SmallProject, framework, small_project

NOTHING = Rules()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    made = filled(small_project(tmp_path / "home"))
    yield made
    made.store.close()


def filled(project: SmallProject) -> SmallProject:
    """Eight reports, of which six are decided on their phase."""
    for i in range(8):
        project.arrive(f"{i}.pdf")
    for i in range(6):
        decide_phase(project, f"{i}.pdf", "early" if i < 4 else "late")
    return project


def decide_phase(project: SmallProject, report: str, code: str) -> None:
    project.decide(report, "phase", codes=[code])


def drafted(project: SmallProject, rules: Rules = NOTHING, **more) -> Told:
    leave_out = more.pop("leave_out", ("aims", "size"))
    return releases.draft(
        project.store,
        project.home,
        "Spring",
        now=project.now(),
        who="ann",
        rules=rules,
        leave_out=leave_out,
        **more,
    )


def advance(project: SmallProject, told: Told, *acts: str) -> Told:
    for act in acts:
        who = {"assure": "bea", "approve": "cy", "publish": "cy"}[act]
        told = getattr(releases, act)(
            project.store, project.home, told.release.release_id, now=project.now(), who=who
        )
    return told


def published(project: SmallProject, **more) -> Told:
    return advance(project, drafted(project, **more), "assure", "approve", "publish")


def files(project: SmallProject, told: Told) -> dict[str, str]:
    folder = releases.folder_of(project.home, told.release)
    return {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir()}


def test_every_file_says_draft_until_the_release_is_published(project: SmallProject) -> None:
    told = drafted(project)
    for step in ((), ("assure",), ("approve",)):
        told = advance(project, told, *step)
        assert told.mark == "DRAFT"
        assert all("DRAFT" in said for said in files(project, told).values())
    told = advance(project, told, "publish")
    assert told.mark == "" and not any("DRAFT" in said for said in files(project, told).values())
    assert [e.who for e in told.events] == ["ann", "bea", "cy", "cy"]


def test_who_made_a_release_neither_assures_nor_approves_it(project: SmallProject) -> None:
    told = drafted(project)
    with pytest.raises(CtgError, match="somebody else"):
        releases.assure(project.store, project.home, told.release.release_id, now=project.now(), who="ann")
    told = advance(project, told, "assure")
    with pytest.raises(CtgError, match="somebody else"):
        releases.approve(project.store, project.home, told.release.release_id, now=project.now(), who="ann")


def test_no_step_can_be_left_out(project: SmallProject) -> None:
    told = drafted(project)
    with pytest.raises(CtgError, match="must be quality-assured"):
        advance(project, told, "approve")
    with pytest.raises(CtgError, match="must be approved"):
        advance(project, told, "publish")


def test_where_there_are_users_only_an_active_lead_approves(project: SmallProject) -> None:
    for name, role in (("ann", Role.LEAD), ("bea", Role.CODER), ("cy", Role.LEAD)):
        add_user(project.store, name, role, "a long enough sentence", now=project.now(), who="x")
    told = advance(project, drafted(project), "assure")
    for who, why in (("bea", "for a lead"), ("nobody", "no active user")):
        with pytest.raises(CtgError, match=why):
            releases.approve(project.store, project.home, told.release.release_id, now=project.now(), who=who)
    assert advance(project, told, "approve").state is ReleaseState.APPROVED


def test_a_table_that_must_not_be_published_stops_approval_unless_a_reason_is_given(
    project: SmallProject,
) -> None:
    told = advance(project, drafted(project, leave_out=()), "assure")  # of aims and size nothing is decided
    with pytest.raises(CtgError, match="aims.*--leave-out"):
        advance(project, told, "approve")
    done = releases.approve(
        project.store,
        project.home,
        told.release.release_id,
        now=project.now(),
        who="cy",
        despite="asked for by the sponsor",
    )
    assert "asked for by the sponsor" in done.events[-1].why


def test_a_release_is_made_again_byte_for_byte_after_decisions_changed(project: SmallProject) -> None:
    told = published(project)
    decide_phase(project, "6.pdf", "late")
    again = releases.remake(project.store, told.release.release_id)
    assert (again.different, again.erased, again.tables) == ((), 0, 1)


def test_the_id_changes_with_the_data_and_the_rules(project: SmallProject) -> None:
    hashes = [drafted(project).release.release_id.split("-")[-1] for _ in range(2)]
    assert hashes[0] == hashes[1]
    other = drafted(project, Rules(3)).release.release_id.split("-")[-1]
    decide_phase(project, "6.pdf", "late")
    assert len({hashes[0], other, drafted(project).release.release_id.split("-")[-1]}) == 3


def test_after_an_erasure_the_numbers_remain_and_rebuild_says_why_it_cannot(project: SmallProject) -> None:
    told = published(project)
    withdraw_report(project.store, "0.pdf", now=project.now(), who="x", why="asked")
    erase_report(project.store, project.home, "0.pdf", now=project.now(), who="x", why="asked")
    assert releases.remake(project.store, told.release.release_id).erased == 1
    assert releases.told_of(project.store, told.release.release_id).shown == told.shown


def test_a_correction_lists_changed_cells_and_marks_the_earlier_release(project: SmallProject) -> None:
    first = published(project)
    decide_phase(project, "6.pdf", "late")
    with pytest.raises(CtgError, match="needs a reason"):
        releases.correct(
            project.store, project.home, first.release.release_id, now=project.now(), who="ann", why=" "
        )
    second = releases.correct(
        project.store,
        project.home,
        first.release.release_id,
        now=project.now(),
        who="ann",
        why="a report was late",
    )
    changed = {(c.row, c.old, c.new) for c in releases.corrections(project.store, second)}
    assert changed == {("early", "4 of 6", "4 of 7"), ("late", "2 of 6", "3 of 7")}
    advance(project, second, "assure", "approve", "publish")
    old = releases.told_of(project.store, first.release.release_id)
    assert old.state is ReleaseState.CORRECTED and old.shown == first.shown
    assert all("CORRECTED" in said for said in files(project, old).values())
    manifest = json.loads(
        files(project, releases.told_of(project.store, second.release.release_id))["manifest.json"]
    )
    assert len(manifest["changed"]) == 2


def test_a_draft_older_than_another_publication_is_not_published(project: SmallProject) -> None:
    waiting = advance(project, drafted(project), "assure", "approve")
    published(project)
    with pytest.raises(CtgError, match="was published after"):
        advance(project, waiting, "publish")


def test_small_counts_are_withheld_in_files_and_database_alike(project: SmallProject) -> None:
    told = drafted(project, Rules(3))
    assert "late,Late,,[c],[c],6,2,suppressed" in "".join(files(project, told).values())
    assert '"2 of 6"' not in told.tables[0].shown and "[c]" in told.tables[0].shown


def test_a_changed_or_missing_file_is_noticed(project: SmallProject) -> None:
    told = published(project)
    assert releases.verify(project.store, project.home, told.release.release_id) == ()
    table = next(releases.folder_of(project.home, told.release).glob("*.csv"))
    table.write_text(table.read_text().replace("4", "5"))
    assert releases.verify(project.store, project.home, told.release.release_id) == (table.name,)


@pytest.mark.parametrize("table", ["release", "release_table", "release_event"])
@pytest.mark.parametrize("act", ["DELETE FROM {}", "UPDATE {} SET release_id = 'x'"])
def test_the_database_refuses_to_change_a_release(project: SmallProject, table: str, act: str) -> None:
    drafted(project)
    with pytest.raises(StoreError, match="frozen"), project.store.transaction() as db:
        db.execute(text(act.format(table)))


def test_a_whole_cycle_works_in_any_database_and_is_frozen_there(tmp_path: Path, any_store: Store) -> None:
    bare = small_project(tmp_path / "home")
    bare.store.close()
    project = filled(SmallProject(bare.home, any_store))
    told = published(project)
    assert releases.remake(project.store, told.release.release_id).different == ()
    for table in ("release", "release_table", "release_event"):
        with pytest.raises(StoreError, match="frozen"), project.store.transaction() as db:
            db.execute(text(f"DELETE FROM {table}"))


def test_each_step_is_in_the_audit_log(project: SmallProject) -> None:
    told = published(project)
    with project.store.reading() as db:
        said = [e.what for e in entries(db, subject=told.release.release_id)]
    assert said == ["release draft", "release quality-assured", "release approved", "release published"]


def test_the_quality_statement_says_that_agreement_was_not_measured(project: SmallProject) -> None:
    said = drafted(project).tables[0]
    assert said.verdict == "publish with caution"
    assert any("not measured" in sentence for sentence in said.quality)
    assert any("at most 2 of 8 reports" in sentence for sentence in said.quality)


def test_more_undecided_than_the_settings_allow_means_do_not_publish(project: SmallProject) -> None:
    project.home = replace(project.home, undecided_most=20)
    assert drafted(project).tables[0].verdict == "do not publish"


def test_withdrawing_needs_a_reason_and_marks_the_files(project: SmallProject) -> None:
    told = published(project)
    done = releases.withdraw(
        project.store,
        project.home,
        told.release.release_id,
        now=project.now(),
        who="cy",
        why="wrong register",
    )
    assert done.mark == "WITHDRAWN" and all("WITHDRAWN" in said for said in files(project, done).values())


def test_headings_between_rows_do_not_hinder_a_correction(tmp_path: Path) -> None:
    said = framework()
    said["dimensions"][1] |= {"groups": [{"id": "all", "label": "All phases"}]}
    for code in said["dimensions"][1]["codes"]:
        code["group"] = "all"
    project = filled(small_project(tmp_path / "home", said))
    first = published(project, rules=Rules(2))
    releases.correct(
        project.store, project.home, first.release.release_id, now=project.now(), who="ann", why="late"
    )
    project.store.close()


def test_with_a_minimum_no_release_is_broken_down_by_a_dimension(project: SmallProject) -> None:
    with pytest.raises(CtgError, match="no release is broken down by aims"):
        drafted(project, Rules(3), by=("aims",))
