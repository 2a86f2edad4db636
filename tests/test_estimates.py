"""Provisional figures: their limits, what is reached, and what the store makes of both."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.framework import Code, Dimension
from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.apportion import apportioned
from ctg_nlp.synthesis.hypergeometric import Sampled, limits, lower, upper
from ctg_nlp.synthesis.mover import Limits, total
from ctg_nlp.synthesis.orders import ARRIVAL, BEST, UNCERTAIN, orders_of, uncertainty
from ctg_nlp.synthesis.provisional import ProvisionalKind, RowFacts, provisional_cell
from ctg_nlp.synthesis.provisional_tables import missed, none_of, provisional_table, why_none
from ctg_nlp.synthesis.reached import CutOff, Episode, Frame, RowStates, cut_off, reached
from ctg_nlp.synthesis.unreached import used

PRESENT, ABSENT, OPEN, CONFLICT = (
    CodeState.PRESENT,
    CodeState.ABSENT,
    CodeState.UNDECIDED,
    CodeState.CONFLICT,
)


def at_least(population: int, present: int, size: int, found: int) -> float:
    ways = sum(
        comb(present, k) * comb(population - present, size - k) for k in range(found, min(size, present) + 1)
    )
    return ways / comb(population, size)


@pytest.mark.parametrize("population", [1, 7, 12, 20])
def test_hypergeometric_limits_are_those_found_by_trying_every_count(population: int) -> None:
    for size in range(1, population + 1):
        for found in range(size + 1):
            possible = range(found, population - (size - found) + 1)
            fitting = [k for k in possible if at_least(population, k, size, found) > 0.025]
            also = [k for k in possible if 1 - at_least(population, k, size, found + 1) > 0.025]
            assert limits(Sampled(population, size, found)) == (min(fitting), max(also))


def test_a_limit_that_is_in_print_comes_out() -> None:
    # None of 20 drawn from 100: 13 present would be seen at least once with more than 95 %.
    assert upper(Sampled(100, 20, 0), 0.05) == 12
    assert at_least(100, 13, 20, 1) > 0.95 > at_least(100, 12, 20, 1)
    assert lower(Sampled(100, 20, 20), 0.05) == 88


def test_hypergeometric_limits_hold_the_count_as_often_as_they_say_for_every_count() -> None:
    population, size = 40, 13
    for present in range(population + 1):
        holding = [
            found
            for found in range(size + 1)
            if (low := limits(Sampled(population, size, found)))[0] <= present <= low[1]
        ]
        chance = sum(
            comb(present, k) * comb(population - present, size - k) / comb(population, size) for k in holding
        )
        assert chance >= 0.95


def test_the_limits_of_a_large_population_are_found() -> None:
    low, high = limits(Sampled(100_000, 400, 100))
    assert 20_700 < low < 21_000 and 29_500 < high < 29_700


def test_mover_sums_the_squares_of_the_distances() -> None:
    found = total([Limits(10, 7, 14), Limits(20, 16, 23)])
    assert (found.estimate, found.low, found.high) == (30, 25, 35)
    assert total([Limits(3, 1, 4)]) == Limits(3, 1, 4) and total([]) == Limits(0, 0, 0)


@given(
    st.lists(st.tuples(st.floats(0, 50), st.integers(0, 20), st.integers(0, 30)), min_size=1, max_size=9),
    st.integers(0, 400),
)
def test_apportioned_numbers_add_up_within_their_limits(
    cells: list[tuple[float, int, int]], whole: int
) -> None:
    values, bounds = [v for v, _, _ in cells], [(a, a + b) for _, a, b in cells]
    found = apportioned(values, bounds, whole)
    possible = sum(a for a, _ in bounds) <= whole <= sum(b for _, b in bounds)
    assert (found is not None) == possible
    if found is not None:
        assert sum(found) == whole
        assert all(a <= n <= b for n, (a, b) in zip(found, bounds, strict=True))


def frame_of(position: list[int], draw: list[int] | None = None, poorly: list[int] | None = None) -> Frame:
    size = len(position)
    bad = np.zeros(size, bool)
    bad[poorly or []] = True
    draws = np.array(draw) if draw else np.ones(size, np.int64)
    return Frame(draws, np.array(position, np.int64), bad, np.arange(size))


def row_of(states: list[CodeState], unsure: list[int] | None = None) -> RowStates:
    found = np.array(states, np.uint8)
    mask = np.zeros(len(found), bool)
    mask[unsure or []] = True
    return RowStates(found, mask, (found != OPEN) | mask)


TEN = np.arange(10.0)


def test_the_cut_off_is_at_the_last_decided_report_before_the_first_open_one() -> None:
    frame = frame_of([0, 0, 1, 0, 2, 3, 0, 0, 0, 4])
    row = row_of([PRESENT, ABSENT, OPEN, PRESENT, ABSENT, OPEN, OPEN, PRESENT, OPEN, OPEN])
    nobody = np.zeros(10, bool)
    assert cut_off(frame, row, [("o", TEN)], nobody) == CutOff("o", 3.0, 3)
    # The audit reports at 4 and 5 lie below it, though no open report of the queue is above them; and the
    # decided report at 7 is not reached, since it was not come to from the top.
    assert reached(frame, row, [Episode((("o", TEN),))]).tolist() == [True] * 4 + [False] * 6


def test_unsure_and_disputed_reports_were_passed_and_equal_keys_go_by_the_tie() -> None:
    frame = frame_of([0, 0, 0, 0, 1])
    row = row_of([CONFLICT, OPEN, PRESENT, OPEN, OPEN], unsure=[1])
    assert cut_off(frame, row, [("o", np.zeros(5))], np.zeros(5, bool)) == CutOff("o", 0.0, 2)
    assert reached(frame, row, [Episode((("o", np.zeros(5)),))]).tolist() == [True, True, True, False, False]


def test_the_order_that_was_worked_is_found_among_several() -> None:
    frame = frame_of([0] * 6)
    row = row_of([PRESENT, OPEN, PRESENT, OPEN, ABSENT, OPEN])
    worked = np.array([0.0, 5, 1, 4, 2, 3])
    assert cut_off(frame, row, [("a", np.arange(6.0)), ("b", worked)], np.zeros(6, bool)) == CutOff(
        "b", 2.0, 4
    )
    assert cut_off(frame, row_of([OPEN] * 6), [("a", np.arange(6.0))], np.zeros(6, bool)) is None


def test_a_recorded_cut_off_stays_when_another_model_orders_the_rest() -> None:
    frame = frame_of([0, 0, 1, 0, 0, 2, 0, 0, 0, 0])
    row = row_of([PRESENT, PRESENT, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, PRESENT])
    before = Episode((("o", TEN),), True, CutOff("o", 2.0, 2))
    now = Episode((("o", TEN[::-1].copy()),))
    assert reached(frame, row, [before]).nonzero()[0].tolist() == [0, 1, 2]
    assert reached(frame, row, [before, now]).nonzero()[0].tolist() == [0, 1, 2, 9]
    assert not reached(frame, row, [Episode((), True, CutOff("o", 2.0, 2))]).any()  # its scores are gone


def test_poorly_read_reports_are_reached_only_when_all_of_them_are_decided() -> None:
    frame = frame_of([0, 0, 1, 0], poorly=[0, 3])
    episodes = [Episode((("o", np.arange(4.0)),))]
    assert reached(frame, row_of([PRESENT, PRESENT, OPEN, OPEN]), episodes).tolist() == [
        False,
        True,
        False,
        False,
    ]
    assert reached(frame, row_of([PRESENT, PRESENT, OPEN, ABSENT]), episodes).tolist() == [
        True,
        True,
        False,
        True,
    ]


def test_orders_are_those_of_the_queues() -> None:
    scores, thresholds = np.array([[0.9], [0.4], [np.nan], [0.6]]), np.full((4, 1), 0.5)
    keys = dict(orders_of(scores, thresholds, uncertainty(scores)))
    assert np.argsort(keys[BEST]).tolist()[:3] == [0, 3, 1]
    assert np.argsort(keys[UNCERTAIN]).tolist()[2] == 0 and np.isnan(keys[ARRIVAL][2])


def facts(row: RowStates, there: list[int] | None = None, suggested: list[int] | None = None) -> RowFacts:
    mask, shown = np.zeros(len(row.states), bool), None
    mask[there or []] = True
    if suggested is not None:
        shown = np.zeros(len(row.states), bool)
        shown[suggested] = True
    return RowFacts("d", "c", "C", row, mask, shown)


def test_below_twenty_decided_audit_reports_there_is_no_estimate() -> None:
    position = list(range(1, 21)) + [0] * 20
    nineteen = row_of([PRESENT] * 8 + [ABSENT] * 11 + [OPEN] * 21, unsure=[19])
    cell, _ = provisional_cell(frame_of(position), facts(nineteen))
    assert (cell.kind, cell.confirmed, cell.low, cell.high, cell.estimate) == ("between", 8, 8, 29, None)
    twenty = row_of([PRESENT] * 8 + [ABSENT] * 12 + [OPEN] * 20)
    cell, _ = provisional_cell(frame_of(position), facts(twenty))
    assert (cell.kind, cell.estimate) == ("estimate", 16) and (cell.low, cell.high) == limits(
        Sampled(40, 20, 8)
    )


def test_unsure_and_skipped_audit_reports_count_both_ways() -> None:
    position = list(range(1, 26)) + [0] * 35
    states = [PRESENT] * 10 + [OPEN] * 3 + [ABSENT] * 12 + [OPEN] * 35
    cell, _ = provisional_cell(frame_of(position), facts(row_of(states, unsure=[10])))
    assert cell.low == limits(Sampled(60, 25, 10))[0] and cell.high == limits(Sampled(60, 25, 13))[1]
    # Those after the last decided position are no part of the sample yet.
    frame, row = frame_of(position), row_of([PRESENT] * 10 + [ABSENT] * 11 + [OPEN] * 39)
    assert used(frame, row).sum() == 21
    assert provisional_cell(frame, facts(row))[0].high == limits(Sampled(60, 21, 10))[1]


def test_a_report_that_is_marked_only_in_part_does_not_lengthen_the_sample() -> None:
    row = row_of([PRESENT] * 10 + [ABSENT] * 12 + [PRESENT] + [OPEN] * 17)
    closed = row.closed.copy()
    closed[22] = False  # what is present was marked first, the rest of the dimension is still open
    partly = RowStates(row.states, row.unsure, closed)
    frame = frame_of(list(range(1, 26)) + [0] * 15)
    assert used(frame, row).sum() == 23 and used(frame, partly).sum() == 22


def test_reached_reports_are_counted_and_the_rest_estimated() -> None:
    position = list(range(1, 31)) + [0] * 30
    # Reached: the first 10 of the audit and 20 others. Unreached: 20 of the audit and 10 others.
    states = [PRESENT] * 10 + [PRESENT] * 4 + [ABSENT] * 16 + [PRESENT] * 15 + [ABSENT] * 5 + [OPEN] * 10
    there = [*range(10), *range(30, 50)]
    cell, _ = provisional_cell(frame_of(position), facts(row_of(states), there))
    low, high = limits(Sampled(30, 20, 4))
    assert (cell.low, cell.high) == (25 + low, 25 + high) and cell.estimate == 31
    assert cell.confirmed == 29 <= cell.low


def test_suggested_and_other_reports_are_estimated_apart_once_there_are_five_of_each_answer() -> None:
    position = list(range(1, 25)) + [0] * 24
    shown = [*range(12), *range(24, 36)]
    for present, apart in ((4, False), (5, True)):
        states = [PRESENT] * present + [ABSENT] * (24 - present) + [OPEN] * 24
        cell, value = provisional_cell(frame_of(position), facts(row_of(states), [], shown))
        one, two = (Sampled(24, 12, present), Sampled(24, 12, 0))
        parts = total(Limits(2 * p.present, *limits(p)) for p in (one, two))
        whole = limits(Sampled(48, 24, present))
        expected = (int(np.ceil(parts.low)), int(parts.high)) if apart else whole
        assert (cell.low, cell.high) == (max(expected[0], present), expected[1]) and value == 2 * present


def test_reports_in_no_draw_count_both_ways_and_later_draws_are_of_one_piece_where_coded_alike() -> None:
    position = list(range(1, 26)) + [0] * 25 + [0] * 6
    states = [PRESENT] * 10 + [ABSENT] * 15 + [OPEN] * 31
    without, _ = provisional_cell(frame_of(position[:50]), facts(row_of(states[:50])))
    cell, _ = provisional_cell(frame_of(position, [1] * 50 + [0] * 6), facts(row_of(states)))
    assert (cell.low, cell.high) == (without.low, (without.high or 0) + 6)
    later = frame_of([*position[:50], 1, 2, 3, 0, 0, 0], [1] * 50 + [2] * 6)
    coded = row_of([*states[:50], PRESENT, ABSENT, ABSENT, OPEN, OPEN, OPEN])
    assert provisional_cell(later, facts(coded))[0].high == limits(Sampled(56, 28, 11))[1]
    # Where the later draw is not coded yet nothing is known of it, whatever the first one says.
    waiting = provisional_cell(later, facts(row_of(states)))[0]
    assert (waiting.low, waiting.high) == (without.low, (without.high or 0) + 6)


def test_rare_codes_are_told_as_at_least_and_at_most() -> None:
    states = [PRESENT] * 2 + [ABSENT] * 23 + [OPEN] * 40
    cell, _ = provisional_cell(frame_of(list(range(1, 26)) + [0] * 40), facts(row_of(states)))
    assert cell.kind is ProvisionalKind.RARE and cell.estimate is None
    assert (cell.low, cell.high) == limits(Sampled(65, 25, 2))


def test_once_everything_is_decided_it_is_the_count() -> None:
    cell, _ = provisional_cell(frame_of([1, 2, 0]), facts(row_of([PRESENT, ABSENT, PRESENT])))
    assert (cell.kind, cell.confirmed, cell.low, cell.high) == ("decided", 2, None, None)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(30, 90), st.integers(20, 29))
def test_an_interval_is_whole_within_what_is_certain_and_holds_its_estimate(
    seed: int, size: int, audit: int
) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(size) < rng.random()
    position = np.zeros(size, np.int64)
    position[rng.permutation(size)[:audit]] = np.arange(1, audit + 1)
    decided = (position > 0) | (rng.random(size) < rng.random())
    states = np.where(decided, np.where(truth, PRESENT, ABSENT), OPEN).astype(np.uint8)
    row = RowStates(states, np.zeros(size, bool), decided)
    frame = Frame(np.ones(size, np.int64), position, np.zeros(size, bool), np.arange(size))
    there = reached(frame, row, [Episode((("o", rng.random(size)),))])
    cell, value = provisional_cell(frame, RowFacts("d", "c", "C", row, there, rng.random(size) < 0.5))
    if decided.all():
        assert cell.confirmed == truth.sum() and cell.low is None
    else:
        assert cell.low is not None and cell.high is not None
        assert cell.confirmed <= cell.low <= value <= cell.high <= cell.confirmed + cell.undecided
        assert isinstance(cell.low, int) and isinstance(cell.high, int)


def single(*codes: str) -> Dimension:
    return Dimension("d", "D", "single", codes=tuple(Code(c, c) for c in codes))


def test_estimates_of_a_single_choice_add_up_to_all_reports() -> None:
    size, audit = 50, 21
    answer = [i % 3 for i in range(size)]
    rows = []
    for code in range(3):
        states = [PRESENT if answer[i] == code else ABSENT for i in range(audit)] + [OPEN] * (size - audit)
        rows.append(RowFacts("d", str(code), "", row_of(states), np.zeros(size, bool)))
    frame = frame_of(list(range(1, audit + 1)) + [0] * (size - audit))
    table = provisional_table(single("0", "1", "2"), frame, rows)
    assert sum(c.estimate or 0 for c in table.cells) == size
    assert all((c.low or 0) <= (c.estimate or 0) <= (c.high or 0) for c in table.cells)
    assert "add up" in table.notes[0] and "by itself" in table.notes[0]


def test_a_rare_code_of_a_single_choice_has_no_estimate_either() -> None:
    size, audit = 90, 45
    answer = [2 if i == 0 else i % 2 for i in range(size)]
    rows = []
    for code in range(3):
        states = [PRESENT if answer[i] == code else ABSENT for i in range(audit)] + [OPEN] * (size - audit)
        rows.append(RowFacts("d", str(code), "", row_of(states), np.zeros(size, bool)))
    table = provisional_table(
        single("0", "1", "2"), frame_of([*range(1, audit + 1), *[0] * (size - audit)]), rows
    )
    assert [c.kind for c in table.cells][2] is ProvisionalKind.RARE
    assert [c.estimate is None for c in table.cells] == [False, False, True]
    assert "at least and at most" in table.notes[0]


def test_reports_without_any_code_of_a_single_choice_are_a_row_of_their_own() -> None:
    one, two = row_of([PRESENT, ABSENT, ABSENT, OPEN]), row_of([OPEN, ABSENT, OPEN, OPEN])
    assert none_of([one, two]).states.tolist() == [ABSENT, PRESENT, OPEN, OPEN]


def test_what_has_no_provisional_figures_is_said() -> None:
    assert "in-depth" in why_none(Dimension("d", "D", "multi", stage="indepth"))
    assert "number" in why_none(Dimension("d", "D", "number")) and "text" in why_none(
        Dimension("d", "D", "text")
    )
    assert "indicate" in why_none(Dimension("d", "D", "multi", denominator="indicated"))
    assert why_none(Dimension("d", "D", "multi")) == ""


def test_what_is_missed_among_the_unreached_has_an_upper_limit() -> None:
    position = list(range(1, 31)) + [0] * 370
    states = [ABSENT] * 30 + [PRESENT] * 70 + [OPEN] * 300
    there = [*range(30, 100)]
    found = missed(frame_of(position, poorly=[399]), facts(row_of(states), there))
    assert (found.unreached, found.poorly, found.audited) == (299, 1, 30)
    assert found.most == upper(Sampled(329, 30, 0), 0.05)


def test_intervals_hold_the_count_and_naive_ways_do_not() -> None:
    """A best-first queue half done, 1,000 draws: misses at most 5 %, and what is confirmed misleads."""
    rng = np.random.default_rng(5)
    size, audit, present = 100, 30, 40
    truth = np.arange(size) < present
    score = np.where(truth, 0.7, 0.3) + rng.normal(0, 0.25, size)
    shown, keys, missing, naive, mixed = score > 0.5, -score, 0, [], []
    for _ in range(1000):
        position = np.zeros(size, np.int64)
        position[rng.permutation(size)[:audit]] = np.arange(1, audit + 1)
        queue = np.argsort(keys)
        queue = queue[position[queue] == 0]
        decided = position > 0
        decided[queue[:35]] = True
        states = np.where(decided, np.where(truth, PRESENT, ABSENT), OPEN).astype(np.uint8)
        row = RowStates(states, np.zeros(size, bool), decided)
        frame = Frame(np.ones(size, np.int64), position, np.zeros(size, bool), np.arange(size))
        there = reached(frame, row, [Episode((("best first", keys),))])
        cell, _ = provisional_cell(frame, RowFacts("d", "c", "C", row, there, shown))
        missing += not (cell.low or 0) <= present <= (cell.high or 0)
        naive.append(truth[queue[:35]].mean() * size)
        mixed.append(truth[decided].mean() * size)
    assert missing <= 55
    assert np.mean(naive) > 55 and np.mean(mixed) > 45
