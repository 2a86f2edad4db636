"""The register of groups, and which kind of document a submitted file is."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ctg_nlp.errors import RegisterError
from ctg_nlp.given_values import NO_TEXT
from ctg_nlp.records import Group, ReportKind

_YES = frozenset({"", "yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})
_KNOWN = ("group", "cohort", "expected", "file")

_FINAL_REPORT = re.compile(r"\bfinal report\b")
_REPORT = re.compile(r"\breports?\b")
_FINAL = re.compile(r"\bfinal\b")
# What researchers and groups bring beside reports, plans and logs. The words alone tell nothing: "Home
# visits" and "Parent interviews" are titles of reports too.
_NOTED = r"(?:notes?|records?|recordings?|transcripts?|minutes|summary)"
_SHOWN = r"(?:presentations?|slides|powerpoint)"
_PEOPLE = r"(?:leader|head|headteacher|teacher|coordinator)"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec"
_AFTER = rf"(?: (?:[a-z]|final|draft|version|copy|(?:{_MONTHS})[a-z]*))*"  # "slides G017, v2, May 2010"


def _noted(words: str) -> str:
    """A pattern of notes of something: "visit notes", "notes of our visits"."""
    return rf"\b(?:{words}) (?:\w+ ){{0,2}}{_NOTED}\b|\b{_NOTED} (?:\w+ ){{0,3}}(?:{words})\b"


_NOTES = (
    (
        ReportKind.INTERVIEW,
        re.compile(
            rf"{_noted('interviews?')}|\b(?:tele)?phone (?:call )?notes\b"
            rf"|\binterview (?:with|of) |\binterview (?:\w+ )?{_PEOPLE}{_AFTER}$"
        ),
    ),
    (ReportKind.VISIT, re.compile(rf"{_noted('visits?|fieldwork')}|\b(?:field ?|observation )notes\b")),
    (
        ReportKind.PRESENTATION,
        re.compile(rf"\b{_SHOWN}{_AFTER}$|\b{_SHOWN} (?:\w+ )?{_SHOWN}\b|{_noted(_SHOWN)}"),
    ),
)
_OF_ONE = r"\breport (?:of|on|from) (?:(?:the|our|a|an|my|site|school) ){0,2}"
_REPORTS_OF = tuple(  # "visit report", "report of the visit": of one visit, and a report in name only
    (kind, re.compile(rf"\b{word} reports?\b|{_OF_ONE}{word}\b"))
    for kind, word in ((ReportKind.INTERVIEW, "interview"), (ReportKind.VISIT, "visit"))
)
_DOUBTFUL = re.compile(rf"\b(?:interviews?|visits?|fieldwork|{_SHOWN})\b")
_KINDS = (
    (ReportKind.PLAN, re.compile(r"\b(plan|plans|proposal|bid|application)\b")),
    (ReportKind.LOG, re.compile(r"\b(log|logs|diary|journal|learning log)\b")),
    (ReportKind.OTHER, re.compile(r"\b(interim|transcript|minutes|notes|appendix|annex|letter|poster)\b")),
)


def read_register(path: Path) -> tuple[Group, ...]:
    """The groups of a register CSV: `group` and, if given, `cohort`, `expected` (yes or no) and `file`.

    Further columns pass through, rows without any value are left out. A group may stand in several rows, one
    for each file. Raises `RegisterError` naming the line for a missing group, an `expected` that is neither
    yes nor no, rows of one group that contradict each other, or groups that differ only in case.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if "group" not in (reader.fieldnames or ()):
                raise RegisterError(f"The register {path.name} needs a column named group in its first line.")
            rows = [(reader.line_num, row) for row in reader if any(v for k, v in row.items() if k)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegisterError(
            f"The register {path} cannot be read ({error}). Save it as CSV in UTF-8."
        ) from error
    found: dict[str, Group] = {}
    names: dict[str, str] = {}
    for number, row in rows:
        group = _group(path.name, number, row, len(found))
        alike = names.setdefault(same_name(group.group_id), group.group_id)
        if alike != group.group_id:
            raise RegisterError(
                f"The register {path.name}, line {number}: {group.group_id} and {alike} are one name; "
                "write it the same way in each row."
            )
        found[group.group_id] = _joined(path.name, number, found.get(group.group_id), group)
    return tuple(found.values())


def _group(name: str, number: int, row: dict[str, str], position: int) -> Group:
    values = {k: (v or "").strip() for k, v in row.items() if isinstance(v, str | None) and k}
    if not values["group"]:
        raise RegisterError(f"The register {name}, line {number}: the group is missing.")
    if any(NO_TEXT.search(v) for pair in values.items() for v in pair):
        raise RegisterError(f"The register {name}, line {number}: it holds a sign that is no text (a NUL).")
    expected = values.get("expected", "").lower()
    if expected not in _YES | _NO:
        raise RegisterError(f"The register {name}, line {number}: expected is {expected!r}; write yes or no.")
    return Group(
        group_id=values["group"],
        position=position,
        cohort=values.get("cohort", ""),
        expected=expected in _YES,
        files=(values["file"],) if values.get("file") else (),
        columns=tuple((k, v) for k, v in values.items() if k not in _KNOWN),
    )


def _joined(name: str, number: int, first: Group | None, again: Group) -> Group:
    if first is None:
        return again
    if (first.cohort, first.expected) != (again.cohort, again.expected):
        raise RegisterError(
            f"The register {name}, line {number}: {again.group_id} stands twice, "
            "with another cohort or expected."
        )
    return Group(
        first.group_id,
        first.position,
        first.cohort,
        first.expected,
        first.files + again.files,
        first.columns,
    )


def same_name(name: str) -> str:
    """The form in which file names are compared: Unicode NFC, without regard to case."""
    return unicodedata.normalize("NFC", name).casefold()


def kind_of(name: str) -> ReportKind:
    """Which kind of document a file is, by its name; a final report unless the name says otherwise.

    "Final report" wins over all; "visit report" and "interview report" are notes; else "report" wins, then
    the words for notes and presentations, then "final", then those for plans, logs and the rest.
    """
    said = _words_of(name)
    interim = "interim" in said
    if _FINAL_REPORT.search(said) and not interim:
        return ReportKind.FINAL
    found = _first_kind(said, _REPORTS_OF)
    if found is None and _REPORT.search(said) and not interim:
        return ReportKind.FINAL
    found = found or _first_kind(said, _NOTES)
    if found is None and _FINAL.search(said) and not interim:
        return ReportKind.FINAL
    return found or _first_kind(said, _KINDS) or ReportKind.FINAL


def is_doubtful(name: str) -> bool:
    """Whether a file that is taken for a final report may be notes or a presentation by its name, as
    "Home visits": it gives way to one that is not doubtful."""
    said = _words_of(name)
    doubtful = _DOUBTFUL.search(said) and not _REPORT.search(said) and not _FINAL.search(said)
    return bool(doubtful) and kind_of(name) is ReportKind.FINAL


def _words_of(name: str) -> str:
    return re.sub(r"[^a-z]+", " ", same_name(PurePosixPath(name).stem)).strip()


def _first_kind(said: str, kinds: Sequence[tuple[ReportKind, re.Pattern[str]]]) -> ReportKind | None:
    return next((kind for kind, pattern in kinds if pattern.search(said)), None)
