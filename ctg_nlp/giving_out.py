"""As what a publishable report is given out: as a draft of now, or as a release. Composition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ctg_nlp.agreement_summary import agreement_summary
from ctg_nlp.dataset import dataset
from ctg_nlp.published_before import published_tables
from ctg_nlp.quality import quality_statements
from ctg_nlp.release_told import Told, frozen_data
from ctg_nlp.report import DRAFT, GivenOut, plain_tables
from ctg_nlp.report_plan import Pair
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.disclosure import Rules, controlled
from ctg_nlp.synthesis.publishable import publishable_data
from ctg_nlp.synthesis.quality import QualityStatement, Verdict
from ctg_nlp.synthesis.tables import SynthesisTable


def as_draft(store: Store, home: Home, maps: Sequence[Pair] = ()) -> GivenOut:
    """The tables of now under the rules of the settings, beside what was published before, with a quality
    statement each; those of which it says “do not publish” are stopped.

    With a minimum there is no gap map: what two dimensions by each other tell of small counts is not wholly
    under control (see `releases.draft`).
    """
    now = dataset(store, home.framework)
    data = publishable_data(home.framework, now)
    rules = Rules(home.disclosure_minimum, True, home.disclosure_round)
    columns = Columns(home.framework, data)
    every = plain_tables(columns, maps)
    crossed = {d.id for d in home.framework.dimensions}
    kept = [t for t in every if rules.minimum <= 1 or isinstance(t, SynthesisTable) or t.by not in crossed]
    plain = [t for t in kept if isinstance(t, SynthesisTable)]
    agreement = agreement_summary(store, home.framework)
    statements = quality_statements(store, home, data, plain, agreement, counts=not rules.active)
    with store.reading() as db:
        before = published_tables(db, home.framework)
    return GivenOut(
        status=DRAFT,
        tables={t.id: t for t in controlled(kept, rules, before)} if rules.active else None,
        rules=rules.in_words,
        quality={q.table: tuple(_said(q, t.number)) for q, t in zip(statements, plain, strict=True)},
        stopped=frozenset(q.table for q in statements if q.verdict is Verdict.STOP),
        data=data,
        agreement=agreement,
        now=now,
    )


def as_internal(store: Store, home: Home) -> GivenOut:
    """All tables of now, with a mark on those that the publishable edition leaves out."""
    data = dataset(store, home.framework)
    plain = [t for t in plain_tables(Columns(home.framework, data)) if isinstance(t, SynthesisTable)]
    agreement = agreement_summary(store, home.framework)
    found = quality_statements(store, home, data, plain, agreement)
    marked = {q.table: (_MARK, *q.stopping) for q in found if q.verdict is Verdict.STOP}
    return GivenOut(quality=marked, agreement=agreement, now=data)


_MARK = f"Quality: {Verdict.STOP}. The publishable edition leaves this table out."
_INSTEAD = f"is left out of this edition, since its quality statement says “{Verdict.STOP}”:"


def _said(q: QualityStatement, number: int | None) -> Iterator[str]:
    """What a publishable edition says of the quality of a table of that number, or in its place."""
    if q.verdict is not Verdict.STOP:
        yield f"Quality: {q.verdict}."
        yield from q.sentences
        return
    yield " ".join((f"Table {number}" if number else "The table", _INSTEAD, *q.stopping))
    yield from (s for s in q.sentences if s not in q.stopping)


def as_release(store: Store, told: Told) -> GivenOut:
    """The tables of a release as they were frozen, and those alone. Its report is composed of them once, with
    the draft (see `releases.draft`)."""
    framework, data = frozen_data(store, told)
    return GivenOut(
        status=told.mark,
        tables={t.id: t for t in told.shown},
        rules=Rules(*told.release.rules).in_words,
        quality={
            t.table_id: (f"Quality: {t.verdict}.", *t.quality)
            for t in told.tables
            if framework.dimension(t.table_id)
        },
        facts=tuple(facts_of(told)),
        by=told.release.by,
        framework=framework,
        data=publishable_data(framework, data),
    )


def facts_of(told: Told) -> Iterator[tuple[str, str]]:
    """By what a release is known, as (name, value): it is published, so nobody is named."""
    release = told.release
    yield "Release", release.release_id
    for event in told.events:
        yield str(event.state).capitalize(), event.time[:10]
    if release.supersedes:
        yield "Corrects", release.supersedes
    yield "Rebuild", release.rebuild_id
    yield "Data hash", release.data_hash
    yield "Framework", release.framework_id
    if release.model_id:
        yield "Model that suggested", release.model_id
    yield "Code version", release.code_version
