"""The tables of the methods appendix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ctg_nlp.agreement_summary import AgreementSummary
from ctg_nlp.export.agreement_words import answered_at_all, figure, remark_of_whole, same
from ctg_nlp.framework import Framework
from ctg_nlp.method_facts import Facts
from ctg_nlp.review.estimate import Method
from ctg_nlp.suggest.card import LEARNED, Card
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.percent import percent_text
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable


def _table(
    name: str, title: str, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[object]]],
    notes: Sequence[str] = (),
) -> ShownTable:  # fmt: skip
    """A table of the appendix: a label and a text or number for each column."""
    made = tuple(
        ShownRow(RowKind.VALUE, str(n), label, tuple(ShownCell(n=str(x)) for x in cells))
        for n, (label, cells) in enumerate(rows, start=1)
    )
    return ShownTable(name, None, title, tuple(columns), made, tuple(notes), "")


def documents(files: Counter[str]) -> ShownTable:
    """What became of the files that came."""
    rows = [(verdict.capitalize(), (n,)) for verdict, n in sorted(files.items())]
    return _table("methods documents", "Files as received", ("Files",), rows)


def coders(f: Facts) -> ShownTable:
    """How many people of each role decided how much."""
    rows = [(r.role.capitalize(), (r.people, r.decisions, r.reports)) for r in f.roles]
    return _table("methods coders", "Who decided", ("People", "Decisions", "Reports"), rows)


def agreement(study: AgreementSummary) -> ShownTable:
    """How far coders agree in each dimension."""
    rows = [
        (d.title, (of.reports, same(of), figure(of.alpha), remark_of_whole(of)))
        for d, of in answered_at_all(study.framework, study.dimensions)
        if of.reports
    ]
    columns = ("Reports", "Same, %", "Alpha [95 %]", "Remark")
    note = (
        "Krippendorff's alpha over reports that coders decided completely: by MASI distance where several "
        f"codes may apply, by interval distance for numbers. {_of_method(study.method)}"
    )
    return _table("methods agreement", "Agreement of coders by dimension", columns, rows, (note,))


def _of_method(method: Method) -> str:
    if not method.resamples:
        return "No intervals were computed."
    return f"Percentile bootstrap over reports, {method.resamples:,} resamples, seed {method.seed}."


def overrides(f: Facts) -> ShownTable:
    """How often coders decided otherwise than was suggested."""
    rows = []
    for d in f.framework.dimensions:
        mine = [k for k in f.agreement.kept if k.dimension == d.id]
        kept, added, gone = (sum(getattr(k, n) for k in mine) for n in ("kept", "added", "taken_away"))
        total = kept + added + gone
        if total:
            rows.append((d.title, (total, kept, added, gone, percent_text(added + gone, total))))
    columns = ("Answers", "Kept", "Present, not suggested", "Absent, suggested", "Overridden, %")
    note = "Of coders' answers on codes with the suggestion in view; it is no measure of agreement."
    return _table("methods overrides", "Answers against the suggestion in view", columns, rows, (note,))


def thresholds(f: Facts) -> ShownTable:
    """The thresholds of the model that proposed last."""
    last = f.models[-1][0].split("|") if f.models else []
    card = next((c for c in f.cards if c.model_id in last), None)
    rows = list(_threshold_rows(f.framework, card)) if card else []
    columns = ("Codes learned", "Thresholds", "Precision", "Recall")
    note = "The range over the learned codes of each dimension, on reports that the model had not seen."
    title = f"Thresholds and quality of {card.model_id}" if card else "Thresholds"
    return _table("methods thresholds", title, columns, rows, (note,))


def _threshold_rows(framework: Framework, card: Card) -> Iterator[tuple[str, tuple[object, ...]]]:
    for d in framework.dimensions:
        mine = [c for c in card.codes if c.dimension == d.id and c.state == LEARNED]
        if mine:
            measures = ([c.threshold for c in mine], [c.precision for c in mine], [c.recall for c in mine])
            yield d.title, (len(mine), *map(_range, measures))


def _range(values: Iterable[float | None]) -> str:
    told = sorted(v for v in values if v is not None)
    if not told:
        return "–"
    low, high = f"{told[0]:.2f}", f"{told[-1]:.2f}"
    return low if low == high else f"{low} to {high}"
