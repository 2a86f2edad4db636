"""The forms in which a report is written."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from ctg_nlp.export.contents import Contents

# What writes a report in each form, by the ending of its file: a function of the path and the contents,
# loaded when used. Only the page can open its numbers, so `write_html` takes what is behind them too.
FORMS = {
    "html": "ctg_nlp.export.report_html:write_html",
    "docx": "ctg_nlp.export.docx_report:write_docx",
    "xlsx": "ctg_nlp.export.xlsx_report:write_xlsx",
    "csv": "ctg_nlp.export.xlsx_report:write_csv_report",
}


def write_report(path: Path, contents: Contents, *behind: Any) -> None:
    """Write a report in the form of its file's ending. Raises `HomeError` where it cannot be written."""
    module, function = FORMS[path.suffix.removeprefix(".")].split(":")
    getattr(importlib.import_module(module), function)(path, contents, *behind)
