"""What coders do on the review page, on SQLite and PostgreSQL: nothing is lost, and nothing forbidden is kept."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.coding import exported_lines
from ctg_nlp.constraints import violations
from ctg_nlp.desk import Desk, Doing, OtherUse
from ctg_nlp.errors import DecisionsError, UnknownReport
from ctg_nlp.framework import Code, Dimension
from ctg_nlp.records import (
    Answer,
    Decision,
    Memo,
    QuotedEvidence,
    Span,
    Tally,
)
from ctg_nlp.review.acts import Forbidden, Said, answered, rest_absent, standing
from ctg_nlp.review.queue import entropy
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import make_home
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import audit_log
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import progress as progress_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store.database import open_store
from ctg_nlp.store.queue import Choice, Wanted
from ctg_nlp.tallies import refresh, retally
from ctg_nlp.web.queue_view import Asked, next_address

from .desks import ID, MODEL, OTHER, TEXT, fill, make_desk, uid

PLACE = Span(1, 0, 24)


def decided(desk: Desk, report_id: str = ID) -> list[Decision]:
    with desk.store.reading() as db:
        return list(decision_store.decisions(db, [report_id]))


def answers(desk: Desk, dimension: str) -> dict[str | None, str]:
    return {code: str(d.answer) for code, d in standing(decided(desk), desk.coder, dimension).items()}


def tally_of(desk: Desk, report_id: str = ID) -> Tally:
    with desk.store.transaction() as db:
        return retally(db, desk.framework, report_id)


def test_an_answer_is_kept_with_its_evidence_its_time_and_what_was_shown(desk: Desk) -> None:
    before = tally_of(desk)
    tally = desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, None, (PLACE,), "sure", 3.5))
    (d,) = decided(desk)
    assert (d.code, d.answer, d.coder, d.note, d.suggested) == ("pupils", Answer.PRESENT, "ada", "sure", True)
    assert d.evidence == (QuotedEvidence(TEXT[:24], (PLACE,)),)
    assert d.framework_id == desk.framework.framework_id
    with desk.store.reading() as db:
        act = act_store.act(db, d.act_id)
    assert act is not None and (act.seconds, act.model_id, act.kind) == (3.5, MODEL, "answer")
    assert tally.open == before.open - 1
    assert tally.uncertainty == pytest.approx(before.uncertainty - entropy(0.6))


def test_an_answer_given_without_suggestions_in_view_says_so(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.ABSENT, assisted=False))
    (d,) = decided(desk)
    with desk.store.reading() as db:
        act = act_store.act(db, d.act_id)
    assert d.suggested is None and act is not None and act.model_id == ""


def test_the_same_act_sent_twice_is_one(desk: Desk) -> None:
    doing = Doing(uid(), "stakeholders", "pupils", Answer.PRESENT)
    assert desk.do(ID, doing) == desk.do(ID, doing)
    assert len(decided(desk)) == 1
    with pytest.raises(OtherUse):
        desk.do(OTHER, doing)


def test_undo_brings_back_what_stood_before(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, None, (PLACE,)))
    before = decided(desk), tally_of(desk)
    last = Doing(uid(), "stakeholders", "pupils", Answer.ABSENT)
    desk.do(ID, last)
    assert answers(desk, "stakeholders") == {"pupils": "absent"}
    desk.undo(ID, last.act_id)
    assert (decided(desk), tally_of(desk)) == before
    desk.undo(ID, last.act_id)  # again changes nothing
    assert (decided(desk), tally_of(desk)) == before


def test_only_the_last_act_can_be_undone_and_only_by_its_coder(desk: Desk) -> None:
    first, second = (
        Doing(uid(), "stakeholders", "pupils", Answer.PRESENT),
        Doing(uid(), "stakeholders", "parent", Answer.ABSENT),
    )
    desk.do(ID, first)
    desk.do(ID, second)
    with pytest.raises(DecisionsError, match="undo that first"):
        desk.undo(ID, first.act_id)
    with pytest.raises(DecisionsError, match="nothing of yours"):
        replace(desk, coder="ben").undo(ID, second.act_id)


def test_a_code_that_stands_alone_is_refused_beside_others_with_reason_and_cure(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "characteristics", "high_fsm", Answer.PRESENT))
    alone = Doing(uid(), "characteristics", "none", Answer.PRESENT)
    with pytest.raises(Forbidden, match="stands alone") as refused:
        desk.do(ID, alone)
    assert "absent" in refused.value.cure and answers(desk, "characteristics") == {"high_fsm": "present"}
    desk.do(ID, replace(alone, replace=True))
    assert answers(desk, "characteristics") == {"high_fsm": "absent", "none": "present"}


def test_one_code_of_a_single_choice_makes_the_others_absent_and_done(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "phase", "primary", Answer.PRESENT))
    tally = desk.do(ID, Doing(uid(), "phase", "secondary", Answer.PRESENT))
    assert [c for c, a in answers(desk, "phase").items() if a == "present"] == ["secondary"]
    assert "phase" not in tally.open_dimensions


def test_the_rest_absent_leaves_what_was_answered_and_what_is_unsure(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    desk.do(ID, Doing(uid(), "stakeholders", "parent", Answer.UNSURE))
    tally = desk.do(ID, Doing(uid(), "stakeholders"))
    said = answers(desk, "stakeholders")
    assert said.pop("pupils") == "present" and said.pop("parent") == "unsure"
    assert set(said.values()) == {"absent"} and "stakeholders" in tally.open_dimensions


def test_a_value_is_checked_and_cannot_be_told_is_an_answer(desk: Desk) -> None:
    with pytest.raises(DecisionsError, match="whole number"):
        desk.do(ID, Doing(uid(), "group_size", None, Answer.VALUE, "six"))
    tally = desk.do(ID, Doing(uid(), "group_size", None, Answer.VALUE, None))
    assert "group_size" not in tally.open_dimensions


def test_evidence_outside_the_text_and_unknown_names_are_refused(desk: Desk) -> None:
    for wrong in (
        Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, None, (Span(1, 0, 999),)),
        Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, None, (Span(7, 0, 3),)),
        Doing(uid(), "stakeholders", "pupils", Answer.VALUE, 3),
        Doing(uid(), "stakeholders", "nobody", Answer.PRESENT),
        Doing(uid(), "nothing", "pupils", Answer.PRESENT),
        Doing(uid(), "group_size", "pupils", Answer.PRESENT),
        Doing(uid(), "group_size"),
    ):
        with pytest.raises(DecisionsError):
            desk.do(ID, wrong)
    with pytest.raises(UnknownReport):
        desk.do("c" * 64, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    assert decided(desk) == []


def test_an_inductive_code_makes_other_present_and_goes_with_its_undo(desk: Desk) -> None:
    memo = Memo(uid(), ID, "", "", "", "Grandparents", "stakeholders", None, Span(1, 25, 55))
    desk.do(ID, Doing(uid(), "stakeholders", "other", Answer.PRESENT, None, (PLACE,)))
    desk.write_memo(memo)
    said = standing(decided(desk), "ada", "stakeholders")["other"]
    assert [e.quote for e in said.evidence] == [TEXT[:24], TEXT[25:55]]
    with desk.store.reading() as db:
        (kept,) = act_store.memos(db, ID)
    assert (kept.label, kept.code, kept.quote) == ("Grandparents", "other", TEXT[25:55])
    desk.undo(ID, memo.memo_id)
    assert [e.quote for e in standing(decided(desk), "ada", "stakeholders")["other"].evidence] == [TEXT[:24]]
    with desk.store.reading() as db:
        assert act_store.memos(db, ID) == ()


def test_a_free_memo_is_rewritten_and_deleted_by_its_coder_alone(desk: Desk) -> None:
    memo = Memo(uid(), ID, "", "", "look again")
    assert desk.write_memo(memo) is None
    desk.write_memo(replace(memo, text="looked"))
    with desk.store.reading() as db:
        assert [m.text for m in act_store.memos(db, ID)] == ["looked"]
    with pytest.raises(OtherUse):
        replace(desk, coder="ben").write_memo(memo)
    with pytest.raises(DecisionsError):
        replace(desk, coder="ben").delete_memo(memo.memo_id)
    assert desk.delete_memo(memo.memo_id) == ID
    with desk.store.reading() as db:
        noted = [e.what for e in audit_log.entries(db, subject=ID)]
    assert noted == ["memo", "memo changed", "memo deleted"]
    with desk.store.reading() as db:
        assert act_store.memos(db, ID) == ()


def test_the_queue_gives_the_least_certain_first_and_each_report_once(desk: Desk) -> None:
    with desk.store.reading() as db:
        ids = [w.report_id for w in queue_store.waiting(db, desk.framework.framework_id, Wanted(), Choice(9))]
    assert ids == [ID, OTHER]  # scores of 0.6 are less certain than scores of 0.9
    passed: list[str] = []
    for after, expected in ((ID, OTHER), (OTHER, ID), (ID, OTHER)):
        passed.append(after)
        assert expected in next_address(desk, Asked(), passed)


def test_the_queue_of_one_code_holds_the_reports_in_which_it_is_open(desk: Desk) -> None:
    asked = Asked(by="code", code="stakeholders.pupils")
    assert next_address(desk, asked, []).endswith("#d=stakeholders&c=pupils")
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    assert OTHER in next_address(desk, asked, [])
    desk.do(OTHER, Doing(uid(), "stakeholders", "pupils", Answer.UNSURE))
    assert OTHER in next_address(desk, asked, [])  # unsure decides nothing
    desk.do(OTHER, Doing(uid(), "stakeholders", "pupils", Answer.ABSENT))
    assert next_address(desk, asked, []) == ""


def test_the_queue_is_narrowed_by_state_cohort_group_and_dimension(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "stakeholders"))

    def found(wanted: Wanted) -> list[str]:
        with desk.store.reading() as db:
            return [
                w.report_id for w in queue_store.waiting(db, desk.framework.framework_id, wanted, Choice(9))
            ]

    assert found(Wanted(state="begun")) == [ID]
    assert found(Wanted(state="done")) == []
    assert found(Wanted(dimension="stakeholders")) == [OTHER]
    assert found(Wanted(cohort="2")) == [OTHER] and found(Wanted(group="G1")) == [ID]


def test_progress_counts_decisions_time_and_overrides(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.ABSENT, seconds=4.0))  # though suggested
    desk.do(ID, Doing(uid(), "stakeholders", "parent", Answer.PRESENT, seconds=2.0))
    with desk.store.reading() as db:
        (work,) = progress_store.work_of_coders(db)
        taken = {o.code: o for o in progress_store.overrides(db)}
        open_in = progress_store.open_reports_by_dimension(db, desk.framework.framework_id)
    assert (work.decisions, work.seconds, work.per_hour) == (2, 6.0, 1200.0)
    assert taken["pupils"].taken_away == 1 and taken["parent"].taken_away == 0
    assert open_in["stakeholders"] == 2


def test_a_tally_that_is_missing_is_made_and_equals_the_one_kept(desk: Desk) -> None:
    kept = desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    with desk.store.transaction() as db:
        db.exec_driver_sql("DELETE FROM tally")
    assert refresh(desk.store, desk.framework) == 2
    assert tally_of(desk) == kept and refresh(desk.store, desk.framework) == 0


def test_decisions_of_the_page_are_exported_and_undone_ones_are_not(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, None, (PLACE,)))
    gone = Doing(uid(), "stakeholders", "parent", Answer.PRESENT)
    desk.do(ID, gone)
    desk.undo(ID, gone.act_id)
    (line,) = exported_lines(desk.store)
    assert line["codes"] == ["pupils"] and line["evidence"] == {"pupils": [TEXT[:24]]}


def test_twenty_coders_at_once_lose_nothing(desk: Desk) -> None:
    errors: list[BaseException] = []

    def work(coder: str) -> None:
        mine = replace(desk, coder=coder, clock=lambda: "2026-02-01T00:00:00+00:00")
        try:
            for code in ("pupils", "parent", "teacher"):
                mine.do(ID, Doing(uid(), "stakeholders", code, Answer.PRESENT))
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(f"coder {i}",)) for i in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert errors == [] and len(decided(desk)) == 60
    assert len({d.sequence for d in decided(desk)}) == 60
    with desk.store.reading() as db:
        (kept,) = queue_store.waiting(db, desk.framework.framework_id, Wanted(state="begun"), Choice(9))
    assert kept.open == tally_of(desk).open == tally_of(desk, OTHER).open - 3


CODES = tuple(Code(c, c, exclusive=c in "yz") for c in "abyz")
MULTI = Dimension("d", "D", "multi", codes=CODES)
SINGLE = Dimension("d", "D", "single", codes=CODES)
STEPS = st.lists(
    st.tuples(st.sampled_from("abyz"), st.sampled_from([Answer.PRESENT, Answer.ABSENT, Answer.UNSURE]))
)


@given(STEPS, st.sampled_from([MULTI, SINGLE]))
def test_whatever_a_coder_answers_no_rule_of_the_framework_is_broken(steps, dimension: Dimension) -> None:
    mine: dict[str | None, Decision] = {}
    for code, answer in steps:
        for said in answered(dimension, Said(code, answer), mine, replace=True):
            mine[said.code] = Decision("r", "d", said.code, said.answer, "me", "", "f")
        assert mine[code].answer is answer
        assert violations(dimension, [c for c, d in mine.items() if c and d.answer is Answer.PRESENT]) == ()
    rest = rest_absent(dimension, mine)
    assert {s.code for s in rest} | set(mine) == set("abyz") and all(s.answer is Answer.ABSENT for s in rest)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["high_fsm", "high_sen", "none", "other"]),
            st.sampled_from(["present", "absent", "unsure"]),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_any_course_of_answers_and_undos_is_what_the_same_without_the_undone_would_be(
    tmp_path_factory, steps
) -> None:
    folder = tmp_path_factory.mktemp("course")
    home = make_home(folder)
    stores = [open_store(f"sqlite:///{folder / name}.sqlite", create=True) for name in ("undone", "never")]
    desks = [make_desk(home, store) for store in stores]
    for store in stores:
        fill(store, home.framework, ID, 1, 0.6)
    for code, answer, undone in steps:
        doing = Doing(uid(), "characteristics", code, Answer(answer), replace=True)
        desks[0].do(ID, doing)
        if undone:
            desks[0].undo(ID, doing.act_id)
        else:
            desks[1].do(ID, replace(doing, act_id=uid()))
    records = [resolve(decided(d), home.framework) for d in desks]
    assert records[0] == records[1]
    tallies = [replace(tally_of(d), decided_at="") for d in desks]
    assert tallies[0] == tallies[1]
    for store in stores:
        store.close()
