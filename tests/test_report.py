"""The report: what either edition holds and what it must not hold, its charts, and what is behind a number."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from ctg_nlp.aggregation import tables
from ctg_nlp.cli.main import ctg as program
from ctg_nlp.dataset import dataset
from ctg_nlp.errors import CtgError
from ctg_nlp.export.charts import bar_chart, gap_map, grouped_chart
from ctg_nlp.export.contents import Chart, Contents, Section
from ctg_nlp.export.drilldown import Behind, as_json
from ctg_nlp.export.editions import Edition
from ctg_nlp.export.report_html import html_of
from ctg_nlp.export.svg import drawn
from ctg_nlp.records import Assignment, Purpose
from ctg_nlp.report import GivenOut, contents, made, plain_tables, what_is_behind
from ctg_nlp.report_plan import pairs_of
from ctg_nlp.settings import FILE, open_home
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.synthesis.cells import Columns, RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable, shown, withheld
from ctg_nlp.synthesis.tables import SynthesisTable

from .report_home import CODER, LOST, NOTE, Reported, opened, reported, take_hostile
from .review_home import CODED, HOSTILE, ReviewHome


@pytest.fixture(scope="module")
def done(reports_read: ReviewHome, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """Both editions over four coded reports, one of them hostile."""
    own = reports_read.copy_to(tmp_path_factory.mktemp("report") / "home")
    take_hostile(own.root)
    return reported(own)


@pytest.fixture
def own(reports_read: ReviewHome, tmp_path: Path) -> Iterator[ReviewHome]:
    """Such a home of this test's own."""
    copied = reports_read.copy_to(tmp_path / "home")
    take_hostile(copied.root)
    yield copied


def behind_of(home: ReviewHome, pictures: int = 10_000_000) -> Behind:
    with opened(home.home) as store:
        return what_is_behind(store, home.home, made(store, home.home, Edition.INTERNAL), pictures)


def test_the_publishable_edition_names_no_report_group_or_coder_and_quotes_nobody(done: Reported) -> None:
    page = done.publishable.read_text(encoding="utf-8")
    for secret in (*done.names.values(), *filter(None, done.groups.values())):
        assert secret not in page
    assert {d.coder for d in done.decisions} >= {CODER} and CODER not in page
    quotes = {e.quote for d in done.decisions for e in d.evidence}
    notes = {d.note for d in done.decisions if d.note}
    assert len(quotes) > 20 and NOTE in notes
    words = re.sub(r"\s+", " ", page)
    assert not [q for q in quotes | notes if len(q) > 12 and q in words]
    assert "<script" not in page and "<button" not in page and "<dialog" not in page
    internal = done.internal.read_text(encoding="utf-8")
    assert CODER in internal and CODED[0] in internal  # the search finds what is there


def test_what_is_behind_numbers_cannot_be_written_into_the_publishable_edition(done: Reported) -> None:
    with opened(done.home) as store:
        published = contents(store, done.home, Edition.PUBLISHABLE)
        report = made(store, done.home, Edition.INTERNAL)
        with pytest.raises(ValueError, match="internal"):
            html_of(published, what_is_behind(store, done.home, report, 0))


def test_the_same_store_makes_the_same_page_to_the_byte(done: Reported) -> None:
    before = done.internal.read_bytes(), done.publishable.read_bytes()
    again = reported(ReviewHome(done.home.root, {}))
    assert (again.internal.read_bytes(), again.publishable.read_bytes()) == before


def test_free_text_is_not_published(own: ReviewHome) -> None:
    """A framework with a text that is no place: people write names into such."""
    framework = Path(own.root / "own.yaml")
    framework.write_text(FREE_TEXT, encoding="utf-8")
    settings = own.root / FILE
    settings.write_text(settings.read_text(encoding="utf-8").replace('"ctg"', '"own.yaml"'), encoding="utf-8")
    line = '{"report": "%s", "coder": "a", "dimension": "%s", "%s": %s}\n'
    file = own.root / "more.jsonl"
    file.write_text(
        line % (CODED[0], "head", "value", '"Mrs Ada Lovelace"')
        + line % (CODED[0], "kind", "codes", '["x"]'),
        encoding="utf-8",
    )
    runner = CliRunner()
    assert runner.invoke(program, ["--home", str(own.root), "decisions", "import", str(file)]).exit_code == 0
    home = open_home(own.root)
    with opened(home) as store:
        pages = {e: html_of(contents(store, home, e)) for e in Edition}
    assert "Mrs Ada Lovelace" in pages[Edition.INTERNAL]
    assert "Lovelace" not in pages[Edition.PUBLISHABLE] and "Kinds" in pages[Edition.PUBLISHABLE]


FREE_TEXT = """
id: own
version: "1"
title: Another frame
dimensions:
  - {id: head, title: Who leads, kind: text}
  - id: kind
    title: Kinds
    kind: multi
    codes: [{id: x, label: X}, {id: y, label: Y}]
"""


def test_a_report_that_somebody_still_codes_blind_is_counted_but_neither_named_nor_opened(
    own: ReviewHome,
) -> None:
    before = behind_of(own, 0)
    with opened(own.home) as store, store.transaction() as db:
        blind = own.ids[CODED[0]]
        independence_store.assign(db, [Assignment(blind, "bob", Purpose.AUDIT, 1, "2026-01-01", "lead")])
    behind = behind_of(own, 0)
    at = next(n for n, s in enumerate(before.sources) if s.name == CODED[0])
    for key, opened_before in before.cells.items():
        counts = at in opened_before.reports
        assert behind.cells[key].reports == tuple(r for r in opened_before.reports if r != at)
        assert behind.cells[key].blind == int(counts)
    assert any(o.blind for o in behind.cells.values())
    assert CODED[0] not in json.dumps(as_json(behind))
    assert not [key for key in behind.said if key[0] == at]
    assert any(key[0] != at for key in behind.said)


def test_a_picture_shows_the_place_where_the_quote_stands(done: Reported, own: ReviewHome) -> None:
    behind = behind_of(own)
    shown = [p for q in behind.quotes for p in q.places if p.clip is not None]
    assert len(shown) > 20 and len(behind.clips) < len(shown)  # neighbours share a picture
    for place in shown:
        clip = behind.clips[place.clip or 0]
        image = Image.open(io.BytesIO(clip.content)).convert("L")
        scale = image.width / clip.width
        assert image.height == pytest.approx(clip.height * scale, abs=2)
        for box in place.boxes:
            assert clip.top <= box.y0 and box.y1 <= clip.top + clip.height + 0.1
            area = (box.x0 * scale, (box.y0 - clip.top) * scale, box.x1 * scale, (box.y1 - clip.top) * scale)
            darkest, lightest = image.crop(tuple(map(round, area))).getextrema()
            assert lightest - darkest > 60, (place, "there is no writing in the marked box")


def test_a_file_that_is_gone_costs_its_pictures_only(own: ReviewHome) -> None:
    (own.home.raw / CODED[0]).unlink()
    behind = behind_of(own)
    gone = next(s for s in behind.sources if s.name == CODED[0])
    others = [s for s in behind.sources if s.name in CODED[1:]]
    assert "not there any more" in gone.unseen and not any(s.unseen for s in others)
    assert behind.clips and any(p.boxes and p.clip is None for q in behind.quotes for p in q.places)


def test_pictures_stop_at_the_size_that_they_may_take_and_say_so(own: ReviewHome) -> None:
    every, some, none = (behind_of(own, size) for size in (10_000_000, 40_000, 0))
    assert 0 < len(some.clips) < len(every.clips) and not none.clips
    assert any("left out" in s.unseen for s in some.sources) and not any(s.unseen for s in none.sources)
    assert len(some.quotes) == len(every.quotes) == len(none.quotes)


def test_a_quote_that_is_on_no_page_is_kept_without_a_place(own: ReviewHome) -> None:
    lost = next(q for q in behind_of(own, 0).quotes if q.text == LOST)
    assert lost.places == ()


def test_the_command_writes_both_editions_and_notes_that_they_were_given_out(own: ReviewHome) -> None:
    runner = CliRunner()
    for edition in ("internal", "publishable"):
        ran = runner.invoke(
            program, ["--home", str(own.root), "report", "--edition", edition, "--no-pictures"]
        )
        assert ran.exit_code == 0, ran.output
        assert (own.home.coded / "report" / f"{edition}.html").is_file()
    with opened(own.home) as store, store.reading() as db:
        noted = list(entries(db, what="export"))
    assert len(noted) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "pdf"), "There is no format pdf"),
        (("--gap-map", "problem"), "two dimensions"),
        (("--gap-map", "problem/nothing"), "nothing is none"),
    ],
)
def test_what_cannot_be_made_is_told(own: ReviewHome, options: tuple[str, ...], said: str) -> None:
    ran = CliRunner().invoke(program, ["--home", str(own.root), "report", *options])
    assert isinstance(ran.exception, CtgError) and said in str(ran.exception)


def test_gap_maps_are_chosen_by_the_setting(own: ReviewHome) -> None:
    assert pairs_of(" problem/evidence , phase/problem") == (("problem", "evidence"), ("phase", "problem"))
    with (own.root / FILE).open("a", encoding="utf-8") as file:
        file.write('\ngap_maps = "phase/problem, problem/evidence"\n')
    ran = CliRunner().invoke(program, ["--home", str(own.root), "report", "--no-pictures"])
    assert ran.exit_code == 0, ran.output
    page = (own.home.coded / "report" / "internal.html").read_text(encoding="utf-8")
    assert page.count('<table class="map">') == 2


def test_a_gap_map_that_is_left_out_is_told(own: ReviewHome) -> None:
    with (own.root / FILE).open("a", encoding="utf-8") as file:
        file.write("\ndisclosure_minimum = 5\n")
    asked = ("report", "--edition", "publishable", "--gap-map", "problem/evidence")
    ran = CliRunner().invoke(program, ["--home", str(own.root), *asked])
    assert ran.exit_code == 0 and "Gap map left out: problem/evidence" in ran.stderr
    page = (own.home.coded / "report" / "publishable.html").read_text(encoding="utf-8")
    assert '<table class="map">' not in page
    asked = ("report", "--no-pictures", "--gap-map", "problem/evidence")
    ran = CliRunner().invoke(program, ["--home", str(own.root), *asked])
    assert "left out" not in ran.stderr


def test_the_narrative_stands_with_its_tables_and_one_that_does_not_hold_is_told(own: ReviewHome) -> None:
    text = "# Summary\n\nWhat groups did.\n\n## Partnership {#partnership}\n\n[%s groups](claim: partnership.planned) planned."
    n = {r.id: r.n for r in _table(own, "partnership").rows}["planned"]
    own.home.narrative.write_text(text % n, encoding="utf-8")
    ran = CliRunner().invoke(program, ["--home", str(own.root), "report", "--edition", "publishable"])
    assert ran.exit_code == 0 and "what the tables do not" not in ran.output
    page = (own.home.coded / "report" / "publishable.html").read_text(encoding="utf-8")
    assert "What groups did." in page and re.search(
        rf"Partnership working</h2>\s*<p class=.text.>{n} groups planned", page
    )
    assert "Claims ledger" in page
    own.home.narrative.write_text(text % 99, encoding="utf-8")
    ran = CliRunner().invoke(program, ["--home", str(own.root), "report", "--edition", "publishable"])
    assert "The narrative says what the tables do not" in ran.output


def test_what_is_withheld_in_a_release_is_in_no_table_chart_or_form_of_it(done: Reported) -> None:
    with opened(done.home) as store:
        columns = Columns(done.home.framework, dataset(store, done.home.framework))
        gone = {t.id: withheld(t) for t in map(shown, plain_tables(columns))}
        given = GivenOut("", gone, "All cells were withheld.", facts=(("Release", "2026-1"),))
        page = html_of(contents(store, done.home, Edition.PUBLISHABLE, given=given))
        internal = html_of(contents(store, done.home, Edition.INTERNAL, given=given))
    methods = page.index('id="section-methods"')
    figures = re.findall(r"<td[^>]*>(?:<span[^>]*>)*([^<]*)", page[page.index("<main") : methods])
    assert set(figures) <= {"[c]", "", "–", "withheld"} and "[c]" in figures
    assert "All cells were withheld." in page and "2026-1" in page and 'watermark"' not in page
    assert 'class="bar p' not in page[page.index("<main") : methods].replace('class="bar p-missing"', "")
    assert "[c]" not in internal


def _table(own: ReviewHome, dimension: str) -> SynthesisTable:
    with opened(own.home) as store:
        return next(t for t in tables(store, own.home.framework) if t.dimension == dimension)


@pytest.mark.parametrize("ending", ["docx", "xlsx", "csv"])
def test_other_forms_name_nobody_in_the_publishable_edition_either(own: ReviewHome, ending: str) -> None:
    ran = CliRunner().invoke(
        program, ["--home", str(own.root), "report", "--edition", "publishable", "--format", ending]
    )
    assert ran.exit_code == 0, ran.output
    file = own.home.coded / "report" / f"publishable.{ending}"
    parts = [file.read_bytes()]
    if ending != "csv":
        with zipfile.ZipFile(file) as packed:
            parts = [packed.read(name) for name in packed.namelist()]
    text = b"\n".join(parts).decode("utf-8", "replace")
    assert "Partnership" in text and CODER not in text and not [n for n in own.ids if n in text]


# Charts


def cell(n: int, of: int, undecided: int = 0) -> ShownCell:
    return ShownCell(str(n), f"{100 * n / of:.1f}", str(of), str(undecided), n, 100 * n / of)


WITHHELD = ShownCell(withheld="withheld")
TABLE = ShownTable(
    "d", 1, "A & B <i>", ("",),
    (ShownRow(RowKind.GROUP, "g", "Heading"), ShownRow(RowKind.CODE, "a", "First", (cell(3, 4),)),
     ShownRow(RowKind.CODE, "b", "Second", (WITHHELD,)), ShownRow(RowKind.CODE, "c", "Third", (cell(0, 4),)),
     ShownRow(RowKind.TOTAL, "t", "Sum", (ShownCell("9", value=9),))),
    ("Of: all reports (4).",), "all reports",
)  # fmt: skip
CROSS = replace(
    TABLE,
    id="d by e",
    columns=("All", "One", "Two"),
    rows=(
        ShownRow(RowKind.CODE, "a", "First", (cell(3, 4), cell(3, 3), cell(0, 2))),
        ShownRow(RowKind.CODE, "b", "Second", (cell(1, 4), WITHHELD, cell(0, 2, 1))),
    ),
)


def charted(chart: Chart | None) -> Chart:
    assert chart is not None
    return chart


def page_with(table: ShownTable, *charts: Chart) -> str:
    section = Section("s", "Heading", tables=(table,), charts=charts)
    return html_of(Contents("Title", "", Edition.PUBLISHABLE, "", (), (section,)))


def test_a_chart_says_in_a_sentence_what_it_shows_and_shows_what_is_withheld_not_as_zero() -> None:
    chart = charted(bar_chart(TABLE))
    assert "First 3 (75.0 %)" in chart.alt and "Withheld: 1" in chart.alt and "Sum" not in chart.alt
    svg = drawn(chart, "x")
    assert svg.count('class="withheld"') == 1 and ">withheld</text>" in svg and "A &amp; B &lt;i&gt;" in svg
    assert svg.count('class="bar ') == 1 and 'width="75.0%"' in svg  # of nothing there is no bar
    assert 'role="img"' in svg and "<desc" in svg


def test_a_chart_longer_than_a_printed_page_is_drawn_in_pieces_with_an_axis_each() -> None:
    rows = tuple(ShownRow(RowKind.CODE, str(n), f"Row {n}", (cell(3, 4),)) for n in range(30))
    svg = drawn(charted(bar_chart(replace(TABLE, rows=rows))), "x")
    heights = [int(h) for h in re.findall(r'<svg class="bars" width="100%" height="(\d+)"', svg)]
    assert len(heights) == 2 and max(heights) < 960 and svg.count(">0 %</text>") == 2
    assert svg.count("<desc") == 1 and all(f">Row {n}</text>" in svg for n in range(30))


def test_places_are_set_in_below_their_region_on_the_page() -> None:
    region = ShownRow(RowKind.ANY_OF, "n", "North", (cell(3, 4),))
    place = ShownRow(RowKind.VALUE, "y", "York", (cell(1, 4),), within=True)
    table = replace(TABLE, rows=(region, place))
    page = page_with(table, charted(bar_chart(table)))
    assert '<tr class="sum"><th scope="row">North' in page
    assert '<tr class="within"><th scope="row">York' in page
    assert re.search(r'<text class="label strong" x="0"[^>]*>North', page)
    assert re.search(r'<text class="label" x="14"[^>]*>York', page)


def test_ids_are_broken_between_their_parts_alone() -> None:
    row = ShownRow(RowKind.VALUE, "1", "Most", (ShownCell("size.4_to_7 <i>"), ShownCell()))
    page = page_with(ShownTable("claims", None, "Claims", ("Query", "Remark"), (row,), (), ""))
    assert "size.<wbr>4_to_7 &lt;i&gt;" in page and '<th scope="col">Text</th>' in page
    assert "Remark" not in page  # no row has one


def test_grouped_bars_are_told_apart_by_pattern_and_by_name() -> None:
    svg = drawn(charted(grouped_chart(CROSS)), "x")
    assert 'fill="url(#p0)"' in svg and ">One: 3 (100.0 %)</text>" in svg and ">Two: 0 (0.0 %)</text>" in svg
    assert grouped_chart(replace(CROSS, columns=("All", "One"))) is None


def test_a_gap_is_no_report_where_all_are_decided_and_nothing_withheld() -> None:
    chart = charted(gap_map(CROSS))
    assert "1 of 4 cells are gaps" in chart.alt and "First with One (3)" in chart.alt
    page = page_with(replace(TABLE, id="other"), chart)
    assert page.count('<td class="gap">') == 1 and page.count('<td class="open">') == 1
    assert page.count('<svg class="circle" width="44"') == 1 and "withheld" in page


def test_what_is_withheld_in_a_table_stands_there_in_words() -> None:
    page = page_with(TABLE)
    assert re.search(r'Second</th><td class="num">withheld</td><td class="num"></td>', page)


def test_a_chart_whose_table_is_not_in_the_section_brings_its_figures_as_a_table() -> None:
    page = page_with(CROSS, charted(bar_chart(TABLE)))
    assert "<summary>The figures as a table</summary>" in page
    assert "<summary>" not in page_with(TABLE, charted(bar_chart(TABLE)))


def test_a_status_is_the_watermark_of_every_page_and_none_leaves_none() -> None:
    page = html_of(Contents('T"}\\ <b>', "", Edition.PUBLISHABLE, "DRAFT", (), ()))
    assert 'class="watermark"' in page and '"DRAFT"' in page and "<b>" not in page
    assert 'class="watermark"' not in html_of(Contents("T", "", Edition.PUBLISHABLE, "", (), ()))


def test_the_hostile_report_is_in_the_page_as_data_only(done: Reported) -> None:
    page = done.internal.read_text(encoding="utf-8")
    assert page.count("<script>") == 1 and "<img" not in page
    assert HOSTILE.replace("<", "\\u003c") in page
