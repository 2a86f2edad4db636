"""The reports as RIS, for reference managers and for bringing them into EPPI-Reviewer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ctg_nlp.dataset import dataset
from ctg_nlp.export.files import whole_file
from ctg_nlp.framework import Framework
from ctg_nlp.records import CodedReport, CodeState, Report
from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store


def write_ris(path: Path, store: Store, home: Home, *, quotes: bool = False) -> int:
    """The reports that count, each with its present codes as keywords; with `quotes` also the register's
    columns and where the file lies, which may name people. Returns how many there are."""
    data = dataset(store, home.framework)
    with store.reading() as db:
        reports = {r.report_id: r for r in report_store.reports(db, [c.report_id for c in data.reports])}
    with whole_file(path) as file:
        for coded in data.reports:
            file.write(record(reports[coded.report_id], coded, home.framework, quotes))
    return len(data.reports)


def record(report: Report, coded: CodedReport, framework: Framework, quotes: bool = False) -> str:
    """One report in RIS, with CR LF and an empty line at its end."""
    lines = [
        f"{tag}  - {_flat(value)}".rstrip(" ")
        for tag, value in _fields(report, coded, framework, quotes)
        if value
    ]
    return "\r\n".join(["TY  - RPRT", *lines, "ER  - ", "", ""])


def _fields(
    report: Report, coded: CodedReport, framework: Framework, quotes: bool
) -> Iterator[tuple[str, str]]:
    title = report.name.rsplit(".", 1)[0] if "." in report.name else report.name
    yield "ID", report.report_id
    yield "TI", title
    yield "AU", f"{coded.group_id}," if coded.group_id else ""  # a comma at the end: it is no person's name
    yield "PY", _year(coded)
    yield "Y2", report.received_at[:10].replace("-", "/")
    yield "SP", str(report.pages or "")
    yield "M3", str(report.kind)
    yield "L1", report.path if quotes else ""
    labels = {(d.id, c.id): f"{d.title}: {c.label}" for d in framework.dimensions for c in d.codes}
    for key, state in zip(framework.keys, coded.states, strict=True):
        if CodeState(state) is CodeState.PRESENT:
            yield "KW", labels[key]
    for name, value in coded.attributes if quotes else ():
        yield "N1", f"{name}: {value}"
    yield "N1", f"Coded by framework {framework.framework_id}"


def _year(coded: CodedReport) -> str:
    years: Sequence[str] = coded.values_of("project year")
    return years[-1][:4] if years and years[-1][:4].isdecimal() else ""


def _flat(value: str) -> str:
    """On one line: a line break would begin another field."""
    return " ".join(value.split())
