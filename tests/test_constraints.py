"""The one place that says which codes go together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp.constraints import admissible, value_violations, violations
from ctg_nlp.framework_file import load_framework

CTG = load_framework("ctg")
CODED = [d for d in CTG.dimensions if d.coded]


@st.composite
def scored(draw: st.DrawFn) -> tuple[int, dict[str, float], set[str]]:
    index = draw(st.integers(0, len(CODED) - 1))
    ids = [c.id for c in CODED[index].codes]
    scores = {c: draw(st.floats(0, 1)) for c in ids}
    return index, scores, set(draw(st.sets(st.sampled_from(ids))))


@given(scored())
def test_what_is_suggested_never_breaks_a_rule(case: tuple[int, dict[str, float], set[str]]) -> None:
    index, scores, chosen = case
    kept = admissible(CODED[index], scores, chosen)
    assert violations(CODED[index], kept) == ()
    assert kept <= chosen or len(kept) == 1


def test_an_exclusive_code_yields_to_a_better_one_and_wins_over_worse_ones() -> None:
    dimension = CTG.dimension("partnership")
    assert dimension is not None
    both = {"other", "vision"}
    assert admissible(dimension, {"other": 0.6, "vision": 0.9}, both) == {"vision"}
    assert admissible(dimension, {"other": 0.9, "vision": 0.6}, both) == {"other"}


def test_a_text_holds_no_mark_that_stands_for_a_quotation_elsewhere() -> None:
    dimension = CTG.dimension("partners_text")
    assert dimension is not None
    for mark in ("[[quote 3]]", "[[ Quote 3 ]]", "[[q1]]"):
        (said,) = value_violations(dimension, f"They met. {mark}")
        assert f"{mark} would be printed as it stands" in said and "as its passages" in said
    assert value_violations(dimension, "They met [[often]].") == ()


def test_absence_is_suggested_where_nothing_was_found() -> None:
    dimension = CTG.dimension("characteristics")
    assert dimension is not None
    assert admissible(dimension, {}, set()) == {"not_specified"}


def test_violations_are_sentences_that_name_the_codes() -> None:
    phase, partnership = CTG.dimension("phase"), CTG.dimension("partnership")
    assert phase is not None and partnership is not None
    assert violations(phase, ["primary", "secondary"]) == (
        "phase takes one code, not 2 (primary, secondary)",
    )
    assert "stands alone" in violations(partnership, ["other", "vision"])[0]
    assert "has no code nonsense" in violations(phase, ["nonsense"])[0]
    assert violations(phase, []) == ()


def test_values_have_rules_too() -> None:
    size, place = CTG.dimension("group_size"), CTG.dimension("location")
    assert size is not None and place is not None
    assert value_violations(size, 3) == () == value_violations(size, None)
    for wrong in (-1, True, "3", 2.5):
        assert value_violations(size, wrong)
    assert value_violations(place, "Hull") == ()
    assert value_violations(place, " ") and value_violations(place, 7)
