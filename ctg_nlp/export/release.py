"""The files of a release: shown tables as CSV, and a manifest with their checksums."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ctg_nlp.export.files import safe_cell, whole_file
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable

COLUMNS = ("table", "kind", "row", "label", "column", "n", "percent", "of", "undecided", "withheld")
MANIFEST = "manifest.json"
REPORT = "report"
"""The folder of the report that is made of a release."""


def csv_of(table: ShownTable) -> str:
    """The table as CSV, in one form only, so that it can be compared byte for byte."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerow((table.id, "title", "", safe_cell(table.caption)))
    for row in table.rows:
        for label, cell in zip(table.columns, row.cells, strict=False):
            said = (cell.n, cell.percent, cell.of, cell.undecided, cell.withheld)
            writer.writerow(
                [safe_cell(x) for x in (table.id, str(row.kind), row.id, row.label, label, *said)]
            )
    for note in table.notes:
        writer.writerow((table.id, "note", "", safe_cell(note)))
    return out.getvalue()


def sha256_of(text: str) -> str:
    """The checksum of a text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def json_of(table: ShownTable) -> str:
    """The table as JSON, from which `table_from` makes it again."""
    return json.dumps(asdict(table), ensure_ascii=False, sort_keys=True)


def table_from(text: str) -> ShownTable:
    """The table of such a JSON."""
    return table_of(json.loads(text))


def table_of(said: Mapping[str, Any]) -> ShownTable:
    """The table of what such a JSON says."""
    rows = tuple(
        ShownRow(**{**r, "kind": RowKind(r["kind"]), "cells": tuple(ShownCell(**c) for c in r["cells"])})
        for r in said["rows"]
    )
    lists = {"rows": rows, "columns": tuple(said["columns"]), "notes": tuple(said["notes"])}
    return ShownTable(**{**said, **lists})


def files_of(
    tables: Iterable[ShownTable], manifest: Mapping[str, Any], mark: str, name: str
) -> dict[str, str]:
    """The files of a release by their names: a CSV for each table, and the manifest.

    `mark` ("DRAFT", "CORRECTED", or empty) stands on the first line of every file: `checksums` are of the
    files, those of the bare tables are in the release.
    """
    files = {}
    for i, table in enumerate(tables, 1):
        short = "".join(c if c.isalnum() else "_" for c in table.id)[:80]
        files[f"{i:02} {short}.csv"] = _marked(mark) + csv_of(table)
    checksums = {file: sha256_of(text) for file, text in files.items()}
    said = {**({"status": mark} if mark else {}), **manifest, "release": name, "checksums": checksums}
    return files | {MANIFEST: json.dumps(said, ensure_ascii=False, indent=1) + "\n"}


def _marked(mark: str) -> str:
    """The first line of a file that is not, or not any more, what the release says."""
    if not mark:
        return ""
    return f"{mark}: not published\n" if mark == "DRAFT" else f"{mark}\n"


def write_release(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a release; tables that lie there and are none of them go."""
    for name, text in files.items():
        with whole_file(folder / name) as out:
            out.write(text)
    for path in folder.glob("*.csv"):
        if path.name not in files:
            path.unlink()


def changed_files(folder: Path, expected: Mapping[str, str]) -> tuple[str, ...]:
    """The files of a folder, by their path in it, that are gone, hold something else than by their
    `expected` checksum, or are no part of it."""
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    wrong = {name for name, sha in expected.items() if sha_of_file(folder / name) != sha}
    return tuple(sorted(wrong | (there - expected.keys())))


def sha_of_file(path: Path) -> str:
    """The checksum of a file; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
