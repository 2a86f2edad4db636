"""Files with a JSON object a line, as all exports are written and taken in again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ctg_nlp.errors import DecisionsError
from ctg_nlp.given_values import wrong_with


def numbered_lines(path: Path) -> tuple[tuple[int, str], ...]:
    """The lines that hold anything, each with its number from 1. Only a line break ends a line: other signs
    that `splitlines` takes for one, as U+2028, stand within texts. Raises `DecisionsError` for a file that
    cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DecisionsError(f"{path} cannot be read: {error}.") from error
    return tuple((n, line) for n, line in enumerate(lines, 1) if line.strip())


def json_line(text: str) -> Any:
    """What a line holds. Raises `ValueError` where it is no JSON, and `DecisionsError` where it holds what
    cannot be kept."""
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise DecisionsError("it is nested too deep") from error
    if wrong := wrong_with(data):
        raise DecisionsError(wrong)
    return data


def said_of_line(error: ValueError) -> str:
    """What is wrong with a line that is no JSON, or not of the form that was expected, in a sentence."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg']}." if where else f"{first['msg']}."
    return f"This is no line of a JSON file: {error}."
