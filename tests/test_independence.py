"""Independent coding: who codes what, what they may see, and how disagreement is settled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp.adjudicating import adjudicate, close_task, lock, open_disputes, worklist
from ctg_nlp.coding import exported_lines
from ctg_nlp.desk import Desk, Doing, NotYours, OtherUse
from ctg_nlp.errors import CtgError, DecisionsError
from ctg_nlp.independence import draw_sample, extend_sample, give, sampled_reports, take_back
from ctg_nlp.learning import is_due
from ctg_nlp.people import add_user, set_active
from ctg_nlp.records import Answer, Decision, Memo, Purpose, RecordState, Role, Span
from ctg_nlp.review.acts import Forbidden
from ctg_nlp.review.resolution import resolve
from ctg_nlp.review.sampling import allocated, drawn, shortfalls, size_for
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import audit_log
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.web.queue_view import Asked, next_address, queue_page
from ctg_nlp.web.report_view import report_state

from .desks import ID, MODEL, OTHER, fill, uid

NOW = "2026-01-02T00:00:00+00:00"
IDS = st.sets(st.text("abcdef0123456789", min_size=4, max_size=8), min_size=1, max_size=40)


@given(IDS, st.integers(0, 40), st.integers(0, 2**32))
def test_a_draw_takes_the_smallest_numbers_and_is_the_same_in_any_order(
    ids: set[str], size: int, seed: int
) -> None:
    units = drawn(ids, size, 1, seed)
    assert units == drawn(sorted(ids, reverse=True), size, 1, seed)
    sampled = [u for u in units if u.position]
    assert [u.position for u in sampled] == list(range(1, min(size, len(ids)) + 1))
    assert all(u.number <= v.number for u in sampled for v in units if not v.position)
    smaller = drawn(ids, size // 2, 1, seed)  # the first part of a sample is what a smaller sample would be
    assert [u.report_id for u in smaller if u.position] == [u.report_id for u in sampled[: size // 2]]


def test_every_report_is_as_likely_to_be_drawn_as_any_other() -> None:
    ids = [f"{i:04}" for i in range(20)]
    taken = Counter(u.report_id for seed in range(4000) for u in drawn(ids, 5, 1, seed) if u.position)
    assert set(taken) == set(ids) and all(abs(n - 1000) < 150 for n in taken.values())  # five standard errors


def test_later_arrivals_have_the_same_probability_on_average() -> None:
    sizes = [size_for(7, 0.3, seed) for seed in range(4000)]
    assert set(sizes) == {2, 3} and abs(sum(sizes) / 4000 - 2.1) < 0.05


@given(st.integers(1, 60), st.integers(1, 6), st.integers(0, 60))
def test_the_sample_is_shared_out_evenly_and_double_coding_pairs_everybody(
    size: int, coders: int, double: int
) -> None:
    order, names = [str(i) for i in range(size)], [f"c{i}" for i in range(coders)]
    split = allocated(order, names, min(double, size))
    assert [g.report_id for g in split] == order
    assert sum(len(g.coders) == 2 for g in split) == (min(double, size) if coders > 1 else 0)
    assert all(len(set(g.coders)) == len(g.coders) for g in split)
    work = Counter(c for g in split for c in g.coders)
    assert max(work.values()) - min(work[c] for c in names) <= 2


def test_too_little_double_coding_is_said() -> None:
    split = allocated([str(i) for i in range(30)], ["ada", "ben"], 20)
    assert shortfalls(split, ["ada", "ben"]) == ()
    said = shortfalls(
        allocated([str(i) for i in range(30)], ["ada", "ben", "cy", "di", "ed"], 20), ["ada", "ed"]
    )
    assert any("ada codes 8" in s for s in said)
    assert "5 reports are double-coded" in shortfalls(split[:5], ["ada"])[0]


def answer_all(desk: Desk, report_id: str, answer: Answer = Answer.ABSENT) -> None:
    for dimension in desk.framework.stage("map"):
        if not dimension.coded:
            desk.do(report_id, Doing(uid(), dimension.id, None, Answer.VALUE, None))
            continue
        desk.do(report_id, Doing(uid(), dimension.id))


def sample(desk: Desk, *coders: str, size: int = 2, double: int = 2) -> None:
    draw_sample(desk.store, coders, size=size, double=double, seed=1, now=NOW, who="lead")


def first_of(desk: Desk, coder: str) -> str:
    with desk.store.reading() as db:
        return independence_store.assignments(db, coder)[0].report_id


def test_the_audit_sample_is_drawn_once_and_extended_by_what_arrived_since(desk: Desk) -> None:
    with pytest.raises(CtgError, match="no audit sample to extend"):
        extend_sample(desk.store, ["ada"], now=NOW, who="lead")
    sample(desk, "ada", "ben")
    assert sampled_reports(desk.store) == {ID, OTHER}
    with pytest.raises(CtgError, match="stays as it is"):
        sample(desk, "ada", "ben")
    with pytest.raises(CtgError, match="No report that counts has arrived"):
        extend_sample(desk.store, ["ada"], now=NOW, who="lead")
    fill(desk.store, desk.framework, "c" * 64, 3, 0.7)
    done = extend_sample(desk.store, ["ada", "ben"], now=NOW, who="lead")
    assert (done.draw.draw, done.draw.population, done.draw.size) == (2, 1, 1)
    with desk.store.reading() as db:
        assert independence_store.assignments(db, "ada")[-1].report_id == "c" * 64
        assert {u.draw for u in independence_store.audit_units(db)} == {1, 2}


def test_who_codes_blind_sees_no_suggestion_no_score_and_nobody_else(desk: Desk) -> None:
    sample(desk, "ada", "ben")
    first = first_of(desk, "ada")
    ben = replace(desk, coder="benedikt")
    ben.do(first, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, note="seen by benedikt"))
    state = report_state(desk, first)
    said = str(state)
    assert state["place"] == {"purpose": "audit", "blind": True, "locked_at": ""}
    assert "benedikt" not in said and state["model_id"] is None and state["memos"] == []
    codes = [c for d in state["dimensions"] for c in [*d["codes"], *([d["value"]] if d["value"] else [])]]
    assert all(c["suggestion"] is None and c["others"] == [] and c["resolved"] is None for c in codes)
    desk.do(first, Doing(uid(), "stakeholders", "pupils", Answer.ABSENT, assisted=True))
    with desk.store.reading() as db:
        (mine,) = [d for d in decision_store.decisions(db, [first]) if d.coder == "ada"]
        act = act_store.act(db, mine.act_id)
    assert mine.suggested is None and act is not None and act.model_id == ""  # whatever the page claims


def test_the_audit_sample_comes_first_and_in_its_order(desk: Desk) -> None:
    sample(desk, "ada", "ben")
    with desk.store.reading() as db:
        order = [a.report_id for a in independence_store.assignments(db, "ada")]
    with pytest.raises(NotYours, match="coded first"):
        desk.do(order[1], Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    assert order[0] in next_address(desk, Asked(), [])
    page = queue_page(desk, Asked())
    assert [line.report_id for line in page["blind"]] == order
    assert page["lines"] == ()
    answer_all(desk, order[0])
    lock(desk, order[0])
    assert order[1] in next_address(desk, Asked(), [order[0]])


def test_a_lock_needs_every_answer_and_then_reveals(desk: Desk) -> None:
    sample(desk, "ada", "ben")
    first = first_of(desk, "ada")
    with pytest.raises(DecisionsError, match="Not answered yet"):
        lock(desk, first)
    answer_all(desk, first)
    assert lock(desk, first).locked_at
    with pytest.raises(CtgError, match="nothing to lock"):
        lock(desk, first)


def test_what_was_said_before_the_lock_stays_and_later_changes_are_decisions_of_their_own(desk: Desk) -> None:
    sample(desk, "ada", size=1, double=0)
    first = first_of(desk, "ada")
    answer_all(desk, first)
    with desk.store.reading() as db:
        last = act_store.last_act(db, "ada", first)
    lock(desk, first)
    assert last is not None
    with pytest.raises(DecisionsError, match="before the report was locked"):
        desk.undo(first, last.act_id)
    assert report_state(desk, first)["model_id"]
    desk.do(first, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    with desk.store.reading() as db:
        said = [d for d in decision_store.decisions(db, [first]) if d.code == "pupils"]
    assert [(d.answer, d.suggested) for d in said] == [(Answer.ABSENT, None), (Answer.PRESENT, True)]


def test_coders_open_only_what_they_were_assigned(desk: Desk) -> None:
    restricted = replace(desk, coder="cy", restricted=True)
    report_state(restricted, ID)  # nothing was assigned to anybody yet
    give(desk.store, [ID], "cy", Purpose.CODING, now=NOW, who="lead")
    report_state(restricted, ID)
    with pytest.raises(NotYours, match="not assigned"):
        report_state(restricted, OTHER)
    report_state(replace(desk, coder="lead"), OTHER)


def test_reports_are_taken_back_but_not_what_was_locked(desk: Desk) -> None:
    sample(desk, "ada", "ben")
    first = first_of(desk, "ada")
    answer_all(desk, first)
    lock(desk, first)
    assert take_back(desk.store, [], "ada", now=NOW, who="lead") == 1
    with desk.store.reading() as db:
        assert [a.report_id for a in independence_store.assignments(db, "ada")] == [first]


def test_a_draw_after_coding_began_says_what_it_can_no_longer_be(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    done = draw_sample(desk.store, ["ada"], size=2, double=0, seed=1, now=NOW, who="lead")
    assert "1 of the sampled reports were decided on before" in done.lacks[0]


def test_an_answer_keeps_the_model_whose_suggestions_were_on_the_page(desk: Desk) -> None:
    shown = Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, model_id=MODEL)
    newer = "cues-1+x|classifier-1+z"
    with desk.store.transaction() as db:
        key = (ID, newer, desk.framework.framework_id)
        suggestion_store.put_suggestions(db, *key, [])
        suggestion_store.put_proposed(db, *key, "e", "2026-01-05T00:00:00+00:00")
    desk.do(ID, shown)
    with desk.store.reading() as db:
        act = act_store.act(db, shown.act_id)
        (decision,) = decision_store.decisions(db, [ID])
    assert act is not None and (act.model_id, decision.suggested) == (MODEL, True)


def disagree(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "characteristics", "high_fsm", Answer.PRESENT, None, (Span(1, 0, 24),)))
    replace(desk, coder="ben").do(ID, Doing(uid(), "characteristics", "high_fsm", Answer.ABSENT))


def test_a_disagreement_is_settled_with_a_reason_and_the_coders_words_stay(desk: Desk) -> None:
    disagree(desk)
    (found,) = open_disputes(desk, limit=9)
    (dispute,) = found.disputes
    assert {d.coder: str(d.answer) for d in dispute.said} == {"ada": "present", "ben": "absent"}
    judge = replace(desk, coder="judge")
    doing = Doing(uid(), "characteristics", "high_fsm", Answer.PRESENT, note="the guide is silent")
    with pytest.raises(DecisionsError, match="The reason is one of"):
        adjudicate(judge, ID, doing, "because")
    adjudicate(judge, ID, doing, "guideline gap")
    assert open_disputes(desk, limit=9) == ()
    with desk.store.reading() as db:
        decisions = list(decision_store.decisions(db, [ID]))
    (record,) = resolve(decisions, desk.framework)
    assert record.present == {"high_fsm"} and len(decisions) == 3
    assert decisions[-1].evidence == decisions[0].evidence  # of the coder who said so too
    with pytest.raises(OtherUse):
        adjudicate(judge, ID, doing, "guideline gap")


def test_a_later_adjudication_replaces_an_earlier_one_and_keeps_the_rules(desk: Desk) -> None:
    disagree(desk)
    judge = replace(desk, coder="judge")
    adjudicate(judge, ID, Doing(uid(), "characteristics", "high_fsm", Answer.PRESENT), "slip")
    alone = Doing(uid(), "characteristics", "none", Answer.PRESENT)
    with pytest.raises(Forbidden, match="stands alone"):
        adjudicate(judge, ID, alone, "slip")
    adjudicate(judge, ID, replace(alone, replace=True), "slip")
    with desk.store.reading() as db:
        (record,) = resolve(decision_store.decisions(db, [ID]), desk.framework)
    assert (
        record.present == {"none"} and "high_fsm" in record.absent and record.state is RecordState.UNDECIDED
    )


def test_reports_are_given_only_to_users_who_may_code_once_there_are_users(desk: Desk) -> None:
    add_user(desk.store, "ada", Role.CODER, "grape lamp tuesday", now=NOW, who="lead")
    add_user(desk.store, "root", Role.ADMINISTRATOR, "grape lamp tuesday", now=NOW, who="lead")
    for nobody in ("adda", "root"):
        with pytest.raises(CtgError, match=rf"{nobody}: no active user.*There are: ada"):
            give(desk.store, [ID], nobody, Purpose.CODING, now=NOW, who="lead")
        with pytest.raises(CtgError, match="no active user"):
            sample(desk, "ada", nobody)
    assert give(desk.store, [ID], "ada", Purpose.CODING, now=NOW, who="lead") == 1


def test_gaps_and_wide_cues_become_a_worklist_that_can_be_closed(desk: Desk) -> None:
    disagree(desk)
    adjudicate(
        replace(desk, coder="judge"),
        ID,
        Doing(uid(), "characteristics", "high_fsm", Answer.ABSENT, note="say it"),
        "cue too wide",
    )
    (task,) = worklist(desk)
    assert (task.act.code, task.note, task.act.reason) == ("high_fsm", "say it", "cue too wide")
    with pytest.raises(DecisionsError, match="what was done"):
        close_task(desk, task.act.act_id, " ")
    close_task(desk, task.act.act_id, "a never pattern was added")
    with desk.store.reading() as db:
        assert [e.detail["act"] for e in audit_log.entries(db, what="task closed")] == [task.act.act_id]
    assert worklist(desk)[0].closed_how == "a never pattern was added"


def test_no_dispute_is_shown_while_somebody_codes_blind(desk: Desk) -> None:
    sample(desk, "ada", "ben")
    first = first_of(desk, "ada")
    for coder, answer in (("ada", Answer.PRESENT), ("ben", Answer.ABSENT)):
        mine = replace(desk, coder=coder)
        mine.do(first, Doing(uid(), "stakeholders", "pupils", answer))
        answer_all(mine, first)
        lock_first = open_disputes(desk, limit=9)
        assert lock_first == ()
        lock(mine, first)
    assert [d.report.report_id for d in open_disputes(desk, limit=9)] == [first]


def test_nothing_is_settled_while_somebody_codes_blind_not_even_by_that_one(desk: Desk) -> None:
    sample(desk, "ada", "ben")
    first = first_of(desk, "ben")
    desk.do(first, Doing(uid(), "characteristics", "high_fsm", Answer.PRESENT))
    ben = replace(desk, coder="ben")
    for code in ("high_fsm", "none"):  # what is refused beside others would tell what they said
        doing = Doing(uid(), "characteristics", code, Answer.PRESENT)
        with pytest.raises(DecisionsError, match="codes this report blind") as refused:
            adjudicate(ben, first, doing, "slip")
        assert not isinstance(refused.value, Forbidden)


def test_disputes_behind_those_that_wait_for_a_blind_coder_are_shown(desk: Desk) -> None:
    for coder, answer in (("ada", Answer.PRESENT), ("ben", Answer.ABSENT)):
        for report_id in (ID, OTHER):
            replace(desk, coder=coder).do(report_id, Doing(uid(), "stakeholders", "pupils", answer))
    give(desk.store, [ID], "cy", Purpose.DOUBLE, now=NOW, who="lead")
    assert [d.report.report_id for d in open_disputes(desk, limit=1)] == [OTHER]


def test_who_was_deactivated_keeps_no_dispute_from_being_settled(desk: Desk) -> None:
    for coder, answer in (("ada", Answer.PRESENT), ("ben", Answer.ABSENT)):
        replace(desk, coder=coder).do(ID, Doing(uid(), "stakeholders", "pupils", answer))
    give(desk.store, [ID], "cy", Purpose.DOUBLE, now=NOW, who="lead")
    add_user(desk.store, "cy", Role.CODER, "grape lamp tuesday", now=NOW, who="lead")
    assert open_disputes(desk, limit=9) == ()
    set_active(desk.store, "cy", False, now=NOW, who="lead")
    assert [d.report.report_id for d in open_disputes(desk, limit=9)] == [ID]
    adjudicate(desk, ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT), "slip")
    assert open_disputes(desk, limit=9) == ()


def test_decisions_that_no_model_learns_from_make_no_training_due(desk: Desk) -> None:
    for n in range(10):
        fill(desk.store, desk.framework, f"{n:064}", n + 3, 0.6)
    home = replace(desk.home, retrain_after=10)
    sample(desk, "ada", size=12, double=0)
    answer_all(replace(desk, coder="ben"), ID)
    give(desk.store, [ID], "new", Purpose.TRAINING, now=NOW, who="lead")
    answer_all(replace(desk, coder="new"), ID)
    for _ in range(12):
        with desk.store.reading() as db:
            first = next(a.report_id for a in independence_store.assignments(db, "ada") if a.blind)
        answer_all(desk, first)
        lock(desk, first)
    assert not is_due(desk.store, home)
    for n in range(10, 20):
        fill(desk.store, desk.framework, f"{n:064}", n + 3, 0.6)
        desk.do(f"{n:064}", Doing(uid(), "stakeholders"))
    assert is_due(desk.store, home)


def test_a_trainee_is_compared_and_never_counts(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    with pytest.raises(CtgError, match="Not wholly decided yet.*report 1.pdf"):
        give(desk.store, [ID], "new", Purpose.TRAINING, now=NOW, who="lead")
    answer_all(desk, ID)
    give(desk.store, [ID], "new", Purpose.TRAINING, now=NOW, who="lead")
    new = replace(desk, coder="new")
    new.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.ABSENT))
    with desk.store.reading() as db:
        decisions: list[Decision] = list(decision_store.decisions(db, [ID]))
    record = next(r for r in resolve(decisions, desk.framework) if r.dimension == "stakeholders")
    assert record.present == {"pupils"} and not record.conflicts
    assert {d.role for d in decisions} == {"coder", "trainee"}
    assert {line.get("role") for line in exported_lines(desk.store)} == {None, "trainee"}
    answer_all(new, ID)
    lock(new, ID)
    shown = next(
        c
        for d in report_state(new, ID)["dimensions"]
        for c in d["codes"]
        if (d["id"], c["id"]) == ("stakeholders", "pupils")
    )
    assert shown["answer"] == "absent" and [o["answer"] for o in shown["others"]] == ["present"]


def test_a_trainee_adds_a_second_inductive_code_and_keeps_the_passage_of_the_first(desk: Desk) -> None:
    answer_all(desk, ID)
    give(desk.store, [ID], "new", Purpose.TRAINING, now=NOW, who="lead")
    new = replace(desk, coder="new")
    dimension = next(d for d in desk.framework.dimensions if d.other)
    for start, end in ((0, 6), (7, 14)):
        new.write_memo(Memo(uid(), ID, "", "", "", "a new code", dimension.id, None, Span(1, start, end)))
    with desk.store.reading() as db:
        last = list(decision_store.decisions(db, [ID]))[-1]
    assert [e.quote for e in last.evidence] == ["Pupils", "planned"]
