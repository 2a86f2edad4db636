"""The raters that a site has added by its settings, and what they did not say.

Composition. Neither rater, nor what it needs, is imported unless it is configured.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from ctg_nlp.errors import HomeError
from ctg_nlp.framework_file import load_examples
from ctg_nlp.records import Suggestion
from ctg_nlp.settings import Home
from ctg_nlp.suggest.rater import Rater

_SILENT = "{rater} said nothing{of}; the next run asks again."
_SILENCE = re.compile(r" ?\S+ said nothing(?: of [^;]*)?; the next run asks again\.")

KEY = "CTG_LANGUAGE_MODEL_KEY"
"""The environment variable of the language model's key. It is no setting, since those are in a file."""


@runtime_checkable
class MayBeSilent(Protocol):
    """A rater that may fail to answer on a dimension: then it rates no code of it."""

    @property
    def rater_id(self) -> str: ...  # noqa: D102

    @property
    def dimensions(self) -> frozenset[str]:
        """Those on which it is asked."""
        ...

    def warnings(self) -> tuple[tuple[str, str], ...]:
        """What people should know of how it went, as (what, why)."""
        ...


def raters_of(home: Home) -> tuple[Rater, ...]:
    """The optional raters of a home; none by default.

    Raises `HomeError` for a folder or address that cannot be used, and `MissingTool` without the package.
    """
    return (*_embeddings(home), *_language_model(home))


def _embeddings(home: Home) -> Iterator[Rater]:
    if home.embeddings is None:
        return
    from ctg_nlp.suggest.embedding_rater import LEAST_EXAMPLES, EmbeddingRater, rated_codes
    from ctg_nlp.suggest.local_encoder import LocalEncoder

    encoder = LocalEncoder(home.embeddings)
    examples = load_examples(home.framework_source, home.framework)
    if not rated_codes(home.framework, examples):
        raise HomeError(
            f"The setting `embeddings` needs examples, and the framework {home.framework.id} has no code "
            f"with {LEAST_EXAMPLES} or more. Name a file of them in it (examples: FILE.jsonl), or empty the "
            "setting."
        )
    yield EmbeddingRater(home.framework, examples, encoder, encoder.encoder_id, home.vectors)


def _language_model(home: Home) -> Iterator[Rater]:
    if not home.language_model:
        return
    from ctg_nlp.suggest.chat_endpoint import ChatEndpoint
    from ctg_nlp.suggest.language_model_rater import LanguageModelRater

    endpoint = ChatEndpoint(
        base=home.language_model,
        model=home.language_model_name,
        seconds=home.language_model_seconds,
        remote=home.language_model_remote,
        key=os.environ.get(KEY, "").strip(),
    )
    yield LanguageModelRater(home.framework, endpoint)


def silences(raters: Sequence[Rater], suggestions: Sequence[Suggestion]) -> tuple[str, ...]:
    """For each rater that did not answer on all dimensions of a report a sentence that names them."""
    heard = {(opinion.rater, s.dimension) for s in suggestions for opinion in s.opinions}
    found = []
    for rater in raters:
        if isinstance(rater, MayBeSilent):
            silent = sorted(d for d in rater.dimensions if (rater.rater_id, d) not in heard)
            if silent:
                of = f" of {', '.join(silent)}" if len(silent) < len(rater.dimensions) else ""
                found.append(_SILENT.format(rater=rater.rater_id, of=of))
    return tuple(found)


def without_silences(warnings: str) -> str:
    """The warnings of a report without what `silences` added: when it is proposed for again, that is past."""
    return _SILENCE.sub("", warnings).strip()


def warnings_of(raters: Sequence[Rater]) -> tuple[tuple[str, str], ...]:
    """What people should know of how the raters did, as (what, why)."""
    return tuple(w for rater in raters if isinstance(rater, MayBeSilent) for w in rater.warnings())
