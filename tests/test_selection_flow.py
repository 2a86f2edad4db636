"""The flow of counts adds up at every step, whatever happened; its figure says the same in boxes and words."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp.export.drawing_picture import png_of
from ctg_nlp.export.flow import CSV_COLUMNS, flow_rows, flow_svg, row_ids, write_flow_csv
from ctg_nlp.export.flow_layout import layout
from ctg_nlp.framework import Code, Dimension, Filter, Framework, Level
from ctg_nlp.framework_file import load_framework
from ctg_nlp.records import By, FilterDecision, FilterOutcome, FilterState, Flow, FlowCount, Left
from ctg_nlp.review.selection import outcomes
from ctg_nlp.synthesis.flow import Around, Fate, flow, without_reasons

MAP = Dimension("m", "M", "multi", codes=(Code("x", "X & <Y>"), Code("z", "Z")))
DEEP = Dimension("t", "T", "multi", stage="indepth", codes=(Code("y", "Y"),))
SCALE = (Level("high", "High", True), Level("low", "Low"), Level("none", "None given"))
IDS = [f"r{n}" for n in range(40)]


@st.composite
def frameworks(draw: st.DrawFn) -> Framework:
    """With none to four filters, some blocked, some with a scale of their own."""
    filters = tuple(
        Filter(f"f{n}", f"Filter {n}", scale=draw(st.sampled_from([(), SCALE])),
               blocked_by=draw(st.sampled_from([(), ("m.x",), ("m.z", "m.x")])))
        for n in range(draw(st.integers(0, 4)))
    )  # fmt: skip
    return Framework("f", "1", "F", (MAP, DEEP) if draw(st.booleans()) else (MAP,), filters=filters)


@st.composite
def decisions(draw: st.DrawFn, framework: Framework, report_id: str) -> list[FilterDecision]:
    """What some coders, a trainee and an adjudicator said, in any order and by levels that may be unknown."""
    said = []
    for n in range(draw(st.integers(0, 5))) if framework.filters else ():
        wanted = draw(st.sampled_from(framework.filters))
        level = draw(st.sampled_from([*(x.id for x in wanted.levels), "gone"]))
        role, coder = (
            draw(st.sampled_from(["coder", "coder", "adjudicator", "trainee"])),
            draw(st.sampled_from("ab")),
        )
        said.append(
            FilterDecision(f"{report_id}{n}", report_id, wanted.id, level, "why", coder, "", "", role, n)
        )
    return said


@st.composite
def flows(draw: st.DrawFn) -> tuple[Framework, list[Fate], Around, Flow]:
    framework = draw(frameworks())
    fates = []
    for report_id in IDS[: draw(st.integers(0, 12))]:
        out, by = draw(
            st.sampled_from([("", By.MACHINE)] * 6 + [("Unreadable", By.MACHINE), ("Withdrawn", By.PEOPLE)])
        )
        codes = draw(st.sets(st.sampled_from(["m.x", "m.z"])))
        fates.append(
            Fate(report_id, out, by, draw(st.booleans()) and draw(st.booleans()), draw(st.booleans()),
                 outcomes(framework.filters, draw(decisions(framework, report_id)), codes), draw(st.booleans()))
        )  # fmt: skip
    sample = draw(st.none() | st.frozensets(st.sampled_from(IDS)))
    groups = draw(st.none() | st.integers(0, 20))
    around = Around(
        draw(st.integers(0, 9)), draw(st.integers(0, 3)), groups, groups and groups // 2, sample, "S"
    )
    return framework, fates, around, flow(framework, fates, around)


@given(flows())
def test_every_step_adds_up_and_the_next_begins_with_what_remained(made) -> None:
    _, fates, around, counted = made
    assert counted.steps[0].entered == len(fates) + around.copies + around.erased
    for step in counted.steps:
        left = sum(x.count for x in step.left)
        assert step.entered + step.joined == left + step.waiting + step.remaining
        assert min(step.entered, step.joined, step.waiting, step.remaining) >= 0
        assert all(x.count > 0 for x in step.left) and bool(step.waiting) == bool(step.waits_for)
    for before, after in zip(counted.steps, counted.steps[1:], strict=False):
        assert before.remaining == after.entered


@given(flows(), st.integers(2, 5))
def test_reports_told_together_count_as_if_each_was_told_by_itself(made, times: int) -> None:
    framework, fates, around, _ = made
    sample = around.sample or frozenset()
    many = [replace(f, report_id="", number=1 if f.report_id in sample else times) for f in fates]
    many = [f if f.report_id in sample else m for f, m in zip(fates, many, strict=True)]
    each = [replace(f, report_id=f"{f.report_id}-{n}", number=1) if f.report_id not in sample else f
            for f, m in zip(fates, many, strict=True) for n in range(m.number)]  # fmt: skip
    assert flow(framework, many, around) == flow(framework, each, around)


@given(flows())
def test_what_remains_of_the_last_filter_is_what_would_be_frozen_and_the_sample_is_whole(made) -> None:
    framework, fates, around, counted = made
    selected = {f.report_id for f in fates if f.selected}
    last = f"filter {framework.filters[-1].id}" if framework.filters else "mapped"
    assert next(s for s in counted.steps if s.id == last).remaining == len(selected)
    if around.sample is None:
        assert counted.gone == 0 and all(s.id != "sample" for s in counted.steps)
    else:
        step = next(s for s in counted.steps if s.id == "sample")
        assert step.remaining + counted.gone == len(around.sample)


@given(flows())
def test_no_report_passes_a_filter_with_a_code_that_blocks_it_and_none_is_reached_past_one_not_passed(
    made,
) -> None:
    framework, fates, _, _ = made
    for fate in fates:
        assert len(fate.outcomes) == len(framework.filters)
        assert all(o.state is not FilterState.PASSED for o in fate.outcomes if o.blocked_by)
        places = [o.state for o in fate.outcomes]
        first = next((n for n, s in enumerate(places) if s is not FilterState.PASSED), len(places))
        assert all(s is FilterState.LATER for s in places[first + 1 :])


@given(flows())
def test_the_figure_and_the_table_say_every_count_of_the_flow(made) -> None:
    counted = made[3]
    made_layout = layout(counted)
    words = " ".join(made_layout.sentences)
    boxes = [" ".join(line.strip() for line in b.lines).replace("\u00a0", " ") for b in made_layout.boxes]
    rows = flow_rows(counted)
    assert len(rows) == len(row_ids(counted)) and all(r[1] + r[5] == sum(r[2:5]) + r[6] for r in rows)
    for step, row in zip(counted.steps, rows[-len(counted.steps) :], strict=True):
        assert row[0] == step.label
        assert f"{step.label}: {step.remaining} of {step.entered}" in words
        assert any(b.startswith(f"{step.label}: {step.remaining}") for b in boxes)
        for left in step.left:
            assert any(f"{left.label}: {left.count}" in b for b in boxes)
    for a, b in zip(made_layout.boxes, made_layout.boxes[1:], strict=False):
        apart = a.y + a.height <= b.y or a.x + a.width <= b.x or b.y + b.height <= a.y
        assert apart, "two boxes lie over each other"
    ET.fromstring(flow_svg(counted))


STEPS = (
    FlowCount("reports", "Received", "Different reports", 9, 7, (Left("Exact copies", 2, By.MACHINE),)),
    FlowCount("filter f", "Selected", "Passed: <b>F</b> & co", 7, 3,
              (Left("Does not pass", 2, By.PEOPLE),), 2, "2 for a decision"),
)  # fmt: skip


def test_the_figure_is_well_formed_named_told_in_words_and_free_of_style_and_script() -> None:
    svg = flow_svg(Flow(STEPS, 8, 1), "x")
    root = ET.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.attrib["role"] == "img" and root.attrib["aria-labelledby"] == "x-title x-words"
    assert [root.find(f"{space}{tag}").attrib["id"] for tag in ("title", "desc")] == ["x-title", "x-words"]
    assert "2 left (by people): Does not pass" in root.find(f"{space}desc").text
    texts = [t.text for t in root.iter(f"{space}text")]
    assert "Passed: <b>F</b> & co:\u00a03" in texts and "<b>" not in svg
    assert "style=" not in svg and "<script" not in svg
    dashes = {r.attrib.get("stroke-dasharray") for r in root.iter(f"{space}rect") if "stroke" in r.attrib}
    assert dashes == {
        None,
        "7 4",
        "2 3",
    }  # main and people, automatic, waiting: told apart in black and white


def test_the_picture_is_a_png_of_the_same_boxes() -> None:
    from PIL import Image

    with Image.open(BytesIO(png_of(layout(Flow(STEPS, 8, 1))))) as picture:
        assert picture.format == "PNG" and picture.width == 1800
        assert len(picture.convert("L").getcolors()) > 2


def test_the_csv_has_the_first_boxes_and_every_box_beside_a_step_and_every_reason(tmp_path: Path) -> None:
    left = Left("F: Does not pass", 2, By.PEOPLE, (("No counts", 1), ("Too short", 1)))
    steps = (STEPS[0], replace(STEPS[1], left=(left,)))
    write_flow_csv(tmp_path / "flow.csv", Flow(steps, 8, 1))
    lines = (tmp_path / "flow.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == [
        ",".join(CSV_COLUMNS),
        "Groups registered,,,8,0,0,1,0,7,No usable report yet: 1",
        "Files received,,,9,0,0,0,0,9,",
        "Different reports,,,9,2,0,0,0,7,",
        "Different reports,Exact copies,,,2,,,,,",
        "Passed: <b>F</b> & co,,,7,0,2,2,0,3,2 for a decision",
        "Passed: <b>F</b> & co,F: Does not pass,,,,2,,,,",
        "Passed: <b>F</b> & co,F: Does not pass,No counts,,,1,,,,",
        "Passed: <b>F</b> & co,F: Does not pass,Too short,,,1,,,,",
    ]
    assert flow_rows(Flow(steps))[-1][-1] == (
        "F: Does not pass: 2 (“No counts” 1; “Too short” 1); waiting 2 for a decision"
    )


def test_a_box_of_the_figure_tells_the_filter_and_the_most_frequent_reasons() -> None:
    reasons = tuple((f"Reason {n}", 9 - n) for n in range(6))
    left = Left("F: Does not pass", sum(n for _, n in reasons), By.PEOPLE, reasons)
    (box,) = (
        b
        for b in layout(Flow((STEPS[0], replace(STEPS[1], left=(left,))))).boxes
        if "Does not" in " ".join(b.lines)
    )
    said = [line.replace("\u00a0", " ") for line in box.lines]
    assert said[1:] == ["F: Does not pass: 39", "– “Reason 0”: 9", "– “Reason 1”: 8", "– “Reason 2”: 7", "– “Reason 3”: 6", "– 2 other reasons: 9"]  # fmt: skip


def test_reasons_are_counted_by_their_words_and_an_adjudicators_stands_for_all() -> None:
    wanted = Filter("f", "F")
    framework = Framework("f", "1", "F", (MAP,), filters=(wanted,))

    def fate(report: str, *said: tuple[str, str, str]) -> Fate:
        found = [
            FilterDecision(f"{report}{n}", report, "f", "fail", reason, coder, "", "", role, n)
            for n, (coder, role, reason) in enumerate(said)
        ]
        return Fate(report, mapped=True, outcomes=outcomes((wanted,), found, ()))

    fates = [
        fate("a", ("x", "coder", "No  counts")),
        fate("b", ("x", "coder", "No counts"), ("y", "coder", "No counts")),
        fate("c", ("x", "coder", "Short"), ("y", "coder", "Late")),
        fate("d", ("x", "coder", "Short"), ("z", "adjudicator", "Seen by both")),
    ]
    (left,) = flow(framework, fates, Around()).steps[-1].left
    assert (left.label, left.count) == ("F: Does not pass", 4)
    assert left.reasons == (("No counts", 2), ("Seen by both", 1), ("Short / Late", 1))
    (bare,) = without_reasons(flow(framework, fates, Around())).steps[-1].left
    assert bare == replace(left, reasons=())


def test_what_was_begun_in_depth_is_told_apart_from_what_is_complete() -> None:
    framework = Framework("f", "1", "F", (MAP, DEEP))
    fates = [Fate("a", mapped=True, deep=True, begun=True), Fate("b", mapped=True, begun=True), Fate("c", mapped=True)]  # fmt: skip
    begun, done = flow(framework, fates, Around()).steps[-2:]
    assert (begun.label, begun.entered, begun.remaining, begun.waiting) == ("Coding in depth begun", 3, 2, 1)
    assert (done.label, done.entered, done.remaining, done.waiting) == ("Coding in depth complete", 2, 1, 1)
    boxes = [b.lines[0].replace("\u00a0", " ") for b in layout(flow(framework, fates, Around())).boxes]
    assert {"Coding in depth begun: 2", "Coding in depth complete: 1"} <= set(boxes)


def test_a_framework_without_filters_or_second_stage_has_a_flow_too() -> None:
    bare = Framework("f", "1", "F", (MAP,))
    counted = flow(bare, [Fate("a", mapped=True), Fate("b")], Around())
    assert [s.id for s in counted.steps] == ["reports", "counted", "mapped"]
    deep = replace(bare, dimensions=(MAP, DEEP))
    assert flow(deep, [Fate("a", mapped=True, deep=True)], Around()).steps[-1].remaining == 1


OUTCOME = FilterOutcome("f", FilterState.BLOCKED, None, (), ("m.x",))


def test_a_blocking_code_is_told_by_its_label() -> None:
    framework = Framework("f", "1", "F", (MAP,), filters=(Filter("f", "F", blocked_by=("m.x",)),))
    counted = flow(framework, [Fate("a", mapped=True, outcomes=(OUTCOME,))], Around())
    assert counted.steps[-1].left == (Left("F: coded in the map as “X & <Y>”", 1, By.MACHINE),)


FILE = """
id: small
version: '1'
title: Small
dimensions:
  - id: kind
    title: Kind
    kind: single
    codes: [{id: a, label: A}, {id: b, label: B}]
filters:
  - {id: one, label: One%s}
"""


def written(folder: Path, more: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(FILE % more, encoding="utf-8")
    return path


def test_the_new_keys_of_filters_change_the_frameworks_id_only_where_they_are_used(tmp_path: Path) -> None:
    bundled = load_framework("ctg")
    assert bundled.version != "1" or bundled.framework_id == "ctg@1+7ba29223"
    plain = load_framework(written(tmp_path, "")).framework_id
    empty = load_framework(written(tmp_path, ", criteria: [], scale: [], blocked_by: []")).framework_id
    assert plain == empty == "small@1+c654ff0b"  # as before there were such keys
    for more in (", criteria: [Clear or not]", ", blocked_by: [kind.b]",
                 ", scale: [{id: y, label: 'Yes', passes: true}, {id: 'n', label: 'No'}]"):  # fmt: skip
        assert load_framework(written(tmp_path, more)).framework_id != plain


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (", blocked_by: [kind.c]", "one: it is blocked by kind.c, which is no code of the map"),
        (", scale: [{id: y, label: 'Yes', passes: true}]", "one: a scale needs a step that passes"),
        (
            ", scale: [{id: y, label: A, passes: true}, {id: y, label: B}]",
            "two steps of the scale have the id y",
        ),
        (", scale: [{id: y, label: 'Yes', pass: true}]", "unknown key pass"),
    ],
)
def test_a_filter_that_cannot_be_used_is_told_with_its_line(tmp_path: Path, more: str, said: str) -> None:
    from ctg_nlp.errors import FrameworkError

    with pytest.raises(FrameworkError) as caught:
        load_framework(written(tmp_path, more))
    assert said in str(caught.value) and "small.yaml, line 11" in str(caught.value)
