"""Signs that a file gives and no text should have: what all ways of reading drop or replace."""

from __future__ import annotations

import re

_LIGATURES = str.maketrans(
    {
        **{"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"},
        **{"\u00ad": "", "\u200b": "", "\ufeff": ""},  # soft hyphen, zero-width space, byte order mark
        **{"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "•"},  # bullets of Symbol and Wingdings
    }
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd-\uffff\ud800-\udfff]")


def cleaned(word: str) -> str:
    """The word without control signs and halves of pairs, with its ligatures taken apart; perhaps empty."""
    return _CONTROL.sub("", word.translate(_LIGATURES))
