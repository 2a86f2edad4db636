"""Tables of a dataset as Parquet.

A mark or number that is missing is null, and the column `<name>__why` beside it says why, so that no
reckoning takes a number for what is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ctg_nlp.export.variables import WHY, Frame, Kind, Variable, Why, moment

_ROWS = 50_000  # of a row group: the same whatever the pieces that rows come in
_TYPES = {
    Kind.MARK: pa.int8(),
    Kind.NUMBER: pa.int64(),
    Kind.CHOICE: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.COUNT: pa.int64(),
    Kind.SCORE: pa.float64(),
}


class ParquetTable:
    """One Parquet file, written in groups of rows."""

    def __init__(self, path: Path, frame: Frame) -> None:
        self.paths = (path,)
        self._variables = frame.variables
        self._schema = schema_of(frame)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[tuple[Any, ...]] = []

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows."""
        self._waiting.extend(rows)
        while len(self._waiting) >= _ROWS:
            self._put(self._waiting[:_ROWS])
            del self._waiting[:_ROWS]

    def _put(self, rows: Sequence[tuple[Any, ...]]) -> None:
        columns = zip(*rows, strict=True)
        arrays = [a for v, cells in zip(self._variables, columns, strict=True) for a in _arrays(v, cells)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write what waits and end the file."""
        if self._waiting:
            self._put(self._waiting)
        self._waiting = []
        self._writer.close()


def schema_of(frame: Frame) -> Any:
    """The columns with their types, each with its label as metadata."""
    return pa.schema(
        [f for v in frame.variables for f in _fields(v)],
        metadata={"table": frame.name, "row": frame.what, "suggested": str(frame.suggested).lower()},
    )


def _fields(variable: Variable) -> Iterator[Any]:
    yield pa.field(variable.name, _TYPES[variable.kind], metadata={"label": variable.label})
    if variable.kind.explained:
        said = {"label": f"Why {variable.name} is null; null where it is not"}
        yield pa.field(variable.name + WHY, pa.dictionary(pa.int8(), pa.string()), metadata=said)


def _arrays(variable: Variable, cells: Sequence[Any]) -> Iterator[Any]:
    kind = variable.kind
    if kind is Kind.TIME:
        yield pa.array([moment(c) for c in cells], _TYPES[kind])
    elif kind.explained:
        yield pa.array([None if isinstance(c, Why) else c for c in cells], _TYPES[kind])
        why = [_PLACES[c] if isinstance(c, Why) else None for c in cells]
        yield pa.DictionaryArray.from_arrays(pa.array(why, pa.int8()), _WORDS)
    else:
        yield pa.array(cells, _TYPES[kind])


_WORDS = pa.array([str(w) for w in Why])
_PLACES = {why: i for i, why in enumerate(Why)}
