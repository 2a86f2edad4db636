"""What the store has, as rows in the order of `v1_columns`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ctg_nlp.dataset_rows import SHOWN, Coding, Whose, resolved
from ctg_nlp.filter_rows import Sieve
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.history import called_now
from ctg_nlp.records import CodedReport, Decision, FilterDecision, Passage, Report, Suggestion
from ctg_nlp.suggestion_rows import suggestion_row as row_of
from ctg_nlp.web.v1_columns import RESOURCES, kind_in_words
from ctg_nlp.web.v1_parts import Row


def _whose(report: Report) -> tuple[str, str, str]:
    return report.report_id, report.name, report.group_id or ""


def report_row(report: Report, cohort: str, counts: bool, blind: bool, sampled: int | None) -> Row:
    """A report; whether it is `sampled` is not told while it is coded blind."""
    about = str(report.kind), report.verdict_in_words, int(counts), report.pages, report.received_at
    return (*_whose(report), cohort or report.cohort_said, *about, int(blind), None if blind else sampled)


def passage_rows(report: Report, passages: Iterable[Passage]) -> list[Row]:
    """The passages of a report."""
    return [(*_whose(report), p.page, p.start, p.end, str(p.kind), p.heading, p.text) for p in passages]


def dimension_now(framework: Framework, d: Decision) -> Dimension | None:
    """The dimension that a decision is on as it is now; None where the framework has it no more."""
    if d.framework_id == framework.framework_id:
        return framework.dimension(d.dimension)
    found = called_now(framework, d.dimension, d.code or "")
    return framework.dimension(found[0]) if found is not None else None


def decision_row(report: Report, counts: bool, stage: str, d: Decision) -> Row:
    """A decision."""
    value = "" if d.value is None else str(d.value)
    return (
        d.sequence, *_whose(report), int(counts), stage, d.dimension, d.code or "", str(d.answer), value,
        d.coder, d.role, d.time, SHOWN[d.suggested], d.framework_id, d.import_id, len(d.evidence), d.note,
    )  # fmt: skip


def evidence_rows(report: Report, stage: str, d: Decision) -> Iterator[Row]:
    """The places of a decision's quotes."""
    head = (d.sequence, *_whose(report), stage, d.dimension, d.code or "")
    for number, e in enumerate(d.evidence, start=1):
        if not e.spans:
            yield (*head, number, 0, None, None, None, e.quote)
        for part, x in enumerate(e.spans, start=1):
            yield (*head, number, part, x.page, x.start, x.end, e.quote)


def coded_rows(coding: Coding, report: Report, coded: CodedReport) -> list[Row]:
    """What decisions on a report come to, for the dimensions of `coding`."""
    stages = coding.stages
    return [
        (*_whose(report), stages[dimension], dimension, code or "", state, value)
        for (dimension, code), (state, _, value) in resolved(coding, coded)
    ]


def filter_rows(
    sieve: Sieve, report: Report, coded: CodedReport, said: Sequence[FilterDecision]
) -> list[Row]:
    """What filters come to for a report that counts."""
    return list(sieve.filter_rows(Whose(report.report_id, *_whose(report), coded), said))


def filter_decision_rows(
    sieve: Sieve, report: Report, counts: bool, said: Iterable[FilterDecision]
) -> list[Row]:
    """Filter decisions on a report."""
    head = (*_whose(report), int(counts))
    return [
        (
            d.sequence, *head, d.filter, *_labelled(sieve, d), d.reason, d.coder, d.role, d.time,
            d.framework_id,
        )
        for d in said
    ]  # fmt: skip


def _labelled(sieve: Sieve, d: FilterDecision) -> Row:
    label, level_label, passes = sieve.labels(d.filter, d.level)
    return label, d.level, level_label, passes


def suggestion_row(report: Report, stage: str, s: Suggestion) -> Row:
    """A suggestion."""
    return row_of(Whose(report.report_id, *_whose(report), None), stage, s, str)


def dictionary_rows(framework: Framework) -> Iterator[Row]:
    """All columns of all resources, then all codes and values of the framework."""
    for resource in RESOURCES:
        for c in resource.columns:
            yield resource.name, c.name, c.label, "", "", kind_in_words(c)
    for d in framework.dimensions:
        if not d.coded:
            yield "codebook", d.id, d.title, d.definition, d.stage, d.kind
        for code in d.codes:
            yield (
                "codebook",
                f"{d.id}.{code.id}",
                f"{d.title}: {code.label}",
                code.definition,
                d.stage,
                d.kind,
            )
