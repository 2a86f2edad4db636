"""The forms in which programs get rows: a part as JSON, or a whole set as JSON lines or CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from ctg_nlp.export.dataset_text import neutral
from ctg_nlp.web.v1_columns import Resource
from ctg_nlp.web.v1_parts import Part

JSON, JSON_LINES, CSV = "json", "jsonl", "csv"
MEDIA = {JSON_LINES: "application/jsonl", CSV: "text/csv; charset=utf-8"}
LEFT_OUT = "Ctg-Left-Out"
"""The header of a whole set that says how many open reports are left out, as somebody codes them blind."""


def as_json(request: Request, value: Any) -> Response:
    """A value as JSON, with a mark of its content; only that it is the same where the program has it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(
        "utf-8", "replace"
    )
    mark = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if mark in _marks(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers={"ETag": mark})
    return Response(body, media_type="application/json", headers={"ETag": mark})


def _marks(said: str) -> set[str]:
    return {mark.strip().removeprefix("W/") for mark in said.split(",")}


def as_part(request: Request, resource: Resource, part: Part, cursor: str | None) -> Response:
    """Some rows, with the cursor of the next."""
    names = resource.names
    data = [dict(zip(names, row, strict=True)) for row in part.rows]
    return as_json(request, {"data": data, "next": cursor, "left_out": part.left_out})


def as_whole(resource: Resource, form: str, parts: Iterator[Part]) -> Response:
    """A whole set, sent as it is read. The first part is read before anything is sent, so that what forbids
    it is an answer of its own; what happens later ends the connection, and the program knows."""
    first = next(parts)
    write = _csv if form == CSV else _json_lines
    head = {LEFT_OUT: str(first.left_out)}
    return StreamingResponse(write(resource, chain([first], parts)), media_type=MEDIA[form], headers=head)


def _json_lines(resource: Resource, parts: Iterable[Part]) -> Iterator[bytes]:
    names = resource.names
    for part in parts:
        lines = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in part.rows)
        yield "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _csv(resource: Resource, parts: Iterable[Part]) -> Iterator[bytes]:
    yield _csv_lines([resource.names])
    for part in parts:
        yield _csv_lines([neutral(x) if isinstance(x, str) else x for x in row] for row in part.rows)


def _csv_lines(lines: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)  # with "\n" alone a lone "\r" is not quoted
    return text.getvalue().encode("utf-8", "replace")
