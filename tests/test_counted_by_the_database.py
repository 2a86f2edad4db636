"""What pages count in the database is what a plain reckoning over all that is stored comes to, whatever happened."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from ctg_nlp.agreement import study
from ctg_nlp.agreement_summary import AgreementSummary, agreement_summary
from ctg_nlp.desk import Desk
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.framework_file import read_framework
from ctg_nlp.records import READABLE, Answer, By, CodedRecord, Decision, RecordState, Report, ReportKind
from ctg_nlp.review.estimate import Method
from ctg_nlp.review.resolution import resolve
from ctg_nlp.review.selection import outcomes
from ctg_nlp.selecting import standings
from ctg_nlp.selection_flow import around, flow_now
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import progress as progress_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import schema as s
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.store.progress import CoderWork, Overrides
from ctg_nlp.store.queue import Left
from ctg_nlp.synthesis.flow import Fate, flow
from ctg_nlp.web.selection_view import PAGE, selection_page

from .random_store import fill_by_chance
from .sampling_desk import FRAMEWORK, river_desk

SEEDS = range(3)
QUICKLY = Method(resamples=20)


@pytest.fixture(params=SEEDS)
def rivers(any_store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    desk = river_desk(any_store, tmp_path, 0)
    fill_by_chance(desk, request.param)
    return desk


def test_among_the_stores_that_are_compared_there_is_what_is_rare(migrated: Path, tmp_path: Path) -> None:
    found = set[str]()
    for seed in SEEDS:
        (folder := tmp_path / str(seed)).mkdir()
        shutil.copy(migrated, folder / "store.sqlite")
        store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
        desk = river_desk(store, folder, 0)
        fill_by_chance(desk, seed)
        found.update(rare_things(desk))
        store.close()
    assert found == {
        "read by people, another of the group counts", "read by people, chosen for its group",
        "read by people, several of one group", "coded blind", "sampled", "not sampled",
        "no sample",
    }  # fmt: skip


def rare_things(desk: Desk) -> Iterator[str]:
    """What of the things that are compared below occurs in this store, in words."""
    with desk.store.reading() as db:
        people = counting_store.read_by_people(db)
        blind = [a for a in independence_store.assignments(db) if a.blind]
    open_groups = Counter(p.group_id for p in people if p.group_id and not p.answered)
    if any(p.answered for p in people):
        yield "read by people, another of the group counts"
    if any(p.chosen for p in people if p.group_id in open_groups):
        yield "read by people, chosen for its group"
    if any(n > 1 for n in open_groups.values()):
        yield "read by people, several of one group"
    if blind:
        yield "coded blind"
    told = agreement_summary(desk.store, desk.framework, method=QUICKLY)
    if not told.unseen:
        yield "no sample"
    elif told.sampled:
        yield "sampled"
    if told.double_coded > told.sampled:
        yield "not sampled"


def stored(desk: Desk) -> tuple[tuple[Report, ...], list[Decision]]:
    """All reports and all decisions that stand."""
    with desk.store.reading() as db:
        return report_store.reports(db), list(decision_store.decisions(db))


def counting(reports: Iterable[Report]) -> set[str]:
    return {r.report_id for r in reports if r.counted and not r.withdrawn_at}


def test_what_coders_did_and_overrode_is_what_their_decisions_say(rivers: Desk) -> None:
    _, decisions = stored(rivers)
    with rivers.store.reading() as db:
        acts = [
            a
            for (i,) in db.execute(select(s.act.c.act_id))
            if (a := act_store.act(db, i)) and not a.undone_at
        ]
        found, by_coder = progress_store.work_of_coders(db), progress_store.decided_by_coder(db)
        taken = progress_store.overrides(db)
    work = []
    for coder in sorted({d.coder for d in decisions}):
        mine = [d for d in decisions if d.coder == coder]
        work.append(
            CoderWork(coder, len({d.report_id for d in mine}), len(mine), sum(bool(d.act_id) for d in mine),
                      sum(a.seconds for a in acts if a.coder == coder), max(d.time for d in mine))
        )  # fmt: skip
    assert found == tuple(work) and len(work) == 3
    assert by_coder == Counter((c, d) for c, d, _ in {(d.coder, d.dimension, d.report_id) for d in decisions})
    shown: dict[tuple[str, str], list[Decision]] = {}
    for d in decisions:
        if d.suggested is not None and d.code is not None and d.answer is not Answer.UNSURE:
            shown.setdefault((d.dimension, d.code), []).append(d)
    assert {(o.dimension, o.code): o for o in taken} == {
        key: Overrides(
            *key, len(of), sum(d.answer is Answer.PRESENT and not d.suggested for d in of),
            sum(d.answer is Answer.ABSENT and bool(d.suggested) for d in of),
        )
        for key, of in shown.items()
    }  # fmt: skip


def test_what_is_left_is_of_the_reports_that_count_alone(rivers: Desk) -> None:
    reports, _ = stored(rivers)
    framework_id = rivers.framework.framework_id
    with rivers.store.reading() as db:
        tallies = [
            t
            for r in sorted(counting(reports))
            if (t := queue_store.tally_of(db, r, framework_id)) is not None
        ]
        found = queue_store.left(db, framework_id)
        some = [t.report_id for t in tallies[::2]] + [r.report_id for r in reports if not r.counted]
        of_some = queue_store.left(db, framework_id, some)
        open_in = progress_store.open_reports_by_dimension(db, framework_id)
        of_another = queue_store.left(db, "another")
    assert 0 < len(tallies) < len(reports)
    assert found == left(tallies) and of_some == left(tallies[::2]) and of_another == left([])
    assert open_in == Counter(d for t in tallies for d in t.open_dimensions)


def left(tallies: list) -> Left:
    return Left(
        len(tallies), sum(t.open == 0 for t in tallies),
        sum(t.open > 0 and t.decided_at != "" for t in tallies), sum(t.conflicts > 0 for t in tallies),
        sum(t.codes for t in tallies), sum(t.open for t in tallies),
    )  # fmt: skip


def test_a_report_without_a_tally_is_found_also_where_another_has_one_too_many(rivers: Desk) -> None:
    reports, _ = stored(rivers)
    framework_id = rivers.framework.framework_id
    with rivers.store.transaction() as db:
        assert queue_store.without_tally(db, framework_id) == ()
        lost, failed = reports[3].report_id, reports[5].report_id
        db.execute(s.tally.delete().where(s.tally.c.report_id == lost))
        db.execute(s.report.update().where(s.report.c.report_id == failed).values(verdict="failed"))
        assert queue_store.without_tally(db, framework_id) == (lost,)
        assert queue_store.without_tally(db, "another") == tuple(
            r.report_id for r in reports if r.report_id != failed
        )


def fates_one_by_one(desk: Desk) -> list[Fate]:
    """Where every document stands, each by itself from all that was said of it."""
    reports, decisions = stored(desk)
    with desk.store.reading() as db:
        filtered = selection_store.filter_decisions(db)
    settled = {r.group_id for r in reports if r.counted and not r.withdrawn_at and r.group_id}
    counts = counting(reports)
    for r in reports:  # what people alone could read counts where nothing else of its group does
        by_people = any(d.report_id == r.report_id and d.role != "trainee" for d in decisions)
        refused = str(r.verdict) == "refused" and r.kind is ReportKind.FINAL and not r.withdrawn_at
        if refused and by_people and not r.counted and r.group_id not in settled:
            counts.add(r.report_id)
            settled |= {r.group_id} if r.group_id else set()
    chosen = {r.group_id for r in reports if r.group_id and r.chosen and r.report_id in counts}
    found = []
    for r in reports:
        mine = [d for d in decisions if d.report_id == r.report_id]
        said = [d for d in filtered if d.report_id == r.report_id]
        if r.report_id in counts:
            found.append(fate_of(desk, r, resolve(mine, desk.framework), said))
        else:
            found.append(why_not(r, chosen))
    return found


def fate_of(desk: Desk, report: Report, records: Iterable[CodedRecord], said: list) -> Fate:
    by = {r.dimension: r for r in records}

    def done(d: Dimension) -> bool:
        return d.id in by and by[d.id].state is RecordState.DECIDED

    def begun(d: Dimension) -> bool:
        return d.id in by and bool(by[d.id].present | by[d.id].absent | by[d.id].conflicts)

    codes = [f"{r.dimension}.{c}" for r in by.values() for c in r.present]
    deep = desk.framework.stage("indepth")
    return Fate(
        report.report_id, mapped=all(map(done, desk.framework.stage("map"))),
        outcomes=outcomes(desk.framework.filters, said, codes), deep=all(map(done, deep)),
        begun=any(map(begun, deep)),
    )  # fmt: skip


def why_not(r: Report, chosen: set[str | None]) -> Fate:
    readable, final = r.verdict in READABLE, r.kind is ReportKind.FINAL
    if r.withdrawn_at:
        return Fate(r.report_id, "Withdrawn", By.PEOPLE)
    if r.group_id in chosen and readable and final:
        return Fate(r.report_id, "Superseded: another report of the group was chosen", By.PEOPLE)
    if readable and not r.settled:
        return Fate(r.report_id, unsettled=True)
    if readable and not final:
        return Fate(r.report_id, "Other documents than the final report")
    words = {
        "refused": "Unreadable", "near-duplicate": "Nearly the same as another report",
        "revision": "Revisions of a report that counts",
    }  # fmt: skip
    return Fate(r.report_id, words.get(str(r.verdict), "Superseded: another report of the group counts"))


def test_the_flow_that_tells_reports_together_is_that_of_every_report_by_itself(rivers: Desk) -> None:
    fates = fates_one_by_one(rivers)
    with rivers.store.reading() as db:
        near = around(db)
    found = flow_now(rivers.store, rivers.framework)
    assert found == flow(rivers.framework, fates, near)
    assert len(found.steps[1].left) > 3 and found.steps[2].waiting and found.steps[2].remaining


@pytest.mark.parametrize("coder", ["ada", "cy"])
def test_the_page_of_the_selection_tells_of_each_report_where_it_stands(rivers: Desk, coder: str) -> None:
    desk = replace(rivers, coder=coder, restricted=coder == "cy")
    with desk.store.reading() as db:
        seen = desk.sight(db)
    fates = [f for f in fates_one_by_one(desk) if f.counts and seen.may_see_evidence(f.report_id)]
    assert [(s.report.report_id, s.fate) for s in standings(desk)] == [(f.report_id, f) for f in fates]
    page = selection_page(desk, "", "", 1)
    assert page["found"] == len(fates) <= PAGE
    assert [x.standing.fate for x in page["lines"]] == fates
    assert page["selected"] == sum(f.selected for f in fates)
    assert (page["flow"] is None) == bool(seen.waiting)
    assert [x.standing.fate for x in page["disputes"]] == [f for f in fates if at(f)[1] == "coders disagree"]
    for place, row in enumerate(page["summary"]):
        name = row["filter"].id
        assert row["passed"] == sum(f.mapped and str(f.outcomes[place].state) == "passed" for f in fates)
        for state, number in row["counts"]:
            assert number == sum(at(f) == (name, state) for f in fates)
            some = selection_page(desk, name, state, 1)
            assert [x.standing.fate for x in some["lines"]] == [f for f in fates if at(f) == (name, state)]


def at(fate: Fate) -> tuple[str, str]:
    first = next((o for o in fate.outcomes if str(o.state) != "passed"), None)
    if not fate.mapped:
        return "", "not mapped"
    return (first.filter, str(first.state)) if first else ("", "passed every filter")


def test_agreement_reckoned_report_by_report_is_that_of_all_decisions_at_once(rivers: Desk) -> None:
    whole, brief = (of(rivers.store, rivers.framework, method=QUICKLY) for of in (study, agreement_summary))
    for field in fields(AgreementSummary):
        assert getattr(brief, field.name) == getattr(whole, field.name), field.name
    assert brief.assisted and brief.imported and brief.double_coded < brief.reports
    assert any(d.unsure for d in brief.dimensions) and brief.kept


def changed() -> Framework:
    """The next version of the framework, with a code renamed and two merged."""
    said = yaml.safe_load(FRAMEWORK)
    said["dimensions"][0]["codes"][0] = {"id": "seen", "label": "Seen on site"}
    said["indepth"][0]["codes"] = [{"id": "harm", "label": "Dams or waste"}]
    edits = [
        {"edit": "rename", "dimension": "method", "from": "counted", "to": "seen"},
        {"edit": "merge", "dimension": "threats", "from": ["dams", "waste"], "to": "harm"},
    ]
    said |= {"version": "4", "history": [{"version": "4", "edits": edits}]}
    return read_framework("f.yaml", yaml.safe_dump(said, sort_keys=False))


def test_agreement_reckoned_report_by_report_reads_what_was_decided_before_the_framework_changed(
    rivers: Desk,
) -> None:
    now = changed()
    whole, brief = (of(rivers.store, now, method=QUICKLY) for of in (study, agreement_summary))
    for field in fields(AgreementSummary):
        assert getattr(brief, field.name) == getattr(whole, field.name), field.name
    assert brief.answers > 0 and {k.dimension for k in brief.kept} >= {"method", "threats"}
