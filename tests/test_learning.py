"""What learning is made of: vocabularies, rules that are only likely, thresholds, training, models as files."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from ctg_nlp.decided import places
from ctg_nlp.errors import FrameworkError, ModelError
from ctg_nlp.framework import Code, Dimension, Example, Follows, Framework
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.records import BlockKind, DecidedReport, Passage, Span
from ctg_nlp.suggest import model_files
from ctg_nlp.suggest.card import LEARNED, TOO_FEW, Card
from ctg_nlp.suggest.counting import fit_counting
from ctg_nlp.suggest.follows import counts, rule_score
from ctg_nlp.suggest.joining import fit_joiner
from ctg_nlp.suggest.language import english, flatten
from ctg_nlp.suggest.make_card import make_card
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.suggest.thresholds import best_threshold, code_thresholds
from ctg_nlp.suggest.training import Trained, fold_of, learnable, train
from ctg_nlp.suggest.vocabulary import Vocabulary

SEED = 7
FRUIT = Framework(
    id="fruit",
    version="1",
    title="Fruit",
    framework_id="fruit@1+0",
    dimensions=(
        Dimension(
            id="kind",
            title="Kind",
            kind="multi",
            codes=(Code("apple", "Apple"), Code("pear", "Pear"), Code("rare", "Rare")),
        ),
    ),
)
SAID = {
    "apple": "The {} orchard gave us crisp apples for the cider press.",
    "pear": "A {} pear tree leaned on the garden wall and ripened late.",
}
OTHER = "We counted the {} tools in the shed. The {} gate was painted. Rain fell on {} days."


def fruit_report(number: int, codes: Sequence[str]) -> DecidedReport:
    """A report that says what it has in one sentence each, among others, with a word of its own in all."""
    chance = random.Random(number)
    own = f"word{number}"
    said = [s.strip() + "." for s in OTHER.format(own, own, own).split(".") if s.strip()]
    said += [SAID[c].format(own) for c in codes if c in SAID]
    chance.shuffle(said)
    passages, at, marked = [], 0, {}
    for i, text in enumerate(said):
        passages.append(Passage(1, at, at + len(text), BlockKind.PARAGRAPH, text))
        at += len(text) + 1
        for c in codes:
            if c in SAID and text == SAID[c].format(own):
                marked["kind", c] = frozenset({i})
    every = {("kind", c.id) for c in FRUIT.dimensions[0].codes}
    present = frozenset(("kind", c) for c in codes)
    return DecidedReport(
        report_id=f"{number:064x}",
        name=f"r{number}.pdf",
        group_id=f"G{number}",
        passages=tuple(passages),
        present=present,
        absent=frozenset(every - present),
        marked=marked,
        quotes={},
        values={},
        decisions=3,
    )


def fruit_reports(n: int = 24) -> list[DecidedReport]:
    return [fruit_report(i, [c for c, k in (("apple", 2), ("pear", 3)) if i % k == 0]) for i in range(n)]


def trained(reports: Sequence[DecidedReport]) -> Trained:
    found = train(FRUIT, reports, (), model_id="m", seed=SEED)
    assert found is not None
    return found


def card_of(made: Trained, reports: Sequence[DecidedReport]) -> Card:
    return make_card(
        made, FRUIT, reports, made_at="now", seed=SEED, libraries=model_files.libraries(), left_out=(),
        examples=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fruit() -> Trained:
    return trained(fruit_reports())


# Faces made of colons, and quotation marks in a row, are the only things that spaCy sees across blanks.
@settings(deadline=None)  # the first text waits for spaCy's start
@given(st.text(alphabet='aB’"-–/.,!?()£% 9\n\téDrn', max_size=80))
def test_a_text_is_cut_into_the_tokens_of_spacy(text: str) -> None:
    assume(not re.search(r"[’\"]\s*[’\"]", text))
    plain = text.translate({0x2019: "'", 0x2013: "-"})
    expected = [t.lower_ for t in english().make_doc(plain) if not t.is_space]
    flat = flatten(text)
    assert flat.text.split() == expected
    assert [plain[a:b].lower() for a, b in flat.spans] == expected


TEXTS = [
    "Reading improved a lot.",
    "The pupils were reading more; reading is fun!",
    "Maths did not.",
    "",
    "x",
]


@pytest.mark.parametrize("kind", ["words", "letters", "headings", "wording"])
def test_rows_of_a_vocabulary_are_those_of_scikit_learn(kind: str) -> None:
    from ctg_nlp.suggest.vocabulary import _ITEMS

    ours = Vocabulary.fitted(kind, TEXTS, least=1)
    theirs = TfidfVectorizer(sublinear_tf=True, **_ITEMS[kind]).fit(TEXTS)
    said = [*TEXTS, "Reading, READING and writing – improved?", "a  tab\tand ünïcode"]
    assert np.allclose(ours.matrix(said).toarray(), theirs.transform(said).toarray(), atol=1e-6)


def test_texts_without_a_common_item_make_a_vocabulary_that_matches_nothing() -> None:
    empty = Vocabulary.fitted("words", ["one", "two"], least=2)
    assert empty.matrix(["one", "two"]).shape == (2, 0)
    assert empty.matrix([]).shape == (0, 0)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_the_chances_of_all_counts_add_up_to_one(chances: list[float]) -> None:
    distribution = counts(chances)
    assert len(distribution) == len(chances) + 1
    assert sum(distribution) == pytest.approx(1)
    assert sum(k * p for k, p in enumerate(distribution)) == pytest.approx(sum(chances))


def test_a_rule_holds_as_likely_as_its_count_is_in_range() -> None:
    code = Code("few", "Few", follows=(Follows("evidence", min=1, max=2),))
    assert rule_score(code, {"evidence": {"a": 1.0, "b": 1.0, "c": 0.0}}) == pytest.approx(1)
    assert rule_score(code, {"evidence": {"a": 1.0, "b": 1.0, "c": 1.0}}) == pytest.approx(0)
    assert rule_score(code, {"evidence": {"a": 0.5, "b": 0.0}}) == pytest.approx(0.5)
    assert rule_score(code, {}) == pytest.approx(0)


pairs = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.4, 0.6, 0.8, 0.9]), st.booleans()), max_size=30)


@given(pairs, st.sampled_from([0.5, 0.7, 1.0]))
def test_no_other_threshold_gives_a_higher_f_measure(items: list[tuple[float, bool]], beta: float) -> None:
    scores, present = np.array([s for s, _ in items]), np.array([p for _, p in items], dtype=bool)

    def measure(at: float) -> float:
        said = scores >= at
        return (1 + beta**2) * (said & present).sum() / max(said.sum() + beta**2 * present.sum(), 1e-9)

    chosen = best_threshold(scores, present, beta)
    assert 0 < chosen < 1
    assert measure(chosen) >= max((measure(t) for t in (0.05, 0.15, 0.3, 0.5, 0.7, 0.85)), default=0) - 1e-9


def test_a_rare_code_is_kept_near_the_threshold_of_all() -> None:
    generator = np.random.default_rng(0)
    present = generator.random((200, 2)) < [0.5, 0.02]
    present[0] = True
    scores = np.clip(0.5 * present + 0.5 * generator.random(present.shape), 0, 1)
    scores[:, 1] = np.where(present[:, 1], 0.9, 0.1)  # its own best lies far up
    decided = np.ones_like(present)
    common = best_threshold(scores[decided], present[decided])
    chosen = code_thresholds(scores, present, decided)
    assert abs(chosen[1] - common) < 0.2


def test_what_coders_marked_is_learned_and_found_on_reports_not_seen(fruit: Trained) -> None:
    proposer = Proposer(FRUIT, fruit.classifier)
    for number, codes in ((101, ["apple"]), (102, ["pear"]), (103, ["apple", "pear"]), (104, [])):
        report = fruit_report(number, codes)
        found = {s.code: s for s in proposer.propose("r", report.passages)}
        assert {c for c in ("apple", "pear") if found[c].suggested} == set(codes)
        for c in codes:
            best = found[c].evidence[0]
            assert best.quote == SAID[c].format(f"word{number}")
            assert set(best.because) <= set(best.quote.replace(".", "").split()) and best.because
            assert [o.rater for o in found[c].opinions] == ["m"]
            assert found[c].opinions[0].says


def test_boosted_trees_wait_for_no_other_thread_where_another_process_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []

    def noting(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            seen.append((real.__name__, _openmp_effective_n_threads()))
            return real(*given)

        return call

    for name in ("fit", "predict_proba"):
        real = getattr(HistGradientBoostingClassifier, name)
        monkeypatch.setattr(HistGradientBoostingClassifier, name, noting(real))
    features = np.arange(200.0).reshape(100, 2)
    fit_joiner(features, features[:, 0] > 90, seed=0).chance(features)
    assert seen == [("fit", 1), ("predict_proba", 1)]


def test_a_code_without_enough_decisions_is_left_to_the_cues_and_the_card_says_so(fruit: Trained) -> None:
    reports = fruit_reports()
    assert learnable(FRUIT, reports) == (("kind", "apple"), ("kind", "pear")) == fruit.classifier.codes
    states = {c.code: c.state for c in card_of(fruit, reports).codes}
    assert states == {"apple": LEARNED, "pear": LEARNED, "rare": TOO_FEW}


def test_too_few_reports_teach_nothing() -> None:
    assert train(FRUIT, fruit_reports(7), (), model_id="m") is None
    nothing = [fruit_report(i, []) for i in range(20)]
    assert train(FRUIT, nothing, (), model_id="m") is None


def test_decisions_without_any_evidence_teach_nothing_and_it_is_said_in_words() -> None:
    bare = [replace(r, marked={}) for r in fruit_reports()]
    with pytest.raises(ModelError, match="passages are needed that coders gave as evidence"):
        train(FRUIT, bare, (), model_id="m")


def test_a_report_without_any_passage_ends_no_training() -> None:
    reports = fruit_reports()
    reports[3] = replace(reports[3], passages=(), marked={})
    assert trained(reports).scores.shape[0] == len(reports)


def test_the_same_decisions_make_the_same_model(fruit: Trained) -> None:
    again = trained(fruit_reports())
    assert np.array_equal(again.scores, fruit.scores)
    assert again.classifier.thresholds == fruit.classifier.thresholds


def test_out_of_fold_scores_do_not_rest_on_the_report_itself() -> None:
    """Labels without any reason in the texts can be learned by heart, but not foretold."""
    chance = random.Random(3)
    reports = []
    for i in range(60):
        plain = fruit_report(i, [])
        if chance.random() < 0.5:
            plain = replace(
                plain,
                present=frozenset({("kind", "apple")}),
                absent=frozenset({("kind", "pear"), ("kind", "rare")}),
                marked={("kind", "apple"): frozenset({0})},
            )
        reports.append(plain)
    made = trained(reports)
    present = np.array([("kind", "apple") in r.present for r in reports])
    gap = made.scores[present, 0].mean() - made.scores[~present, 0].mean()
    assert abs(gap) < 0.15


def test_a_group_stays_in_its_fold_whatever_else_there_is() -> None:
    reports = fruit_reports()
    assert [fold_of(r) for r in reports] == [fold_of(replace(r, report_id="x", name="y")) for r in reports]
    assert len({fold_of(r) for r in reports}) == 5


def test_an_undecided_code_is_neither_taught_nor_judged() -> None:
    reports = fruit_reports()
    silent = [
        replace(r, absent=r.absent - {("kind", "apple")}) if i % 4 == 1 else r for i, r in enumerate(reports)
    ]
    card = card_of(trained(silent), silent)
    (apple,) = [c for c in card.codes if c.code == "apple"]
    assert (apple.present, apple.absent) == (12, 6)


def saved(folder: Path, made: Trained) -> Path:
    import hashlib

    content = model_files.model_bytes(made.classifier, made.scores)
    card = replace(card_of(made, fruit_reports()), sha256=hashlib.sha256(content).hexdigest())
    (folder / "classifier.skops").write_bytes(content)
    (folder / "card.json").write_text(card.to_json(), encoding="utf-8")
    return folder


def test_a_model_read_from_its_files_says_what_the_one_written_said(tmp_path: Path, fruit: Trained) -> None:
    read = model_files.load(saved(tmp_path, fruit), FRUIT.framework_id)
    report = fruit_report(200, ["pear"])
    before = Proposer(FRUIT, fruit.classifier).propose("r", report.passages)
    assert Proposer(FRUIT, read).propose("r", report.passages) == before
    card, scores = model_files.out_of_fold(tmp_path)
    assert np.array_equal(scores, fruit.scores) and card.reports == fruit.report_ids


def test_a_model_that_cannot_be_used_says_the_cure(tmp_path: Path, fruit: Trained) -> None:
    saved(tmp_path, fruit)
    with pytest.raises(ModelError, match=r"framework fruit@1\+0.*ctg train"):
        model_files.load(tmp_path, "other@1+0")
    with pytest.raises(ModelError, match="no model in .*ctg train"):
        model_files.load(tmp_path / "none", FRUIT.framework_id)
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    for change, said in (
        ({"libraries": {"scikit-learn": "0.1.2"}}, r"made with scikit-learn 0\.1\.2.*ctg train"),
        ({"sha256": "0" * 64}, "not the file that its card tells of"),
        ({"calibration": None}, "cannot be read"),
    ):
        (tmp_path / "card.json").write_text(json.dumps({**card, **change}), encoding="utf-8")
        with pytest.raises(ModelError, match=said):
            model_files.load(tmp_path, FRUIT.framework_id)


def test_a_file_that_holds_anything_but_a_model_is_not_loaded(tmp_path: Path, fruit: Trained) -> None:
    import hashlib
    import operator

    saved(tmp_path, fruit)
    bad = skops.io.dumps({"words": operator.methodcaller("x")})
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    (tmp_path / "classifier.skops").write_bytes(bad)
    changed = {**card, "sha256": hashlib.sha256(bad).hexdigest()}
    (tmp_path / "card.json").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(ModelError, match="not loaded"):
        model_files.load(tmp_path, FRUIT.framework_id)


def test_evidence_that_runs_over_passages_marks_each_that_has_a_fair_share() -> None:
    passages = [
        Passage(1, 0, 40, BlockKind.PARAGRAPH, "a" * 40),
        Passage(1, 41, 81, BlockKind.PARAGRAPH, "b" * 40),
    ]
    assert places([Span(1, 10, 70)], passages) == {0, 1}
    assert places([Span(1, 0, 43)], passages) == {0}
    assert places([Span(2, 0, 43)], passages) == set()


def test_the_examples_of_the_bundled_framework_are_read_and_teach_what_counts(ctg: Framework) -> None:
    examples = load_examples("ctg", ctg)
    assert len(examples) > 5000
    judge = fit_counting(examples, seed=0)
    planned, done = judge.log_odds(
        ["We hope to survey the parents next year.", "We surveyed the parents in June and 41 replied."]
    )
    assert planned > done
    assert fit_counting(examples[:20], seed=0).log_odds(["We hope to."]).tolist() == [0.0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"dimension": "a", "text": "t", "codes": ["z"]}', "line 2: there is no code z in a"),
        ('{"dimension": "b", "text": "t"}', "line 2: there is no such dimension"),
        ('{"dimension": "a", "text": "t", "colour": "red"}', "line 2: Unexpected keyword argument"),
        ('{"dimension": "a", "text": "t", "codes": ["x"], "near": ["x"]}', "line 2: a code is in"),
        ("no json", "line 2: Invalid JSON"),
    ],
)
def test_a_wrong_example_is_told_by_its_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "f.yaml").write_text(
        "id: f\nversion: '1'\ntitle: F\nexamples: e.jsonl\n"
        "dimensions: [{id: a, title: A, kind: multi, codes: [{id: x, label: X}]}]\n",
        encoding="utf-8",
    )
    (tmp_path / "e.jsonl").write_text('{"dimension": "a", "text": "t"}\n' + line, encoding="utf-8")
    framework = load_framework(tmp_path / "f.yaml")
    with pytest.raises(FrameworkError, match=said):
        load_examples(tmp_path / "f.yaml", framework)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["Crisp apples for cider.", "A pear tree.", "Rain.", "x", "–"]), max_size=6))
def test_whatever_a_report_says_scores_and_quotes_keep_their_bounds(texts: list[str]) -> None:
    passages, at = [], 0
    for text in texts:
        passages.append(Passage(1, at, at + len(text), BlockKind.PARAGRAPH, text))
        at += len(text) + 1
    for s in Proposer(FRUIT, _model().classifier).propose("r", passages):
        assert 0 <= s.score <= 1
        assert all(e.quote in texts for e in s.evidence)


_MADE: list[Trained] = []


def _model() -> Trained:
    if not _MADE:
        _MADE.append(trained(fruit_reports()))
    return _MADE[0]


def test_an_example_says_nothing_of_codes_that_have_no_examples() -> None:
    from ctg_nlp.suggest.training import _example_labels

    codes = (("kind", "apple"), ("kind", "pear"), ("kind", "rare"))
    labels = _example_labels(
        codes, [Example("kind", "a", ("apple",)), Example("kind", "b", (), ("pear",), "planned")]
    )
    assert labels.shows.tolist() == [[True, False, False], [False, False, False]]
    assert labels.near.tolist() == [[False, False, False], [False, True, False]]
    assert labels.other.tolist() == [[False, True, False], [True, False, False]]
