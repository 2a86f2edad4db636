"""The report as people have it: a file opened in a real Chromium that is cut off from any network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctg_nlp.aggregation import tables
from ctg_nlp.export.tables import title_of
from ctg_nlp.records import Answer, CodedRecord

from .report_home import CODER, FOUND, LOST, NOTE, Reported, opened, reported, take_hostile
from .review_home import HOSTILE, ReviewHome
from .review_server import Watched, unhurried

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Every table as [caption, [[label, the texts of its cells…]…]], without what only screen readers say.
READ_TABLES = """() => [...document.querySelectorAll('table')].map(t => [
  t.caption.textContent,
  [...t.querySelectorAll('tbody tr')].map(r => [...r.children].map(c => {
    const copy = c.cloneNode(true); copy.querySelectorAll('.sr').forEach(e => e.remove()); return copy.textContent.trim();
  })),
])"""
# What each number opens: [cell, its number, what the panel says, [[group, name, [[question, [who and answer], [quotes]]]]]].
OPEN_ALL = """async () => {
  const turn = () => new Promise(done => setTimeout(done, 0));
  const texts = (e, what) => [...e.querySelectorAll(what)].map(x => x.textContent);
  const found = [];
  for (const button of document.querySelectorAll('button[data-cell]')) {
    button.click();
    document.getElementById('panel-all').click();
    await turn(); await turn();
    const reports = [...document.querySelectorAll('#panel-reports > li')].map(li => [
      li.querySelector('summary strong')?.textContent ?? '', li.querySelector('summary span').textContent,
      [...li.querySelectorAll('.said')].map(s => [
        s.querySelector('h3').textContent, texts(s, '.who'), texts(s, 'blockquote')]),
    ]);
    found.push([button.dataset.cell, button.firstChild.textContent, document.getElementById('panel-count').textContent, reports]);
    document.getElementById('panel-close').click();
  }
  return found;
}"""


@pytest.fixture(scope="module")
def done(reports_read: ReviewHome, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """Both editions over four coded reports, one of them hostile."""
    own = reports_read.copy_to(tmp_path_factory.mktemp("report") / "home")
    take_hostile(own.root)
    return reported(own)


def opened_page(chromium: Browser, path: Path, watched: Watched, **how: Any) -> Page:
    context = chromium.new_context(offline=True, **how)
    watched.watch(context)
    page = unhurried(context)
    page.goto(path.as_uri())
    return page


@pytest.fixture
def page(chromium: Browser, done: Reported, watched: Watched) -> Iterator[Page]:
    """The internal edition; at the end it asked for nothing but itself, and nothing in it failed."""
    shown = opened_page(chromium, done.internal, watched, viewport={"width": 1280, "height": 900})
    yield shown
    assert shown.evaluate("window.hacked") is None
    shown.context.close()
    assert [r for r in watched.requests if not r.startswith(("file:", "data:"))] == []
    assert watched.complaints == []


def test_the_numbers_of_the_page_are_those_of_the_tables(page: Page, done: Reported) -> None:
    with opened(done.home) as store:
        expected = {title_of(t): t for t in tables(store, done.framework)}
    read = dict(page.evaluate(READ_TABLES))
    assert set(expected) <= set(read)
    for caption, table in expected.items():
        rows = [r for r in table.rows if r.n is not None]
        shown = [r for r in read[caption] if len(r) > 1]
        assert [[r.label, str(r.n), r.percent] for r in rows] == [r[:3] for r in shown], caption


def present(records: tuple[CodedRecord, ...], dimension: str, code: str) -> set[str]:
    return {r.report_id for r in records if r.dimension == dimension and code in r.present}


def test_every_number_opens_exactly_the_reports_that_it_counts(page: Page, done: Reported) -> None:
    found = page.evaluate(OPEN_ALL)
    assert len(found) > 60
    for _, _number, count, reports in found:
        assert count in (f"{len(reports)} reports", "1 report")
        assert len({name for _, name, _ in reports}) == len(reports)
    records, by_cell = done.records(), {cell: (number, reports) for cell, number, _, reports in found}
    checked = 0
    for d in done.framework.stage("map"):
        if not d.coded:
            continue
        groups: list[str] = []
        places: list[str | None] = []  # the code of each row; a heading has none
        for c in d.codes:
            if c.group is not None and c.group not in groups:
                groups.append(c.group)
                places.append(None)
            places.append(c.id)
        for row, code in enumerate(places):
            if code is None:
                continue
            number, reports = by_cell.get(f"{d.id}/{row}/0", ("0", []))
            ids = present(records, d.id, code)
            assert {name for _, name, _ in reports} == {done.names[i] for i in ids}, (d.id, code)
            assert number == str(len(ids))
            checked += bool(ids)
    assert checked > 20


def test_every_quote_in_a_panel_is_the_stored_evidence_of_who_said_it(page: Page, done: Reported) -> None:
    labels = {f"{d.title}: {c.label}": (d.id, c.id) for d in done.framework.dimensions for c in d.codes} | {
        d.title: (d.id, None) for d in done.framework.dimensions if not d.coded
    }
    stored: dict[tuple[str, str, str | None], list[str]] = {}
    for d in done.decisions:
        if d.answer is not Answer.ABSENT:
            stored[done.names[d.report_id], d.dimension, d.code] = [e.quote for e in d.evidence]
    compared = 0
    for cell, _, _, reports in page.evaluate(OPEN_ALL):
        for _, name, said in reports:
            for question, who, quotes in said:
                assert quotes == stored.get((name, *labels[question]), []), (cell, name, question)
                assert who
                compared += len(quotes)
    assert compared > 50


def test_a_gap_map_and_a_cohort_open_the_reports_of_both_sides(page: Page, done: Reported) -> None:
    found = {cell: reports for cell, _, _, reports in page.evaluate(OPEN_ALL)}
    records = done.records()
    crossed = [(c.rsplit("/", 2)[0].split(" by "), reports) for c, reports in found.items() if " by " in c]
    mapped = [(dims, reports) for dims, reports in crossed if dims[1] != "cohort"]
    assert mapped and any(dims[1] == "cohort" for dims, _ in crossed)
    labels = {f"{d.title}: {c.label}": (d.id, c.id) for d in done.framework.dimensions for c in d.codes}
    for (rows, by), reports in mapped:
        for _, name, said in reports:
            asked = [labels[question] for question, _, _ in said]
            assert rows in {d for d, _ in asked}
            assert all(name in {done.names[i] for i in present(records, d, c)} for d, c in asked)
            assert by in {d for d, _ in asked} or len(asked) == 1  # the first column is of all reports


def test_hostile_notes_and_names_are_shown_as_they_are_and_run_nothing(page: Page, done: Reported) -> None:
    found = page.evaluate(OPEN_ALL)
    said = [s for _, _, _, reports in found for _, name, said in reports if name == HOSTILE for s in said]
    assert any(f"{CODER}: present – {NOTE}" in who for _, who, _ in said)
    assert any(LOST in quotes for _, _, quotes in said) and any(FOUND in quotes for _, _, quotes in said)
    assert page.evaluate("document.querySelectorAll('#panel img, #panel script').length") == 0
    assert page.evaluate("window.hacked") is None


def test_the_policy_of_the_page_lets_nothing_else_run_or_load(chromium: Browser, done: Reported) -> None:
    watched = Watched()
    page = opened_page(chromium, done.internal, watched)
    page.evaluate(
        """() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);
                   const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i); }"""
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in c for c in watched.complaints) == 2
    page.context.close()


def test_a_number_is_opened_and_left_by_keys_alone(page: Page) -> None:
    button = page.locator("button[data-cell]").first
    button.focus()
    page.keyboard.press("Enter")
    page.locator("#panel[open]").wait_for()
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.locator("#panel-reports details[open] .said").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "panel-close"
    page.keyboard.press("Escape")
    assert page.locator("#panel[open]").count() == 0
    assert button.evaluate("b => b === document.activeElement")


def test_the_passage_is_marked_on_a_picture_of_its_page(page: Page) -> None:
    page.locator("button[data-cell]").first.click()
    image = page.locator("svg.place image").first
    image.wait_for()
    loaded = """image => new Promise(done => { const i = new Image(); i.onload = () => done(i.naturalWidth);
                 i.onerror = () => done(0); i.src = image.getAttribute('href'); })"""
    assert image.evaluate(loaded) > 500
    marked = page.locator("svg.place").first.evaluate(
        """svg => { const v = svg.viewBox.baseVal; return [...svg.querySelectorAll('rect')].map(r =>
             r.x.baseVal.value >= 0 && r.y.baseVal.value >= v.y && r.y.baseVal.value + r.height.baseVal.value <= v.y + v.height); }"""
    )
    assert marked and all(marked)
    assert "Page" in (page.locator("svg.place").first.get_attribute("aria-label") or "")


@pytest.mark.parametrize("edition", ["internal", "publishable"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_both_editions_are_accessible_and_fit_a_telephone(
    chromium: Browser, done: Reported, watched: Watched, edition: str, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    path = done.internal if edition == "internal" else done.publishable
    page = opened_page(chromium, path, watched, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.run(page).response["violations"] == []
    if edition == "internal":
        page.locator("button[data-cell]").first.click()
        page.locator("#panel[open] .said").first.wait_for()
        assert axe.run(page).response["violations"] == []
    page.context.close()
    assert watched.complaints == []


def test_every_chart_has_words_and_figures_beside_it(page: Page) -> None:
    charts = page.locator("svg.bars")
    assert charts.count() > 8
    for n in range(charts.count()):
        chart = charts.nth(n)
        named = (chart.get_attribute("aria-labelledby") or "").split()
        assert all(page.locator(f"[id='{i}']").text_content() for i in named) and len(named) == 2
        assert chart.evaluate("c => !!(c.closest('.pair') ?? c.closest('figure')).querySelector('table')")
    heads = page.evaluate(
        "[...document.querySelectorAll('th')].filter(h => !h.scope || !h.textContent.trim()).length"
    )
    assert heads == 0
