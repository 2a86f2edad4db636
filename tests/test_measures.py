"""Figures of quality: hand-made cases, and what must hold for any."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.framework import Framework
from ctg_nlp.records import DecidedReport, Evidence, Opinion, Suggestion
from ctg_nlp.suggest.effort import Cost, Effort, effort_of, unassisted
from ctg_nlp.suggest.judging import (
    Pair,
    ValueAnswer,
    evidence_overlaps,
    judged,
    judged_by_rater,
    judged_values,
    quotes_overlap,
)
from ctg_nlp.suggest.measures import (
    average_precision,
    brier,
    by_code,
    by_dimension,
    calibration,
    counted,
    expected_calibration_error,
    f1_interval,
    reliability,
    totals,
)

VISION, PLANNED = ("partnership", "vision"), ("partnership", "planned")


def pair(report: str, score: float, present: bool, *, key=VISION, said: bool | None = None) -> Pair:
    return Pair(report, key, score, score >= 0.5 if said is None else said, present)


def decided(present=(), absent=(), quotes=None, values=None) -> DecidedReport:
    return DecidedReport(
        "r", "r.pdf", "G1", (), frozenset(present), frozenset(absent), {}, quotes or {}, values or {}, 1
    )


def suggestion(key, score: float = 0.9, *, suggested: bool = True, value=None, quotes=(), opinions=()):
    evidence = tuple(Evidence(1, 0, len(q), q) for q in quotes)
    return Suggestion("r", key[0], key[1], score, 0.5, suggested, "m", "f", value, evidence, (), opinions)


HAND = [
    pair("a", 0.9, True),
    pair("b", 0.8, False),
    pair("c", 0.6, True),
    pair("d", 0.2, True),
    pair("e", 0.1, False),
]


def test_counts_and_their_figures_follow_from_each_other() -> None:
    c = counted(HAND)
    assert (c.tp, c.fp, c.fn) == (2, 1, 1)
    assert c.precision == pytest.approx(2 / 3) and c.recall == pytest.approx(2 / 3)
    assert c.f1 == pytest.approx(2 / 3)


def test_what_cannot_be_told_is_none_and_not_nought() -> None:
    nothing = counted([pair("a", 0.1, False)])
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert average_precision([pair("a", 0.1, False)]) is None
    assert brier([]) is None and expected_calibration_error([]) is None
    empty = totals([])
    assert empty.micro.f1 is None and empty.macro_f1 is None and empty.evidence_overlap is None


def test_reports_of_one_score_share_one_precision() -> None:
    assert average_precision(HAND) == pytest.approx((1 / 1 + 2 / 3 + 3 / 4) / 3)
    tied = [pair("a", 0.5, True), pair("b", 0.5, False), pair("c", 0.5, False), pair("d", 0.5, True)]
    assert average_precision(tied) == pytest.approx(0.5)


def test_calibration_is_the_distance_of_score_and_share_in_each_bin() -> None:
    pairs = [pair(str(i), 0.75, i < 2) for i in range(4)] + [pair(str(i), 0.05, False) for i in range(4, 8)]
    assert expected_calibration_error(pairs) == pytest.approx((4 * 0.25 + 4 * 0.05) / 8)
    assert brier(pairs) == pytest.approx((2 * 0.25**2 + 2 * 0.75**2 + 4 * 0.05**2) / 8)
    full = {round(b.low, 1): (b.n, b.mean_score, b.share_present) for b in reliability(pairs) if b.n}
    assert full == {0.0: (4, pytest.approx(0.05), 0.0), 0.7: (4, 0.75, 0.5)}
    assert reliability([pair("a", 1.0, True)])[-1].n == 1


def test_macro_figures_are_of_codes_present_on_three_reports() -> None:
    rare = [pair("a", 0.1, True, key=PLANNED), pair("b", 0.1, False, key=PLANNED)]
    t = totals([*HAND, *rare])
    assert (t.codes, t.common, t.pairs, t.reports) == (2, 1, 7, 5)
    assert t.macro_f1 == pytest.approx(2 / 3) and t.micro.f1 == pytest.approx(4 / 7)
    assert t.prevalence == pytest.approx(4 / 7)


def test_a_code_that_is_undecided_makes_no_pair_and_a_decided_one_without_suggestion_is_missed() -> None:
    report = decided(present=[VISION], absent=[PLANNED])
    pairs = judged(report, [suggestion(("partnership", "other"))])
    assert pairs == (Pair("r", PLANNED, 0.0, False, False), Pair("r", VISION, 0.0, False, True))


def test_evidence_is_judged_only_of_right_suggestions_where_the_coder_gave_a_quote() -> None:
    quote = "we wrote one plan together"
    report = decided(present=[VISION, PLANNED], quotes={VISION: (quote,)})
    shown = judged(report, [suggestion(VISION, quotes=["no", "one plan together"]), suggestion(PLANNED)])
    assert [p.shown for p in shown] == [None, True]
    third = judged(report, [suggestion(VISION, quotes=["no", "not this", quote])])
    assert third[1].shown is False, "a coder sees the first two quotes"
    assert judged(report, [suggestion(VISION, suggested=False, quotes=[quote])])[1].shown is None


def test_quotes_overlap_where_half_of_the_shorter_stands_in_the_other() -> None:
    assert quotes_overlap("One plan, together!", "they wrote ONE plan")
    assert not quotes_overlap("one plan for all schools", "a plan was never made by us")
    assert not quotes_overlap("", "one plan") and not quotes_overlap("…", "—")
    late = " ".join(["word"] * 60 + ["plan"])
    assert not evidence_overlaps([Evidence(1, 0, len(late), late)], ["plan"]), "only the first 60 words count"


def test_values_agree_as_numbers_or_as_words_of_one_in_the_other() -> None:
    report = decided(values={"group_size": 3, "location": "Kingston upon Hull"})
    right = [suggestion(("location", None), value="Hull"), suggestion(("group_size", None), value=3)]
    assert [v.right for v in judged_values(report, right)] == [True, True]
    wrong = [suggestion(("location", None), value="York"), suggestion(("group_size", None), suggested=False)]
    assert [(v.given, v.right) for v in judged_values(report, wrong)] == [(False, False), (True, False)]
    untold = decided(values={"group_size": None})
    assert judged_values(untold, [suggestion(("group_size", None), value=None)])[0].right
    assert by_dimension(judged_values(report, wrong))[0].accuracy == 0.0


def test_a_rater_is_judged_by_its_own_word_on_the_codes_that_it_spoke_of() -> None:
    opinions = (Opinion("cues-1", 0.2, False), Opinion("other-2", 0.7, True))
    report = decided(present=[VISION], absent=[PLANNED])
    undecided = suggestion(("partnership", "other"), opinions=opinions)
    said = [suggestion(VISION, opinions=opinions), suggestion(PLANNED), undecided]
    assert judged_by_rater(report, said) == {
        "cues-1": (Pair("r", VISION, 0.2, False, True),),
        "other-2": (Pair("r", VISION, 0.7, True, True),),
    }


PAIRS = st.lists(
    st.builds(
        Pair,
        report_id=st.sampled_from("abcdef"),
        key=st.sampled_from([VISION, PLANNED, ("phase", "primary")]),
        score=st.integers(0, 20).map(lambda n: n / 20),
        said=st.booleans(),
        present=st.booleans(),
        shown=st.sampled_from([None, True, False]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(PAIRS, st.randoms())
def test_the_order_of_pairs_changes_no_figure(pairs: list[Pair], random) -> None:
    mixed = list(pairs)
    random.shuffle(mixed)
    one, other = totals(pairs), totals(mixed)
    for name in one.__dataclass_fields__:
        if name != "micro":
            assert getattr(one, name) == pytest.approx(getattr(other, name)), name
    assert one.micro == other.micro
    assert f1_interval(pairs) == f1_interval(mixed)


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_figures_stay_within_their_bounds_and_add_up(pairs: list[Pair]) -> None:
    t = totals(pairs)
    shares = [
        t.micro.precision, t.micro.recall, t.micro.f1, t.f1_low, t.f1_high, t.macro_f1, t.macro_precision,
        t.macro_recall, t.mean_average_precision, t.brier, t.ece, t.evidence_overlap, t.prevalence,
    ]  # fmt: skip
    assert all(v is None or 0 <= v <= 1 + 1e-9 for v in shares)
    assert t.f1_low is None or t.f1_high is not None and t.f1_low <= t.f1_high
    c = calibration("all", pairs)
    assert sum(b.n for b in c.bins) == len(pairs) == sum(m.decided for m in by_code(pairs))
    assert all(b.mean_score is None or b.low - 1e-9 <= b.mean_score <= b.high + 1e-9 for b in c.bins)
    assert sum(m.counts.tp for m in by_code(pairs)) == t.micro.tp


def test_effort_on_a_dimension_of_many_codes(ctg: Framework) -> None:
    dimension = ctg.dimension("partnership")
    assert dimension is not None
    pairs = [
        pair("r", 0.9, True), pair("r", 0.9, False, key=PLANNED),
        pair("r", 0.1, True, key=("partnership", "joint_cpd")), pair("r", 0.1, False, key=("partnership", "other")),
    ]  # fmt: skip
    effort = effort_of(dimension, pairs)
    assert effort == Effort(kept=1, rejected=1, added=1, rest=1)
    assert effort.seconds(Cost()) == 4 + 2 + 25 + 1
    assert unassisted(dimension, pairs) == Effort(added=2, rest=2)
    assert effort.seconds(Cost(confirm=1, find=0, reject=0, rest=0)) == 1


def test_a_code_that_means_absence_has_no_passage_to_be_found(ctg: Framework) -> None:
    dimension = ctg.dimension("characteristics")
    assert dimension is not None
    pairs = [pair("r", 0.1, True, key=("characteristics", "not_specified"))]
    assert effort_of(dimension, pairs) == Effort(rest=1)


def test_effort_on_a_single_choice_and_on_a_value(ctg: Framework) -> None:
    phase, size = ctg.dimension("phase"), ctg.dimension("group_size")
    assert phase is not None and size is not None
    pairs = [
        pair("r", 0.9, False, key=("phase", "primary")),
        pair("r", 0.1, True, key=("phase", "secondary")),
    ]
    assert effort_of(phase, pairs) == Effort(changed=1)
    assert unassisted(phase, pairs) == Effort(added=1)
    right, wrong = ValueAnswer("r", "group_size", True, True), ValueAnswer("r", "group_size", True, False)
    assert effort_of(size, [], [right]) == Effort(kept=1)
    assert effort_of(size, [], [wrong]) == Effort(changed=1)
    assert unassisted(size, [], [right]) == Effort(added=1)
