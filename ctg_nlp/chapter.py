"""The chapter of the report on what was read in depth: the flow of reports, what was found by question of the
enquiry, and case studies. Data in, data out.

Figures in its sentences are taken from tables as they are shown, so that nothing withheld there can be read
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ctg_nlp.case_study import CaseStudy
from ctg_nlp.case_text import BlockKind
from ctg_nlp.depth import Depth
from ctg_nlp.enquiry import Enquiry, enquiries, pairs
from ctg_nlp.export.charts import gap_map, is_withheld
from ctg_nlp.export.contents import QUESTION, Block, Chart, Figure, Section
from ctg_nlp.export.diagrams import diagram_of
from ctg_nlp.export.flow import COLUMNS, flow_rows, row_ids
from ctg_nlp.export.flow_layout import layout
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Finding, FindingKind, Flow
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable
from ctg_nlp.synthesis.tables import denominator_of
from ctg_nlp.synthesis.themes import CAUTION, of_words

IN_DEPTH = "in-depth"


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the chapter is made from. `tables` are all tables of the report as they may be shown, with every
    row, by dimension; `sections` those of the second stage, by dimension, with table and chart as printed."""

    framework: Framework
    depth: Depth
    tables: Mapping[str, ShownTable]
    sections: Mapping[str, Section]


def chapter(of: Chapter) -> Iterator[Section]:
    """The sections of the chapter in order; none where nothing was read in depth."""
    found = [s for q in enquiries(of.framework) for s in _question(of, q)]
    if found or of.depth.flow is not None:
        yield _head(of)
        yield from found
    if of.depth.studies:
        yield Section("case-studies", "Case studies", (_CASES,))
        for place, study in enumerate(of.depth.studies, 1):  # by number: an id would tell whose it is
            yield from _study(study, f"case-{place}")


_CASES = (
    "Each case study was written by a researcher, in words of their own, from all that its group sent. Its "
    "heading names the group, and words of the group are quoted, only where it consented to that."
)


def _head(of: Chapter) -> Section:
    said = [_READ] if of.depth.sampled else [_READ, _NO_SAMPLE]
    flow = of.depth.flow
    if flow is None:
        return Section(IN_DEPTH, "The reports read in depth", tuple(said))
    if flow.together:
        said.append(_TOGETHER)
    figures = (Figure("flow", layout(flow)),)
    return Section(IN_DEPTH, "The reports read in depth", tuple(said), (flow_table(flow),), figures=figures)


_READ = (
    "What these reports tell was read in full. Of what a percentage is stands below each table, for the "
    "reports were chosen and are no sample of chance: they tell what is possible, not how frequent it is."
)
_NO_SAMPLE = (
    "No sample was frozen: “the selected sample” is, of each dimension, the reports in which anything of it "
    "was decided."
)
_TOGETHER = (
    "Since small counts are withheld, the flow tells together what the map barred, what people decided and "
    "what waits."
)


def flow_table(flow: Flow) -> ShownTable:
    """The flow of counts as a table, a row for each box of the figure's column."""
    rows = tuple(
        ShownRow(RowKind.VALUE, row_id, label, tuple(ShownCell(n=str(x)) for x in figures))
        for row_id, (label, *figures) in zip(row_ids(flow), flow_rows(flow), strict=True)
    )
    return ShownTable("flow", None, "Flow of reports, step by step", COLUMNS[1:], rows, (), "")


def _question(of: Chapter, question: Enquiry) -> Iterator[Section]:
    """A question with what is said of it, then its dimensions; a dimension of its own has no question."""
    if question.alone:
        (own,) = question.dimensions
        if own.stage == "indepth":
            yield from (replace(s, level=2) for s in _dimension(of, own))
        return
    inside = [s for d in question.dimensions for s in _within(of, question, d)]
    if inside:
        yield Section(f"{QUESTION}{question.id}", question.label, level=2)
        yield from inside


def _within(of: Chapter, question: Enquiry, d: Dimension) -> Iterator[Section]:
    """A dimension under its question. One of the map has its table in the map's part, and keeps its id for
    it."""
    for section in _dimension(of, d):
        here = replace(section, id=f"{QUESTION}{question.id}-{d.id}", paragraphs=())
        yield here if d.stage == "map" else section


def _dimension(of: Chapter, d: Dimension) -> Iterator[Section]:
    """A dimension with all that was found on it; nothing where nothing was."""
    section = of.sections.get(d.id)
    solved = of.depth.solutions.get(d.id)
    blocks = (*_found(of, d), *_texts(of, d))
    if section is None:
        if blocks or solved:
            said = (d.definition,) if d.definition else ()
            yield Section(d.id, d.title, said, (solved,) if solved else (), level=3, blocks=blocks)
        return
    yield replace(
        section,
        level=3,
        tables=(*section.tables, solved) if solved else section.tables,
        charts=_matrix(of, d) or section.charts,
        figures=tuple(_drawings(of, d)),
        blocks=blocks,
    )


def map_sections(of: Chapter, sections: Mapping[str, Section]) -> Iterator[Section]:
    """The sections of the map. Where a framework has neither questions nor a second stage, what was found
    stands with them; and free texts, for whoever may read them, have sections of their own."""
    alone = not (of.framework.questions or of.framework.stage("indepth"))
    mine = Chapter(of.framework, of.depth, of.tables, sections)
    for d in of.framework.stage("map"):
        if alone:
            yield from (replace(s, level=1) for s in _dimension(mine, d))
        elif d.id in sections:
            yield sections[d.id]
        elif texts := tuple(_texts(of, d)):
            yield Section(d.id, d.title, blocks=texts)


def linked(table: ShownTable) -> ShownTable:
    """A table of links without the pairs, and headings, of which no report tells (so far: the matrix beside
    the table shows which of them could still be). Where something is withheld there is no matrix, and open
    pairs stay."""
    beside = not any(c.withheld for r in table.rows for c in r.cells)
    rows: list[ShownRow] = []
    for row in table.rows:
        if row.kind is RowKind.GROUP and rows and rows[-1].kind is RowKind.GROUP:
            rows.pop()
        if row.kind is not RowKind.CODE or not all(_none(c, so_far=beside) for c in row.cells):
            rows.append(row)
    while rows and rows[-1].kind is RowKind.GROUP:
        rows.pop()
    if len(rows) == len(table.rows):
        return table
    return replace(table, rows=tuple(rows), notes=(*table.notes, _UNLINKED if beside else _NEVER_LINKED))


_UNLINKED = "Pairs that no report links so far are left out; the matrix shows them all."
_NEVER_LINKED = "Pairs that no report links are left out."


def _none(cell: ShownCell, *, so_far: bool) -> bool:
    """Whether no report is counted; and, not only `so_far`, none can still come to be."""
    return cell.n in ("", "0") and not cell.withheld and (so_far or cell.undecided in ("", "0"))


def _found(of: Chapter, d: Dimension) -> Iterator[Block]:
    """Statements on a dimension with the counts and quotations that belong to them, and comparisons."""
    for finding in (f for f in of.depth.findings if f.dimension == d.id):
        yield Block(BlockKind.PARAGRAPH, finding.text, _counted(of, d, finding))
        for quote in of.depth.quotes.get(finding.finding_id, ()):
            yield Block(BlockKind.QUOTE, quote.text, quote.attribution)
    compared = list(_comparisons(of, d))
    yield from compared
    if compared:
        yield Block(BlockKind.PARAGRAPH, CAUTION)


def _texts(of: Chapter, d: Dimension) -> Iterator[Block]:
    for told in of.depth.texts.get(d.id, ()):
        by = f"; coder {', '.join(told.coders)}" if told.coders else ""
        yield Block(BlockKind.ITEM, told.text, f"{told.source}{by}")
        for quote in told.quotes:
            yield Block(BlockKind.QUOTE, quote.text, quote.attribution)


def _counted(of: Chapter, d: Dimension, finding: Finding) -> str:
    """How many have the code that a statement is on, in words."""
    if finding.kind is FindingKind.EXAMPLE:
        return "An example"
    cell = _cell(of, d.id, finding.code)
    return _in_words(of, d, cell) if cell is not None else ""


def _in_words(of: Chapter, d: Dimension, cell: ShownCell) -> str:
    unit = of.framework.unit
    if is_withheld(cell) or not cell.n:
        return f"a number of {unit}s that is withheld"
    many = f"{cell.n} {unit}" if cell.n == "1" else f"{cell.n} {unit}s"
    if not cell.percent:
        return "not decided yet" if cell.undecided not in ("", "0") else many
    of_what = of_words(denominator_of(d), unit, of.depth.sampled)
    if cell.undecided in ("", "0"):
        return f"{many}, {cell.percent} % {of_what}"
    return f"{many}, {cell.percent} % of the {cell.of} decided {of_what}; {cell.undecided} undecided"


def _cell(of: Chapter, dimension: str, code: str | None) -> ShownCell | None:
    table = of.tables.get(dimension)
    rows = table.rows if table is not None and code is not None else ()
    return next((r.cells[0] for r in rows if r.kind is RowKind.CODE and r.id == code and r.cells), None)


def _comparisons(of: Chapter, d: Dimension) -> Iterator[Block]:
    """Codes that the framework compares with codes of the map."""
    for code in d.codes:
        cell = _cell(of, d.id, code.id)
        if cell is None or cell.n in ("", "0"):
            continue
        for name in code.compare_with:
            other_id, _, other_code = name.partition(".")
            other, seen = of.framework.dimension(other_id), _cell(of, other_id, other_code)
            wanted = other.code(other_code) if other else None
            if other is None or wanted is None or seen is None:
                continue
            said = (
                f"{code.label}: {_in_words(of, d, cell)}; in the map “{wanted.label}” ({other.title}): "
                f"{_in_words(of, other, seen)}."
            )
            yield Block(BlockKind.PARAGRAPH, said)


def _drawings(of: Chapter, d: Dimension) -> Iterator[Figure]:
    """The drawings of codes that any report has."""
    for code in d.codes:
        cell = _cell(of, d.id, code.id)
        if code.diagram is not None and cell is not None and cell.n != "0":
            yield Figure(f"{d.id}-{code.id}", diagram_of(code.label, code.diagram))


def _matrix(of: Chapter, d: Dimension) -> tuple[Chart, ...]:
    """Links of two dimensions by each other; none where a figure is withheld."""
    made, table = pairs(d, of.framework), of.tables.get(d.id)
    if not made or table is None:
        return ()
    found = {p.code: _cell(of, d.id, p.code) for p in made}
    cells = {code: c for code, c in found.items() if c is not None and c.n and not is_withheld(c)}
    if len(cells) < len(made):
        return ()
    sources = {p.source.id: p.source.label for p in made}
    targets = {p.target.id: p.target.label for p in made}
    by_pair = {(p.source.id, p.target.id): cells[p.code] for p in made}
    rows = tuple(
        ShownRow(RowKind.CODE, a, label, (ShownCell(), *(by_pair[a, b] for b in targets)))
        for a, label in sources.items()
    )
    title, columns = f"{d.title}: each by each", ("", *targets.values())
    matrix = ShownTable(f"{d.id} matrix", None, title, columns, rows, (), table.denominator)
    chart = gap_map(matrix)
    return (chart,) if chart is not None else ()


def _study(study: CaseStudy, name: str) -> Iterator[Section]:
    said = (f"Written from: {study.sources}.",) if study.sources else ()
    yield Section(name, study.heading, said, level=2)
    for place, part in enumerate(study.sections, 1):
        blocks = tuple(Block(b.kind, b.text, b.attribution) for b in part.blocks)
        yield Section(f"{name}-{place}", part.title, level=3, blocks=blocks)
