"""The chapter of what was read in depth, in either edition and in every form, over a project of its own framework."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import docx
import pytest

from ctg_nlp.banking import bank, clear, rewrite, withdraw
from ctg_nlp.case_sections import sections_of
from ctg_nlp.case_text import BlockKind
from ctg_nlp.casework import Writing as CaseWriting
from ctg_nlp.casework import choose, save_text, take_quote
from ctg_nlp.chapter import IN_DEPTH, Chapter, chapter, flow_table, linked
from ctg_nlp.claim_draft import drafted
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.depth import read_depth
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.errors import CtgError
from ctg_nlp.export.charts import is_gap, is_open
from ctg_nlp.export.contents import Block, Contents, Section
from ctg_nlp.export.contents_json import contents_from, json_of_contents
from ctg_nlp.export.diagrams import diagram_of
from ctg_nlp.export.docx_report import write_docx
from ctg_nlp.export.drawing_svg import svg_of
from ctg_nlp.export.editions import Edition
from ctg_nlp.export.layout import spans, stub
from ctg_nlp.export.report_html import html_of
from ctg_nlp.export.xlsx_report import workbook_of
from ctg_nlp.findings import Writing, write
from ctg_nlp.framework import Diagram
from ctg_nlp.framework_file import framework_text
from ctg_nlp.records import (
    Answer,
    FindingKind,
    FindingSource,
    Page,
    Report,
    ReportKind,
    Span,
    VerdictKind,
)
from ctg_nlp.releases import assure, draft, told_of
from ctg_nlp.report import GivenOut, Made, made
from ctg_nlp.selecting import decide, freeze
from ctg_nlp.selection_flow import flow_now
from ctg_nlp.settings import make_home
from ctg_nlp.store import releases as release_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.store.suggestions import put_framework
from ctg_nlp.synthesis.cells import Columns, RowKind
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable, shown
from ctg_nlp.synthesis.tables import table_of

from .desks import TEXT, fill, make_desk, uid
from .sampling_desk import FRAMEWORK, IDS, saying

DEEP = """
questions:
  - {id: harm, label: 'What harms the river?', dimensions: [threats, remedies, ties, words]}
indepth:
  - id: threats
    title: Threats
    kind: multi
    table: 3
    codes:
      - {id: dams, label: Dams, compare_with: [method.counted],
         diagram: {form: above, centre: One dam, parts: [Upper reach, Lower reach]}}
      - {id: waste, label: Waste, diagram: {form: among, centre: A tip, parts: [Town]}}
  - {id: remedies, title: Remedies, kind: multi, codes: [{id: law, label: A law}, {id: work, label: Work by hand}]}
  - {id: ties, title: Remedies of threats, kind: multi, links: {from: threats, to: remedies}}
  - {id: words, title: In words, kind: text}
  - {id: views, title: Further views, kind: multi, over_quotes: true, codes: [{id: near, label: From near}]}
filters:"""
A, B, C = IDS[:3]
PLANNED = FindingSource(A, 1, 0, 24, TEXT[:24])


def edited(framework: str) -> str:
    start, end = framework.index("indepth:"), framework.index("filters:")
    return framework[:start] + DEEP.lstrip() + framework[end + len("filters:") :]


@pytest.fixture
def rivers(store: Store, tmp_path: Path) -> Desk:
    """Three reports, two of them selected and read in depth; a finding, a solution and two quotations, one
    of them cleared; and the case study of a group."""
    path = tmp_path / "rivers.yaml"
    path.write_text(edited(FRAMEWORK), encoding="utf-8")
    home = make_home(tmp_path / "home", str(path))
    with store.transaction() as db:
        put_framework(db, home.framework.framework_id, framework_text(str(path)), "2026-01-01T00:00:00+00:00")
    for n, report_id in enumerate((A, B, C), 1):
        fill(store, home.framework, report_id, n, 0.6)
    desk = make_desk(home, store)
    for report_id, method in ((A, "counted"), (B, "counted"), (C, "told")):
        desk.do(report_id, Doing(uid(), "method", method, Answer.PRESENT))
        desk.do(report_id, Doing(uid(), "length", None, Answer.VALUE, 4))
    for report_id in (A, B):
        decide(desk, report_id, saying("quality", "fair"))
        decide(desk, report_id, saying("depth", "pass"))
    freeze(desk, "Two rivers")
    for dimension, code in (
        ("threats", "dams"),
        ("remedies", "law"),
        ("ties", "dams__law"),
        ("views", "near"),
    ):
        desk.do(A, Doing(uid(), dimension, code, Answer.PRESENT))
        for report_id in (A, B):
            desk.do(report_id, Doing(uid(), dimension))
    desk.do(A, Doing(uid(), "words", None, Answer.VALUE, "It runs dry in May.", (Span(1, 0, 24),)))
    wrote(desk, "Dams are the first thing they name.", "dams", FindingKind.FINDING)
    wrote(desk, "Take the dam down by hand.", "dams", FindingKind.SOLUTION)
    for start, end in ((0, 24), (25, 55)):
        source = FindingSource(A, 1, start, end, TEXT[start:end])
        bank(store, home.framework, source, "threats", "dams", now=desk.clock(), who="ada")
    quote = rewrite(store, 1, TEXT[:24], "Group leader", False, 1, now=desk.clock(), who="ada")
    clear(store, home.framework, 1, quote.now.version, [], now=desk.clock(), who="bea")
    choose(store, "G1", True, now=desk.clock(), who="ada")
    case = CaseWriting("G1", sections_of(home.framework)[0].id, "{group} began.\n\n- By hand.", 0)
    save_text(store, home.framework, case, now=desk.clock(), who="ada")
    return desk


def wrote(desk: Desk, text: str, code: str, kind: FindingKind, dimension: str = "threats") -> None:
    said = Writing(uid(), "harm", dimension, code, kind, text, (PLANNED,))
    write(desk.store, desk.framework, said, now=desk.clock(), who="ada")


def report(desk: Desk, edition: Edition = Edition.PUBLISHABLE, given: GivenOut | None = None) -> Made:
    return made(desk.store, desk.home, edition, (), given or GivenOut())


def section(contents: Contents, name: str) -> Section:
    return next(s for s in contents.sections if s.id == name)


def chapter_of(contents: Contents) -> list[tuple[int, str]]:
    ids = [s.id for s in contents.sections]
    return [(s.level, s.id) for s in contents.sections[ids.index(IN_DEPTH) : ids.index("methods")]]


def test_the_chapter_goes_by_question_then_what_no_question_names_then_case_studies(rivers: Desk) -> None:
    found = chapter_of(report(rivers).contents)
    assert found[:6] == [
        (1, IN_DEPTH), (2, "question-harm"), (3, "threats"), (3, "remedies"), (3, "ties"), (2, "views"),
    ]  # fmt: skip
    assert found[6:8] == [(1, "case-studies"), (2, "case-1")] and found[8][0] == 3


def test_the_flow_is_a_figure_and_a_table_that_say_the_same(rivers: Desk) -> None:
    head = section(report(rivers).contents, IN_DEPTH)
    (figure,), (table,) = head.figures, head.tables
    assert table == flow_table(flow_now(rivers.store, rivers.framework)) and stub(table) == "Step"
    assert [r.label for r in table.rows][-3:] == [
        "Selected sample: Two rivers", "Coding in depth begun", "Coding in depth complete",
    ]  # fmt: skip
    words = " ".join(figure.drawing.sentences)
    steps = [r for r in table.rows if r.id not in ("groups", "files")]
    assert all(f"{r.label}: {r.cells[5].n} of {r.cells[0].n}" in words for r in steps)


def test_a_statement_comes_with_the_count_of_its_code_and_the_quotations_it_rests_on(rivers: Desk) -> None:
    blocks = section(report(rivers).contents, "threats").blocks
    assert blocks[:2] == (
        Block(BlockKind.PARAGRAPH, "Dams are the first thing they name.", "1 report, 50.0 % of the sample"),
        Block(BlockKind.QUOTE, TEXT[:24], "Group leader"),
    )
    assert "Parents" not in str(blocks)  # banked, but not cleared
    assert blocks[2].text.startswith(
        "Dams: 1 report, 50.0 % of the sample; in the map “Counted on site” (Method): 2"
    )
    assert "were chosen" not in blocks[2].text and "neither a change nor an effect" in blocks[3].text


def test_the_internal_edition_adds_free_texts_places_and_quotations_that_wait(rivers: Desk) -> None:
    inside = report(rivers, Edition.INTERNAL).contents
    words = section(inside, "words")
    assert (words.heading, words.level) == ("In words", 3)
    assert words.blocks == (
        Block(BlockKind.ITEM, "It runs dry in May.", "G1; coder ada"),
        Block(BlockKind.QUOTE, TEXT[:24], "G1, page 1"),
    )
    solved = section(inside, "threats").tables[-1]
    assert [c.n for c in solved.rows[0].cells] == ["Take the dam down by hand.", "G1, page 1"]
    outside = html_of(report(rivers).contents)
    assert "runs dry" not in outside and "G1, page" not in outside


def test_a_number_of_a_table_is_that_of_its_counts_in_the_report_as_everywhere(rivers: Desk) -> None:
    counts, solved = section(report(rivers).contents, "threats").tables
    dimension = rivers.framework.dimension("threats")
    assert dimension is not None
    everywhere = table_of(Columns(rivers.framework, dataset(rivers.store, rivers.framework)), dimension)
    assert (counts.number, solved.number) == (everywhere.number, None) == (3, None)
    assert stub(solved) == "Problem" and [r.label for r in solved.rows] == ["Dams"]


def test_a_count_that_is_withheld_is_in_no_sentence_and_no_drawing_of_a_code_nobody_has(rivers: Desk) -> None:
    whole = section(report(rivers).contents, "threats").tables[0]
    hidden = replace(
        whole,
        rows=tuple(replace(r, cells=(ShownCell(n="[c]", percent="[c]", of="2", withheld="suppressed"),)) for r in whole.rows),
    )  # fmt: skip
    blocks = section(report(rivers, given=GivenOut(tables={"threats": hidden})).contents, "threats").blocks
    assert blocks[0].aside == "a number of reports that is withheld" and "50.0" not in str(blocks)
    figures = section(report(rivers).contents, "threats").figures
    assert [f.id for f in figures] == ["threats-dams"]  # nobody tells of waste


def test_links_are_a_matrix_and_their_table_leaves_out_what_no_report_tells(rivers: Desk) -> None:
    ties = section(report(rivers).contents, "ties")
    (chart,) = ties.charts
    assert chart.kind == "gap map" and chart.table.columns == ("", "A law", "Work by hand")
    assert [[c.n for c in r.cells[1:]] for r in chart.table.rows] == [["1", "0"], ["0", "0"]]
    assert [r.label for r in ties.tables[0].rows] == ["Dams", "Dams → A law"]
    assert (
        "Pairs that no report links so far are left out; the matrix shows them all." in ties.tables[0].notes
    )


def test_a_pair_that_is_withheld_or_undecided_stays_in_the_table_of_links() -> None:
    cells = (ShownCell("[c]", withheld="suppressed"), ShownCell("0", undecided="1"), ShownCell("0"))
    rows = (
        ShownRow(RowKind.GROUP, "g", "G"),
        *(ShownRow(RowKind.CODE, str(n), str(n), (c,)) for n, c in enumerate(cells)),
    )
    kept = linked(ShownTable("t", None, "T", ("",), rows, (), ""))
    assert [r.label for r in kept.rows] == ["G", "0", "1"]
    open_alone = linked(ShownTable("t", None, "T", ("",), (rows[0], *rows[2:]), (), ""))
    assert open_alone.rows == ()  # the matrix shows it


def test_a_pair_that_is_undecided_is_open_in_the_matrix_and_no_gap(rivers: Desk) -> None:
    rivers.do(C, Doing(uid(), "method", "counted", Answer.PRESENT))
    for report_id in (A, B):
        rivers.do(report_id, Doing(uid(), "ties", "waste__work", Answer.UNSURE))
    (chart,) = section(report(rivers).contents, "ties").charts
    assert is_open(chart.table.rows[1].cells[2]) and not is_gap(chart.table.rows[1].cells[2])


def test_a_case_study_says_what_it_was_written_from(rivers: Desk) -> None:
    assert section(report(rivers).contents, "case-1").paragraphs == ("Written from: final report.",)


STOPPED = GivenOut(quality={"threats": ("Left out.",)}, stopped=frozenset({"threats", "method"}))


def test_of_a_table_that_must_not_be_published_no_figure_is_printed_anywhere(rivers: Desk) -> None:
    text = "## Threats\n\nOf all, [1 of 2](claim: threats.dams) tell of dams.\n"
    rivers.home.narrative.write_text(text, encoding="utf-8")
    contents = report(rivers, given=STOPPED).contents
    threats = section(contents, "threats")
    assert threats.quality == ("Left out.",) and not threats.charts and not threats.figures
    assert [t.id for t in threats.tables] == ["threats solutions"]  # it counts nothing
    assert threats.blocks[0] == Block(BlockKind.PARAGRAPH, "Dams are the first thing they name.")
    assert threats.paragraphs == ("Of all, [c] tell of dams.",)
    shown_ids = {t.id for s in contents.sections for t in (*s.tables, *(c.table for c in s.charts))}
    assert not any("threats" in i.split() or "method" in i.split() for i in shown_ids - {"threats solutions"})


def test_the_internal_edition_keeps_such_a_table_and_marks_it(rivers: Desk) -> None:
    threats = section(report(rivers, Edition.INTERNAL, STOPPED).contents, "threats")
    assert threats.tables[0].id == "threats" and threats.quality == ("Left out.",)


def test_a_first_narrative_has_the_questions_of_the_enquiry_with_a_heading_for_each_dimension(
    rivers: Desk,
) -> None:
    text = drafted(rivers.home, dataset(rivers.store, rivers.framework))
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings[-5:] == [
        "## What harms the river?", "### Threats {#threats}", "### Remedies {#remedies}",
        "### Remedies of threats {#ties}", "## Further views {#views}",
    ]  # fmt: skip
    assert "[1 of 2 (50.0 per cent)](claim: threats.dams)" in text
    rivers.home.narrative.write_text(text, encoding="utf-8")
    made_of = report(rivers)
    assert made_of.sound and "1 of 2 (50.0 per cent)" in section(made_of.contents, "threats").paragraphs[0]
    assert rivers.framework.title not in [s.heading for s in made_of.contents.sections]


def test_what_was_copied_from_a_report_into_a_statement_is_told_before_it_is_given_out(rivers: Desk) -> None:
    assert [s for s in report(rivers).to_look_at if "notes for its writer" not in s] == []
    long = FindingSource(A, 1, 0, len(TEXT), TEXT)
    said = Writing(uid(), "harm", "threats", "dams", FindingKind.EXAMPLE, f"As one says, {TEXT}", (long,))
    write(rivers.store, rivers.framework, said, now=rivers.clock(), who="ada")
    assert "has words of its passages in it" in report(rivers).to_look_at[0]
    assert report(rivers, Edition.INTERNAL).to_look_at == ()


def test_the_chapter_is_the_same_in_every_form_and_comes_back_from_json(rivers: Desk, tmp_path: Path) -> None:
    contents = report(rivers).contents
    assert contents_from(json_of_contents(contents)) == contents
    page = html_of(contents)
    write_docx(tmp_path / "r.docx", contents)
    word = docx.Document(str(tmp_path / "r.docx"))
    text = "\n".join(p.text for p in word.paragraphs)
    book = "\n".join(str(c.value) for row in workbook_of(contents)["Text"] for c in row)
    for said in (
        "What harms the river?",
        "Dams are the first thing they name.",
        "1 report, 50.0 % of the sample",
        TEXT[:24],
    ):
        assert said in page and said in text and said in book, said
    levels = {p.text: p.style.name for p in word.paragraphs if p.style.name.startswith("Heading")}
    assert (levels["The reports read in depth"], levels["What harms the river?"], levels["Threats"]) == (
        "Heading 1", "Heading 2", "Heading 3",
    )  # fmt: skip
    assert "<h3" in page and ">What harms the river?</h3>" in page and ">Threats</h4>" in page
    told = [p.get("descr") for p in word.element.iter("{*}docPr")]
    assert any("leads: Upper reach; Lower reach" in (d or "") for d in told)


def test_what_was_kept_of_reports_before_there_were_chapters_can_be_read(rivers: Desk) -> None:
    old = json_of_contents(Contents("T", "S", Edition.PUBLISHABLE, "", (), (Section("a", "A", ("Text.",)),)))
    without = old.replace('"blocks": [], ', "").replace('"figures": [], ', "").replace('"level": 1, ', "")
    assert "level" not in without and contents_from(without) == contents_from(old)


def test_an_erased_reports_words_leave_the_chapter_of_a_release(rivers: Desk) -> None:
    long = FindingSource(A, 1, 0, len(TEXT), TEXT)
    said = Writing(uid(), "harm", "threats", "dams", FindingKind.EXAMPLE, f"As one says: {TEXT}", (long,))
    write(rivers.store, rivers.framework, said, now=rivers.clock(), who="ada")
    release = draft(
        rivers.store, rivers.home, "First", now=rivers.clock(), who="ada", rules=Rules(), looked_at=True
    ).release
    kept = frozen(rivers, release.release_id)
    assert TEXT[:24] in kept and TEXT[30:50] in kept
    withdraw_report(rivers.store, A, now=rivers.clock(), who="ada", why="asked")
    erase_report(rivers.store, rivers.home, A, now=rivers.clock(), who="ada", why="asked")
    kept = frozen(rivers, release.release_id)
    assert TEXT[:24] not in kept and TEXT[30:50] not in kept and "Dams are the first thing they name." in kept
    assert told_of(rivers.store, release.release_id).release == release


def test_no_edition_that_is_given_out_tells_the_id_of_a_group(rivers: Desk) -> None:
    contents = report(rivers).contents
    assert "G1" not in html_of(contents) and "G1" not in json_of_contents(contents)


def test_a_quotation_that_may_not_be_printed_any_more_stops_a_release(rivers: Desk) -> None:
    release = draft(
        rivers.store, rivers.home, "First", now=rivers.clock(), who="ada", rules=Rules(), looked_at=True
    ).release
    withdraw(rivers.store, 1, now=rivers.clock(), who="ada", why="a child can be known")
    with pytest.raises(CtgError, match="may not be printed any more: quotation 1"):
        assure(rivers.store, rivers.home, release.release_id, now=rivers.clock(), who="bea")


def test_a_draft_waits_until_somebody_looked_at_what_may_tell_who_is_meant(rivers: Desk) -> None:
    wrote(rivers, "Mrs Fowler took the dam down.", "dams", FindingKind.SOLUTION)
    assert any("may tell who is meant: Mrs Fowler" in said for said in report(rivers).to_look_at)
    with pytest.raises(CtgError, match=r"(?s)has to look at the following.*Fowler"):
        draft(rivers.store, rivers.home, "First", now=rivers.clock(), who="ada", rules=Rules())


def test_the_flow_does_not_tell_a_count_that_its_table_withholds(rivers: Desk) -> None:
    release = draft(
        rivers.store, rivers.home, "First", now=rivers.clock(), who="ada", rules=Rules(3), looked_at=True
    ).release
    said = frozen(rivers, release.release_id)
    assert "Told by others" not in said.split('"in-depth"')[1].split("question-harm")[0]
    assert "Barred by the map, not passed, or waiting" in said


def test_statements_that_rest_on_a_report_that_was_withdrawn_are_not_published(rivers: Desk) -> None:
    withdraw_report(rivers.store, A, now=rivers.clock(), who="ada", why="asked")
    said = str(report(rivers).contents.sections)
    assert "Dams are the first thing" not in said and "Take the dam down" not in said


def test_nothing_is_given_out_of_a_dimension_that_a_release_leaves_out(rivers: Desk) -> None:
    release = draft(
        rivers.store, rivers.home, "First", now=rivers.clock(), who="ada", rules=Rules(), leave_out=["threats"],
        looked_at=True,
    ).release  # fmt: skip
    said = frozen(rivers, release.release_id)
    assert "Dams are the first thing" not in said and "Take the dam down" not in said


def test_a_sentence_says_what_its_percentage_is_of_where_no_sample_was_frozen(rivers: Desk) -> None:
    with rivers.store.transaction() as db:
        columns = Columns(rivers.framework, replace(dataset(rivers.store, rivers.framework), sample=None))
        depth = read_depth(db, rivers.framework, columns, Edition.PUBLISHABLE)
    tables = {d.id: shown(table_of(columns, d)) for d in rivers.framework.stage("indepth") if d.coded}
    sections = {"threats": Section("threats", "Threats", (), (tables["threats"],))}
    found = list(chapter(Chapter(rivers.framework, depth, tables, sections)))
    assert "No sample was frozen" in " ".join(found[0].paragraphs)
    assert found[2].blocks[0].aside == "1 report, 50.0 % of those coded in it"


def test_solutions_on_free_texts_stand_below_their_heading(rivers: Desk) -> None:
    said = Writing(uid(), "harm", "words", None, FindingKind.SOLUTION, "Wait for rain.", (PLANNED,))
    write(rivers.store, rivers.framework, said, now=rivers.clock(), who="ada")
    (table,) = section(report(rivers).contents, "words").tables
    assert [c.n for c in table.rows[0].cells] == ["Wait for rain."]


def test_words_of_a_document_that_no_table_counts_leave_the_releases_too(rivers: Desk) -> None:
    log, words = "9" * 64, "We were nervous and the pupils led the morning all the same in that cold spring."
    with rivers.store.transaction() as db:
        report_store.put_report(db, Report(log, 9, "log.pdf", "data/raw/log.pdf", "G1", ReportKind.LOG,
            VerdictKind.ACCEPTED, received_at=rivers.clock(), settled=True, pages=1))  # fmt: skip
        report_store.put_pages(db, log, [Page(1, 595.0, 842.0, words)], [])
    name = sections_of(rivers.framework)[1].id
    case = CaseWriting("G1", name, f"As they write: {words} Dams went.", 0)
    save_text(rivers.store, rivers.framework, case, now=rivers.clock(), who="ada")
    take_quote(rivers.store, "G1", log, Span(1, 0, 2), "", now=rivers.clock(), who="ada")  # "We" is anybody's
    release = draft(
        rivers.store, rivers.home, "First", now=rivers.clock(), who="ada", rules=Rules(), looked_at=True
    ).release
    before = frozen(rivers, release.release_id)
    held = [
        rivers.home.coded / name for name in ("case_studies.md", "decisions.jsonl", "report/internal.html")
    ]
    for path in held:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words, encoding="utf-8")
    withdraw_report(rivers.store, log, now=rivers.clock(), who="ada", why="asked")
    erase_report(rivers.store, rivers.home, log, now=rivers.clock(), who="ada", why="asked")
    after = frozen(rivers, release.release_id)
    assert words in before and words not in after and not any(p.exists() for p in held)
    assert after.count("(erased)") == before.count("(erased)") and "Dams went." in after


def frozen(desk: Desk, release_id: str) -> str:
    with desk.store.reading() as db:
        found = release_store.frozen_report(db, release_id)
    assert found is not None
    return found.contents


def test_a_project_without_a_second_stage_has_no_chapter_and_its_findings_stand_beside_the_tables(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(FRAMEWORK[: FRAMEWORK.index("indepth:")], encoding="utf-8")
    home = make_home(tmp_path / "home", str(path))
    fill(store, home.framework, A, 1, 0.6)
    desk = make_desk(home, store)
    desk.do(A, Doing(uid(), "method", "counted", Answer.PRESENT))
    said = Writing(uid(), "method", "method", "counted", FindingKind.FINDING, "They count.", (PLANNED,))
    write(store, home.framework, said, now=desk.clock(), who="ada")
    contents = report(desk).contents
    assert not [s.id for s in contents.sections if s.id in (IN_DEPTH, "case-studies")]
    assert section(contents, "method").blocks[0].text == "They count."


def test_a_narrative_may_speak_under_a_question(rivers: Desk) -> None:
    rivers.home.narrative.write_text("## What harms the river?\n\nMuch does.\n", encoding="utf-8")
    assert section(report(rivers).contents, "question-harm").paragraphs == ("Much does.",)


@pytest.mark.parametrize("form", ["above", "among"])
@pytest.mark.parametrize("parts", range(1, 7))
def test_no_box_of_a_drawing_lies_over_another_or_outside_whatever_its_parts(form, parts: int) -> None:
    long = "Representatives of every role in the school"
    drawing = diagram_of("A model", Diagram(form, long, tuple(f"{long} {n}" for n in range(parts))))
    for n, a in enumerate(drawing.boxes):
        assert a.x >= 0 and a.x + a.width <= drawing.width and a.y + a.height <= drawing.height
        for b in drawing.boxes[n + 1 :]:
            apart = (
                a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            )
            assert apart, (a, b)
    assert len(drawing.arrows) == parts and svg_of(drawing, "d").count("<rect") == 1 + len(drawing.boxes)


def test_rows_that_follow_each_other_with_one_label_share_it() -> None:
    assert spans(["a", "a", "b", "a", "a", "a"]) == (2, 0, 1, 3, 0, 0)
    assert spans([None, "a", "a", None, "a"]) == (1, 2, 0, 1, 1)  # a heading shares nothing
