"""The sentences of the methods appendix, each from what was queried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from ctg_nlp.agreement import warnings_of
from ctg_nlp.agreement_summary import AgreementSummary
from ctg_nlp.export.agreement_words import READING
from ctg_nlp.export.editions import Edition
from ctg_nlp.method_facts import Facts
from ctg_nlp.records import Draw, VerdictKind
from ctg_nlp.review.adjudication import REASONS
from ctg_nlp.suggest.card import LEARNED, TOO_FEW, Card
from ctg_nlp.synthesis.percent import percent_text

_NO_AUDIT = "No audit sample was drawn."
_NOT_DONE = "No report was coded by two people independently, so nothing can be said of agreement."


def counted(n: int, one: str, many: str = "") -> str:
    """A number with its noun, as "1 report" or "1,290 reports"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _share(n: int, of: int) -> str:
    return f"{n:,} of {of:,} ({percent_text(n, of)} per cent)" if of else "none"


def of_reports(f: Facts) -> Iterator[str]:
    """What came in, what counts of it, and what could not be read."""
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
    causes: Counter[str] = Counter()
    for r in f.received:
        if r.verdict in (VerdictKind.REFUSED, VerdictKind.FAILED):
            causes[r.cause or str(r.verdict)] += r.number
    named = ", ".join(f"{cause} ({n})" for cause, n in sorted(causes.items()))
    yield (
        f"{counted(causes.total(), 'document')} could not be read: {named}."
        if causes
        else ("Every document could be read.")
    )
    yield from _of_versions(f)


def _of_versions(f: Facts) -> Iterator[str]:
    kinds: Counter[VerdictKind] = Counter()
    for r in f.received:
        kinds[r.verdict] += r.number
    copies = f.files[str(VerdictKind.DUPLICATE)]
    near, revised = kinds[VerdictKind.NEAR_DUPLICATE], kinds[VerdictKind.REVISION]
    yield (
        f"{counted(copies, 'file was an exact copy', 'files were exact copies')}, "
        f"{counted(near, 'document nearly the same', 'documents nearly the same')} as another, and "
        f"{counted(revised, 'revision')} of one received before."
    )
    withdrawn = sum(r.number for r in f.received if r.withdrawn)
    if withdrawn or f.erased:
        yield f"{counted(withdrawn, 'report was', 'reports were')} withdrawn, {f.erased:,} erased."


def of_reading(f: Facts) -> Iterator[str]:
    """How text was read from pages."""
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


def of_framework(f: Facts) -> str:
    """By what framework reports were coded."""
    dimensions = f.framework.dimensions
    codes = sum(len(d.codes) for d in dimensions)
    return (
        f"Reports were coded by the framework “{f.framework.title}” ({f.framework.framework_id}): "
        f"{counted(len(dimensions), 'dimension')} with {counted(codes, 'code')}."
    )


def of_coding(f: Facts, edition: Edition) -> Iterator[str]:
    """Who decided how much; coders are named in the internal edition alone."""
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
    if edition is Edition.INTERNAL and f.agreement.coders:
        yield f"Coders with independent answers: {', '.join(f.agreement.coders)}."


def of_audit(draws: Sequence[Draw]) -> Iterator[str]:
    """The audit samples that were drawn."""
    if not draws:
        yield _NO_AUDIT
        return
    sizes = "; ".join(f"{d.size} of {d.population} (seed {d.seed}, {d.drawn_at[:10]})" for d in draws)
    times = counted(len(draws), "draw")
    yield f"An audit sample was drawn at random, in {times}: {sizes}. It is coded blind."


def of_agreement(study: AgreementSummary) -> Iterator[str]:
    """How much was coded by several people independently."""
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


def of_adjudication(found: dict[str, int]) -> Iterator[str]:
    """How disagreements were settled."""
    if not found:
        yield "No disagreement was adjudicated on the review page."
        return
    total = sum(found.values())
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    reasons = "; ".join(f"{n} {reason} ({REASONS.get(reason, 'no meaning given')})" for reason, n in ordered)
    yield f"{counted(total, 'disagreement was', 'disagreements were')} adjudicated, by reason: {reasons}."


def of_suggestions(f: Facts) -> Iterator[str]:
    """How much was decided with suggestions in view."""
    total = sum(r.decisions for r in f.roles)
    if not f.agreement.assisted:
        yield "No decision was made with suggestions in view."
        return
    yield (
        f"{_share(f.agreement.assisted, total)} of all decisions were made by coders with suggestions in "
        "view. What a machine suggests enters no table: only what people decided does."
    )


def of_models(f: Facts) -> Iterator[str]:
    """What proposed codes, and how good it is."""
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
