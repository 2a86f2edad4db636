"""The methods appendix of a report: how its figures came about, each sentence from a query. Composition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from ctg_nlp.agreement import Asked, Study, study_in, warnings_of
from ctg_nlp.dataset import dataset
from ctg_nlp.export.agreement_words import READING, answered_at_all, figure, remark_of_whole, same
from ctg_nlp.export.contents import Edition, Section
from ctg_nlp.framework import Framework
from ctg_nlp.records import Dataset, Draw, Report, VerdictKind
from ctg_nlp.review.adjudication import REASONS
from ctg_nlp.review.estimate import Method
from ctg_nlp.settings import Home
from ctg_nlp.status import file_lines
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import methods as method_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.suggest.card import LEARNED, TOO_FEW, Card, read_card
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.percent import percent_text
from ctg_nlp.synthesis.response import Response, response
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable

SECTION = "methods"
_NO_AUDIT = "No audit sample was drawn."
_NOT_DONE = "No report was coded by two people independently, so nothing can be said of agreement."


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the appendix tells, before it is put in words. `models` are (id, reports) of what proposed, in
    order; `cards` those of them that learned; `assisted` counts the decisions with suggestions in view."""

    framework: Framework
    data: Dataset
    response: tuple[Response, ...]
    files: Counter[str]
    reports: tuple[Report, ...]
    erased: int
    roles: tuple[method_store.RoleWork, ...]
    imported: int
    seconds: tuple[float, ...]
    study: Study
    draws: tuple[Draw, ...]
    adjudications: dict[str, int]
    pages: Counter[str]
    extractors: tuple[str, ...]
    models: tuple[tuple[str, int], ...]
    cards: tuple[Card, ...]


def methods_section(
    store: Store,
    home: Home,
    edition: Edition = Edition.PUBLISHABLE,
    *,
    rules: str = "",
    method: Method | None = None,
) -> Section:
    """The appendix as the store is now. Only the internal edition names coders. `rules` is a sentence on
    what was done to small cells, `method` how intervals of agreement are made."""
    return section_of(facts(store, home, method), edition, rules)


def facts(store: Store, home: Home, method: Method | None = None) -> Facts:
    """What the appendix tells."""
    framework = home.framework
    data = dataset(store, framework)
    lines = file_lines(store)
    with store.reading() as db:
        return Facts(
            framework=framework,
            data=data,
            response=response(data),
            files=Counter(line.verdict for line in lines),
            reports=report_store.reports(db),
            erased=method_store.erasures(db),
            roles=method_store.work_by_role(db),
            imported=method_store.imported_decisions(db),
            seconds=method_store.seconds_of_acts(db),
            study=study_in(db, framework, Asked(), method or Method()),
            draws=independence_store.draws(db),
            adjudications=method_store.adjudications(db),
            pages=method_store.pages_by_source(db),
            extractors=method_store.extractors(db),
            models=(models := method_store.proposing_models(db, framework.framework_id)),
            cards=tuple(_cards(home, (m for m, _ in models))),
        )


def _cards(home: Home, models: Iterable[str]) -> Iterator[Card]:
    """The cards of those that learned. One that is gone is left out, and the text says so."""
    for name in dict.fromkeys(part for model in models for part in model.split("|")):
        try:
            yield read_card(home.models / name)
        except (OSError, ValueError, KeyError, TypeError):
            continue


def section_of(f: Facts, edition: Edition, rules: str = "") -> Section:
    """The appendix in words and tables."""
    said = (
        *_of_reports(f),
        *_of_reading(f),
        _of_framework(f),
        *_of_coding(f, edition),
        *_of_audit(f.draws),
        *_of_agreement(f.study),
        *_of_adjudication(f.adjudications),
        *_of_suggestions(f),
        *_of_models(f),
        rules or "No cell was withheld or rounded.",
        f"Tables and text were made with ctg_nlp {version('ctg_nlp')}. Percentages are computed from the "
        "counts, to one decimal, halves rounded up.",
    )
    tables = (_documents(f.files), _coders(f, edition), _agreement(f.study), _overrides(f), _thresholds(f))
    return Section(SECTION, "Methods", said, tuple(t for t in tables if t.rows))


def counted(n: int, one: str, many: str = "") -> str:
    """A number with its noun, as "1 report" or "1,290 reports"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _share(n: int, of: int) -> str:
    return f"{n:,} of {of:,} ({percent_text(n, of)} per cent)" if of else "none"


def _of_reports(f: Facts) -> Iterator[str]:
    if f.response:
        everyone = f.response[0]
        yield (
            f"{_share(everyone.responded, everyone.expected)} of the groups that were expected to report "
            "sent a report that counts."
        )
    else:
        yield "No register says which groups were expected to report, so there is no response rate."
    received = sum(f.files.values())
    yield (
        f"{counted(received, 'file')} came in; {counted(len(f.data.reports), 'report')} count, of which "
        f"{f.data.decided:,} have decisions. A group counts once, by its final report."
    )
    unread = [r for r in f.reports if r.verdict in (VerdictKind.REFUSED, VerdictKind.FAILED)]
    causes = Counter(r.cause or str(r.verdict) for r in unread)
    named = ", ".join(f"{cause} ({n})" for cause, n in sorted(causes.items()))
    yield (
        f"{counted(len(unread), 'document')} could not be read: {named}."
        if unread
        else ("Every document could be read.")
    )
    yield from _of_versions(f)


def _of_versions(f: Facts) -> Iterator[str]:
    kinds = Counter(r.verdict for r in f.reports)
    copies = f.files[str(VerdictKind.DUPLICATE)]
    near, revised = kinds[VerdictKind.NEAR_DUPLICATE], kinds[VerdictKind.REVISION]
    yield (
        f"{counted(copies, 'file was an exact copy', 'files were exact copies')}, "
        f"{counted(near, 'document nearly the same', 'documents nearly the same')} as another, and "
        f"{counted(revised, 'revision')} of one received before."
    )
    withdrawn = sum(bool(r.withdrawn_at) for r in f.reports)
    if withdrawn or f.erased:
        yield f"{counted(withdrawn, 'report was', 'reports were')} withdrawn, {f.erased:,} erased."


def _of_reading(f: Facts) -> Iterator[str]:
    pages = sum(f.pages.values())
    if not pages:
        yield "No pages were read by the program."
        return
    scanned, blank = f.pages["ocr"], f.pages["none"]
    yield (
        f"Text was read from {counted(pages, 'page')} by {', '.join(f.extractors) or 'an unknown program'}; "
        f"{counted(scanned, 'of them was a picture', 'of them were pictures')} read by text recognition, and "
        f"{blank:,} gave no text."
    )


def _of_framework(f: Facts) -> str:
    dimensions = f.framework.dimensions
    codes = sum(len(d.codes) for d in dimensions)
    return (
        f"Reports were coded by the framework “{f.framework.title}” ({f.framework.framework_id}): "
        f"{counted(len(dimensions), 'dimension')} with {counted(codes, 'code')}."
    )


def _of_coding(f: Facts, edition: Edition) -> Iterator[str]:
    total = sum(r.decisions for r in f.roles)
    if not total:
        yield "Nobody has decided anything yet."
        return
    who = ", ".join(f"{counted(r.people, r.role)}" for r in f.roles)
    yield (
        f"{who} made {counted(total, 'decision')}. A later decision of the same person takes the place of an "
        "earlier one; none is deleted. Trainees' decisions enter no table."
    )
    if f.imported:
        yield f"{counted(f.imported, 'decision')} came in files, and were not made on the review page."
    if f.seconds:
        yield (
            f"On the review page half of {counted(len(f.seconds), 'answer')} took no more than "
            f"{median(f.seconds):.1f} seconds."
        )
    if edition is Edition.INTERNAL and f.study.coders:
        yield f"Coders with independent answers: {', '.join(f.study.coders)}."


def _of_audit(draws: Sequence[Draw]) -> Iterator[str]:
    if not draws:
        yield _NO_AUDIT
        return
    sizes = "; ".join(f"{d.size} of {d.population} (seed {d.seed}, {d.drawn_at[:10]})" for d in draws)
    times = counted(len(draws), "draw")
    yield f"An audit sample was drawn at random, in {times}: {sizes}. It is coded blind."


def _of_agreement(study: Study) -> Iterator[str]:
    if not study.double_coded:
        yield _NOT_DONE
        return
    yield (
        f"{_share(study.double_coded, study.reports)} of the reports with independent answers were coded by "
        f"two or more people, {study.sampled:,} of them of the audit sample. "
        f"{counted(study.answers, 'independent answer')} enter, given without suggestions or others' answers "
        "in view."
    )
    yield from (w.removeprefix(f"{_NO_AUDIT} ") for w in warnings_of(study))
    yield READING


def _of_adjudication(found: dict[str, int]) -> Iterator[str]:
    if not found:
        yield "No disagreement was adjudicated on the review page."
        return
    total = sum(found.values())
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    reasons = "; ".join(f"{n} {reason} ({REASONS.get(reason, 'no meaning given')})" for reason, n in ordered)
    yield f"{counted(total, 'disagreement was', 'disagreements were')} adjudicated, by reason: {reasons}."


def _of_suggestions(f: Facts) -> Iterator[str]:
    total = sum(r.decisions for r in f.roles)
    if not f.study.assisted:
        yield "No decision was made with suggestions in view."
        return
    yield (
        f"{_share(f.study.assisted, total)} of all decisions were made by coders with suggestions in view. "
        "What a machine suggests enters no table: only what people decided does."
    )


def _of_models(f: Facts) -> Iterator[str]:
    if not f.models:
        yield "No model proposed anything."
        return
    named = "; ".join(f"{model} for {counted(reports, 'report')}" for model, reports in f.models)
    yield f"Codes were proposed by: {named}."
    for card in f.cards:
        yield _card_in_words(card)
    learned = {p for m, _ in f.models for p in m.split("|") if p.startswith("classifier")}
    for gone in sorted(learned - {c.model_id for c in f.cards}):
        yield f"The card of {gone} is not kept here any more, so its thresholds and quality are not told."


def _card_in_words(card: Card) -> str:
    learned = sum(c.state == LEARNED for c in card.codes)
    few = sum(c.state == TOO_FEW for c in card.codes)
    t = card.totals
    return (
        f"{card.model_id} learned {counted(learned, 'code')} from {counted(card.decisions, 'decision')} on "
        f"{counted(len(card.reports), 'report')} ({few} codes had too few); on reports that it had not seen: "
        f"precision {t.precision:.2f}, recall {t.recall:.2f}, micro-F1 {t.micro_f1:.2f}, mean average "
        f"precision {t.mean_average_precision:.2f}, calibration error {t.calibration_error:.3f}."
    )


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


def _documents(files: Counter[str]) -> ShownTable:
    rows = [(verdict.capitalize(), (n,)) for verdict, n in sorted(files.items())]
    return _table("methods documents", "Files as received", ("Files",), rows)


def _coders(f: Facts, edition: Edition) -> ShownTable:
    rows = [(r.role.capitalize(), (r.people, r.decisions, r.reports)) for r in f.roles]
    return _table("methods coders", "Who decided", ("People", "Decisions", "Reports"), rows)


def _agreement(study: Study) -> ShownTable:
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


def _overrides(f: Facts) -> ShownTable:
    rows = []
    for d in f.framework.dimensions:
        mine = [k for k in f.study.kept if k.dimension == d.id]
        kept, added, gone = (sum(getattr(k, n) for k in mine) for n in ("kept", "added", "taken_away"))
        total = kept + added + gone
        if total:
            rows.append((d.title, (total, kept, added, gone, percent_text(added + gone, total))))
    columns = ("Answers", "Kept", "Present, not suggested", "Absent, suggested", "Overridden, %")
    note = "Of coders' answers on codes with the suggestion in view; it is no measure of agreement."
    return _table("methods overrides", "Answers against the suggestion in view", columns, rows, (note,))


def _thresholds(f: Facts) -> ShownTable:
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
