"""Agreement as files: figures as CSV and JSON, a statement to publish, and the disagreements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ctg_nlp.export.agreement_words import (
    MEASURES,
    READING,
    agreed,
    answered_at_all,
    cells,
    figure,
    label_of,
    only_pair,
    prevalence,
    remark,
    remark_of_whole,
    same,
    two,
)
from ctg_nlp.export.files import whole_file, write_csv, write_jsonl
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.review.agreement import CodeAgreement, DimensionAgreement, PairFigures, Shares
from ctg_nlp.review.estimate import FEWEST, Estimate, Method
from ctg_nlp.review.machine import MachineAgreement

COLUMNS = (
    "level", "dimension", "code", "label", "first", "second", "coders", "reports", "unsure", "positives",
    "answers", "present", "both", "only first", "only second", "neither", "agreement", "positive agreement",
    "negative agreement", "coefficient", "value", "low", "high", "undefined resamples", "remark",
)  # fmt: skip

REFERENCES = (
    "Cicchetti, D. V. and Feinstein, A. R. (1990). High agreement but low kappa: II. Resolving the "
    "paradoxes. Journal of Clinical Epidemiology 43(6), 551–558. doi:10.1016/0895-4356(90)90159-M",
    "Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological "
    "Measurement 20(1), 37–46. doi:10.1177/001316446002000104",
    "Krippendorff, K. (2004). Content Analysis: An Introduction to Its Methodology, 2nd edition. Sage.",
    "Passonneau, R. (2006). Measuring agreement on set-valued items (MASI) for semantic and pragmatic "
    "annotation. Proceedings of LREC 2006.",
)


def write_agreement(
    folder: Path, figures: dict[str, Any], rows: Iterable[tuple[Any, ...]], text: str,
    differing: Iterable[dict[str, Any]],
) -> tuple[Path, ...]:  # fmt: skip
    """Write `agreement.json`, `.csv` and `.md`, and `disagreements.jsonl`. Returns their paths.

    Raises `HomeError` where the folder cannot be written to.
    """
    paths = [folder / f"agreement.{kind}" for kind in ("json", "csv", "md")]
    with whole_file(paths[0]) as file:
        json.dump(figures, file, ensure_ascii=False, indent=1)
    write_csv(paths[1], COLUMNS, rows)
    with whole_file(paths[2]) as file:
        file.write(text)
    listed = folder / "disagreements.jsonl"
    write_jsonl(listed, differing)
    return (*paths, listed)


def agreement_rows(
    framework: Framework, dimensions: Iterable[DimensionAgreement], machine: Iterable[MachineAgreement]
) -> Iterator[tuple[Any, ...]]:
    """A row for each dimension, code, pair of coders, and rater beside a coder."""
    for d in dimensions:
        yield _dimension_row(framework, d)
        for c in d.codes:
            yield _code_row(framework, d.dimension, c)
            for p in c.pairs:
                yield _pair_row("pair", framework, d.dimension, c.code, p)
    for m in machine:
        yield _pair_row("machine", framework, m.dimension, m.code, m.figures)


def _dimension_row(framework: Framework, d: DimensionAgreement) -> tuple[Any, ...]:
    label = label_of(framework, d.dimension, None)
    exact = _rounded(d.same / d.pairs if d.pairs else None)
    head = ("dimension", d.dimension, None, label, None, None, d.coders, d.reports, d.unsure)
    figures = (f"alpha ({d.measure})", *_estimate(d.alpha)[:-1], remark_of_whole(d))
    return (*head, *[None] * 7, exact, None, None, *figures)


def _code_row(framework: Framework, dimension: str, c: CodeAgreement) -> tuple[Any, ...]:
    head = ("code", dimension, c.code, label_of(framework, dimension, c.code), None, None)
    counts = (c.coders, c.reports, c.unsure, c.positives, c.answers, c.present)
    pooled = (c.shares.both, None, None, c.shares.neither)
    return (*head, *counts, *pooled, *_shares(c.shares), "alpha", *_estimate(c.alpha))


def _pair_row(level: str, framework: Framework, dimension: str, code: str, p: PairFigures) -> tuple[Any, ...]:
    head = (level, dimension, code, label_of(framework, dimension, code), p.first, p.second)
    t = p.table
    counts = (2, t.reports, None, t.reports - t.neither, 2 * t.reports, 2 * t.both + t.first + t.second)
    table = (t.both, t.first, t.second, t.neither)
    return (*head, *counts, *table, *_shares(p.shares), "kappa", *_estimate(p.kappa))


def _shares(s: Shares) -> tuple[Any, ...]:
    return _rounded(s.agreement), _rounded(s.positive), _rounded(s.negative)


def _estimate(e: Estimate) -> tuple[Any, ...]:
    return (*(_rounded(x) for x in (e.value, e.low, e.high, e.undefined)), remark(e))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def statement(
    framework: Framework, dimensions: Iterable[DimensionAgreement], method: Method, *,
    coders: int, reports: int, double_coded: int, sampled: int, answers: int, locked: int,
    warnings: Iterable[str],
) -> str:  # fmt: skip
    """A text in Markdown to publish: how agreement was measured, and the figures. It names no coder."""
    shown = answered_at_all(framework, dimensions)
    parts = [
        "# Agreement of coders",
        f"Framework: {framework.title} ({framework.framework_id}).",
        "## How it was measured",
        _counts(coders, reports, double_coded, sampled, answers) + _method(method, locked),
        READING,
        "\n".join(f"- {w}" for w in warnings),
        "## Dimensions as a whole",
        _wholes(shown),
        *(part for d, of in shown if of.codes for part in (f"## {d.title}", _codes(d, of))),
        "## References",
        "\n".join(f"- {r}" for r in REFERENCES),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _counts(coders: int, reports: int, double_coded: int, sampled: int, answers: int) -> str:
    drawn = f", {sampled} of those in a random audit sample" if sampled else ""
    return (
        f"{coders} coders gave {answers:,} independent answers on {reports} reports, {double_coded} of which "
        f"were coded by two or more{drawn}. "
    )


def _method(method: Method, locked: int) -> str:
    closed = (
        f" In {locked} codings of a report the coder's blind coding was locked before anything was shown."
    )
    return (
        "Only independent answers enter: those that a coder gave without suggestions or other coders' "
        "answers in view, before any adjudication and before their blind coding of the report was locked "
        f"(the first answer where nothing was locked).{closed if locked else ''} An answer of “unsure” is "
        "counted and treated as missing; a code counts as absent only where the coder decided so. The unit "
        "is the report.\n\n"
        "For each code we give the percentage of pairs of answers that agree, positive and negative "
        "agreement (Cicchetti and Feinstein 1990), Cohen's kappa for two coders (Cohen 1960), and "
        "Krippendorff's alpha for any number of coders with missing answers, by nominal distance "
        "(Krippendorff 2004). Dimensions with several codes are compared as sets by alpha with MASI "
        "distance (Passonneau 2006) over reports that coders decided completely, numbers by interval "
        "distance. Coefficients of codes are not averaged. Where a code was present in fewer than "
        f"{FEWEST} reports we give the two-by-two table and no coefficient. {_intervals(method)} Where no "
        "two coders differed we give no interval, as every resample would be the same, but the largest "
        "share of reports that could differ with 95 % confidence. "
        f"Coefficients: {method.coefficients.name}."
    )


def _intervals(method: Method) -> str:
    if not method.resamples:
        return "No intervals were computed."
    return (
        f"Intervals are 95 % percentile bootstrap intervals over reports ({method.resamples:,} resamples by "
        f"ctg_nlp, seed {method.seed}); resamples in which a coefficient is undefined are left out, and "
        "their share is told."
    )


def _wholes(shown: Iterable[tuple[Dimension, DimensionAgreement]]) -> str:
    rows = [
        (
            d.title,
            of.reports,
            same(of),
            figure(of.alpha),
            MEASURES[of.measure],
            of.unsure,
            remark_of_whole(of),
        )
        for d, of in shown
    ]
    head = ("Dimension", "Reports", "Same, %", "Alpha [95 %]", "Distance between", "Unsure", "Remark")
    return _markdown(head, rows)


def _codes(d: Dimension, of: DimensionAgreement) -> str:
    head = (
        "Code", "Reports", "Present in", "Prevalence, %", "Unsure", "Agreed, %", "Positive", "Negative",
        "Alpha [95 %]", "Kappa [95 %]", "Both / first / second / neither", "Remark",
    )  # fmt: skip
    rows = []
    for code, c in zip(d.codes, of.codes, strict=True):
        pair = only_pair(c)
        two_coders = (figure(pair.kappa), cells(pair.table)) if pair else ("–", "see agreement.csv")
        shares = (agreed(c.shares), two(c.shares.positive), two(c.shares.negative))
        counts = (c.reports, c.positives, prevalence(c), c.unsure)
        rows.append((code.label, *counts, *shares, figure(c.alpha), *two_coders, remark(c.alpha)))
    return _markdown(head, rows)


def _markdown(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    lines = [list(head), ["---"] * len(list(head)), *rows]
    return "\n".join("| " + " | ".join(str(x).replace("|", "\\|") for x in line) + " |" for line in lines)
