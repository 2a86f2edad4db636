"""Agreement of coders: known values, what a library says, laws that hold for any data, and which answers count."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.framework import Code, Dimension
from ctg_nlp.records import Answer, Answered, CodedRecord, Decision, RecordState
from ctg_nlp.review.agreement import Shares, Table, of_code, of_dimension
from ctg_nlp.review.coefficients import QUICK, Distance, Unit, quick_alpha, quick_kappa, resampled, varied
from ctg_nlp.review.disagreements import disagreements
from ctg_nlp.review.drift import drift_from_record, drift_of_pairs
from ctg_nlp.review.estimate import Method
from ctg_nlp.review.independence import all_independent, answered_by, independent
from ctg_nlp.review.machine import SUGGESTION, against_raters, kept_and_changed
from ctg_nlp.review.nltk_figures import NLTK

QUICKLY = Method(resamples=50)
WHOLE = Dimension("d", "D", "multi", codes=(Code("a", "A"), Code("b", "B")))


def transposed(*coders: str) -> list[Unit]:
    """Units of coders' letters, one string each; a star is missing."""
    return [tuple(x for x in unit if x != "*") for unit in zip(*coders, strict=True)]


def said(coder: str, *letters: str, dimension: str = "d", code: str | None = "a") -> list[Answered]:
    """Answers of a coder on reports r00, r01, …: p, a, u, or a star for none."""
    words = {"p": Answer.PRESENT, "a": Answer.ABSENT, "u": Answer.UNSURE}
    return [
        Answered(coder, f"r{i:02}", dimension, code, words[x], None, f"2026-01-{i % 28 + 1:02}T10:00:00+00:00", i)
        for i, x in enumerate("".join(letters)) if x != "*"
    ]  # fmt: skip


def decided(coder: str, answer: str = "present", code: str | None = "a", **more: object) -> Decision:
    made = Decision("r", "d", code, Answer(answer), coder, "2026-01-01T10:00:00+00:00", "f")
    return replace(made, **more)


# Known values, and the library


@pytest.mark.parametrize(
    ("coders", "known"),
    [
        (("0100000010", "1110010000"), 0.0952),
        (("aabbdcccedda", "babbbccceddd"), 0.6920),
        (("123321412***", "1233224125*3", "*3332342251*", "12332441251*"), 0.7434),
    ],
)
@pytest.mark.parametrize("coefficients", [QUICK, NLTK], ids=["quick", "NLTK"])
def test_alpha_has_the_values_of_krippendorffs_own_examples(coders, known, coefficients) -> None:
    assert coefficients.alpha(transposed(*coders), "nominal") == pytest.approx(known, abs=5e-5)


def test_kappa_has_the_value_of_a_table_worked_by_hand() -> None:
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    for coefficients in (QUICK, NLTK):
        assert coefficients.kappa(pairs) == pytest.approx(0.4)  # (0.7 - 0.5) / (1 - 0.5)


SETS = st.frozensets(st.sampled_from("abcd"))
DATA: dict[Distance, st.SearchStrategy] = {
    "nominal": st.booleans(), "MASI": SETS, "interval": st.integers(0, 9)
}  # fmt: skip


def units_of(labels: st.SearchStrategy) -> st.SearchStrategy[list[Unit]]:
    return st.lists(st.lists(labels, min_size=1, max_size=4).map(tuple), min_size=2, max_size=12)


@pytest.mark.parametrize("kind", ["nominal", "MASI", "interval"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_quick_alpha_is_the_librarys(kind: Distance, data: st.DataObject) -> None:
    units = data.draw(units_of(DATA[kind]))
    if varied(units):
        assert quick_alpha(units, kind) == pytest.approx(NLTK.alpha(units, kind), abs=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_quick_kappa_is_the_librarys(pairs: list[tuple[bool, bool]]) -> None:
    if varied(pairs):
        assert quick_kappa(pairs) == pytest.approx(NLTK.kappa(pairs), abs=1e-9)


# Laws


@pytest.mark.parametrize("kind", ["nominal", "MASI", "interval"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_alpha_is_at_most_one_whatever_the_order_of_reports_and_coders(kind, data) -> None:
    units = data.draw(units_of(DATA[kind]))
    if not varied(units):
        return
    value = quick_alpha(units, kind)
    assert value <= 1 + 1e-12
    turned = [tuple(reversed(u)) for u in reversed(units)]
    assert quick_alpha(turned, kind) == pytest.approx(value, abs=1e-9)


@given(st.lists(st.tuples(st.sampled_from("pau*"), st.sampled_from("pau*")), min_size=12, max_size=40))
@settings(max_examples=50, deadline=None)
def test_figures_of_a_code_keep_their_bounds_and_do_not_hang_on_who_is_first_or_on_order(letters) -> None:
    first, second = (said(c, *x) for c, x in zip("xy", zip(*letters, strict=True), strict=True))
    swapped = [replace(a, coder="y" if a.coder == "x" else "x") for a in first + second]
    one = of_code(first + second, "a", QUICKLY)
    mixed = random.Random(1).sample(swapped, len(swapped))
    other = of_code(mixed, "a", QUICKLY)
    assert (one.alpha, one.shares, one.unsure, one.positives) == (
        other.alpha,
        other.shares,
        other.unsure,
        other.positives,
    )
    for share in (one.shares.agreement, one.shares.positive, one.shares.negative, one.prevalence):
        assert share is None or 0 <= share <= 1
    for e in (one.alpha, *(p.kappa for p in one.pairs)):
        if e.value is not None:
            assert -1 <= e.value <= 1 + 1e-12
            assert e.low is None or -1 - 1e-9 <= e.low <= e.high <= 1 + 1e-9


def test_perfect_agreement_is_one_and_tells_what_it_cannot_rule_out_instead_of_an_interval() -> None:
    figures = of_code(said("x", "p" * 12, "a" * 12) + said("y", "p" * 12, "a" * 12), "a", QUICKLY)
    assert figures.shares.agreement == figures.shares.positive == figures.shares.negative == 1
    for e in (figures.alpha, figures.pairs[0].kappa):
        assert e.value == pytest.approx(1) and e.low is None and "at most 12 %" in e.why  # 1 - 0.05^(1/24)


# What is counted


def test_unsure_is_counted_and_missing_and_what_was_not_decided_is_not_absent() -> None:
    figures = of_code(said("x", "ppau*") + said("y", "pauaa"), "a", QUICKLY)
    assert (figures.reports, figures.unsure, figures.positives) == (2, 2, 2)
    assert figures.pairs[0].table == Table(both=1, first=1, second=0, neither=0)


def test_below_ten_positives_there_is_the_table_and_no_coefficient() -> None:
    nine = of_code(said("x", "p" * 9, "a" * 30) + said("y", "p" * 8, "a" * 31), "a", QUICKLY)
    assert nine.alpha.value is None and nine.pairs[0].kappa.value is None
    assert "below 10 positives" in nine.alpha.why and nine.pairs[0].table == Table(8, 1, 0, 30)
    ten = of_code(said("x", "p" * 10, "a" * 30) + said("y", "p" * 8, "a" * 32), "a", QUICKLY)
    assert ten.alpha.value is not None and not ten.alpha.why


def test_what_is_undefined_is_told_in_words() -> None:
    never = of_code(said("x", "a" * 12) + said("y", "a" * 12), "a", QUICKLY)
    always = of_code(said("x", "p" * 12) + said("y", "p" * 12), "a", QUICKLY)
    alone = of_code(said("x", "p" * 12), "a", QUICKLY)
    assert "nobody ever said present" in never.alpha.why and "always said present" in always.alpha.why
    assert "no report was answered by two" in alone.alpha.why
    assert never.shares.positive is None and never.shares.agreement == 1


def test_the_share_of_resamples_in_which_a_coefficient_is_undefined_is_told() -> None:
    figures = of_code(said("x", "p" * 11, "a") + said("y", "p" * 12), "a", Method(resamples=2000))
    assert figures.alpha.undefined == pytest.approx((11 / 12) ** 12, abs=0.04)


def test_the_interval_is_that_of_resampling_reports_one_by_one() -> None:
    letters = [("p", "p")] * 14 + [("a", "a")] * 30 + [("p", "a")] * 4 + [("a", "p")] * 2
    answers = [a for c, x in zip("xy", zip(*letters, strict=True), strict=True) for a in said(c, *x)]
    figures = of_code(answers, "a", Method(resamples=4000))
    draw, slow = random.Random(7), []
    units = [tuple(x == "p" for x in pair) for pair in letters]
    for _ in range(400):
        slow.append(NLTK.alpha(draw.choices(units, k=len(units)), "nominal"))
    slow.sort()
    assert figures.alpha.low == pytest.approx(slow[10], abs=0.06)
    assert figures.alpha.high == pytest.approx(slow[390], abs=0.06)


def test_the_same_seed_gives_the_same_interval_and_another_code_other_resamples() -> None:
    units = [(True, False)] * 5 + [(True, True)] * 9
    _, once = resampled(units, 20, 3, "d.a")
    _, again = resampled(list(reversed(units)), 20, 3, "d.a")
    _, other = resampled(units, 20, 3, "d.b")
    assert (once == again).all() and (once != other).any() and (once.sum(axis=1) == 14).all()


def test_many_coders_with_missing_answers_share_one_alpha_and_have_a_table_for_every_two() -> None:
    rows = {"w": "ppppppppppaaaa**", "x": "pppppppppaaaaa*p", "y": "*pppppppppaaaaap"}
    figures = of_code([a for c, x in rows.items() for a in said(c, *x)], "a", QUICKLY)
    assert figures.coders == 3 and [(p.first, p.second) for p in figures.pairs] == [
        ("w", "x"),
        ("w", "y"),
        ("x", "y"),
    ]
    units = [tuple(x == "p" for x in u) for u in transposed(*rows.values())]
    assert figures.alpha.value == pytest.approx(NLTK.alpha(units, "nominal"))
    assert figures.shares.pairs == sum(p.table.reports for p in figures.pairs)


# Dimensions


def test_a_dimension_is_compared_as_a_set_only_where_both_are_sure_of_every_code() -> None:
    answers = [
        *said("x", "pppp"),
        *said("x", "apua", code="b"),
        *said("y", "pppa"),
        *said("y", "aaa*", code="b"),
    ]
    whole = of_dimension(answers, WHOLE, QUICKLY)
    assert (whole.reports, whole.pairs, whole.same, whole.unsure) == (2, 2, 1, 1)
    assert whole.alpha.value is None and "below 10 reports: 2" in whole.alpha.why


def test_two_who_both_say_that_nothing_applies_agree() -> None:
    rows = {
        ("x", "a"): "a" * 6 + "p" * 6,
        ("x", "b"): "a" * 12,
        ("y", "a"): "a" * 6 + "p" * 6,
        ("y", "b"): "a" * 12,
    }
    whole = of_dimension([a for (c, code), x in rows.items() for a in said(c, x, code=code)], WHOLE, QUICKLY)
    assert whole.same == 12 and whole.alpha.value == pytest.approx(1)


def numbers(coder: str, *values: int | None) -> list[Answered]:
    return [Answered(coder, f"r{i:02}", "n", None, Answer.VALUE, v, "", i) for i, v in enumerate(values)]


def test_a_number_is_compared_by_its_distance_and_what_cannot_be_told_only_as_an_exact_answer() -> None:
    dimension = Dimension("n", "N", "number")
    near = of_dimension(
        numbers("x", *range(12), None) + numbers("y", 1, *range(1, 12), None), dimension, QUICKLY
    )
    far = of_dimension(
        numbers("x", *range(12), None) + numbers("y", 9, *range(1, 12), None), dimension, QUICKLY
    )
    assert near.measure == "interval" and near.same == far.same == 12 and near.untold == 2
    assert near.alpha.value > 0.99 > far.alpha.value


def test_a_text_is_the_same_or_not() -> None:
    texts = [
        replace(a, value=f"town {a.value}") for a in numbers("x", *range(12)) + numbers("y", 5, *range(1, 12))
    ]
    whole = of_dimension(texts, Dimension("n", "N", "text"), QUICKLY)
    assert whole.measure == "nominal" and whole.same == 11 and 0.8 < whole.alpha.value < 1


# Which decisions are independent


def test_the_first_answer_counts_and_later_changes_of_mind_do_not() -> None:
    first, later = (
        decided("x", sequence=1),
        decided("x", "absent", sequence=2, time="2026-01-02T10:00:00+00:00"),
    )
    assert [a.answer for a in independent([later, first], (), {})] == [Answer.PRESENT]


def test_where_blind_coding_was_locked_the_answer_at_the_lock_counts() -> None:
    days = [
        decided("x", a, sequence=n, time=f"2026-01-0{n}T10:00:00+00:00")
        for n, a in enumerate(("present", "absent", "unsure"), 1)
    ]
    lock = {("x", "r"): "2026-01-02T12:00:00+01:00"}
    assert [a.sequence for a in independent(days, (), lock)] == [2]
    assert independent(days[2:], (), lock) == ()


def test_what_was_answered_with_or_after_suggestions_does_not_count() -> None:
    blind = decided("x", sequence=1)
    led = decided("x", code="b", sequence=2, suggested=True)
    after = decided("x", code=None, answer="value", sequence=3)
    by_act = decided("y", sequence=4, act_id="act")
    assert [a.sequence for a in independent([blind, led, after, by_act], {"act"}, {})] == [1]


def test_neither_adjudicators_count_nor_what_follows_them_on_that_code() -> None:
    before = decided("x", sequence=1)
    settled = decided("z", role="adjudicator", sequence=2)
    after, elsewhere = decided("y", sequence=3), decided("y", code="b", sequence=4)
    everything = [before, settled, after, elsewhere]
    assert [a.sequence for a in independent(everything, (), {})] == [1, 4]
    assert [a.sequence for a in independent([before, after], (), {}, [settled])] == [1]


TAKEN = st.builds(
    decided, st.sampled_from("xxxxy"), code=st.sampled_from("abcdefgh"), suggested=st.sampled_from((None,) * 7 + (True,)),
    act_id=st.sampled_from(("",) * 5 + ("act", "other")), role=st.sampled_from(("coder",) * 7 + ("adjudicator",)),
)  # fmt: skip


@given(st.lists(TAKEN, min_size=1, max_size=4), st.booleans())
def test_what_is_plainly_independent_is_each_an_answer_that_counts(
    taken: list[Decision], locked: bool
) -> None:
    taken = [replace(d, sequence=n) for n, d in enumerate(taken)]
    locks = {("x", "r"): "2026-01-01T09:00:00+00:00"} if locked else {}
    answers = independent(taken, {"act"}, locks)
    alone = {d.coder for d in taken} == {"x"}
    if all_independent(taken, {"act"}, locks):
        assert answers == tuple(map(answered_by, taken))
    else:
        assert not alone or locked or len(answers) < len(taken)


# The list, the machine, time


def test_disagreements_are_listed_with_all_who_answered_and_being_unsure_is_none() -> None:
    found = disagreements(said("y", "ppu") + said("x", "pap"))
    assert [(d.report_id, d.code, [(a.coder, str(a.answer)) for a in d.said]) for d in found] == [
        ("r01", "a", [("x", "absent"), ("y", "present")])
    ]


def test_the_machine_is_one_more_rater_and_is_not_taken_for_a_coder_of_its_name() -> None:
    opinions = {("d", "a"): {f"r{i:02}": {SUGGESTION: i < 12, "cues-1": False} for i in range(20)}}
    found = against_raters(said("cues-1", "p" * 11, "a" * 8), opinions, Method(resamples=0))
    assert [(m.figures.first, m.figures.second) for m in found] == [
        (SUGGESTION, "cues-1"),
        ("cues-1", "cues-1"),
    ]
    assert found[0].figures.table == Table(11, 1, 0, 7) and found[0].figures.kappa.low is None
    assert found[1].figures.table == Table(0, 0, 11, 8)


def test_of_assisted_answers_it_is_only_counted_what_was_kept() -> None:
    shown = [
        decided("x", "present", suggested=True), decided("x", "absent", code="b", suggested=True),
        decided("x", "present", code="c", suggested=False), decided("x", "unsure", code="e", suggested=False),
        decided("x", "present", code="f"),
    ]  # fmt: skip
    assert [(k.kept, k.added, k.taken_away) for k in kept_and_changed(shown)] == [(1, 1, 1)]


def test_drift_is_seen_in_blocks_of_reports_in_the_order_of_coding() -> None:
    (drift,) = drift_of_pairs(said("x", "p" * 24) + said("y", "p" * 12, "a" * 12))
    assert [(b.reports, b.shares.agreement, b.since) for b in drift.blocks] == [
        (12, 1.0, "2026-01-01"),
        (12, 0.0, "2026-01-13"),
    ]
    assert drift.timed


def test_a_coder_is_compared_with_the_record_only_where_others_decided_too() -> None:
    answers = said("x", "pa") + said("y", "pp")
    records = [
        CodedRecord("r00", "d", RecordState.DECIDED, frozenset("a")),
        CodedRecord("r01", "d", RecordState.CONFLICT, conflicts=frozenset("a")),
    ]
    found = drift_from_record(answers, records)
    assert [(d.first, d.blocks[0].shares, d.open) for d in found] == [
        ("x", Shares(1, 0, 0), 1),
        ("y", Shares(1, 0, 0), 1),
    ]
    assert drift_from_record(said("x", "pa"), records) == ()
