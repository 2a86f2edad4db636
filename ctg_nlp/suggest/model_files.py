"""A classifier as files: `classifier.skops` with its numbers, `card.json` with all that people may read.

Nothing is pickled. skops builds only types of scikit-learn, numpy and scipy that it trusts, and those that
are named here; a file that holds anything else is refused.
"""

from __future__ import annotations

import hashlib
import platform
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from ctg_nlp.errors import ModelError
from ctg_nlp.suggest.card import LEARNED, Card, read_card
from ctg_nlp.suggest.classifier import Classifier, Curve
from ctg_nlp.suggest.counting import Counting
from ctg_nlp.suggest.joining import Codes, Floats, Joiner
from ctg_nlp.suggest.passage_model import PassageModel
from ctg_nlp.suggest.passage_text import PassageText
from ctg_nlp.suggest.vocabulary import Vocabulary

FILE = "classifier.skops"
_TRUSTED = [  # parts of boosted trees that not every version of skops trusts by itself: numbers, no code
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
]
_MUST_AGREE = ("scikit-learn",)
_JOINER = ("trees", "scale", "linear")
_BETWEEN = "\n"  # stands in no item: all are cut at blanks


def libraries() -> dict[str, str]:
    """The versions that a model's numbers depend on."""
    return {"python": platform.python_version()} | {
        name: version(name) for name in ("ctg_nlp", "scikit-learn", "numpy", "scipy", "skops", "spacy")
    }


def model_bytes(classifier: Classifier, out_of_fold: Floats) -> bytes:
    """The content of a model's file. `out_of_fold` are the scores of a training, for later comparison."""
    parts = {
        **{name: _plain(getattr(classifier.text, name)) for name in ("words", "letters", "headings")},
        "weights": classifier.words.weights,
        "offsets": classifier.words.offsets,
        "wording": _plain(classifier.counting.wording),
        "counting": classifier.counting.weights,
        "counting_offset": classifier.counting.offset,
        "dimension": classifier.known.dimension,
        "prevalence": classifier.known.prevalence,
        "passage_joiner": [getattr(classifier.passage_joiner, name) for name in _JOINER],
        "report_joiner": [getattr(classifier.report_joiner, name) for name in _JOINER],
        "out_of_fold": out_of_fold,
    }
    return bytes(skops.io.dumps(parts, compression=zipfile.ZIP_DEFLATED))


def _plain(vocabulary: Vocabulary) -> list[Any]:
    return [vocabulary.kind, _BETWEEN.join(vocabulary.terms), vocabulary.idf]


def _vocabulary(plain: list[Any]) -> Vocabulary:
    kind, terms, idf = plain
    return Vocabulary(kind, terms.split(_BETWEEN) if terms else (), idf)


def load(folder: Path, framework_id: str) -> Classifier:
    """The classifier in a folder. Raises `ModelError` saying what is wrong with it and the cure."""
    card = load_card(folder)
    if card.framework_id != framework_id:
        raise ModelError(
            f"The model {card.model_id} was made for the framework {card.framework_id}, and this project has "
            f"{framework_id}. Train one for it: ctg train"
        )
    parts = _parts(folder, card)
    learned = [c for c in card.codes if c.state == LEARNED]
    codes = tuple((c.dimension, c.code) for c in learned)
    return Classifier(
        model_id=card.model_id,
        framework_id=card.framework_id,
        codes=codes,
        text=PassageText(*(_vocabulary(parts[name]) for name in ("words", "letters", "headings"))),
        words=PassageModel(codes, parts["weights"], parts["offsets"]),
        counting=Counting(_vocabulary(parts["wording"]), parts["counting"], parts["counting_offset"]),
        known=Codes(parts["dimension"], parts["prevalence"]),
        passage_joiner=Joiner(*parts["passage_joiner"]),
        report_joiner=Joiner(*parts["report_joiner"]),
        following=Curve(*card.following),
        calibration=Curve(*card.calibration),
        thresholds=tuple(c.threshold if c.threshold is not None else 0.5 for c in learned),
        words_threshold=card.words_threshold,
    )


def out_of_fold(folder: Path) -> tuple[Card, Floats]:
    """A model's card and its out-of-fold scores (reports, learned codes). Raises `ModelError`."""
    card = load_card(folder)
    return card, np.asarray(_parts(folder, card)["out_of_fold"])


def load_card(folder: Path) -> Card:
    """The card of the model in a folder. Raises `ModelError` where there is none."""
    try:
        return read_card(folder)
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no model in {folder}. Put it back from a backup, or train one: ctg train"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'card.json'} cannot be read ({error}). Train anew: ctg train") from error


def _parts(folder: Path, card: Card) -> dict[str, Any]:
    """What the model's file holds, after it was seen to be the one the card tells of."""
    now = libraries()
    for name in _MUST_AGREE:
        made_with = card.libraries.get(name, "an unknown version")
        if _minor(made_with) != _minor(now[name]):
            raise ModelError(
                f"The model {card.model_id} was made with {name} {made_with}; here is {now[name]}, which may "
                f"read it differently. Train anew: ctg train; or install {name}=={made_with}."
            )
    try:
        content = (folder / FILE).read_bytes()
        if hashlib.sha256(content).hexdigest() != card.sha256:
            raise ModelError(
                f"{folder / FILE} is not the file that its card tells of. Put it back from a backup, or "
                "train anew: ctg train"
            )
        parts: dict[str, Any] = skops.io.loads(content, trusted=_TRUSTED)
    except OSError as error:
        raise ModelError(
            f"{folder / FILE} cannot be read: {error.strerror}. Train anew: ctg train"
        ) from error
    except UntrustedTypesFoundException as error:
        raise ModelError(
            f"{folder / FILE} holds what no model of ctg_nlp has, and was not loaded."
        ) from error
    return parts


def _minor(said: str) -> str:
    return ".".join(said.split(".")[:2])
