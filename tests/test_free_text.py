"""Free text of the second stage: the researcher's words with quotes, by file and back."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from ctg_nlp.cli.main import ctg
from ctg_nlp.coding import exported_lines, import_decisions
from ctg_nlp.desk import Desk
from ctg_nlp.records import RecordState
from ctg_nlp.review.resolution import resolve
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.web.report_view import report_state

from .desks import ID, point_home_at_its_store

QUOTES = ["Parents came to every meeting.", "Pupils planned the work."]


def taken(desk: Desk, folder: Path, coder: str, words: str | None, quotes: list[str]) -> tuple:
    line = {"report": "report 1.pdf", "coder": coder, "dimension": "partners_text", "value": words}
    file = folder / f"{coder}.jsonl"
    file.write_text(json.dumps(line | {"evidence": {"value": quotes}}) + "\n", encoding="utf-8")
    done = import_decisions(desk.store, desk.framework, file, now=desk.clock(), who="lead")
    return done.refused, [quote for *_, quote in done.unanchored]


def record(desk: Desk):
    with desk.store.reading() as db:
        stored = tuple(decision_store.decisions(db, [ID]))
    (found,) = [r for r in resolve(stored, desk.framework) if r.dimension == "partners_text"]
    return found


def test_a_file_brings_free_text_with_quotes_that_are_found_on_the_pages(desk: Desk, tmp_path: Path) -> None:
    words = "They met.\nAnd they shared – often."
    assert taken(desk, tmp_path, "ada", words, [*QUOTES, "Never said."]) == ((), ["Never said."])
    assert record(desk).value == words and record(desk).state is RecordState.DECIDED
    shown = next(d for d in report_state(desk, ID)["dimensions"] if d["id"] == "partners_text")
    assert shown["free"] and shown["value"]["value"] == words
    assert [bool(e["spans"]) for e in shown["value"]["evidence"]] == [True, True, False]
    (line,) = exported_lines(desk.store)
    assert (line["value"], line["evidence"]) == (words, {"value": [*QUOTES, "Never said."]})


def test_the_texts_are_listed_by_report_and_never_counted_as_a_table(desk: Desk, tmp_path: Path) -> None:
    taken(desk, tmp_path, "ada", "They met.\nOften.", QUOTES)
    at = ["--home", str(point_home_at_its_store(desk)), "tables", "partners_text"]
    said = CliRunner().invoke(ctg, at).stdout
    assert "free text, which no table counts." in said and "They met.\nOften." in said
    assert "G1 (report 1.pdf), ada, 2 passages quoted" in said and "Per cent" not in said
    (answer,) = json.loads(CliRunner().invoke(ctg, [*at, "--json"]).stdout)
    assert (answer["report"], answer["coder"], answer["quotes"]) == ("report 1.pdf", "ada", 2)
    assert "nothing is counted" in str(CliRunner().invoke(ctg, [*at, "--by", "phase"]).exception)


def test_two_different_texts_on_one_report_are_a_disagreement_to_be_settled(
    desk: Desk, tmp_path: Path
) -> None:
    taken(desk, tmp_path, "ada", "They met.", QUOTES)
    taken(desk, tmp_path, "ben", "They did meet.", QUOTES[:1])
    assert record(desk).state is RecordState.CONFLICT
