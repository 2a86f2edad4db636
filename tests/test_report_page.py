"""How the page of the report stands: its contents, captions, parts of tables, and what heads printed pages."""

from __future__ import annotations

from dataclasses import replace

from ctg_nlp.export.contents import Chart, Contents, Section
from ctg_nlp.export.editions import Edition
from ctg_nlp.export.report_html import form_of, html_of, of_part, outline
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable


def test_the_list_of_contents_numbers_its_first_level_without_a_gap() -> None:
    levels = ((1, "a"), (1, "b"), (2, "c"), (3, "d"), (2, "e"), (1, "f"))
    sections = [Section(name, name, level=level) for level, name in levels]
    found = [(s.id, [sub.id for sub in inside]) for s, inside in outline(sections)]
    assert found == [("a", []), ("b", ["c", "e"]), ("f", [])]


def test_a_caption_that_says_what_its_heading_says_is_for_screen_readers_alone() -> None:
    row = ShownRow(RowKind.CODE, "a", "A", (ShownCell("1", "50.0", "2", value=1, share=50.0),))
    table = ShownTable("t", None, "Fruit", ("",), (row,), (), "")
    section = Section("t", "Fruit", (), (table,), (Chart("t", "bars", "Fruit", "Half.", table),))
    page = html_of(Contents("Shops", "", Edition.PUBLISHABLE, "", (), (section,)))
    assert '<caption><span class="sr">Fruit</span></caption>' in page
    assert '<span class="sr">Fruit, in </span>Per cent' in page


def test_a_part_says_once_what_its_percentages_are_of() -> None:
    cells = tuple(ShownCell("1", "50.0", of, value=1, share=50.0) for of in ("2", "4"))
    table = ShownTable("t by c", None, "T", ("All", "C1"), (ShownRow(RowKind.CODE, "a", "A", cells),), (), "")
    assert [of_part(table, n) for n in (0, 1)] == ["2", "4"] and not form_of(table).of
    uneven = replace(table, rows=(*table.rows, replace(table.rows[0], cells=cells[::-1])))
    assert form_of(uneven).of and of_part(uneven, 0) == ""


def test_what_stands_at_the_head_of_printed_pages_keeps_its_spaces() -> None:
    page = html_of(Contents("Shops", "", Edition.PUBLISHABLE, "DRAFT", (), ()))
    assert '"Publishable edition \\002013  DRAFT"' in page  # an escape takes one space after it
