"""Files of other tools: what they are, by their content, and what they bring."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from ctg_nlp.errors import ExchangeError, UnknownReport
from ctg_nlp.exchange.code_nodes import CodeNode
from ctg_nlp.exchange.codes_read import framework_yaml, given_matches
from ctg_nlp.exchange.csv_codebook import read_csv_codebook
from ctg_nlp.exchange.eppi import eppi_brought, eppi_nodes, is_eppi
from ctg_nlp.exchange.foreign import Bringing, Key, Whose
from ctg_nlp.exchange.guids import source_guid
from ctg_nlp.exchange.json_files import read_json
from ctg_nlp.exchange.label_studio_in import is_label_studio, label_studio_brought
from ctg_nlp.exchange.offsets import decoded
from ctg_nlp.exchange.qdc import read_codebook
from ctg_nlp.exchange.qdpx_read import read_project
from ctg_nlp.exchange.refi_in import brought_by
from ctg_nlp.exchange.taking import TakenIn, sha256_of, standing_import, take_in
from ctg_nlp.exchange.whose import Finder
from ctg_nlp.export.files import whole_file
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import read_framework
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store

REFI, CODEBOOK, EPPI, LABEL_STUDIO, CSV = "qdpx", "qdc", "eppi", "label-studio", "csv"
FORMATS = (REFI, CODEBOOK, EPPI, LABEL_STUDIO, CSV)
_MOST = 300 << 20


def format_of(path: Path) -> str:
    """Which format a file has, by what is in it. Raises `ExchangeError` where it is none that is known."""
    try:
        with path.open("rb") as file:
            start = file.read(4000)
    except OSError as error:
        raise ExchangeError(f"{path} cannot be read: {error.strerror}.") from error
    if start.startswith(b"PK"):
        return REFI
    plain = start.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe").lstrip()
    if plain.startswith(b"<"):
        return CODEBOOK if b"CodeBook" in plain and b"Project" not in plain else REFI
    if plain.startswith((b"{", b"[")):
        return EPPI if plain.startswith(b"{") else LABEL_STUDIO
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return CSV
    known = "REFI-QDA (.qdpx, .qdc), JSON of EPPI-Reviewer or Label Studio, or a codebook in CSV"
    raise ExchangeError(f"{path.name} is in no format that is known: {known}.")


def codes_of(path: Path) -> tuple[tuple[CodeNode, ...], str]:
    """The codes of a file in any format, and which tool wrote it. Raises `ExchangeError` for none."""
    form = format_of(path)
    origin = form
    if form == REFI:
        project = read_project(path)
        nodes, origin = project.codes, project.origin
    elif form == CODEBOOK:
        nodes, origin = read_codebook(_content(path), path.name)
    elif form == CSV:
        nodes = read_csv_codebook(path)
    else:
        data = read_json(path)
        if not is_eppi(data):
            raise ExchangeError(f"{path.name} has no codes of its own: only EPPI-Reviewer's JSON does.")
        nodes = eppi_nodes(data)
    if not nodes:
        raise ExchangeError(f"{path.name} has no codes.")
    return nodes, origin


def _content(path: Path) -> bytes:
    if path.stat().st_size > _MOST:
        raise ExchangeError(f"{path.name} is too large for a codebook: more than {_MOST >> 20} MB.")
    return path.read_bytes()


def make_framework(path: Path, target: Path, name: str = "", title: str = "") -> Framework:
    """Write the codes of a file as a framework file, and return it. Nothing is written over.

    Raises `ExchangeError` where the file has no codes or the target is there, `FrameworkError` where what
    the codes make breaks a rule of frameworks.
    """
    if target.exists():
        raise ExchangeError(f"{target} is there already; give another name.")
    nodes, _ = codes_of(path)
    text = framework_yaml(nodes, name or path.stem, title or path.stem)
    framework = read_framework(target.name, text)
    with whole_file(target) as file:
        file.write(
            f"# Made of the codes of {path.name}. Look through it: kinds and rules are not told there.\n"
        )
        file.write(text)
    return framework


def read_matches(path: Path, framework: Framework) -> dict[str, Key]:
    """Codes matched by hand: a CSV with two columns, the name in the other tool and our dimension.code.

    A first line of headings is passed over. Raises `ExchangeError` with the line where it cannot be read or
    names a code that the framework does not have.
    """
    found: dict[str, Key] = {}
    try:
        rows = csv.reader(io.StringIO(decoded(path.read_bytes()), newline=""))
        for row in rows:
            if any(cell.strip() for cell in row):
                found |= _match(path, rows.line_num, row, framework)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ExchangeError(f"{path.name} cannot be used to match codes: {error}.") from error
    if not found:
        raise ExchangeError(
            f"{path.name} matches no codes: it needs lines with a name and our dimension.code."
        )
    return found


def _match(path: Path, line: int, row: list[str], framework: Framework) -> dict[str, Key]:
    wanted = f"{path.name}, line {line}, cannot be used to match codes"
    if len(row) < 2 or not (row[0].strip() and row[1].strip()):
        raise ExchangeError(
            f"{wanted}: it needs two columns with a comma between, the name there and our dimension.code."
        )
    try:
        return given_matches([row], framework)
    except ValueError as error:
        if line == 1 and "." not in row[1]:
            return {}
        raise ExchangeError(f"{wanted}: {error}.") from error


def bringing_of(
    path: Path, store: Store, framework: Framework, *, form: str = "", coder: str = "",
    given: Mapping[str, Key] | None = None,
) -> Bringing:  # fmt: skip
    """What a file brings for the reports of a store. Raises `ExchangeError` where it cannot be read, or holds
    codes alone."""
    form = form or format_of(path)
    if form == REFI:
        with store.reading() as db:
            reports = report_store.reports(db)
            finder = Finder(reports, report_store.submissions(db))
        own = {source_guid(r.report_id): r.report_id for r in reports}
        project = read_project(path)
        return brought_by(
            project, framework, own, known=lambda w: _known(finder, w), coder=coder, given=given
        )
    if form in (CODEBOOK, CSV):
        raise ExchangeError(
            f"{path.name} is a codebook, without codings. Make a framework of it with: "
            f"ctg exchange framework {path.name} NEW.yaml"
        )
    data = read_json(path)
    if form == EPPI and is_eppi(data):
        return eppi_brought(data, framework, coder=coder, given=given)
    if form == LABEL_STUDIO and is_label_studio(data):
        return label_studio_brought(data, framework, coder=coder, given=given)
    raise ExchangeError(f"{path.name} holds JSON of another kind than EPPI-Reviewer's or Label Studio's.")


def _known(finder: Finder, whose: Whose) -> bool:
    try:
        finder.find(whose)
    except UnknownReport:
        return False
    return True


def import_file(
    store: Store, framework: Framework, path: Path, *, now: str, who: str, form: str = "", coder: str = "",
    given: Mapping[str, Key] | None = None, rest_absent: bool = False, again: bool = False,
    roles: bool = False,
) -> TakenIn:  # fmt: skip
    """Take in a file of another tool. The same file is not taken twice while it stands, unless `again`.

    Raises `ExchangeError` where it cannot be read.
    """
    standing = None if again else standing_import(store, sha256_of(path))
    if standing is not None:
        return TakenIn(None, standing.import_id, form, "", 0, 0, 0, 0, 0, 0, 0, (), (), already=True)
    bringing = bringing_of(path, store, framework, form=form, coder=coder, given=given)
    return take_in(store, framework, bringing, path, now=now, who=who, rest_absent=rest_absent, roles=roles)
