"""How far coders agree, as its page shows it. The figures are kept until decisions change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ctg_nlp.desk import Desk
from ctg_nlp.export import agreement_words as words
from ctg_nlp.framework import Dimension
from ctg_nlp.records import Answer, Answered
from ctg_nlp.store import independence as independence_store

if TYPE_CHECKING:  # what computes loads numpy, and the server need not have it before someone asks
    from ctg_nlp.agreement import Studies, Study
    from ctg_nlp.review.agreement import CodeAgreement, DimensionAgreement, Shares
    from ctg_nlp.review.disagreements import Disagreement

Plain = dict[str, Any]
_MOST_LISTED = 100
"""Disagreements of one dimension that the page lists; the files hold all."""


def agreement_page(desk: Desk) -> Plain:
    """What the page of agreement shows: the figures, and of disagreements those that this coder may see."""
    from ctg_nlp.agreement import warnings_of

    done = _studies().study(desk.store, desk.framework)
    shown = words.answered_at_all(done.framework, done.dimensions)
    listed: dict[str, list[Disagreement]] = {}
    for x in _that_may_be_seen(desk, done):
        listed.setdefault(x.dimension, []).append(x)
    return {
        "study": done,
        "warnings": warnings_of(done),
        "reading": words.READING,
        "dimensions": [_dimension(d, of, done, listed.get(d.id, [])) for d, of in shown],
        "machine": _machine(done),
        "kept": [(k, _title(done, k.dimension)) for k in done.kept],
        "drift": [
            (f"{d.first} and {d.second or 'the record'}", words.blocks_in_words(d), d.open, d.timed)
            for d in (*done.drift, *done.from_record)
        ],
    }


def _that_may_be_seen(desk: Desk, done: Study) -> list[Disagreement]:
    """Disagreements on reports that this coder may see others' answers on, and nobody codes blind still."""
    with desk.store.reading() as db:
        seen = desk.sight(db)
        blind = frozenset(db.execute(independence_store.coded_blind()).scalars())
    return [x for x in done.disagreements if x.report_id not in blind and seen.may_see_evidence(x.report_id)]


@cache
def _studies() -> Studies:
    from ctg_nlp.agreement import Studies

    return Studies()


def _dimension(d: Dimension, of: DimensionAgreement, done: Study, listed: Sequence[Disagreement]) -> Plain:
    return {
        "id": d.id,
        "title": d.title,
        "reports": of.reports,
        "same": words.same(of),
        "unsure": of.unsure,
        "measure": words.MEASURES[of.measure],
        "alpha": words.figure(of.alpha),
        "standing": words.standing(of.alpha),
        "remark": words.remark_of_whole(of),
        "brief": words.brief(of.alpha),
        "pair": _who(of),
        "codes": [_code(code.label, c) for code, c in zip(d.codes, of.codes, strict=True)],
        "disagreements": [_disagreement(d, x, done) for x in listed[:_MOST_LISTED]],
        "differing": len(listed),
    }


def _who(of: DimensionAgreement) -> tuple[str, str] | None:
    """The two coders of a dimension that no more have answered."""
    pairs = {(p.first, p.second) for c in of.codes for p in c.pairs}
    return next(iter(pairs)) if len(pairs) == 1 else None


def _code(label: str, c: CodeAgreement) -> Plain:
    pair = words.only_pair(c)
    return {
        "label": label,
        "reports": c.reports,
        "positives": c.positives,
        "prevalence": words.prevalence(c),
        "unsure": c.unsure,
        **_shares(c.shares),
        "alpha": words.figure(c.alpha),
        "remark": words.remark(c.alpha),
        "brief": words.brief(c.alpha),
        "kappa": words.figure(pair.kappa) if pair else "",
        "cells": words.cells(pair.table) if pair else "",
        "pairs": [
            {
                "who": f"{p.first} and {p.second}",
                "cells": words.cells(p.table),
                "kappa": words.figure(p.kappa),
            }
            for p in ([] if pair else c.pairs)
        ],
    }


def _shares(s: Shares) -> Plain:
    return {
        "agreed": words.agreed(s),
        "positive": words.two(s.positive),
        "negative": words.two(s.negative),
        "pairs_of_answers": s.pairs,
    }


def _disagreement(d: Dimension, x: Disagreement, done: Study) -> Plain:
    return {
        "report": done.names.get(x.report_id, x.report_id[:8]),
        "address": f"/reports/{x.report_id}#d={x.dimension}&c={x.code or ''}",
        "label": words.label_of(done.framework, d.id, x.code),
        "said": [(a.coder, _answer(a)) for a in x.said],
    }


def _answer(a: Answered) -> str:
    if a.answer is not Answer.VALUE:
        return str(a.answer)
    return "cannot be told" if a.value is None else str(a.value)


def _machine(done: Study) -> list[Plain]:
    """Each rater beside each coder with all codes pooled."""
    from ctg_nlp.review.agreement import together

    by_pair: dict[tuple[str, str], list[Shares]] = {}
    for m in done.machine:
        by_pair.setdefault((m.figures.first, m.figures.second), []).append(m.figures.shares)
    return [
        {"rater": rater, "coder": coder, "codes": len(of), **_shares(together(of))}
        for (rater, coder), of in _in_order(by_pair.items())
    ]


def _in_order(
    pairs: Iterable[tuple[tuple[str, str], list[Shares]]],
) -> list[tuple[tuple[str, str], list[Shares]]]:
    from ctg_nlp.review.machine import SUGGESTION

    return sorted(pairs, key=lambda item: (item[0][0] != SUGGESTION, item[0]))


def _title(done: Study, dimension: str) -> str:
    return words.label_of(done.framework, dimension, None)
