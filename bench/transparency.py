"""Writes docs/transparency.md: the template beside this file, with figures of results and the program.

    python -m bench.transparency

A figure is `{{file.key.key|form}}`: the file of results without its ending, the keys in it, and how it is
written: `2` (so many decimals), `%`, `count` (how many there are), `least%` (the least of a key in a list).
Others have a name of their own, see `OWN`.
Nothing is typed by hand, so that no figure can outlive its measurement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_examples, load_framework

HERE = Path(__file__).parent
TEMPLATE = HERE / "transparency_template.md"
RESULTS = HERE / "results"
PAGE = HERE.parent / "docs" / "transparency.md"
FIGURE = re.compile(r"\{\{([^}|]+)(?:\|([^}]+))?\}\}")
_HARD = 0.5
FRAMEWORK = "ctg"


@cache
def _framework() -> Framework:
    return load_framework(FRAMEWORK)


def results() -> dict[str, Any]:
    """All results that are kept, by the name of their file."""
    return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted(RESULTS.glob("*.json"))}


def found(kept: Any, keys: str) -> Any:
    """The value under keys joined by dots; of a list the values of all its items. Raises `KeyError`."""
    for key in keys.split("."):
        kept = [item[key] for item in kept] if isinstance(kept, list) else kept[key]
    return kept


def written(value: Any, form: str | None) -> str:
    """A value as people read it. Raises `ValueError` for a form that there is not."""
    if form == "count":
        return str(len(value))
    if form == "least%":
        return _percent(min(value), 1)
    if form == "%":
        return _percent(value, 0)
    if form in ("1", "2", "3"):
        return str(Decimal(str(value)).quantize(Decimal(1).scaleb(-int(form)), ROUND_HALF_UP))
    if form is None and isinstance(value, int | str):
        return f"{value:,}" if isinstance(value, int) else value
    raise ValueError(f"no form {form} for {value!r}")


def _percent(value: float, places: int) -> str:
    share = (Decimal(str(value)) * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{share} %"


def _dimensions_table(kept: Mapping[str, Any]) -> str:
    """The dimensions that were measured, the best first."""
    titles = {d.id: d.title for d in _framework().dimensions}
    figures = kept["learning"]["all"]["by_dimension_micro_f1"]
    rows = [f"| {titles[d]} | {written(f, '2')} |" for d, f in sorted(figures.items(), key=lambda x: -x[1])]
    return "\n".join(["| dimension | micro-F1 |", "| --- | ---: |", *rows])


def _hard_codes(kept: Mapping[str, Any]) -> int:
    return sum(code["f1"] < _HARD for code in kept["learning"]["all"]["codes_detail"].values())


def _kills(kept: Mapping[str, Any], key: Callable[[Any], int]) -> int:
    return sum(key(kept["crashes"][kind]) for kind in ("batch", "training", "export", "review"))


def _examples(kept: Mapping[str, Any]) -> int:
    return len(load_examples(Path(FRAMEWORK), _framework()))


OWN: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "version": lambda kept: version("ctg_nlp"),
    "framework": lambda kept: f"`{_framework().framework_id.split('+')[0]}`",
    "dimensions": lambda kept: len(_framework().dimensions),
    "codes": lambda kept: sum(len(d.codes) for d in _framework().dimensions),
    "examples": _examples,
    "dimensions_table": _dimensions_table,
    "hard_codes": _hard_codes,
    "kills": lambda kept: _kills(kept, lambda kind: int(kind["trials"])),
    "kills_wrong": lambda kept: _kills(kept, lambda kind: len(kind["wrong"])),
    "missed": lambda kept: 1 - kept["learning"]["B"]["recall"],
}


def page(template: str, kept: Mapping[str, Any]) -> str:
    """The page: the template with every figure. Raises `KeyError` where one is not among the results."""

    def figure(match: re.Match[str]) -> str:
        name, form = match[1], match[2]
        return written(OWN[name](kept) if name in OWN else found(kept, name), form)

    return FIGURE.sub(figure, template)


if __name__ == "__main__":
    PAGE.write_text(page(TEMPLATE.read_text(encoding="utf-8"), results()), encoding="utf-8")
