"""Findings: counts with what they are of, statements with the passages they rest on, problems and solutions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from ctg_nlp.banking import bank
from ctg_nlp.case_sections import sections_of
from ctg_nlp.casework import Writing as CaseWriting
from ctg_nlp.casework import choose, save_text, take_quote
from ctg_nlp.coding import import_decisions
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.enquiry import enquiries
from ctg_nlp.errors import CtgError, UnknownReport
from ctg_nlp.finding_files import exported_findings, import_findings
from ctg_nlp.findings import ChangedSince, Writing, move, retire, write
from ctg_nlp.framework import Code, Dimension, Framework
from ctg_nlp.independence import give
from ctg_nlp.records import (
    Answer,
    CodedReport,
    CodeState,
    Dataset,
    Finding,
    FindingKind,
    FindingSource,
    Memo,
    Purpose,
    Span,
)
from ctg_nlp.store import findings as finding_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.solutions import places_of, shown_solutions, solution_table
from ctg_nlp.synthesis.themes import counted, said, said_compared, said_in_full
from ctg_nlp.themes import passages_of

from .desks import ID, OTHER, TEXT, fill, uid

QUESTION, SKILLS = "qualities", "skills"
PUPILS = FindingSource(ID, 1, 0, 24, TEXT[:24])
MAP = Dimension(
    "change", "What changed", "multi", codes=(Code("marks", "Better marks"), Code("mood", "Mood"))
)
DEEP = Dimension(
    "gain", "What was gained", "multi", "indepth", table=7,
    codes=(Code("learned", "More was learned", compare_with=("change.marks",)), Code("calm", "Calm"),
           Code("nothing", "Nothing told", missing=True)),
)  # fmt: skip
SMALL = Framework("small", "1", "Small", (MAP, DEEP), unit="group", framework_id="small@1")
YES, NO, OPEN = CodeState.PRESENT, CodeState.ABSENT, CodeState.UNDECIDED


def coded(*rows: tuple[CodeState, ...]) -> Columns:
    """Reports with these states of change.marks, change.mood, gain.learned, gain.calm, gain.nothing."""
    reports = tuple(CodedReport(f"r{n}", f"G{n}", bytes(row), ()) for n, row in enumerate(rows))
    return Columns(SMALL, Dataset("small@1", reports))


SIX = coded(
    (YES, NO, YES, NO, NO),
    (NO, NO, YES, NO, NO),
    (YES, NO, NO, YES, NO),
    (NO, NO, NO, NO, YES),
    (NO, YES, OPEN, OPEN, OPEN),
    (YES, YES, OPEN, OPEN, OPEN),
)


def test_a_count_says_in_words_what_its_percentage_is_of() -> None:
    learned = counted(SIX, DEEP).codes[0]
    assert said(learned.row, learned.of, "group") == "2 groups, 50.0 % of the sample"
    others = {str(of): said_in_full(row, of, "group") for of, row in learned.others}
    assert others["reports that indicate any"] == "2 groups, 66.7 % of those who indicated any (3)"
    assert others["all reports"] == "2 groups, 50.0 % of all groups (4, 2 undecided)"


def test_the_framework_may_have_percentages_of_those_who_indicated() -> None:
    indicated = replace(DEEP, denominator="indicated")
    calm = counted(coded(*[(NO, NO, NO, YES, NO)] * 1, *[(NO, NO, YES, NO, NO)] * 2), indicated).codes[1]
    assert said(calm.row, calm.of, "group") == "1 group, 33.3 % of those who indicated any"


def test_a_declared_comparison_gives_both_percentages_and_the_count_within_the_sample() -> None:
    learned = counted(SIX, DEEP).codes[0]
    (other,) = learned.compared
    assert said_compared(learned, other, "group") == (
        "2 groups, 50.0 % of the sample, compared with 50.0 % of all groups (3 of 6) coded “Better marks” in “What changed”"
    )
    assert (other.in_sample.n, other.in_sample.denominator) == (
        2,
        4,
    )  # of the six only four are in the sample


def finding(text: str, code: str | None = "learned", kind=FindingKind.SOLUTION, *pages: tuple[str, int]):
    sources = tuple(FindingSource(report, page, 0, 3, "abc") for report, page in pages)
    return Finding(uid(), "gain", "gain", code, kind, text, 1, "ada", "", sources)


def test_problems_stand_with_their_solutions_in_the_order_of_the_framework_each_with_its_places() -> None:
    found = [
        finding("Talk.", "calm", FindingKind.SOLUTION, ("r0", 2), ("r0", 4), ("r2", 0)),
        finding("Read.", "learned", FindingKind.SOLUTION, ("r1", 1)),
        finding("Wait.", None, FindingKind.SOLUTION, ("r1", 3)),
        finding("Seen nowhere.", "calm"),
        finding("No solution.", "calm", FindingKind.FINDING, ("r1", 1)),
    ]
    table = solution_table(DEEP, found, lambda r: r.replace("r", "G"), ["learned", "calm", "nothing"])
    said = [(p.label, [s.text for s in p.solutions]) for p in table.problems]
    assert said == [("More was learned", ["Read."]), ("Calm", ["Talk."]), ("In general", ["Wait."])]
    assert table.untraced == 1 and table.open == ("Nothing told",)
    talk = table.problems[1].solutions[0]
    assert places_of(talk) == "G0, pages 2 and 4; G2" and talk.reports == 2


def test_the_table_of_solutions_is_a_table_and_names_reports_in_the_internal_edition_alone() -> None:
    table = solution_table(DEEP, [finding("Read.", "learned", FindingKind.SOLUTION, ("r1", 5))], str.upper)
    internal, publishable = (shown_solutions(table, traced=t) for t in (True, False))
    assert internal.columns == ("Solutions found", "Rests on") and not internal.caption.startswith("Table")
    assert [c.n for c in internal.rows[0].cells] == ["Read.", "R1, page 5"]
    assert "R1" not in repr(publishable) and [c.n for c in publishable.rows[0].cells] == ["Read."]


def writing(text: str = "Pupils planned.", *sources: FindingSource, base: int = 0, name: str = "") -> Writing:
    return Writing(name or uid(), QUESTION, SKILLS, "delegation", FindingKind.FINDING, text, sources, base)


def do(desk: Desk, made: Writing, who: str = "ada") -> Finding:
    return write(desk.store, desk.framework, made, now=desk.clock(), who=who)


def kept(desk: Desk, question: str | None = QUESTION) -> tuple[Finding, ...]:
    with desk.store.reading() as db:
        return finding_store.findings(db, question)


def test_a_statement_is_kept_with_its_passages_in_versions_and_the_same_again_is_no_version(
    desk: Desk,
) -> None:
    first = writing("Pupils planned.", PUPILS, replace(PUPILS, quote="as the browser had it"))
    assert do(desk, first).version == do(desk, first).version == 1
    do(desk, replace(first, text="Pupils planned the work.", base=1), "ben")
    with pytest.raises(ChangedSince, match="ben changed this finding"):
        do(desk, replace(first, text="Another.", base=1))
    (now,) = kept(desk)
    assert (now.text, now.version, now.author, now.created_by) == (
        "Pupils planned the work.",
        2,
        "ben",
        "ada",
    )
    assert now.sources == (PUPILS,)
    with desk.store.reading() as db:
        assert [v.text for v in finding_store.versions(db, now.finding_id)] == ["Pupils planned.", now.text]
        assert [e.who for e in entries(db, what="finding")] == ["ada", "ben"]
        assert "Pupils" not in str([e.detail for e in entries(db)])


def test_what_does_not_fit_is_refused_in_a_sentence(desk: Desk) -> None:
    for wrong, said_so in (
        (replace(writing(), question="weather"), "There is no question weather"),
        (replace(writing(), dimension="outcomes"), "qualities has no dimension outcomes"),
        (replace(writing(), code="juggling"), "skills has no code juggling"),
        (writing("  "), "needs a text"),
        (
            writing("x", FindingSource(ID, 1, 500, 900, "")),
            "Page 1 of report 1.pdf has no text at this place",
        ),
        (
            writing("x", FindingSource(ID, 0, 0, 0, "Nobody wrote this anywhere at all")),
            "is not in report 1.pdf",
        ),
    ):
        with pytest.raises(CtgError, match=said_so):
            do(desk, wrong)
    withdraw_report(desk.store, ID, now=desk.clock(), who="lead", why="asked for")
    with pytest.raises(UnknownReport):
        do(desk, writing("x", PUPILS))
    assert kept(desk, None) == ()


def test_a_quote_that_comes_without_a_place_is_found_in_its_report(desk: Desk) -> None:
    do(desk, writing("Came.", FindingSource(ID, 0, 0, 0, "parents came to every meeting")))
    (source,) = kept(desk)[0].sources
    assert (
        source.page == 1
        and TEXT[source.start : source.end] == source.quote == "Parents came to every meeting"
    )


def test_statements_are_put_in_order_and_retired_and_come_back(desk: Desk) -> None:
    names = [do(desk, writing(t)).finding_id for t in ("one", "two", "three")]
    assert move(desk.store, desk.framework, names[2], -1, now=desk.clock(), who="ada")
    assert not move(desk.store, desk.framework, names[0], -1, now=desk.clock(), who="ada")
    assert [f.text for f in kept(desk)] == ["one", "three", "two"]
    retire(desk.store, names[2], now=desk.clock(), who="ben")
    assert [f.text for f in kept(desk)] == ["one", "two"]
    retire(desk.store, names[2], now=desk.clock(), who="ben", retired=False)
    assert [f.text for f in kept(desk)] == ["one", "three", "two"]


def test_passages_of_present_codes_are_listed_by_code_and_of_inductive_codes_by_label(desk: Desk) -> None:
    desk.do(ID, Doing(uid(), SKILLS, "delegation", Answer.PRESENT, evidence=(Span(1, 0, 24),)))
    desk.do(OTHER, Doing(uid(), SKILLS, "delegation", Answer.PRESENT, evidence=(Span(1, 25, 55),)))
    desk.do(OTHER, Doing(uid(), SKILLS, "delegation", Answer.ABSENT, evidence=(Span(1, 25, 55),)))
    desk.write_memo(Memo(uid(), OTHER, "", "", "", "Patience", SKILLS, None, Span(1, 25, 32)))
    dimension = desk.framework.dimension(SKILLS)
    assert dimension is not None
    columns = Columns(desk.framework, dataset(desk.store, desk.framework))
    with desk.store.reading() as db:
        found = passages_of(db, columns, dimension, lambda _: True)
        hidden = passages_of(db, columns, dimension, lambda r: r != ID)
    assert found.by_code["delegation"] == (PUPILS,)
    assert [s.quote for s in found.by_label["Patience"]] == ["Parents"]
    assert "delegation" not in hidden.by_code


def test_what_a_trainee_marks_is_no_passage(desk: Desk, ctg: Framework) -> None:
    for d in ctg.stage("map"):
        for c in d.codes if d.kind == "multi" else d.codes[:1]:
            if not (c.exclusive or c.missing):
                desk.do(ID, Doing(uid(), d.id, c.id, Answer.PRESENT, replace=True))
        if not d.coded:
            desk.do(ID, Doing(uid(), d.id, None, Answer.VALUE, None))
        else:
            desk.do(ID, Doing(uid(), d.id))
    give(desk.store, [ID], "tim", Purpose.TRAINING, now=desk.clock(), who="lead")
    tim = desk.as_coder("tim", restricted=False)
    tim.do(ID, Doing(uid(), SKILLS, "delegation", Answer.PRESENT, evidence=(Span(1, 0, 24),)))
    desk.do(ID, Doing(uid(), SKILLS, "delegation", Answer.PRESENT, evidence=(Span(1, 25, 55),)))
    tim.write_memo(Memo(uid(), ID, "", "", "", "Ants", SKILLS, None, Span(1, 0, 6)))
    dimension = desk.framework.dimension(SKILLS)
    assert dimension is not None
    columns = Columns(desk.framework, dataset(desk.store, desk.framework))
    with desk.store.reading() as db:
        found = passages_of(db, columns, dimension, lambda _: True)
    assert [s.quote for s in found.by_code["delegation"]] == [TEXT[25:55]] and found.by_label == {}


def test_each_dimension_is_asked_once_whether_or_not_the_framework_declares_questions(ctg: Framework) -> None:
    asked = [d.id for q in enquiries(ctg) for d in q.dimensions]
    assert sorted(asked) == sorted(d.id for d in ctg.stage("indepth"))
    assert [q.id for q in enquiries(SMALL)] == ["gain"]
    assert [q.id for q in enquiries(replace(SMALL, dimensions=(MAP,)))] == ["change"]


def test_no_version_or_source_of_a_finding_can_be_changed_or_deleted(any_store: Store, desk: Desk) -> None:
    do(desk, writing("Pupils planned.", PUPILS))
    for statement in (
        "UPDATE finding_version SET text = 'Other words'",
        "DELETE FROM finding_version",
        "UPDATE finding_source SET page = 2",
        "DELETE FROM finding_source",
    ):
        with pytest.raises(DatabaseError, match="append-only"), any_store.engine.begin() as db:
            db.execute(text(statement))


def test_after_an_erasure_nothing_but_words_of_an_erased_report_can_be_taken_out(desk: Desk) -> None:
    do(desk, writing("Parents come.", FindingSource(OTHER, 1, 25, 32, "Parents")))
    source = FindingSource(ID, 1, 0, 24, "")
    bank(desk.store, desk.framework, source, SKILLS, None, now=desk.clock(), who="ada")
    choose(desk.store, "G1", True, now=desk.clock(), who="ada")
    section = sections_of(desk.framework)[0].id
    said = CaseWriting("G1", section, "Our own words.", 0)
    save_text(desk.store, desk.framework, said, now=desk.clock(), who="ada")
    take_quote(desk.store, "G1", ID, Span(1, 0, 6), "", now=desk.clock(), who="ada")
    withdraw_report(desk.store, ID, now=desk.clock(), who="lead", why="asked for")
    erase_report(desk.store, desk.home, ID, now=desk.clock(), who="lead", why="asked for")
    marked = "text = '[words of an erased report] Another.'"
    for statement in (
        f"UPDATE finding_version SET author = 'mallory', {marked}",
        f"UPDATE finding_version SET code = 'other', {marked}",
        f"UPDATE case_text SET author = 'mallory', {marked}",
        "UPDATE case_text SET text = 'Another.'",
        "UPDATE case_quote SET quote = 'Another.'",
        "UPDATE case_quote SET taken_by = 'mallory'",
        "UPDATE banked_quote SET quote = 'Another.'",
        "UPDATE banked_quote SET banked_by = 'mallory'",
    ):
        with pytest.raises(DatabaseError, match="append-only"), desk.store.engine.begin() as db:
            db.execute(text(statement))


def test_a_line_that_is_refused_leaves_nothing_and_a_later_version_in_a_file_is_taken(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "mine.jsonl"

    def taken(*versions: str) -> tuple[int, int, int]:
        *before, last = ({"dimension": SKILLS, "text": words} for words in versions)
        line = last | {"finding_id": "f" * 36, "versions": before}
        file.write_text(json.dumps(line), encoding="utf-8")
        done = import_findings(desk.store, desk.framework, file, now=desk.clock(), who="ada")
        return done.taken, done.known, len(done.refused)

    assert taken("Half of it.", " ") == (0, 0, 1) and kept(desk) == ()
    assert taken("Half of it.") == (1, 0, 0) and taken("Half of it.", "All of it.") == (1, 0, 0)
    assert taken("Half of it.", "All of it.") == (0, 1, 0) == taken("Half of it.")
    assert [(f.text, f.version) for f in kept(desk)] == [("All of it.", 2)]
    assert taken("Another.") == (0, 0, 1)


def test_a_statement_keeps_the_passages_that_it_had_though_their_report_was_withdrawn(desk: Desk) -> None:
    first = writing("Pupils planned.", PUPILS)
    do(desk, first)
    withdraw_report(desk.store, ID, now=desk.clock(), who="lead", why="asked for")
    assert do(desk, replace(first, text="They planned.", base=1)).sources == (PUPILS,)
    with pytest.raises(UnknownReport):
        do(desk, writing("Another.", PUPILS))


def test_a_quote_of_a_coder_that_is_nowhere_in_the_text_is_tied_however_it_is_spaced(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "decisions.jsonl"
    line = {"report": "report 2.pdf", "coder": "ann", "dimension": SKILLS, "codes": ["delegation"], "absent": [], "evidence": {"delegation": ["Rubbish lies\nin the reeds"]}}  # fmt: skip
    file.write_text(json.dumps(line), encoding="utf-8")
    import_decisions(desk.store, desk.framework, file, now=desk.clock(), who="x")
    made = do(desk, writing("It lies there.", FindingSource(OTHER, 0, 0, 0, "Rubbish lies in the reeds")))
    assert made.sources[0].quote == "Rubbish lies\nin the reeds"


def test_the_erasure_of_a_report_takes_its_passages_and_its_words_out_of_all_versions(desk: Desk) -> None:
    both = "Pupils planned the work. Parents came to every meeting."
    first = writing(f"They say: {both}", PUPILS, FindingSource(OTHER, 1, 0, 6, "Pupils"))
    do(desk, first)
    do(desk, replace(first, text="Pupils took a part.", base=1))
    withdraw_report(desk.store, ID, now=desk.clock(), who="lead", why="asked for")
    done = erase_report(desk.store, desk.home, ID, now=desk.clock(), who="lead", why="asked for")
    assert done.findings == 2
    with desk.store.reading() as db:
        before, now = finding_store.versions(db, first.finding_id)
    assert "planned the work" not in before.text and now.text == "Pupils took a part."
    assert {s.report_id for v in (before, now) for s in v.sources} == {OTHER}


def test_findings_go_out_into_a_file_and_come_back_into_another_project_without_loss(
    desk: Desk, tmp_path: Path
) -> None:
    first = writing("Pupils planned.", PUPILS)
    do(desk, first)
    do(desk, replace(first, text="Pupils planned the work.", base=1), "ben")
    retire(desk.store, do(desk, writing("Gone.")).finding_id, now=desk.clock(), who="ben")
    lines = list(exported_findings(desk.store))
    file = tmp_path / "findings.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}", create=True)
    fill(other, desk.framework, ID, 1, 0.6)
    fill(other, desk.framework, OTHER, 2, 0.9)
    for taken, known in ((2, 0), (0, 2)):
        done = import_findings(other, desk.framework, file, now=desk.clock(), who="lead")
        assert (done.taken, done.known, done.refused) == (taken, known, ())
        assert list(exported_findings(other)) == lines
    other.close()


def test_a_line_written_by_hand_needs_only_a_text_a_dimension_and_quotes(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    good = {"dimension": SKILLS, "kind": "solution", "text": "Ask parents.", "sources": [{"group": "G1", "quote": "parents came to every meeting"}]}  # fmt: skip
    bad = [{"dimension": "weather", "text": "x"}, {"dimension": SKILLS, "text": "x", "colour": 1}, {"dimension": SKILLS, "text": " "}]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, [good, *bad])) + "\nnot json\n", encoding="utf-8")
    done = import_findings(desk.store, desk.framework, file, now=desk.clock(), who="ada")
    assert done.taken == 1 and [n for n, _ in done.refused] == [2, 3, 4, 5]
    assert "weather" in done.refused[0][1] and "colour" in done.refused[1][1]
    (made,) = kept(desk)
    assert made.author == "ada" and made.sources[0].page == 1
