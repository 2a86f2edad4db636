"""Disclosure control: what is withheld cannot be computed from all that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctg_nlp.errors import CtgError
from ctg_nlp.framework import AnyOf, Band, Code, Dimension, Framework
from ctg_nlp.records import CodedReport, CodedValue, CodeState, Dataset, RecordState
from ctg_nlp.synthesis import known
from ctg_nlp.synthesis.disclosure import Rules, controlled
from ctg_nlp.synthesis.tables import SuggestedTable

from .attacker import Attacker, attack, kinds_of, tables_of

U, A, P = CodeState.UNDECIDED, CodeState.ABSENT, CodeState.PRESENT
SINGLE = Dimension(
    "lead",
    "Lead",
    "single",
    codes=tuple(Code(i, i) for i in ("one", "two", "three")),
    any_of=(AnyOf("some", "Some", ("one", "two")),),
)
MULTI = Dimension(
    "means",
    "Means",
    "multi",
    codes=(Code("x", "x"), Code("y", "y"), Code("untold", "Not told", missing=True, exclusive=True)),
    any_of=(AnyOf("either", "Either", ("x", "y")),),
)
FRAME = Framework("small", "1", "Small", (SINGLE, MULTI), framework_id="small|1|0")
COHORTS = tuple(
    (
        (("cohort", c), *(("year", y) for y in years))
        for c, years in (("A", ("1",)), ("B", ("1", "2")), ("C", ("2",)))
    )
)

_SINGLE_STATES = (bytes((U, U, U)), bytes((A, A, A)), bytes((P, A, A)), bytes((A, P, A)), bytes((A, A, P)))
_MULTI_STATES = (*(bytes((*x, A)) for x in product((A, P), (A, P))), bytes((A, A, P)), bytes((U, U, U)))


def states(framework: Framework) -> Iterator[bytes]:
    assert framework is FRAME
    yield from (a + b for a, b in product(_SINGLE_STATES, _MULTI_STATES))


KINDS = kinds_of(FRAME, COHORTS, states)
BY_GROUPS = (("cohort", "year"), ())
ATTACKERS = {ways: Attacker(FRAME, KINDS, *ways) for ways in (BY_GROUPS,)}


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    """Reports of which some kinds are frequent and many rare, as in true tables."""
    chosen = draw(st.lists(st.sampled_from(range(len(KINDS))), min_size=1, max_size=12))
    return dataset([(k, draw(st.integers(1, 14))) for k in chosen])


def dataset(kinds: list[tuple[int, int]]) -> Dataset:
    chosen = [KINDS[k] for k, times in kinds for _ in range(times)]
    reports = (CodedReport(f"r{i}", "", k.states, (), k.attributes) for i, k in enumerate(chosen))
    return Dataset(FRAME.framework_id, tuple(reports))


def sizes(data: Dataset) -> list[tuple[str, str, int]]:
    names = {pair for r in KINDS for pair in r.attributes}
    return [(*pair, sum(pair in r.attributes for r in data.reports)) for pair in sorted(names)]


def told_too_exactly(data: Dataset, rules: Rules, ways: tuple = BY_GROUPS) -> list[str]:
    """The small figures that all shown tables together tell too exactly."""
    true = tables_of(FRAME, data, *ways)
    found = attack(ATTACKERS[ways], true, controlled(true, rules), rules, sizes(data), len(data.reports))
    return [
        f"{name} is {value}: {known}, of at most {possible}"
        for name, value, known, possible in found
        if known[1] - known[0] < _demanded(name, value, possible, rules)
    ]


def _demanded(name: str, value: int, possible: tuple[float, float], rules: Rules) -> float:
    """How wide the range of a small number must be. One that is printed rounded is in its own range anyhow;
    what is left of one is in no range of its own."""
    if not rules.round_to:
        return min(rules.minimum, possible[1] - possible[0])
    low, high = rules.box(value)
    return min(high, possible[1]) - max(low, possible[0]) if name.endswith(" n") else 0


slowly = settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
MINIMUM = st.sampled_from((3, 5, 10))


@slowly
@given(datasets(), MINIMUM)
def test_no_small_count_follows_from_tables_by_groups(data: Dataset, minimum: int) -> None:
    assert told_too_exactly(data, Rules(minimum)) == []


def test_with_a_minimum_no_table_is_broken_down_by_a_dimension_since_an_attack_on_such_succeeded() -> None:
    crossed = tables_of(FRAME, dataset([(0, 9), (1, 2)]), (), (("lead", "means"),))
    with pytest.raises(CtgError, match="no table can be broken down by means"):
        controlled(crossed, Rules(3))
    assert controlled(crossed, Rules(round_to=5))


def one_small() -> Dataset:
    """One report only has the code two of the single choice; all are decided."""
    by_states = {k.states: i for i, k in enumerate(KINDS) if ("cohort", "A") in k.attributes}
    rest = bytes((P, A, A))
    return dataset(
        [
            (by_states[s + rest], n)
            for s, n in ((bytes((P, A, A)), 20), (bytes((A, P, A)), 1), (bytes((A, A, P)), 12))
        ]
    )


def test_a_table_over_too_few_reports_shows_no_count() -> None:
    by_states = {k.states: i for i, k in enumerate(KINDS)}
    found = cells(controlled(plain(dataset([(by_states[bytes((P, A, A, P, A, A))], 9)])), Rules(5)))
    assert {n for n, _, _ in found.values()} == {"[c]"}


def test_the_attacker_finds_a_small_count_where_only_it_is_withheld() -> None:
    found = told_too_exactly(one_small(), Rules(5, secondary=False))
    assert any("is 1: (1.0, 1.0)" in said for said in found)


def cells(tables: tuple) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {
        (t.id, r.id): (r.cells[0].n, r.cells[0].percent, r.cells[0].of)
        for t in tables
        for r in t.rows
        if r.cells
    }


def plain(data: Dataset, dimension: Dimension = SINGLE) -> tuple:
    return tables_of(FRAME, data, (), ())[FRAME.dimensions.index(dimension) :][:1]


def test_of_a_single_choice_a_second_cell_is_withheld_and_large_ones_stay() -> None:
    found = cells(controlled(plain(one_small()), Rules(5)))
    assert found["lead", "two"] == ("[c]", "[c]", "33")
    assert sum(n == "[c]" for n, _, _ in found.values()) >= 2
    assert any(n in ("20", "12") for n, _, _ in found.values())


def test_all_but_a_few_are_withheld_as_a_few_are_and_none_and_all_are_shown() -> None:
    by_states = {k.states: i for i, k in enumerate(KINDS) if ("cohort", "A") in k.attributes}
    both, only_x = bytes((P, A, A, P, P, A)), bytes((P, A, A, P, A, A))
    found = cells(
        controlled(plain(dataset([(by_states[both], 18), (by_states[only_x], 2)]), MULTI), Rules(5))
    )
    assert found["means", "y"][0] == "[c]"  # 18 of 20
    assert found["means", "x"] == ("20", "100.0", "20") and found["means", "untold"] == ("0", "0.0", "20")


def test_without_rules_everything_is_shown() -> None:
    assert cells(controlled(plain(one_small()), Rules()))["lead", "two"] == ("1", "3.0", "33")


def test_rounded_percentages_follow_from_rounded_counts() -> None:
    shown = controlled(plain(one_small()), Rules(5, round_to=5))
    assert cells(shown)["lead", "one"] == ("20", "57.1", "35")
    assert any("rounded to the nearest 5" in note for note in shown[0].notes)


@slowly
@given(datasets())
def test_rounded_tables_leave_each_small_count_its_whole_range(data: Dataset) -> None:
    assert told_too_exactly(data, Rules(5, round_to=5)) == []


def test_rounding_that_hides_less_than_the_minimum_is_refused() -> None:
    with pytest.raises(CtgError, match="round to 5 or more"):
        Rules(5, round_to=3)


def test_a_count_that_moved_by_one_since_the_last_release_is_withheld() -> None:
    by_states = {k.states: i for i, k in enumerate(KINDS) if ("cohort", "A") in k.attributes}
    one, three = by_states[bytes((P, A, A, P, A, A))], by_states[bytes((A, A, P, P, A, A))]
    before = controlled(plain(dataset([(one, 20), (three, 20)])), Rules(5))
    one_more = plain(dataset([(one, 21), (three, 20)]))
    assert cells(controlled(one_more, Rules(5)))["lead", "one"][0] == "21"
    again = cells(controlled(one_more, Rules(5), before))
    assert again["lead", "one"][0] == "[c]"
    assert again["lead", "three"][0] == "[c]"  # one more report that is not in it
    many_more = plain(dataset([(one, 30), (three, 30)]))
    assert cells(controlled(many_more, Rules(5), before))["lead", "one"][0] == "30"


def test_what_was_withheld_stays_so_until_enough_reports_have_come() -> None:
    by_states = {k.states: i for i, k in enumerate(KINDS) if ("cohort", "A") in k.attributes}
    one, three = by_states[bytes((P, A, A, P, A, A))], by_states[bytes((A, A, P, P, A, A))]
    before = controlled(plain(dataset([(one, 4), (three, 20)])), Rules(5))
    assert (
        cells(controlled(plain(dataset([(one, 5), (three, 20)])), Rules(5), before))["lead", "one"][0]
        == "[c]"
    )


def test_a_total_is_withheld_with_any_of_its_bands() -> None:
    size = Dimension(
        "size", "Size", "number", bands=(Band("few", "Few", max=5), Band("many", "Many", min=6)), total="All"
    )
    frame = Framework("numbers", "1", "Numbers", (size,), framework_id="numbers|1|0")
    values = [2] * 9 + [7] * 12
    reports = tuple(
        CodedReport(f"r{i}", "", b"", (CodedValue(RecordState.DECIDED, v),)) for i, v in enumerate(values)
    )
    whole = tables_of(frame, Dataset(frame.framework_id, reports), (), ())
    few = tables_of(frame, Dataset(frame.framework_id, reports[7:]), (), ())
    assert cells(controlled(whole, Rules(5)))["size", "total"][0] == "102"
    assert cells(controlled(few, Rules(5)))["size", "total"][0] == "[c]"


def test_groups_and_dimensions_are_not_broken_down_by_in_one_release_with_a_minimum() -> None:
    both = tables_of(FRAME, one_small(), ("cohort",), (("lead", "means"),))
    with pytest.raises(CtgError, match="no table can be broken down"):
        controlled(both, Rules(5))


def test_what_a_machine_suggests_cannot_be_released() -> None:
    with pytest.raises(TypeError, match="SuggestedTable"):
        controlled((SuggestedTable("lead", 1, "Lead", 1, (), "m"),), Rules())  # type: ignore[arg-type]


def test_without_an_answer_in_time_nothing_is_shown_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_SECONDS", 1e-9)
    with pytest.raises(CtgError, match="in time"):
        controlled(plain(one_small()), Rules(5))


@pytest.mark.parametrize("status", [1, 3, 4])
def test_an_answer_that_may_not_be_the_best_is_none(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    solve = known.milp

    def broken_off(*args: object, **more: object) -> object:
        found = solve(*args, **more)  # type: ignore[arg-type]
        found.status = status
        return found

    monkeypatch.setattr(known, "milp", broken_off)
    with pytest.raises(CtgError, match="in time"):
        controlled(plain(one_small()), Rules(5))
