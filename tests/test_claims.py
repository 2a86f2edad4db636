"""Claims of a narrative: each number and quantifier beside the figure that it hangs on."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp.claim_draft import drafted, drafted_section
from ctg_nlp.claims import (
    Ledger,
    checked,
    ledger_lines,
    ledger_section,
    narrative_checked,
    paragraphs,
    write_ledger,
)
from ctg_nlp.errors import CtgError, HomeError
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.framework_file import bundled_path
from ctg_nlp.records import CodedReport, CodedValue, CodeState, Dataset, RecordState, SilentGroup
from ctg_nlp.resolved import values_of
from ctg_nlp.settings import Home, make_home
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.claims import Tied, Verdict, check
from ctg_nlp.synthesis.narrative import as_read, claims_in, untied_in
from ctg_nlp.synthesis.narrative_parts import parts_of
from ctg_nlp.synthesis.percent import percent_text
from ctg_nlp.synthesis.published import read_published
from ctg_nlp.synthesis.quantifiers import QUANTIFIERS, bounds_from, numbers_in, plain, quantifiers_in
from ctg_nlp.synthesis.readings import Figures
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable, shown

from .command_line import call
from .conftest import ROOT


def cell(n: int, of: int, undecided: int = 0) -> ShownCell:
    return ShownCell(str(n), percent_text(n, of), str(of), str(undecided), n, 100 * n / of if of else None)


def table(name: str, rows: dict[str, ShownCell], *, missing: str = "") -> ShownTable:
    made = tuple(ShownRow(RowKind.CODE, r, r.title(), (c,), r == missing) for r, c in rows.items())
    return ShownTable(name, 1, name, ("",), made, (), "all reports")


FRUIT = Figures(
    {
        "fruit": table(
            "fruit",
            {"apple": cell(60, 100), "pear": cell(30, 100), "plum": cell(30, 100), "fig": cell(0, 100)},
        ),
        "open": table("open", {"a": cell(40, 80, 20), "b": cell(10, 100), "c": cell(70, 100)}),
        "gone": table(
            "gone", {"x": replace(cell(3, 9), n="", percent="", value=None, withheld="suppressed")}
        ),
    },
    {
        "reports": Fraction(100),
        "response": Fraction(129),
        "expected": Fraction(142),
        "median size": Fraction(7, 2),
    },
)


def said(text: str, query: str, figures: Figures = FRUIT) -> Verdict:
    return check(Tied(text, query), figures).verdict


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("60 of 100", "fruit.apple"),
        ("sixty reports (60 per cent)", "fruit.apple"),
        ("60.0%", "percent fruit.apple"),
        ("the majority", "fruit.apple"),
        ("the majority", "majority fruit.apple"),
        ("more than half", "fruit.apple > 50%"),
        ("over 55", "fruit.apple > 55"),
        ("Just under a third", "fruit.pear > 28% < 33.4%"),
        ("more often apples than pears", "fruit.apple > fruit.pear"),
        ("first", "top 1 fruit = apple"),
        ("the two after that", "top 2 fruit except apple = pear, plum"),
        ("none", "fruit.fig"),
        ("129 of 142", "response"),
        ("90.8 per cent", "response"),
        ("142 groups", "expected"),
        ("a median of 3.5", "median size"),
        ("a total of 60", "fruit.apple"),
        ("more than half of the 100", "fruit.apple"),
        ("as many", "n fruit.pear = n fruit.plum"),
    ],
)
def test_a_claim_that_the_tables_bear_out_is_true(text: str, query: str) -> None:
    found = check(Tied(text, query), FRUIT)
    assert found.verdict is Verdict.TRUE, found.why


@pytest.mark.parametrize(
    ("text", "query", "why"),
    [
        ("61 reports", "fruit.apple", "it is 60 now"),
        ("60 of 99", "fruit.apple", "it is 100 now"),
        ("59.9 per cent", "fruit.apple", "it is 60.0 per cent now"),
        ("half", "fruit.apple", "it is 60.0 per cent now"),
        ("60 reports, the minority", "fruit.apple", "a minority"),
        ("more than 70", "fruit.apple > 60", "it is 60 now"),
        ("fewer", "fruit.apple < fruit.pear", "beside"),
        ("the top two", "top 2 fruit = apple, pear", "plum has 30"),
        ("the three", "top 1 fruit = apple", "not the 1 of the ranking"),
        ("128 of 142", "response", "it is 129 now"),
    ],
)
def test_a_claim_that_is_not_so_is_false_and_says_what_is(text: str, query: str, why: str) -> None:
    found = check(Tied(text, query), FRUIT)
    assert (found.verdict, why in found.why) == (Verdict.FALSE, True), found


@pytest.mark.parametrize(
    ("text", "query", "verdict"),
    [
        ("half", "open.a", Verdict.UNTOLD),  # 40 to 60 of 100
        ("the majority", "open.a", Verdict.UNTOLD),
        ("a minority or a majority", "open.a >= 40% <= 60%", Verdict.TRUE),
        ("few", "few open.a", Verdict.FALSE),
        ("more than b", "open.a > open.b", Verdict.TRUE),
        ("more than c", "open.a > open.c", Verdict.FALSE),
        ("40 of 80", "open.a", Verdict.TRUE),  # a figure is that of the table
        ("most often", "top 1 open = c", Verdict.TRUE),
    ],
)
def test_what_undecided_reports_could_tip_cannot_be_told(text: str, query: str, verdict: Verdict) -> None:
    assert said(text, query) is verdict


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("fruit.cherry", "it has: apple, pear"),
        ("nuts.apple", "there are: fruit"),
        ("fruit.apple by cohort = 1", "no table"),
        ("apple", "dimension.row"),
        ("top 2 fruit = apple", "names 1 rows"),
        ("fruit.apple >", "ends too early"),
        ("", "empty"),
        ("median", "ends too early"),
        ("fruit.apple 5", "not expected"),
    ],
)
def test_a_query_that_cannot_be_answered_says_what_could_be_asked(query: str, why: str) -> None:
    found = check(Tied("60", query), FRUIT)
    assert found.verdict is Verdict.BROKEN
    assert why in found.why


_WORDS = st.sampled_from(
    'top bottom 2 1.5 45% fruit fruit.apple open.a gone.x n percent of total median response by cohort = , > <= "'
    ' in except none majority a half . " “ 9'.split()
)


@given(st.lists(_WORDS, max_size=8).map(" ".join), st.text(max_size=30))
def test_whatever_is_written_as_a_query_gets_a_verdict(query: str, text: str) -> None:
    found = check(Tied(text, query), FRUIT)
    assert found.verdict in Verdict
    assert found.why or found.verdict in (Verdict.TRUE, Verdict.FREE)


@given(st.text(alphabet='a 1[](claim:).“"#{}-\n%half', max_size=80))
def test_whatever_is_written_as_a_narrative_can_be_read(text: str) -> None:
    list(claims_in(text))
    for u in untied_in(text):
        assert u.text in text


def test_a_bare_row_needs_something_in_the_text_to_check() -> None:
    assert said("Apples", "fruit.apple") is Verdict.BROKEN
    assert said("Apples", "none") is Verdict.FREE


def test_a_claim_on_a_withheld_cell_tells_nothing_of_it() -> None:
    found = check(Tied("3 of 9", "gone.x"), FRUIT)
    assert found.verdict is Verdict.WITHHELD
    section = ledger_section(Ledger(parts_of("[3 of 9](claim: gone.x > 2)"), (found,), ()))
    assert "3 of 9" not in repr(section)
    assert as_read("It was [3 of 9](claim: gone.x).", {("3 of 9", "gone.x"): found}) == "It was [c]."


def test_bounds_of_words_can_be_set_and_a_mistake_is_told() -> None:
    words = bounds_from("most = 80..100; few = 0..10")
    assert str(words["most"]) == "from 80 to 100 %"
    assert words["half"] == QUANTIFIERS["half"]
    assert check(Tied("most", "fruit.apple"), FRUIT, words).verdict is Verdict.FALSE
    with pytest.raises(ValueError, match="hardly"):
        bounds_from("hardly = 3..4")
    with pytest.raises(ValueError, match="the lower one first"):
        bounds_from("few = 20..10")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Almost half of them", ["almost half"]),
        ("half of the groups and over half of the schools", ["half", "more than half"]),
        ("about a quarter", ["about a quarter"]),
        ("most frequently", ["rank"]),
        ("most of the groups, nearly all", ["most", "nearly all"]),
        ("overall, in the first half of the year or at half-term", []),
        ("a significant minority", ["a significant minority"]),
    ],
)
def test_quantifiers_are_found_in_their_longest_wording(text: str, names: list[str]) -> None:
    assert [q.name for q in quantifiers_in(text)] == names


def test_numbers_are_found_in_digits_and_in_words() -> None:
    found = [
        (str(n.value), n.percent, n.after_of)
        for n in numbers_in("Nine of 1,290 groups (0.77 per cent), twenty-one")
    ]
    assert found == [("9", False, False), ("1290", False, True), ("0.77", True, False), ("21", False, False)]


NARRATIVE = """# A report about 12 months

In 2009-10 (Table 2, pages 3 and 4, 26 November 2010) G017 wrote “96 per cent”; see `x 5`. <!-- 7 -->

## Fruit {#fruit}

[The majority](claim: majority fruit.apple) had apples, 14 had [nine
lives](claim: none). Most had pears.

- the most frequent
"""


def test_numbers_and_quantifiers_that_hang_on_nothing_are_listed_with_their_line() -> None:
    assert [(u.text, u.kind, u.line) for u in untied_in(NARRATIVE)] == [
        ("14", "number", 7),
        ("Most", "quantifier", 8),
        ("most frequent", "rank", 10),
    ]
    assert [(c.text, c.query, c.line) for c in claims_in(NARRATIVE)] == [
        ("The majority", "majority fruit.apple", 7),
        ("nine lives", "none", 7),
    ]


def test_a_claim_that_was_not_closed_is_not_passed_over() -> None:
    assert [u.kind for u in untied_in("Of [5 groups](claim: fruit.apple many came.")][
        0
    ] == "claim that cannot be read"


# The hand-check: the published tables, and a text of ours about them.

PUBLISHED_TEXT = """
[Half of the groups](claim: half characteristics.not_specified), [50.3 per cent](claim: percent characteristics.not_specified), gave no background.
[Nine groups (7 per cent)](claim: characteristics.none) had nothing of it.
[Almost half](claim: phase.primary) were primary schools, [a quarter](claim: phase.secondary) secondary schools.
Leaders ([72.1 per cent](claim: stakeholders.slt)), middle leaders ([51.1 per cent](claim: stakeholders.middle_leader)).
[In most cases](claim: majority target_group.no) there was no target group.
[The majority (55.8 per cent)](claim: problem.underperformance) chose attainment.
[One of 129 groups (0.77 per cent)](claim: problem.neet) looked at what comes after school.
[The two most frequent](claim: top 2 outcomes in leadership = lead_collaboration, lead_skills) outcomes of leadership.
[Almost half (49.6 per cent)](claim: outcomes.pupil_motivation) saw motivation, [about a quarter](claim: outcomes.pupil_attainment) attainment ([24 per cent](claim: outcomes.pupil_attainment)).
Distributed leadership: [30 (24 per cent)](claim: outcomes.lead_distributed).
Meeting notes: [55 (42.9 per cent)](claim: evidence.meeting_notes).
Sizes: [32.5 per cent](claim: group_size.4_to_7) and [10.8 per cent](claim: group_size.8_to_11).
[Twelve projects (9.3 per cent)](claim: project_type.description) only described.
"""


@pytest.fixture(scope="module")
def published(ctg: Framework) -> Figures:
    assert ctg.published is not None
    found: dict[str, list[ShownRow]] = {}
    for c in read_published(bundled_path(ctg.published.file)):
        dimension = ctg.dimension(c.dimension)
        assert dimension is not None
        code = dimension.code(c.code)
        rows = found.setdefault(c.dimension, [])
        if code and code.group and code.group not in [r.id for r in rows]:
            rows.append(ShownRow(RowKind.GROUP, code.group, code.group))
        rows.append(ShownRow(RowKind.CODE, c.code, c.label, (cell(c.n, ctg.published.reports),)))
    return Figures({d: ShownTable(d, 1, d, ("",), tuple(rows), (), "") for d, rows in found.items()})


def test_the_known_slips_of_the_published_report_are_caught_and_nothing_else(published: Figures) -> None:
    false = {}
    for claim in claims_in(PUBLISHED_TEXT):
        found = check(claim, published)
        if found.verdict is not Verdict.TRUE:
            false[claim.query.removeprefix("percent ")] = found.why
    assert false == {
        "characteristics.not_specified": "The text says 50.3 per cent, it is 50.4 per cent now.",
        "stakeholders.middle_leader": "The text says 51.1 per cent, it is 51.2 per cent now.",
        "problem.neet": "The text says 0.77 per cent, it is 0.78 per cent now.",
        "outcomes.lead_distributed": "The text says 24 per cent, it is 23 per cent now.",
        "evidence.meeting_notes": "The text says 42.9 per cent, it is 42.6 per cent now.",
        "group_size.4_to_7": "The text says 32.5 per cent, it is 32.6 per cent now.",
        "group_size.8_to_11": "The text says 10.8 per cent, it is 10.9 per cent now.",
    }
    assert list(untied_in(PUBLISHED_TEXT)) == []


# With a home and a dataset.


def reports(
    framework: Framework, present: int, absent: int, undecided: int, **attributes: str
) -> Iterator[CodedReport]:
    """Reports with every code present, absent or undecided."""
    states = [CodeState.PRESENT] * present + [CodeState.ABSENT] * absent + [CodeState.UNDECIDED] * undecided
    for n, state in enumerate(states):
        name = "".join(attributes.values()) + str(n)
        pairs = tuple(attributes.items())
        yield CodedReport(
            name, name, bytes([state] * len(framework.keys)), values_of(framework, ()), pairs, True
        )


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def data(ctg: Framework) -> Dataset:
    both = (*reports(ctg, 6, 4, 0, cohort="1"), *reports(ctg, 1, 8, 1, cohort="2"))
    return Dataset(ctg.framework_id, both, (SilentGroup("G9", (), "nothing was received"),))


def verdicts(found: Ledger) -> dict[str, str]:
    return {c.claim.query: str(c.verdict) for c in found.claims}


def test_claims_can_be_about_parts_of_the_reports(home: Home, data: Dataset) -> None:
    text = """
[6 of 10](claim: target_group.yes by cohort = 1) and [1 of 9](claim: target_group.yes by cohort = 2);
[more in the first](claim: target_group.yes by cohort = 1 > target_group.yes by cohort = 2);
[7 of 7](claim: evidence.photos by partnership = vision), [7 of 7](claim: evidence.photos by partnership = "Planned together");
[20 of 21 groups](claim: response), [one of 21](claim: silent); [2](claim: target_group.yes by wave = 1)
"""
    found = checked(text, home, data)
    assert verdicts(found) == {
        "target_group.yes by cohort = 1": "true",
        "target_group.yes by cohort = 2": "true",
        "target_group.yes by cohort = 1 > target_group.yes by cohort = 2": "true",
        "evidence.photos by partnership = vision": "true",
        'evidence.photos by partnership = "Planned together"': "true",
        "response": "true",
        "silent": "true",
        "target_group.yes by wave = 1": "cannot be checked",
    }


def test_a_claim_is_judged_by_what_is_shown_and_not_by_what_is_withheld(home: Home, data: Dataset) -> None:
    def control(tables):  # type: ignore[no-untyped-def]
        gone = ShownCell(withheld="suppressed")
        for made in map(shown, tables):
            yield replace(made, rows=tuple(replace(r, cells=(gone,) * len(r.cells)) for r in made.rows))

    found = checked("It was [7 of 19](claim: target_group.yes).", home, data, control)
    assert verdicts(found) == {"target_group.yes": "withheld"}
    assert paragraphs(found, home.framework) == {"": ("It was [c].",)}
    assert "7 of 19" not in json.dumps(list(ledger_lines(found)))
    assert found.sound


def test_a_part_is_found_by_its_id_and_by_its_label_and_a_place_by_its_region(
    home: Home, data: Dataset
) -> None:
    named = CodedValue(RecordState.DECIDED, "Leeds")
    at = [d.id for d in home.framework.valued].index("location")
    placed = tuple(
        replace(r, values=(*r.values[:at], named, *r.values[at + 1 :]))
        if r.values_of("cohort") == ("1",)
        else r
        for r in data.reports
    )
    queries = (
        "percent target_group.yes by cohort = 1",
        'percent target_group.yes by cohort = "Cohort 1"',
        "percent target_group.yes by Cohort = 1",
        "percent target_group.yes by region = Yorkshire",
    )
    text = " ".join(f"[60 per cent](claim: {q})" for q in queries)
    found = checked(text, home, replace(data, reports=placed, regions=(("Leeds", "Yorkshire"),)))
    assert verdicts(found) == dict.fromkeys(queries, "true")


def test_a_heading_that_names_no_table_is_printed_as_its_author_wrote_it(home: Home, data: Dataset) -> None:
    found = checked("## Free {#nowhere}\n\nEnd.", home, data)
    assert paragraphs(found, home.framework) == {"Free": ("End.",)}


def test_paragraphs_come_under_the_dimension_that_their_heading_names(home: Home, data: Dataset) -> None:
    text = "Before.\n\n## Who {#stakeholders}\n\nSome *text*\nof **two** lines.\n\n## Partnership working\n\nMore.\n\n## Free\n\nEnd."
    assert paragraphs(checked(text, home, data), home.framework) == {
        "": ("Before.",),
        "stakeholders": ("Some text of two lines.",),
        "partnership": ("More.",),
        "Free": ("End.",),
    }


def test_the_ledger_is_an_appendix_and_a_csv(home: Home, data: Dataset, tmp_path: Path) -> None:
    found = checked("[=8 of 19](claim: target_group.yes) and 3.", home, data)
    assert not found.sound
    section = ledger_section(found)
    (row,) = section.tables[0].rows
    assert [c.n for c in row.cells][1:3] == ["7 of 19 (36.8 per cent), 1 undecided", "false"]
    assert "tied to no figure: 1" in section.paragraphs[1]
    write_ledger(tmp_path / "ledger.csv", found)
    with (tmp_path / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["verdict"], line["cells"], line["text"]) == ("false", "target_group/yes/", "'=8 of 19")


def test_wrong_bounds_in_the_settings_are_told_before_anything_is_checked(home: Home, data: Dataset) -> None:
    with pytest.raises(HomeError, match=r"quantifiers: “most = 20\.\.10”"):
        checked("x", replace(home, quantifiers="most = 20..10"), data)


def test_without_a_narrative_there_is_no_ledger(home: Home, data: Dataset) -> None:
    assert narrative_checked(home, data) is None


def test_a_first_draft_is_true_as_it_stands_and_nothing_in_it_is_untied(home: Home, data: Dataset) -> None:
    data = uneven(home.framework, data)
    text = drafted(home, data)
    found = checked(text, home, data)
    assert found.sound
    assert len(found.claims) > 20
    assert {c.verdict for c in found.claims} == {Verdict.TRUE}


def uneven(framework: Framework, data: Dataset) -> Dataset:
    """Every code of a dimension is present in another number of reports."""
    size = len(data.reports)
    reports = tuple(
        replace(
            r,
            states=bytes(
                CodeState.ABSENT if i >= n % size else CodeState.PRESENT for n in range(len(framework.keys))
            ),
        )
        for i, r in enumerate(data.reports)
    )
    return replace(data, reports=reports)


def draft_of(rows: Sequence[ShownRow]) -> str:
    of = ShownTable("fruit", 1, "Fruit", ("",), tuple(rows), (), "all reports")
    dimension = Dimension("fruit", "Fruit", "multi")
    return "\n".join(drafted_section(dimension, Figures({"fruit": of}), QUANTIFIERS))


def rows_of(*counts: int, kind: RowKind = RowKind.CODE, missing: int | None = None) -> list[ShownRow]:
    made = [ShownRow(kind, f"r{i}", f"R{i}", (cell(n, 15),)) for i, n in enumerate(counts)]
    untold = (
        [] if missing is None else [ShownRow(kind, "untold", "Not told", (cell(missing, 15),), missing=True)]
    )
    return [*made, *untold]


def test_a_draft_ranks_only_what_was_told_and_says_how_many_did_not_tell() -> None:
    said = draft_of(rows_of(1, 4, 2, missing=7))
    assert "Of what was told, [most frequently](claim: top 1 fruit = r1) found was “R1”" in said
    assert "[7 of 15 (46.7 per cent)](claim: fruit.untold) reports did not tell." in said
    assert "\n[Most frequently]" in draft_of(rows_of(1, 4, 2, missing=0))


def test_a_draft_picks_none_of_rows_that_tie() -> None:
    assert "Nothing stands out here." in draft_of(rows_of(1, 1, 1, 0))
    assert "claim" not in draft_of(rows_of(4, 4, 4, 1))
    said = draft_of(rows_of(5, 3, 2, 2))
    assert "fruit.r1" in said and "fruit.r2" not in said and "fruit.r3" not in said
    assert "Nothing is decided here yet." in draft_of([ShownRow(RowKind.CODE, "a", "A", (cell(0, 0, 15),))])


def test_a_draft_leaves_out_tables_of_places() -> None:
    assert draft_of(rows_of(3, 2, kind=RowKind.VALUE)) == ""


def test_nothing_is_drafted_from_no_decisions(home: Home, ctg: Framework) -> None:
    with pytest.raises(CtgError, match="no decisions yet"):
        drafted(home, Dataset(ctg.framework_id, tuple(reports(ctg, 0, 0, 3))))


def test_a_figure_that_moved_since_is_found_at_the_next_check(
    home: Home, ctg: Framework, data: Dataset
) -> None:
    data = uneven(home.framework, data)
    text = drafted(home, data)
    more = replace(data, reports=(*data.reports, *reports(ctg, 1, 0, 0, cohort="3")))
    found = checked(text, home, more)
    assert not found.sound
    assert any(c.verdict is Verdict.FALSE for c in found.claims)


def test_the_bounds_of_every_word_are_documented() -> None:
    told = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    table = told[told.index("## Words and their bounds") : told.index("## What need not be tied")]
    for name, bounds in QUANTIFIERS.items():
        assert re.search(rf"[|,/] ?{name} ?[|,/]", table), name
        assert plain(bounds.low) in table and plain(bounds.high) in table, name


def test_a_check_on_the_command_line_fails_while_a_claim_is_false_or_something_is_untied(
    tmp_path: Path,
) -> None:
    root = tmp_path / "home"
    call("--home", str(root), "init")
    assert "claims draft" in call("--home", str(root), "claims", "check", code=1).stderr
    call("--home", str(root), "claims", "draft", code=1)
    narrative = root / "narrative.md"
    narrative.write_text("[0](claim: reports) reports.", encoding="utf-8")
    call("--home", str(root), "claims", "check", "--output", str(tmp_path / "l.csv"))
    assert (tmp_path / "l.csv").is_file()
    narrative.write_text("[1](claim: reports) report of 5.", encoding="utf-8")
    said = json.loads(call("--home", str(root), "claims", "check", "--json", code=1).stdout)
    assert [c["verdict"] for c in said["claims"]] == ["false"]
    assert [u["text"] for u in said["untied"]] == ["5"]
    call("--home", str(root), "claims", "draft", code=1)  # what is written is left alone
