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
    said = json.loads(text)
    rows = tuple(
        ShownRow(**(r | {"kind": RowKind(r["kind"]), "cells": tuple(ShownCell(**c) for c in r["cells"])}))
        for r in said.pop("rows")
    )
    return ShownTable(rows=rows, columns=tuple(said.pop("columns")), notes=tuple(said.pop("notes")), **said)


def write_release(
    folder: Path, tables: Iterable[ShownTable], manifest: Mapping[str, Any], mark: str, name: str
) -> None:
    """Write each table to a file of its own, and the manifest. `mark` ("DRAFT", or empty) stands on the first
    line of every file: `checksums` are of the files, those of the bare tables are in the release."""
    checksums = {}
    for i, table in enumerate(tables, 1):
        text = (f"{mark}: not published\n" if mark else "") + csv_of(table)
        file = f"{i:02} {''.join(c if c.isalnum() else '_' for c in table.id)[:80]}.csv"
        with whole_file(folder / file) as out:
            out.write(text)
        checksums[file] = sha256_of(text)
    _remove_others(folder, {*checksums, MANIFEST})
    said = {**({"status": mark} if mark else {}), **manifest, "release": name, "checksums": checksums}
    with whole_file(folder / MANIFEST) as out:
        out.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def _remove_others(folder: Path, kept: set[str]) -> None:
    for path in folder.glob("*.csv"):
        if path.name not in kept:
            path.unlink()
    for path in (folder / REPORT).glob("publishable.*"):
        path.unlink()  # it carries the status of before; it is made again in a moment


def changed_files(folder: Path) -> tuple[str, ...]:
    """The files of a release that are gone or not as the manifest says; the manifest itself if it is gone."""
    try:
        checksums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["checksums"]
    except (OSError, ValueError, KeyError):
        return (MANIFEST,)
    return tuple(name for name, sha in checksums.items() if _sha(folder / name) != sha)


def _sha(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
