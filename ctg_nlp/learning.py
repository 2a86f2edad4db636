"""Models of a project: trained from its decisions, compared, promoted, retired. Composition.

Which model proposes is a fact of the store (`model_event`); what a model is lies in `models/<model_id>/`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ctg_nlp.decided import decided_reports
from ctg_nlp.errors import ModelError
from ctg_nlp.export.files import whole_file
from ctg_nlp.framework import Example, Framework
from ctg_nlp.framework_file import load_examples
from ctg_nlp.independence import sampled_reports
from ctg_nlp.logbook import log_of
from ctg_nlp.reaching import record_cut_offs
from ctg_nlp.records import DecidedReport
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import models as model_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.store.models import CHAMPION, RETIRED, TRAINED, ModelEvent
from ctg_nlp.suggest import model_files
from ctg_nlp.suggest.card import LEARNED, Card
from ctg_nlp.suggest.classifier import Classifier
from ctg_nlp.suggest.cues import CueRater
from ctg_nlp.suggest.make_card import make_card
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.suggest.thresholds import BETA
from ctg_nlp.suggest.training import LEAST_PRESENT, LEAST_REPORTS, VERSION, train

Said = frozenset[tuple[str, str, str]]
"""What is suggested: (report, dimension, code)."""


@dataclass(frozen=True, slots=True)
class Training:
    """What a training came to. `new` is false where the very same model was there already; `before` is the
    F-measure (with the β of thresholds) of what proposed until now, on the same folds of the same reports as
    `after`."""

    card: Card
    new: bool
    promoted: bool
    before_name: str
    before: float
    after: float
    common: int

    def in_words(self) -> str:
        """The outcome in a sentence."""
        if not self.new:
            return f"{self.card.model_id} was made from these very decisions already; nothing was changed."
        figures = (
            f"F{BETA} {self.after:.3f} against {self.before:.3f} of {self.before_name}, "
            f"each report judged by a model that did not see it ({self.common} reports)"
        )
        if self.promoted:
            return f"{self.card.model_id} learned from the decisions and proposes from now on: {figures}."
        return (
            f"{self.card.model_id} was kept but does not propose: {figures}. To use it all the same: "
            f"ctg models promote {self.card.model_id}"
        )


def train_model(
    store: Store, home: Home, *, now: str, who: str, seed: int = 0, leave_out: Collection[str] = ()
) -> Training:
    """Train a model from all decisions that stand, and promote it if it is better than what proposes now.

    Reports in `leave_out` (ids) and the audit sample are not seen: figures for the latter must come from a
    model that never learned from it. The same decisions, framework and seed make the same model.
    Raises `ModelError` where there are too few decisions.
    """
    begun, framework = time.perf_counter(), home.framework
    examples = load_examples(home.framework_source, framework)
    leave_out = frozenset(leave_out) | sampled_reports(store)
    reports = tuple(r for r in decided_reports(store, framework, leave_out) if r.passages)
    model_id = _model_id(framework, reports, examples, seed)
    folder = home.models / model_id
    with store.reading() as db:
        champion_id = model_store.champion(db, framework.framework_id)
        standing, _ = decision_store.learnable(db)
        known = {e.model_id for e in model_store.events(db)}
    left = _left_behind(folder)
    if left is not None and model_id in known:
        return Training(left, False, False, "", 0.0, left.totals.micro_f1, len(left.reports))
    card = left or _trained(home, reports, examples, model_id, now=now, seed=seed, leave_out=leave_out)
    training = _compared(home, card, reports, champion_id)
    if training.promoted:
        record_cut_offs(store, home, now=now, who=who)
    with store.transaction() as db:
        happened = ModelEvent(model_id, framework.framework_id, TRAINED, standing, now, who, "")
        model_store.add_event(db, happened)
        if training.promoted:
            why = f"F{BETA} {training.after:.4f} against {training.before:.4f} of {training.before_name}"
            model_store.add_event(db, replace(happened, state=CHAMPION, why=why))
        append(db, now, who, "model trained", model_id, {"proposes": int(training.promoted)})
    log_of(home).note(
        "training ended",
        model=model_id,
        proposes=training.promoted,
        reports=len(card.reports),
        seconds=time.perf_counter() - begun,
    )
    return training


def _left_behind(folder: Path) -> Card | None:
    """The card of a model whose files are there and whole: it was made before, or its training was killed
    after it wrote them and before it was noted."""
    try:
        return model_files.out_of_fold(folder)[0]
    except ModelError:
        return None


def unfinished_models(home: Home, known: Collection[str]) -> tuple[str, ...]:
    """Models whose files are there but of which the store does not know."""
    return tuple(sorted({p.parent.name for p in home.models.glob("*/*.*")} - set(known)))


def _trained(
    home: Home, reports: Sequence[DecidedReport], examples: Sequence[Example], model_id: str, *, now: str,
    seed: int, leave_out: Collection[str],
) -> Card:  # fmt: skip
    """Train a model and write its files, the card last. Raises `ModelError` for too few decisions."""
    framework, folder = home.framework, home.models / model_id
    trained = train(framework, reports, examples, model_id=model_id, seed=seed)
    if trained is None:
        raise ModelError(
            f"Decisions on {len(reports)} readable reports are too few to learn from. At least "
            f"{LEAST_REPORTS} are needed, and a code that is present on {LEAST_PRESENT} and absent on "
            f"{LEAST_PRESENT} of them. Until then the cues propose."
        )
    card = make_card(
        trained,
        framework,
        reports,
        made_at=now,
        seed=seed,
        libraries=model_files.libraries(),
        left_out=sorted(leave_out),
        examples=len(examples),
    )
    content = model_files.model_bytes(trained.classifier, trained.scores)
    card = replace(card, sha256=hashlib.sha256(content).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / model_files.FILE, binary=True) as file:
        file.write(content)
    with whole_file(folder / "card.json") as text:
        text.write(card.to_json())
    return card


def _model_id(
    framework: Framework, reports: Sequence[DecidedReport], examples: Sequence[Example], seed: int
) -> str:
    """Of all that the model's numbers depend on."""
    digest = hashlib.sha256()
    made_with = [VERSION, framework.framework_id, CueRater(framework).rater_id, seed, model_files.libraries()]
    digest.update(json.dumps(made_with, sort_keys=True).encode())
    for example in examples:
        digest.update(f"{example.dimension}|{example.codes}|{example.near}|{example.text}\n".encode())
    for r in sorted(reports, key=lambda r: r.report_id):
        shown = sorted((*key, sorted(places)) for key, places in r.marked.items())
        passages = [(p.page, p.start, p.end) for p in r.passages]
        said = [r.report_id, r.group_id, sorted(r.present), sorted(r.absent), shown, passages]
        digest.update(json.dumps(said).encode())
    return f"classifier-{VERSION}+{digest.hexdigest()[:8]}"


def _compared(home: Home, card: Card, reports: Sequence[DecidedReport], champion_id: str | None) -> Training:
    """The new model beside what proposes now, on the reports that both have seen, out-of-fold."""
    ours, codes = _suggested(home.models / card.model_id)
    theirs: Said = frozenset()
    common, name = set(card.reports), "the cues"
    if champion_id is not None:
        try:
            theirs, their_codes = _suggested(home.models / champion_id)
        except ModelError:
            champion_id = None  # it cannot propose any more, so it need not be beaten
        else:
            common &= set(model_files.load_card(home.models / champion_id).reports)
            codes, name = codes & their_codes, champion_id
    if champion_id is None:
        theirs = _by_cues(home.framework, [r for r in reports if r.report_id in common])
    judged = [r for r in reports if r.report_id in common]
    after, before = _f_measure(ours, judged, codes), _f_measure(theirs, judged, codes)
    # With nothing in common the new model knows more decisions, and nothing speaks for the old one.
    better = after > before or not judged
    return Training(card, True, better, name, before, after, len(judged))


def _suggested(folder: Path) -> tuple[Said, set[tuple[str, str]]]:
    """What a model suggested of the reports it was trained on, out-of-fold, and the codes that it learned."""
    card, scores = model_files.out_of_fold(folder)
    learned = [c for c in card.codes if c.state == LEARNED]
    said = {
        (report, c.dimension, c.code)
        for report, row in zip(card.reports, scores.tolist(), strict=True)
        for c, score in zip(learned, row, strict=True)
        if score >= (c.threshold or 0.0)
    }
    return frozenset(said), {(c.dimension, c.code) for c in learned}


def _by_cues(framework: Framework, reports: Sequence[DecidedReport]) -> Said:
    proposer = Proposer(framework)
    return frozenset(
        (r.report_id, s.dimension, s.code)
        for r in reports
        for s in proposer.propose(r.report_id, r.passages)
        if s.suggested and s.code is not None
    )


def _f_measure(said: Said, reports: Sequence[DecidedReport], codes: Collection[tuple[str, str]]) -> float:
    """Over all decided codes together, with the β that thresholds are chosen by."""
    right = wrong = missed = 0
    for r in reports:
        for key in codes:
            suggested = (r.report_id, *key) in said
            right += suggested and key in r.present
            wrong += suggested and key in r.absent
            missed += not suggested and key in r.present
    weighed = (1 + BETA**2) * right
    return weighed / (weighed + wrong + BETA**2 * missed) if right else 0.0


def champion(store: Store, home: Home) -> Classifier | None:
    """The model that proposes in this project, loaded; None where the cues alone do. Raises `ModelError`."""
    with store.reading() as db:
        model_id = model_store.champion(db, home.framework.framework_id)
    if model_id is None:
        return None
    return model_files.load(home.models / model_id, home.framework.framework_id)


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model as a list shows it. `state` is champion, trained, retired, or missing (its folder is gone)."""

    model_id: str
    state: str
    framework_id: str
    made_at: str
    reports: int
    decisions: int
    learned: int
    micro_f1: float
    mean_average_precision: float
    calibration_error: float


def model_lines(store: Store, home: Home) -> tuple[ModelLine, ...]:
    """All models of the project, oldest first."""
    with store.reading() as db:
        happened = model_store.events(db)
        champions = {f: model_store.champion(db, f) for f in {e.framework_id for e in happened}}
    return tuple(_lines(happened, champions, home))


def _lines(
    happened: Sequence[ModelEvent], champions: dict[str, str | None], home: Home
) -> Iterator[ModelLine]:
    states = {e.model_id: e for e in happened}
    for model_id, last in states.items():
        state = last.state if last.state == RETIRED else TRAINED
        state = CHAMPION if champions[last.framework_id] == model_id else state
        try:
            card = model_files.load_card(home.models / model_id)
        except ModelError:
            yield ModelLine(model_id, "missing", last.framework_id, "", 0, last.decisions, 0, 0.0, 0.0, 0.0)
            continue
        learned, totals = sum(c.state == LEARNED for c in card.codes), card.totals
        yield ModelLine(
            model_id, state, card.framework_id, card.made_at, len(card.reports), card.decisions, learned,
            totals.micro_f1, totals.mean_average_precision, totals.calibration_error,
        )  # fmt: skip


def card_of(home: Home, model_id: str) -> Card:
    """The card of one of the project's models. Raises `ModelError` where there is none of that name."""
    known = sorted(p.parent.name for p in home.models.glob("*/card.json"))
    if model_id not in known:
        names = ", ".join(known) or "none"
        raise ModelError(f"There is no model {model_id}; the models of this project are: {names}.")
    return model_files.load_card(home.models / model_id)


def promote(store: Store, home: Home, model_id: str, *, now: str, who: str, why: str) -> Card:
    """Make a model the one that proposes. Raises `ModelError` where it cannot be used."""
    card = card_of(home, model_id)
    model_files.load(home.models / model_id, home.framework.framework_id)
    record_cut_offs(store, home, now=now, who=who)
    _note(store, card.model_id, card.framework_id, CHAMPION, now, who, why)
    return card


def retire(store: Store, home: Home, model_id: str, *, now: str, who: str, why: str) -> bool:
    """Make a model propose no more; its files stay. Returns whether it proposed until now.

    Raises `ModelError` where there is no such model.
    """
    with store.reading() as db:
        known = {e.model_id: e.framework_id for e in model_store.events(db)}
        proposed = model_store.champion(db, known.get(model_id, ""))
    if model_id not in known:
        names = ", ".join(known) or "none"
        raise ModelError(f"There is no model {model_id}; the models of this project are: {names}.")
    if proposed == model_id:
        record_cut_offs(store, home, now=now, who=who)
    _note(store, model_id, known[model_id], RETIRED, now, who, why)
    return proposed == model_id


def _note(store: Store, model_id: str, framework_id: str, state: str, now: str, who: str, why: str) -> None:
    with store.transaction() as db:
        standing, _ = decision_store.learnable(db)
        model_store.add_event(db, ModelEvent(model_id, framework_id, state, standing, now, who, why))
        append(db, now, who, "model promoted" if state == CHAMPION else "model retired", model_id)


def training_in_words(store: Store, home: Home, *, now: str, who: str, seed: int = 0) -> str:
    """Train a model and say what came of it in a sentence, also where there are too few decisions."""
    try:
        return train_model(store, home, now=now, who=who, seed=seed).in_words()
    except ModelError as error:
        return str(error)


def retrain_if_due(store: Store, home: Home, *, now: str) -> str:
    """Train where that is due. Returns what came of it in a sentence, empty where it was not due."""
    return training_in_words(store, home, now=now, who="the batch") if is_due(store, home) else ""


def is_due(store: Store, home: Home) -> bool:
    """Whether enough decisions have come in since a model was last trained to train another: of those that
    it may learn from.

    Never where the setting `retrain_after` is 0, or decisions are on too few reports to learn from.
    """
    if home.retrain_after == 0:
        return False
    with store.reading() as db:
        happened = model_store.events(db, home.framework.framework_id)
        seen = max((e.decisions for e in happened if e.state == TRAINED), default=0)
        if decision_store.last_decision(db) - seen < home.retrain_after:
            return False  # there are not more than that, and counting millions takes its time
        standing, decided = decision_store.learnable(db)
    return decided >= LEAST_REPORTS and standing - seen >= home.retrain_after
