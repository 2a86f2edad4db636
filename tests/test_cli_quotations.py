"""`ctg quotes` and `ctg findings`: the same acts on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctg_nlp.banking import bank
from ctg_nlp.cli.main import ctg
from ctg_nlp.findings import Writing, write
from ctg_nlp.records import FindingKind, FindingSource, Page
from ctg_nlp.settings import make_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store

from .desks import ID, fill

SAID = "Mrs Okafor led the parents. Attendance is better."
NOW = "2026-02-01T00:00:00.000000+00:00"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one report, a quotation of it and a solution that rests on it."""
    made = make_home(tmp_path / "home")
    store = open_store(made.database, create=True)
    fill(store, made.framework, ID, 1, 0.6)
    source = FindingSource(ID, 1, 0, len(SAID), "")
    with store.transaction() as db:
        report_store.put_pages(db, ID, [Page(1, 595.0, 842.0, f"{SAID} We note the attendance.")], [])
    bank(store, made.framework, source, "obstacles", "parents", now=NOW, who="ada")
    told = Writing(
        "f" * 36, "obstacles", "obstacles", "parents", FindingKind.SOLUTION, "Let one parent lead.", (source,)
    )
    write(store, made.framework, told, now=NOW, who="ada")
    store.close()
    return made.root


def call(home: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(ctg, ["--home", str(home), *words])
    assert done.exit_code == code, done.output
    return done.output


def test_a_quotation_is_redacted_cleared_and_withdrawn_by_commands(home: Path) -> None:
    refused = CliRunner().invoke(ctg, ["--home", str(home), "quotes", "clear", "1", "--by", "bea"])
    assert (
        refused.exit_code and "“Mrs Okafor” (a person with a title)" in f"{refused.output}{refused.exception}"
    )
    call(home, "quotes", "redact", "1", "--leave-out", "Mrs Okafor", "--role", "Group member", "--by", "ada")
    shown = json.loads(call(home, "quotes", "show", "1", "--json"))
    assert shown["text"].startswith("[...] led the parents.") and shown["marks"] == []
    assert shown["left_out"] == [{"words": "Mrs Okafor", "instead": "[...]"}]
    assert shown["uses"] == [{"kind": "solution", "where": "Let one parent lead."}]
    assert "Cleared for print" in call(home, "quotes", "clear", "1", "--by", "bea")
    assert (
        json.loads(call(home, "quotes", "list", "--state", "cleared", "--json"))[0]["why_not_printed"] == ""
    )
    call(home, "quotes", "withdraw", "1", "--why", "asked", "--by", "ada")
    call(home, "quotes", "restore", "1", "--by", "bea")
    assert json.loads(call(home, "quotes", "list", "--json"))[0]["state"] == "waiting"


def test_asking_for_the_case_study_without_consent_says_that_it_is_not_printed_so(home: Path) -> None:
    said = call(home, "quotes", "redact", "1", "--by-case", "--by", "ada")
    assert "By case study, but not printed so: G1 has no recorded consent to be named and quoted." in said
    assert "--by-role" in said
    assert "By case study" not in call(home, "quotes", "redact", "1", "--by-role", "--by", "ada")


def test_corrected_typography_is_told_with_what_the_report_has(home: Path) -> None:
    text = "“Mrs Okafor” led the parents. Attendance is better."
    said = call(home, "quotes", "redact", "1", "--text", text, "--by", "ada")
    assert f"Typography corrected. As the report has it: “{SAID}”" in said
    assert f"typography corrected; in the report: {SAID}" in call(home, "quotes", "show", "1")
    assert json.loads(call(home, "quotes", "show", "1", "--json"))["typography_corrected"]


def test_solutions_are_printed_with_their_places_and_written_as_a_table(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "solutions.csv"
    printed = call(home, "findings", "solutions", "--output", str(file))
    assert "Let one parent lead." in printed and "G1, page 1" in printed
    assert "Let one parent lead.,1," in file.read_text(encoding="utf-8-sig")
    (question,) = json.loads(call(home, "findings", "list", "--question", "obstacles", "--json"))
    assert question["findings"][0]["sources"] == 1 and question["counts"][0]["denominator"]
    assert "There is no question weather" in call_refused(home, "findings", "list", "--question", "weather")


def call_refused(home: Path, *words: str) -> str:
    done = CliRunner().invoke(ctg, ["--home", str(home), *words])
    assert done.exit_code
    return f"{done.output}{done.exception}"


def test_both_go_out_and_in_by_commands(home: Path, tmp_path: Path) -> None:
    for what in ("findings", "quotes"):
        file = tmp_path / f"{what}.jsonl"
        call(home, what, "export", str(file))
        assert "1 line: 0 taken, 1 known, 0 refused." in call(home, what, "import", str(file))
        file.write_text('{"text": "x", "dimension": "weather"}\n', encoding="utf-8")
        assert "line 1:" in call(home, what, "import", str(file), code=1)
