"""JSON of other tools, read with care."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ctg_nlp.errors import ExchangeError
from ctg_nlp.exchange.offsets import decoded
from ctg_nlp.export.files import whole_file

_MOST = 1 << 30  # bytes


def read_json(path: Path) -> Any:
    """What a JSON file holds, in UTF-8 or UTF-16. Raises `ExchangeError` where it cannot be read."""
    try:
        if path.stat().st_size > _MOST:
            raise ExchangeError(f"{path.name} is too large to be read: more than {_MOST >> 20} MB.")
        return json.loads(decoded(path.read_bytes()))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ExchangeError(f"{path.name} cannot be read as JSON: {str(error)[:200]}.") from error


def write_list(path: Path, items: Iterable[Any]) -> int:
    """A JSON list, an item at a time. Returns how many there are."""
    count = 0
    with whole_file(path) as file:
        file.write("[")
        for item in items:
            file.write((",\n" if count else "\n") + json.dumps(item, ensure_ascii=False))
            count += 1
        file.write("\n]\n")
    return count


def write_json(path: Path, value: Any) -> None:
    """One JSON value."""
    with whole_file(path) as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.write("\n")


def text(data: Any, *keys: str) -> str:
    """The first of these keys that holds a text or a number, as a text; else an empty one."""
    for key in keys:
        value = data.get(key) if isinstance(data, dict) else None
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def objects(data: Any, *keys: str) -> Iterator[dict[str, Any]]:
    """The objects of the list that is found by going down these keys; nothing where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    for item in data if isinstance(data, list) else ():
        if isinstance(item, dict):
            yield item
