"""The rows of a dataset's suggestions. Pure."""

from __future__ import annotations

from collections.abc import Callable

from ctg_nlp.dataset_rows import BETWEEN, Row, Whose, joined
from ctg_nlp.records import Suggestion


def suggestion_row(whose: Whose, stage: str, s: Suggestion, text: Callable[[str], str]) -> Row:
    """A suggestion in the order of `SUGGESTIONS`; `text` is what becomes of its words."""
    value = "" if s.value is None else str(s.value)
    pages = joined({e.page for e in s.evidence})
    quote = BETWEEN.join(text(e.quote) for e in s.evidence)
    return (
        *whose.cells, stage, s.dimension, s.code or "", int(s.suggested), value, round(s.score, 4),
        s.threshold, s.model_id, s.framework_id, pages, quote, len(s.held_back),
    )  # fmt: skip
