"""The framework file: what it carries, and how its errors read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from ctg_nlp.codebook import codebook, differences
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import bundled_path, load_framework
from ctg_nlp.synthesis.published import Finding, check_sums, compare, read_published

SMALL = """\
id: small
version: '1'
title: Small
dimensions:
  - id: colour
    title: Colour
    kind: multi
    codes:
      - {id: red, label: Red}
      - {id: none, label: None, exclusive: true}
  - id: size
    title: Size
    kind: number
    bands: [{id: few, label: few, max: 3}, {id: many, label: many, min: 4}]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundled_framework_carries_ten_tables_the_filters_and_the_second_stage(ctg: Framework) -> None:
    assert [d.table for d in ctg.tables()] == list(range(1, 11))
    assert len(ctg.filters) == 3
    assert len(ctg.stage("indepth")) == 36 and len(ctg.questions) == 9
    assert ctg.dimension("location") is not None


def test_the_bundled_framework_says_what_the_shared_one_says(ctg: Framework, shared: Path) -> None:
    given = yaml.safe_load((shared / "framework" / "ctg_framework.yaml").read_text(encoding="utf-8"))
    dimensions = given["dimensions"] + given["indepth"]
    first = ctg.dimensions[: len(dimensions)]  # version 2 only adds to it
    assert [d["id"] for d in dimensions] == [d.id for d in first]
    for wanted, dimension in zip(dimensions, first, strict=True):
        assert wanted["title"] == dimension.title
        assert wanted.get("counts", "did") == dimension.counts
        assert [(c["id"], c["label"], c.get("definition", "")) for c in wanted.get("codes", [])] == [
            (c.id, c.label, c.definition) for c in dimension.codes
        ]


@pytest.mark.parametrize(
    ("change", "line", "rule"),
    [
        (("title: Small", "title: Small\ncolour: blue"), 4, "unknown key colour"),
        (("label: Red", "label: Red, weight: 3"), 9, "unknown key weight"),
        (("version: '1'", "version: 1"), 2, "put it in quotes"),
        (("{id: red, label: Red}", "{id: no, label: Red}"), 9, "put it in quotes"),
        (("kind: multi", "kind: many"), 7, "Input should be"),
        (("{id: red, label: Red}", "{id: none, label: Red}"), 8, "two codes or rows have the id none"),
        (("min: 4", "min: 3"), 14, "overlap"),
        (("id: size", "id: colour"), 11, "two dimensions have the id colour"),
        (("kind: multi", "kind: multi\n    kind: single"), 8, "given twice"),
        (("label: Red}", "label: Red, group: warm}"), 9, "the group warm, which does not exist"),
        (("label: Red}", "label: Red, compare_with: [size.red]}"), 9, "compared with size.red"),
        (
            ("title: Colour", "any_of: [{id: a, label: A, codes: [blue]}]\n    title: Colour"),
            6,
            "the code blue",
        ),
        (("title: Small", "title: [Small"), 4, "not valid YAML"),
        (("title: Small", "title: Small\n1: blue"), 4, "a key must be a text"),
        (("title: Small", "title: Small\nfilters: [{id: a, label: A}, {id: a, label: B}]"), 4, "two filters"),
        (("title: Small", "title: Small\npublished: {file: a.csv, reports: 1, totals: {x: 1}}"), 4, "for x"),
        (("label: Red}", "label: Red, cues: {strong: red}}"), 9, "a list is wanted"),
        (("label: Red}", "label: Red, follows: [{dimension: colour, codes: [x]}]}"), 9, "colour.x"),
        (("max: 3}, {id: many", "max: 3}, {id: few"), 14, "two rows have the id few"),
        (("max: 3}", "min: 9, max: 3}"), 14, "the band few ends at 3, before it begins"),
        (
            (
                "kind: multi",
                "kind: multi\n    table: 1\n  - id: other\n    title: O\n    kind: number\n    table: 1",
            ),
            12,
            "two dimensions are table 1",
        ),
        (("title: Colour", "title: Colour\n    missing: {id: m, label: M}"), 7, "missing row"),
        (
            ("title: Colour", "title: Colour\n    groups: [{id: g, label: G}, {id: g, label: H}]"),
            7,
            "two groups",
        ),
    ],
)
def test_an_error_names_the_line_and_the_rule(
    tmp_path: Path, change: tuple[str, str], line: int, rule: str
) -> None:
    path = written(tmp_path, SMALL.replace(*change, 1))
    with pytest.raises(FrameworkError) as caught:
        load_framework(path)
    assert f"small.yaml, line {line}:" in str(caught.value)
    assert rule in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "a mapping .* is wanted"), ("- a", "a mapping .* is wanted"), ("a: &a [*a]", "an alias")],
)
def test_a_file_that_is_no_framework_at_all_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FrameworkError, match=said):
        load_framework(written(tmp_path, text))


def test_a_missing_file_says_which_frameworks_there_are(tmp_path: Path) -> None:
    with pytest.raises(FrameworkError, match="or one of: ctg"):
        load_framework(tmp_path / "none.yaml")


def test_the_id_changes_with_a_definition_but_not_with_a_cue(tmp_path: Path) -> None:
    first = load_framework(written(tmp_path, SMALL)).framework_id
    cue = SMALL.replace("label: Red}", "label: Red, cues: {strong: [red]}}")
    assert load_framework(written(tmp_path, cue)).framework_id == first
    defined = SMALL.replace("label: Red}", "label: Red, definition: As blood.}")
    assert load_framework(written(tmp_path, defined)).framework_id != first


def test_differences_name_what_a_coder_would_notice(tmp_path: Path) -> None:
    old = load_framework(written(tmp_path, SMALL))
    new = load_framework(
        written(
            tmp_path,
            SMALL.replace(
                "{id: red, label: Red}", "{id: red, label: Crimson}\n      - {id: blue, label: Blue}"
            ),
        )
    )
    assert differences(old, new) == ("colour.red: label was 'Red', is 'Crimson'", "colour.blue: code added")
    assert differences(old, old) == ()


def test_the_codebook_prints_every_code_with_its_definition(ctg: Framework) -> None:
    text = codebook(ctg)
    for dimension in ctg.dimensions:
        assert f"(`{dimension.id}`)" in text
        for code in dimension.codes if dimension.links is None else ():
            assert code.definition in text and code.label in text


def test_seven_printed_percentages_do_not_follow_from_their_counts_and_table_10_adds_up_to_128(
    ctg: Framework,
) -> None:
    published = read_published(bundled_path("ctg_published.csv"))
    findings = [c.finding for c in compare(published, 129, (), load_framework("ctg"))]
    assert findings.count(Finding.TRUNCATED) == 5
    assert findings.count(Finding.WRONG) == 2
    sums = check_sums(published, ctg, 129)
    assert [(s.table, s.total) for s in sums] == [(10, 128)]


def test_the_bundled_published_tables_are_those_of_the_shared_folder(shared: Path) -> None:
    there = (shared / "framework" / "published_tables.csv").read_text(encoding="utf-8")
    assert bundled_path("ctg_published.csv").read_text(encoding="utf-8") == there


def test_a_published_table_with_a_letter_for_a_number_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "published.csv"
    path.write_text("table,dimension,code,label,n,percent_as_printed\n1,a,b,B,x,3.1\n", encoding="utf-8")
    with pytest.raises(FrameworkError, match="line 2"):
        read_published(path)


def test_a_percentage_printed_without_decimals_is_truncated_only_at_its_own_decimals() -> None:
    from ctg_nlp.synthesis.published import finding

    assert finding(31, 129, Decimal("24")) is Finding.FOLLOWS  # 24.0
    assert finding(30, 129, Decimal("24")) is Finding.WRONG  # 23.3
    assert finding(42, 129, Decimal("32.5")) is Finding.TRUNCATED  # 32.558
