"""A first narrative with the figures that the tables have now, each tied to its cell. Composition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ctg_nlp.claim_figures import Control, figures, show_all
from ctg_nlp.claims import quantifiers
from ctg_nlp.dataset import dataset
from ctg_nlp.enquiry import Enquiry, enquiries
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Dimension
from ctg_nlp.records import Dataset
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.claims import Tied, Verdict, check
from ctg_nlp.synthesis.quantifiers import Bounds
from ctg_nlp.synthesis.readings import Figures
from ctg_nlp.synthesis.shown import ShownRow, ShownTable


def draft(store: Store, home: Home, control: Control = show_all) -> str:
    """A first narrative with the figures that the tables have now, each tied. Raises `CtgError` where no
    report has decisions."""
    return drafted(home, dataset(store, home.framework), control)


def drafted(home: Home, data: Dataset, control: Control = show_all) -> str:
    """`draft` of a dataset."""
    if not data.decided:
        raise CtgError("There are no decisions yet, so there is nothing to write about.")
    words = quantifiers(home)
    known = figures(home.framework, data, (), words, control)
    lines = [_HEAD.format(title=home.framework.title), *_opening(known)]
    for d in home.framework.dimensions:
        if d.id in known.tables and d.stage == "map":
            lines += drafted_section(d, known, words)
    for question in enquiries(home.framework):
        lines += _drafted_question(question, known, words)
    return "\n\n".join(lines) + "\n"


def _drafted_question(question: Enquiry, known: Figures, words: Mapping[str, Bounds]) -> Iterator[str]:
    """The heading of a question of the enquiry, and below it those of its tables of which something was
    decided in depth; nothing where nothing was."""
    mine = [d for d in question.dimensions if d.stage == "indepth" and (d.coded or d.bands)]
    begun = [d for d in mine if d.id in known.tables and _decided(known.tables[d.id])]
    if begun and not question.alone:
        yield f"## {question.label}"
    for d in begun:
        yield from drafted_section(d, known, words, marks="##" if question.alone else "###")


def _decided(table: ShownTable) -> bool:
    return any(r.cells and r.cells[0].of not in ("", "0") for r in table.rows)


_HEAD = (
    "# {title}\n\n<!-- A first text with the figures of now. Write on: tie every number and quantifier to a "
    "figure as below; ctg claims check finds what is not so any more. -->"
)


def _opening(known: Figures) -> Iterator[str]:
    single = known.single
    if "response" in single:
        yield f"[{single['response']} of {single['expected']}](claim: response) groups sent a report."
    yield f"The tables are made from [{single['reports']}](claim: reports) reports."


_TOLD = 3  # rows of a table that a draft tells of


def drafted_section(
    d: Dimension, known: Figures, words: Mapping[str, Bounds], *, marks: str = "##"
) -> Iterator[str]:
    """The heading of a table (with these `marks` of Markdown) and its sentences; nothing for a table of
    names, such as places."""
    table = known.tables[d.id]
    rows = [r for r in table.rows if _worth(r)]
    if any(r.kind is RowKind.VALUE for r in rows):
        return
    yield f"{marks} {d.title} {{#{d.id}}}"
    said = [*_leading(known, words, table, rows), *map(partial(_not_told, table), table.rows)]
    nothing = "Nothing stands out here." if _decided(table) else "Nothing is decided here yet."
    yield " ".join(filter(None, said)) or nothing


def _leading(
    known: Figures, words: Mapping[str, Bounds], table: ShownTable, rows: Sequence[ShownRow]
) -> Iterator[str]:
    """Sentences on the rows with the highest counts. Rows that tie with one that is not told of are not told
    of either, and nothing where more than two tie at the top."""
    counts = sorted((r.cells[0].value or 0 for r in rows), reverse=True)
    if not counts or counts.count(counts[0]) > 2:
        return
    least = counts[_TOLD] + 1 if len(counts) > _TOLD else 1
    told = [r for r in rows if (r.cells[0].value or 0) >= least]
    for n, row in enumerate(sorted(told, key=lambda r: -(r.cells[0].value or 0))):
        yield _tied(known, words, table, row, first=n == 0)


def _not_told(table: ShownTable, row: ShownRow) -> str:
    """A sentence on reports that do not tell, or empty."""
    if not (row.missing and row.cells and row.cells[0].value and row.cells[0].of.isdigit()):
        return ""
    return f"{_figure(table, row)} reports did not tell."


def _worth(row: ShownRow) -> bool:
    listed = row.kind in (RowKind.CODE, RowKind.BAND, RowKind.VALUE) and not row.missing
    return listed and '"' not in row.id and bool(row.cells[0].value) and row.cells[0].of.isdigit()


def _tied(
    known: Figures, words: Mapping[str, Bounds], table: ShownTable, row: ShownRow, *, first: bool
) -> str:
    label = row.label.replace("“", "‘").replace("”", "’")
    top = Tied("most frequently", f"top 1 {table.id} = {_quoted(row.id)}")
    if first and check(top, known, words).verdict is Verdict.TRUE:
        said = f"[{top.text}](claim: {top.query}) found was “{label}”, in {_figure(table, row)} reports."
        untold = any(r.missing and r.cells and r.cells[0].value for r in table.rows)
        return f"Of what was told, {said}" if untold else said.replace("[m", "[M", 1)
    return f"“{label}” was found in {_figure(table, row)}."


def _figure(table: ShownTable, row: ShownRow) -> str:
    cell = row.cells[0]
    return f"[{cell.n} of {cell.of} ({cell.percent} per cent)](claim: {table.id}.{_quoted(row.id)})"


def _quoted(row_id: str) -> str:
    return row_id if all(c.isalnum() or c in "_-/" for c in row_id) and row_id else f'"{row_id}"'
