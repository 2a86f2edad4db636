"""What may stand in the values that a file from elsewhere brings, whatever its form."""

from __future__ import annotations

import re
from typing import Any

NO_TEXT = re.compile("[\0\ud800-\udfff]")  # what no database keeps and no file can hold
_DEEPEST = 50


def wrong_with(data: Any) -> str:
    """What is wrong with a value as JSON gives it, in a sentence without its stop; empty where nothing is."""
    waiting = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST:
            return f"it is nested deeper than {_DEEPEST} levels"
        if isinstance(value, str) and NO_TEXT.search(value):
            return "it holds a sign that is no text (a NUL, or half of a surrogate pair)"
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
    return ""
