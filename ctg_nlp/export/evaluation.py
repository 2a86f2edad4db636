"""Figures of an evaluation or a simulation as tables, for the terminal and as CSV, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ctg_nlp.evaluation import Evaluation
from ctg_nlp.export.files import whole_file, write_csv
from ctg_nlp.simulation import Simulation
from ctg_nlp.suggest.measures import Totals
from ctg_nlp.synthesis.distance import Distance

_SHOWN_STEPS = 12  # in the terminal; files hold all
_WIDE = 8  # columns of a table from which on it does not fit a terminal whole


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: `name` is its file's; the first `texts` columns hold text, the others numbers, shown with so
    many `decimals` unless whole. A figure that cannot be told is None."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    texts: int = 1
    decimals: int = 3

    def without(self, *columns: str) -> Sheet:
        """The same without some columns of numbers."""
        kept = [i for i, c in enumerate(self.columns) if c not in columns]
        rows = tuple(tuple(row[i] for i in kept) for row in self.rows)
        return replace(self, columns=tuple(self.columns[i] for i in kept), rows=rows)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers."""
        return self.columns[self.texts :]


_RARE = (  # in files, not in the terminal where a table is wide
    "pairs", "macro F1", "Brier", "rest absent", "learned from", "decided", "right", "wrong", "missed",
)  # fmt: skip
_TOTALS = (
    "reports", "pairs", "precision", "recall", "F1", "F1 low", "F1 high", "macro F1",
    "average precision", "Brier", "calibration error", "evidence overlap",
)  # fmt: skip


def _totals(t: Totals | None) -> tuple[Any, ...]:
    if t is None:
        return (None,) * (len(_TOTALS) - 1)
    return (
        t.pairs, t.micro.precision, t.micro.recall, t.micro.f1, t.f1_low, t.f1_high, t.macro_f1,
        t.mean_average_precision, t.brier, t.ece, t.evidence_overlap,
    )  # fmt: skip


def totals_sheet(e: Evaluation) -> Sheet:
    """The suggestions, and each rater alone; beneath it the suggestions on the codes that it spoke of."""
    rows: list[tuple[Any, ...]] = [("suggestions", e.joined.reports, *_totals(e.joined))]
    for r in e.raters:
        rows.append((f"{r.rater} alone", r.alone.reports, *_totals(r.alone)))
        rows.append(("– suggestions there", r.joined.reports, *_totals(r.joined)))
    return Sheet("evaluation_totals", "All codes", ("", *_TOTALS), tuple(rows))


def codes_sheet(e: Evaluation) -> Sheet:
    """A row for each code."""
    columns = (
        "dimension", "code", "decided", "present", "prevalence", "right", "wrong", "missed", "precision",
        "recall", "F1", "average precision", "Brier", "calibration error",
    )  # fmt: skip
    rows = [
        (
            c.dimension, c.code, c.decided, c.present, c.prevalence, c.counts.tp, c.counts.fp, c.counts.fn,
            c.counts.precision, c.counts.recall, c.counts.f1, c.average_precision, c.brier, c.ece,
        )
        for c in e.codes
    ]  # fmt: skip
    return Sheet("evaluation_codes", "Each code", columns, tuple(rows), texts=2)


def slices_sheet(e: Evaluation) -> Sheet:
    """A row for each slice; one that is too small has only its number of reports."""
    rows = [
        (f"{s.by}: {s.name}" + (" (too few)" if s.too_small else ""), s.reports, *_totals(s.totals))
        for s in e.slices
    ]
    title = "Stages; and parts of the reports, over the map"
    return Sheet("evaluation_slices", title, ("", *_TOTALS), tuple(rows))


def reliability_sheet(e: Evaluation) -> Sheet:
    """The bins of each calibration."""
    columns = ("scores of", "from", "to", "pairs", "mean score", "share present")
    rows = [(c.of, b.low, b.high, b.n, b.mean_score, b.share_present) for c in e.calibration for b in c.bins]
    return Sheet("evaluation_reliability", "Reliability", columns, tuple(rows))


def calibration_sheet(e: Evaluation) -> Sheet:
    """A row for each calibration, without its bins."""
    rows = [(c.of, c.pairs, c.brier, c.ece) for c in e.calibration]
    columns = ("scores of", "pairs", "Brier", "calibration error")
    return Sheet("evaluation_calibration", "Calibration", columns, tuple(rows))


def values_sheet(e: Evaluation) -> Sheet:
    """A row for each number or text dimension."""
    rows = [(v.dimension, v.decided, v.right, v.accuracy) for v in e.values]
    columns = ("dimension", "decided", "right", "accuracy")
    return Sheet("evaluation_values", "Numbers and texts", columns, tuple(rows))


def _percentage_points(d: Distance | None) -> tuple[float | None, float | None]:
    return (None, None) if d is None else (d.mean, d.largest)


def steps_sheet(s: Simulation) -> Sheet:
    """A row for the state before the first decision and after each report; errors in percentage points."""
    columns = (
        "reports", "decisions", "learned from", "kept", "changed", "rejected", "added", "rest absent",
        "minutes", "minutes unaided", "error", "largest error", "error, decided only",
        "largest, decided only",
    )  # fmt: skip
    rows = [
        (
            t.reports, t.decisions, t.trained_on, t.effort.kept, t.effort.changed, t.effort.rejected,
            t.effort.added, t.effort.rest, t.seconds / 60, t.seconds_unassisted / 60,
            *_percentage_points(t.with_suggestions), *_percentage_points(t.decided_only),
        )
        for t in s.steps
    ]  # fmt: skip
    return Sheet(
        "simulation_steps", "Effort, and error of all tables", columns, tuple(rows), texts=0, decimals=1
    )


def tables_sheet(s: Simulation) -> Sheet:
    """The error of each synthesis table at each step."""
    columns = (
        "table", "dimension", "reports", "decisions", "minutes", "error", "largest error",
        "error, decided only", "largest, decided only",
    )  # fmt: skip
    rows = [
        (
            str(e.number or ""), e.dimension, t.reports, t.decisions, t.seconds / 60,
            *_percentage_points(e.with_suggestions), *_percentage_points(e.decided_only),
        )
        for t in s.steps
        for e in t.tables
    ]  # fmt: skip
    return Sheet("simulation_tables", "Error of each table", columns, tuple(rows), texts=2, decimals=1)


def brief(sheet: Sheet) -> Sheet:
    """What of a table fits a terminal: the columns most asked for, and of many steps some, evenly from the
    first to the last."""
    n = len(sheet.rows)
    if sheet.name == "simulation_steps" and n > _SHOWN_STEPS:
        kept = sorted({round(i * (n - 1) / (_SHOWN_STEPS - 1)) for i in range(_SHOWN_STEPS)})
        sheet = replace(sheet, rows=tuple(sheet.rows[i] for i in kept))
    return sheet.without(*_RARE) if len(sheet.columns) > _WIDE else sheet


def shown_rows(sheet: Sheet) -> list[tuple[str, ...]]:
    """The rows for people: a dash for what cannot be told."""
    return [tuple(_shown(v, sheet.decimals) for v in row) for row in sheet.rows]


def _shown(value: Any, decimals: int) -> str:
    if value is None:
        return "–"
    return f"{value:.{decimals}f}" if isinstance(value, float) else str(value)


def write_evaluation(folder: Path, e: Evaluation) -> tuple[Path, ...]:
    """Write all figures as JSON and as CSV tables into the folder. Returns their paths."""
    sheets = (
        totals_sheet(e), codes_sheet(e), slices_sheet(e), calibration_sheet(e), reliability_sheet(e),
        values_sheet(e),
    )  # fmt: skip
    return _write(folder, "evaluation", e.to_json(), sheets)


def write_simulation(folder: Path, s: Simulation) -> tuple[Path, ...]:
    """Write all steps as JSON and as CSV tables into the folder. Returns their paths."""
    return _write(folder, "simulation", s.to_json(), (steps_sheet(s), tables_sheet(s)))


def _write(folder: Path, name: str, value: dict[str, Any], sheets: Sequence[Sheet]) -> tuple[Path, ...]:
    paths = [folder / f"{name}.json", *(folder / f"{sheet.name}.csv" for sheet in sheets)]
    with whole_file(paths[0]) as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
    for path, sheet in zip(paths[1:], sheets, strict=True):
        write_csv(path, sheet.columns, [[_rounded(v) for v in row] for row in sheet.rows])
    return tuple(paths)


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
