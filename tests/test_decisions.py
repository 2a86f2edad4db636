"""Lines of decisions, what they resolve to, and where their quotes stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctg_nlp.errors import DecisionsError
from ctg_nlp.framework_file import load_framework
from ctg_nlp.records import Answer, Decision, RecordState
from ctg_nlp.review.anchoring import anchor, fold_pages
from ctg_nlp.review.decisions import parse_line, to_decisions, to_lines
from ctg_nlp.review.resolution import resolve

CTG = load_framework("ctg")


def decided(line: dict[str, Any], coder: str = "lead") -> tuple[Decision, ...]:
    full = {"report": "a.pdf", "coder": coder, **line}
    return to_decisions(parse_line(full), CTG, "r1", lambda quote: ())


def test_a_line_decides_the_whole_dimension() -> None:
    made = decided({"dimension": "phase", "codes": ["primary"]})
    phase = CTG.dimension("phase")
    assert phase is not None
    assert {d.code for d in made} == {c.id for c in phase.codes}
    assert [d.code for d in made if d.answer is Answer.PRESENT] == ["primary"]
    assert all(d.answer is Answer.ABSENT for d in made if d.code != "primary")


def test_an_empty_list_is_a_decision_too() -> None:
    (record,) = resolve(decided({"dimension": "project_type", "codes": []}), CTG)
    assert record.state is RecordState.DECIDED
    assert record.present == frozenset()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"dimension": "phase", "codes": ["primary", "secondary"]}, "takes one code"),
        ({"dimension": "problem", "codes": ["unclear", "sen"]}, "stands alone"),
        ({"dimension": "phase", "codes": ["prymary"]}, "has no code prymary"),
        ({"dimension": "fase", "codes": []}, "has no dimension fase"),
        ({"dimension": "group_size", "codes": []}, "takes a value"),
        ({"dimension": "group_size", "value": "three"}, "whole number"),
        ({"dimension": "phase", "value": 3}, "takes codes"),
        ({"dimension": "phase", "codes": [], "value": 3}, "either codes"),
        ({"dimension": "phase", "codes": "primary"}, "must be a list"),
        ({"dimension": "phase", "codes": [], "colour": 1}, "unknown key colour"),
        ({"dimension": "phase", "codes": [], "time": "yesterday"}, "ISO 8601"),
        ({"dimension": "phase", "codes": [], "role": "king"}, "role is 'king'"),
        ({"dimension": "phase", "codes": ["primary"], "unsure": ["primary"]}, "two answers"),
        ({"dimension": "phase", "codes": ["primary"], "evidence": {"primary": "a"}}, "list of quotes"),
        ({"dimension": "phase", "codes": None}, "must be a list"),
        ({"dimension": "phase", "codes": ""}, "must be a list"),
        ({"dimension": "phase", "codes": [], "notes": "said"}, "notes must be an object"),
        ({"dimension": "phase", "codes": [], "notes": {"primary": 1}}, "the note of primary must be a text"),
        ({"dimension": "phase", "codes": [], "notes": {"prymary": "a"}}, "has no code prymary"),
        ({"dimension": "phase", "codes": [], "absent": [], "notes": {"primary": "a"}}, "but no answer"),
        ({"dimension": "group_size", "value": 3, "evidence": {"size": ["a"]}}, "under value, not size"),
        ({"dimension": "group_size", "value": 10**23}, "whole number from 0 to"),
        ({"dimension": "group_size", "value": "x", "unsure": ["value"]}, "whole number"),
        ({"dimension": "phase", "codes": [], "note": "a\0b"}, "no text"),
        ({"dimension": "phase", "codes": [], "evidence": {"primary": ["\ud800"]}}, "no text"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_with_the_rule(line: dict[str, Any], said: str) -> None:
    with pytest.raises(DecisionsError, match=said):
        decided(line)


def test_a_line_without_a_coder_is_refused() -> None:
    with pytest.raises(DecisionsError, match="a coder"):
        parse_line({"report": "a.pdf", "dimension": "phase", "codes": []})
    with pytest.raises(DecisionsError, match="a coder"):
        parse_line({"report": "a.pdf", "coder": " ", "dimension": "phase", "codes": []})


def in_order(*groups: tuple[Decision, ...]) -> list[Decision]:
    from dataclasses import replace

    return [replace(d, sequence=i) for i, d in enumerate((d for g in groups for d in g), start=1)]


def test_a_later_decision_of_the_same_coder_replaces_the_earlier() -> None:
    both = in_order(
        decided({"dimension": "phase", "codes": ["primary"]}),
        decided({"dimension": "phase", "codes": ["eyfs"]}),
    )
    (record,) = resolve(both, CTG)
    assert record.present == {"eyfs"} and record.state is RecordState.DECIDED


def test_coders_who_differ_are_in_conflict_until_an_adjudicator_decides() -> None:
    a, b = (
        decided({"dimension": "evidence", "codes": ["photos"]}),
        decided({"dimension": "evidence", "codes": []}, "b"),
    )
    (record,) = resolve(in_order(a, b), CTG)
    assert record.state is RecordState.CONFLICT and record.conflicts == {"photos"}
    assert "photos" not in record.present | record.absent
    settled = decided({"dimension": "evidence", "codes": [], "role": "adjudicator"}, "c")
    (record,) = resolve(in_order(a, b, settled), CTG)
    assert record.state is RecordState.DECIDED and "photos" in record.absent


def test_unsure_decides_nothing_but_another_coder_who_is_sure_does() -> None:
    unsure = decided({"dimension": "evidence", "codes": [], "unsure": ["photos"]})
    (record,) = resolve(in_order(unsure), CTG)
    assert record.state is RecordState.UNDECIDED and "video" in record.absent
    sure = decided({"dimension": "evidence", "codes": ["photos"]}, "b")
    (record,) = resolve(in_order(unsure, sure), CTG)
    assert record.present == {"photos"}


def test_a_value_that_cannot_be_told_is_decided_and_differs_from_no_decision() -> None:
    (record,) = resolve(decided({"dimension": "group_size", "value": None}), CTG)
    assert record.state is RecordState.DECIDED and record.value_decided and record.value is None


def test_zero_is_a_value_and_an_absent_beats_nothing_by_being_falsy() -> None:
    (record,) = resolve(decided({"dimension": "group_size", "value": 0}), CTG)
    assert record.value == 0 and record.value_decided


WRITING = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
IDS = [c.id for c in (CTG.dimension("evidence") or CTG.dimensions[0]).codes]


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    answers = {c: draw(st.sampled_from(["codes", "absent", "unsure"])) for c in IDS}
    line: dict[str, Any] = {"dimension": "evidence", "coder": draw(st.sampled_from(["a", "b"]))}
    for key in ("codes", "absent", "unsure"):
        line[key] = [c for c, a in answers.items() if a == key]
    if draw(st.booleans()):
        line["evidence"] = {
            draw(st.sampled_from(IDS)): draw(st.lists(st.text(WRITING, max_size=20), max_size=3))
        }
    if draw(st.booleans()):
        line["notes"] = {draw(st.sampled_from(IDS)): draw(st.text(WRITING, min_size=1, max_size=9))}
    line["time"] = draw(st.sampled_from(["2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"]))
    return line


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lines(), min_size=1, max_size=4))
def test_decisions_exported_and_imported_again_are_the_same(given_lines: list[dict[str, Any]]) -> None:
    first = in_order(
        *(to_decisions(parse_line({"report": "a.pdf", **x}), CTG, "r1", lambda q: ()) for x in given_lines)
    )
    out = [json.loads(json.dumps(x)) for x in to_lines(first, {"r1": ("a.pdf", "G1")})]
    again = in_order(*(to_decisions(parse_line(x), CTG, "r1", lambda q: ()) for x in out))
    assert again == first


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lines(), min_size=1, max_size=5), st.randoms())
def test_what_coders_agree_on_does_not_depend_on_whose_decisions_came_first(given_lines, random) -> None:
    latest = {x["coder"]: x for x in given_lines}  # one line of each coder
    shuffled = list(latest.values())
    random.shuffle(shuffled)

    def records(some):
        made = [to_decisions(parse_line({"report": "a.pdf", **x}), CTG, "r1", lambda q: ()) for x in some]
        return resolve(in_order(*made), CTG)

    assert records(latest.values()) == records(shuffled)
    (record,) = records(shuffled)
    assert not (record.present & record.absent or record.conflicts & (record.present | record.absent))


def test_a_quote_is_found_whatever_its_spaces_case_and_quotation_marks() -> None:
    pages = fold_pages({1: "First line.\nShe said: “It’s   working”\tnow", 2: "The end."})
    (span,) = anchor('she said: "It\'s working" NOW', pages)
    assert (span.page, span.start, span.end) == (1, 12, 42)


def test_a_quote_over_two_pages_has_a_span_on_each() -> None:
    pages = fold_pages({1: "It began with three", 2: "schools in one town."})
    spans = anchor("three schools in one", pages)
    assert [(s.page, s.start, s.end) for s in spans] == [(1, 14, 19), (2, 0, 14)]


def test_a_quote_with_dots_for_what_was_left_out_is_found_in_parts() -> None:
    text = "We met often in the autumn and later rarely, but always gladly."
    spans = anchor("We met often … but always gladly", fold_pages({1: text}))
    assert [text[s.start : s.end] for s in spans] == ["We met often", "but always gladly"]


def test_a_quote_with_an_error_of_a_scan_is_found_and_an_invented_one_is_not() -> None:
    pages = fold_pages({1: "The heads of sc1ence now ring one anotner most weeks, they say."})
    assert anchor("The heads of science now ring one another most weeks", pages)
    assert anchor("Parents were visited at home by the family worker", pages) == ()


@given(st.text(alphabet="ab cé.\n'", min_size=1, max_size=60), st.data())
def test_any_stretch_of_a_page_is_found_again_with_the_same_letters(text: str, data: st.DataObject) -> None:
    from ctg_nlp.review.anchoring import fold

    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    if "..." in quote or ". ." in quote or not fold(quote)[0]:
        return
    spans = anchor(quote, fold_pages({1: text}))
    assert "".join(fold(text[s.start : s.end])[0] for s in spans) == fold(quote)[0]
