"""Case studies of core groups: sources, texts in versions, consent, quotations, what is printed."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from ctg_nlp.banking import clear, rewrite, withdraw
from ctg_nlp.case_banking import quote_in_case
from ctg_nlp.case_clearing import studies_for
from ctg_nlp.case_sections import sections_of
from ctg_nlp.case_study import CaseStudy
from ctg_nlp.case_text import ERASED
from ctg_nlp.cases import asides_of, case, core_groups, current_of, gone_groups, open_to, printed_studies
from ctg_nlp.casework import Writing, choose, record_consent, save_text, take_quote
from ctg_nlp.cli.main import ctg
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.errors import CtgError, FrameworkError, UnknownReport
from ctg_nlp.export.cases import appendix_markdown, write_docx
from ctg_nlp.export.editions import Edition
from ctg_nlp.framework_file import load_framework
from ctg_nlp.independence import give, sight
from ctg_nlp.quotations import marks_of
from ctg_nlp.records import (
    Answer,
    Assignment,
    Case,
    Consent,
    ConsentFor,
    Group,
    Memo,
    Page,
    Purpose,
    QuotedEvidence,
    QuoteState,
    Report,
    ReportKind,
    Span,
    VerdictKind,
)
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store
from ctg_nlp.web.cases_view import cases_page

from .desks import ID, OTHER, TEXT, point_home_at_its_store, uid

LOG = "c" * 64
LOG_TEXT = (
    "March. Hope Valley College hosted us. We were nervous, and the pupils led the morning all the same, "
    "which none of us had thought possible in September."
)
NOW = "2026-02-02T00:00:00.000000+00:00"
GROUP = Group("G1", 1, columns=(("core", "yes"), ("name", "Hope Valley Partnership"), ("schools", "Hope Valley College")))  # fmt: skip


@pytest.fixture
def home(desk: Desk) -> Desk:
    """Ada's desk; G1 is a core group by the register and has sent a learning log beside its report."""
    with desk.store.transaction() as db:
        report_store.put_groups(db, [GROUP, Group("G2", 2)])
        report_store.put_report(
            db,
            Report(LOG, 3, "G1 log.pdf", "data/raw/G1 log.pdf", "G1", ReportKind.LOG, VerdictKind.ACCEPTED,
                   received_at=NOW, settled=True, pages=1),
        )  # fmt: skip
        report_store.put_pages(db, LOG, [Page(1, 595.0, 842.0, LOG_TEXT)], [])
    return desk


def first_section(desk: Desk) -> str:
    return sections_of(desk.framework)[0].id


def write(desk: Desk, words: str, base: int = 0, who: str = "ada", settles: tuple[int, ...] = ()):
    writing = Writing("G1", first_section(desk), words, base, settles)
    return save_text(desk.store, desk.framework, writing, now=desk.clock(), who=who)


def consent(desk: Desk, scope: ConsentFor, given: bool = True) -> None:
    record_consent(desk.store, Consent("G1", scope, given, "Mr Hill", "signed form", "2026-01-31", desk.clock(), "lead"))  # fmt: skip


def quote(
    desk: Desk, report_id: str = LOG, start: int = 0, end: int | None = None, speaker: str = "Group leader"
):
    end = len(LOG_TEXT) if end is None else end
    return take_quote(desk.store, "G1", report_id, Span(1, start, end), speaker, now=desk.clock(), who="ada")


def banked(
    desk: Desk, start: int = 0, end: int = len(LOG_TEXT), speaker: str = "Group leader", of: str = LOG
):
    """A passage as it is quoted on the page of the case."""
    place = Span(1, start, end)
    return quote_in_case(
        desk.store, desk.framework, "G1", of, place, speaker, now=desk.clock(), who="ada"
    )  # fmt: skip


def let_print(desk: Desk, number: int = 1) -> None:
    with desk.store.reading() as db:
        found = quote_store.quotation(db, number)
        assert found is not None
        kept = [(m.start, m.end) for m in marks_of(db, desk.framework, found)]
    clear(desk.store, desk.framework, number, found.now.version, kept, now=desk.clock(), who="bea")


def the_case(desk: Desk) -> Case:
    with desk.store.reading() as db:
        return case(db, desk.framework, "G1")


def printed(desk: Desk) -> CaseStudy:
    with desk.store.reading() as db:
        return studies_for(db, desk.framework, Edition.PUBLISHABLE, ["G1"])[0]


def inside(desk: Desk) -> CaseStudy:
    with desk.store.reading() as db:
        return studies_for(db, desk.framework, Edition.INTERNAL, ["G1"])[0]


def test_a_core_group_is_named_by_the_register_or_chosen_and_what_a_person_says_holds(home: Desk) -> None:
    def found() -> tuple[str, ...]:
        with home.store.reading() as db:
            return core_groups(db)

    assert found() == ("G1",)
    choose(home.store, "G2", True, now=NOW, who="lead")
    assert found() == ("G1", "G2")
    choose(home.store, "G1", False, now=NOW, who="lead")
    assert found() == ("G2",)
    with pytest.raises(UnknownReport, match="No group G9"):
        choose(home.store, "G9", True, now=NOW, who="lead")
    with pytest.raises(UnknownReport, match="ctg cases add G1"):
        the_case(home)


def gone(desk: Desk, group: str) -> None:
    """Give the documents of a group to another one, as a register with another spelling does."""
    with desk.store.transaction() as db:
        for found in report_store.reports_of_group(db, group):
            report_store.put_report(db, replace(found, group_id="G17"))


def test_a_chosen_group_that_nothing_names_any_more_is_left_out_and_can_be_given_up(home: Desk) -> None:
    with home.store.transaction() as db:
        report_store.put_groups(db, [GROUP])
    choose(home.store, "G2", True, now=NOW, who="lead")
    gone(home, "G2")
    with home.store.reading() as db:
        assert (core_groups(db), gone_groups(db)) == (("G1",), ("G2",))
        assert [s.group_id for s in printed_studies(db, home.framework)] == ["G1"]
    assert [c["case"].group_id for c in cases_page(home)["cases"]] == ["G1"]
    assert cases_page(home)["gone"] == ("G2",)
    choose(home.store, "G2", False, now=NOW, who="lead")
    with home.store.reading() as db:
        assert gone_groups(db) == ()
    with pytest.raises(UnknownReport, match="No group G9"):
        choose(home.store, "G9", False, now=NOW, who="lead")


def test_plans_logs_and_notes_are_read_with_the_case_and_never_counted(home: Desk) -> None:
    found = the_case(home)
    assert [(r.kind, r.counted) for r in found.sources] == [(ReportKind.FINAL, True), (ReportKind.LOG, False)]
    assert found.final is not None and found.final.report_id == ID
    home.do(LOG, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    assert {r.report_id for r in dataset(home.store, home.framework).reports} == {ID, OTHER}


def test_a_section_shows_what_the_final_report_is_coded_as_with_quotes_and_inductive_codes(
    home: Desk,
) -> None:
    home.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, evidence=(Span(1, 0, 24),)))
    home.do(ID, Doing(uid(), "stakeholders", "parent", Answer.ABSENT))
    home.write_memo(Memo(uid(), ID, "", "", "", "Grandparents", "stakeholders", None, Span(1, 25, 55)))
    said = next(s for d in the_case(home).drafts for s in d.said if s.dimension == "stakeholders")
    shown = {a.label: [q.quote for q in a.quotes] for a in said.answers}
    assert shown["Pupils/students"] == [TEXT[:24]] and shown["Grandparents"] == [TEXT[25:55]]
    dimension = home.framework.dimension("stakeholders")
    assert dimension is not None and said.undecided == len(dimension.codes) - 3  # "other" came with the memo


def test_the_passages_of_a_trainee_are_not_shown_beside_a_case(home: Desk) -> None:
    home.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, evidence=(Span(1, 25, 55),)))
    with home.store.transaction() as db:
        (own,) = decision_store.decisions(db, [ID])
        trained = replace(own, act_id="", coder="tim", role="trainee", evidence=(QuotedEvidence(TEXT[:24], (Span(1, 0, 24),)),))  # fmt: skip
        decision_store.add_decisions(db, [trained])
    said = next(s for d in the_case(home).drafts for s in d.said if s.dimension == "stakeholders")
    assert [[q.quote for q in a.quotes] for a in said.answers] == [[TEXT[25:55]]]


def test_what_coders_disagree_on_is_no_finding_of_a_case(home: Desk) -> None:
    home.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, evidence=(Span(1, 0, 24),)))
    replace(home, coder="ben").do(ID, Doing(uid(), "stakeholders", "pupils", Answer.ABSENT))
    said = next(s for d in the_case(home).drafts for s in d.said if s.dimension == "stakeholders")
    assert said.answers == ()


def test_when_two_write_at_once_both_texts_are_kept_and_wait_to_be_brought_together(home: Desk) -> None:
    first = write(home, "One.")
    ben = write(home, "Ben's.", first.version, "ben")
    ada = write(home, "Ada's.", first.version, "ada")
    assert (ben.aside, ada.aside) == (False, True)
    draft = the_case(home).drafts[0]
    assert draft.text == "Ben's." and [a.text for a in draft.asides] == ["Ada's."]
    both = write(home, "Ada's and Ben's.", ben.version, "ada", (ada.version,))
    with home.store.reading() as db:
        kept = case_store.texts(db, "G1", both.section)
    assert [v.text for v in kept] == ["One.", "Ben's.", "Ada's.", "Ada's and Ben's."]
    assert current_of(kept) == both and asides_of(kept) == ()


def test_writers_in_one_moment_lose_nothing(home: Desk) -> None:
    threads = [threading.Thread(target=write, args=(home, f"Text {n}.", 0, f"coder {n}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with home.store.reading() as db:
        kept = case_store.texts(db, "G1")
    assert {v.text for v in kept} == {f"Text {n}." for n in range(8)}
    assert sorted(v.version for v in kept) == list(range(1, 9)) and sum(not v.aside for v in kept) == 1


def test_the_same_text_sent_twice_is_one_version(home: Desk) -> None:
    first = write(home, "One.")
    assert write(home, "One.") == first and write(home, "One.", 1) == first
    aside = write(home, "Two.")
    assert aside.aside and write(home, "Two.") == aside


def test_a_section_that_the_template_does_not_have_is_refused(home: Desk) -> None:
    with pytest.raises(CtgError, match="no section nowhere"):
        save_text(home.store, home.framework, Writing("G1", "nowhere", "x", 0), now=NOW, who="ada")


def test_texts_consents_and_quotations_can_be_neither_changed_nor_deleted(home: Desk) -> None:
    write(home, "One.")
    quote(home)
    consent(home, ConsentFor.NAME)
    for table, column in (("case_text", "text"), ("case_quote", "quote"), ("case_consent", "how")):
        for statement in (f"UPDATE {table} SET {column} = ''", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"), home.store.engine.begin() as db:
                db.execute(text(statement))


def test_a_quotation_is_a_passage_of_one_of_the_groups_documents_and_keeps_its_number(home: Desk) -> None:
    first, second = quote(home), quote(home, ID, 0, 24)
    assert (first.number, second.number, second.quote) == (1, 2, TEXT[:24])
    assert quote(home) == first
    with pytest.raises(UnknownReport, match="no such document"):
        quote(home, OTHER, 0, 24)
    with pytest.raises(CtgError, match="mark the passage again"):
        quote(home, ID, 0, 5000)


def test_a_group_is_named_only_while_consent_stands_and_else_described_by_coded_facts(home: Desk) -> None:
    home.do(ID, Doing(uid(), "group_size", None, Answer.VALUE, 3))
    home.do(ID, Doing(uid(), "phase", "primary", Answer.PRESENT))
    write(home, "{group} began at HOPE VALLEY COLLEGE. Hope Valley Partnership (G1) met monthly.")
    assert printed(home).heading == "A group of three primary schools"
    body = printed(home).sections[0].blocks[0].text
    assert body == "The group began at [name left out]. The group (the group) met monthly."
    consent(home, ConsentFor.NAME)
    assert printed(home).heading == "Hope Valley Partnership" and "HOPE VALLEY COLLEGE" in appendix_markdown("A", [printed(home)])  # fmt: skip
    consent(home, ConsentFor.NAME, given=False)
    assert "Hope" not in appendix_markdown("A", [printed(home)])


def test_a_description_that_fits_no_other_report_is_told_to_the_writer(home: Desk) -> None:
    def alone() -> bool:
        return any("No other report is described" in n for n in printed(home).notes)

    home.do(ID, Doing(uid(), "phase", "primary", Answer.PRESENT))
    assert alone()
    home.do(OTHER, Doing(uid(), "phase", "primary", Answer.PRESENT))
    assert not alone()


def test_facts_that_nobody_decided_describe_no_group(home: Desk) -> None:
    assert printed(home).heading == "A group"  # a suggestion for every code is in the store
    home.do(ID, Doing(uid(), "phase", "all_three", Answer.PRESENT))
    assert printed(home).heading == "A group of schools (all three phases)"


def test_quotations_are_printed_only_with_consent_and_never_name_who_may_not_be_named(home: Desk) -> None:
    made, _ = banked(home)
    let_print(home)
    write(home, f"It went well: [[q{made.number}]]\n\n[[q{made.number}]]")
    shown = printed(home)
    assert [b.text for b in shown.sections[0].blocks] == ["It went well: […]"]
    assert any("No consent for quotations stands: 1 quotation is left out" in n for n in shown.notes)
    consent(home, ConsentFor.QUOTES)
    spoken = printed(home).sections[0].blocks[1]
    assert spoken.attribution == "Group leader" and "[name left out] hosted us" in spoken.text
    consent(home, ConsentFor.NAME)
    spoken = printed(home).sections[0].blocks[1]
    assert spoken.attribution == "Group leader" and "Hope Valley College" in spoken.text
    consent(home, ConsentFor.QUOTES, given=False)
    assert len(printed(home).sections[0].blocks) == 1


def test_a_quotation_of_a_case_leaves_the_house_only_once_it_is_cleared_in_the_bank(home: Desk) -> None:
    consent(home, ConsentFor.QUOTES)
    _, waiting = banked(home, 38, 53)
    assert (waiting.state, waiting.dimension, waiting.now.role) == (QuoteState.WAITING, "", "Group leader")
    write(home, "They said [[q1]].\n\n[[q1]]")
    assert [b.text for b in printed(home).sections[0].blocks] == ["They said […]."]
    assert "Quotation q1 is left out until quotation 1 of the bank is cleared" in " ".join(
        printed(home).notes
    )
    sentence, alone = inside(home).sections[0].blocks
    assert sentence.text == "They said “We were nervous” [quotation not cleared]." and "not for print" in alone.attribution  # fmt: skip
    rewrite(home.store, 1, "We were [...]", "Group member", False, 1, now=home.clock(), who="ada")
    let_print(home)
    (_, alone) = printed(home).sections[0].blocks
    assert (alone.text, alone.attribution) == ("We were [...]", "Group member")
    withdraw(home.store, 1, now=home.clock(), who="bea", why="a child can be known")
    assert [b.text for b in printed(home).sections[0].blocks] == ["They said […]."]


def test_a_quotation_of_a_case_that_is_not_in_the_bank_is_told_to_the_writer(home: Desk) -> None:
    consent(home, ConsentFor.QUOTES)
    quote(home)
    write(home, "[[q1]]")
    assert printed(home).sections[0].blocks == () and "not in the bank" in " ".join(printed(home).notes)
    made, put = banked(home)
    assert (made.number, put.quote_id) == (1, 1) and banked(home) == (made, put)


def test_a_quotation_without_a_speaker_is_attributed_to_the_kind_of_its_document(home: Desk) -> None:
    assert banked(home, speaker="")[1].now.role == "Learning log"
    with pytest.raises(CtgError, match="names nobody"):
        banked(home, 0, 5, speaker="head of hope valley")
    assert len(the_case(home).quotes) == 1


def test_what_a_trainee_names_is_no_finding_of_a_case(home: Desk) -> None:
    with home.store.transaction() as db:
        independence_store.assign(db, [Assignment(ID, "tim", Purpose.TRAINING, 1, NOW, "lead")])
        memo = Memo(uid(), ID, "tim", NOW, "", "Ants", "stakeholders", None, Span(1, 0, 24), TEXT[:24])
        act_store.put_memo(db, memo)
    assert not [a for d in the_case(home).drafts for s in d.said for a in s.answers if a.inductive]


def test_words_of_a_document_written_into_the_text_are_told_while_quoting_is_not_consented_to(
    home: Desk,
) -> None:
    write(home, "As they said, we were nervous and the pupils led the morning all the same.")
    assert any("has words of the group's documents" in n for n in printed(home).notes)
    write(home, "They were nervous.", 1)
    assert not any("has words of" in n for n in printed(home).notes)


def test_what_looks_like_a_name_is_told_to_the_writer(home: Desk) -> None:
    write(home, "The St Hilda Primary School took part, and Mrs Gale led it.")
    assert any("St Hilda Primary School, Mrs Gale" in n for n in printed(home).notes)


def test_consent_says_who_when_and_how_and_only_what_was_given_is_taken_back(home: Desk) -> None:
    with pytest.raises(CtgError, match="no consent for its name that could be taken back"):
        consent(home, ConsentFor.NAME, given=False)
    wanted = Consent("G1", ConsentFor.NAME, True, "Mr Hill", "form", "2026-01-31", NOW, "lead")
    for wrong, said in (({"person": " "}, "Say who"), ({"said_on": "31.1."}, "no date"), ({"said_on": "2027-01-01"}, "not come yet")):  # fmt: skip
        with pytest.raises(CtgError, match=said):
            record_consent(home.store, replace(wanted, **wrong))
    record_consent(home.store, wanted)
    assert the_case(home).consents == (wanted,)


def test_a_withdrawn_document_is_neither_listed_nor_quoted(home: Desk) -> None:
    made = quote(home)
    write(home, f"[[q{made.number}]]")
    consent(home, ConsentFor.QUOTES)
    assert "learning log" in printed(home).sources
    withdraw_report(home.store, LOG, now=NOW, who="lead", why="asked for")
    assert printed(home).sections[0].blocks == () and "learning log" not in printed(home).sources
    assert any("withdrawn or erased" in n for n in printed(home).notes)


def test_erasing_a_document_takes_its_words_out_of_the_case_in_all_versions(home: Desk) -> None:
    short = quote(home, start=7, end=31)
    write(
        home,
        f"Marked: [[q{short.number}]]. Typed: we were nervous, and the pupils led the morning all the same!",
    )
    write(home, f"“{LOG_TEXT[7:31]}” they said; our own words stay.", 1)
    withdraw_report(home.store, LOG, now=NOW, who="lead", why="asked for")
    gone = erase_report(home.store, home.home, LOG, now=NOW, who="lead", why="asked for")
    assert gone.case_texts == 2
    with home.store.reading() as db:
        texts, quotes = case_store.texts(db, "G1"), case_store.quotes(db, "G1")
    assert [t.text for t in texts] == [f"Marked: [[q1]]. Typed: {ERASED}!", f"“{ERASED}” they said; our own words stay."]  # fmt: skip
    assert [(q.number, q.quote, q.speaker) for q in quotes] == [(1, "", "")]
    assert quote(home, ID, 0, 24).number == 2


def test_erasing_a_document_that_was_given_to_another_group_since_empties_the_case_that_quoted_it(
    home: Desk,
) -> None:
    made = quote(home)
    write(home, f"[[q{made.number}]] {LOG_TEXT}")
    with home.store.transaction() as db:
        log = report_store.report(db, LOG)
        assert log is not None
        report_store.put_report(db, replace(log, group_id="G2"))
    withdraw_report(home.store, LOG, now=NOW, who="lead", why="asked for")
    assert erase_report(home.store, home.home, LOG, now=NOW, who="lead", why="asked for").case_texts == 1
    assert the_case(home).drafts[0].text == f"[[q1]] {ERASED}."


def test_a_group_whose_id_is_a_number_takes_no_numbers_out_of_its_text(home: Desk) -> None:
    with home.store.transaction() as db:
        for report_id in (ID, LOG):
            found = report_store.report(db, report_id)
            assert found is not None
            report_store.put_report(db, replace(found, group_id="3"))
    choose(home.store, "3", True, now=NOW, who="lead")
    writing = Writing("3", first_section(home), "There were 3 schools.", 0)
    save_text(home.store, home.framework, writing, now=NOW, who="ada")
    with home.store.reading() as db:
        (study,) = printed_studies(db, home.framework, ["3"])
    assert study.sections[0].blocks[0].text == "There were 3 schools."


def test_a_mark_that_would_be_printed_as_it_stands_is_refused_when_it_is_written(home: Desk) -> None:
    for mark in ("[[quote 1]]", "[[ q1 ]]", "[[Q1]]"):
        with pytest.raises(CtgError, match="would be printed as it stands. In a case study quotations go by"):
            write(home, f"They said {mark}.")
    assert the_case(home).drafts[0].text == ""


def test_a_text_of_a_file_quotes_words_by_the_mark_that_a_command_gives_them(
    home: Desk, tmp_path: Path
) -> None:
    root = str(point_home_at_its_store(home))

    def run(*words: str) -> str:
        done = CliRunner().invoke(ctg, ["--home", root, "cases", *words])
        assert done.exit_code == 0, done.output
        return done.output

    words = ("quote", "G1", LOG[:12], "We were nervous", "--role", "Group leader")
    said = run(*words)
    assert "[[q1]] stands for it in the text: “We were nervous”" in said and "(waiting)" in said
    assert run(*words) == said, "the same words keep their number"
    file = tmp_path / "story.txt"
    file.write_text("It began badly.\n\n[[q1]] [[q7]]\n", encoding="utf-8")
    told = run("text", "G1", first_section(home), str(file))
    assert "Version 1 of" in told and "[[q7]] is left out: G1 has no quotation q7." in told
    assert "q1" not in told.replace("[[q7]]", "")
    wrong = CliRunner().invoke(ctg, ["--home", root, "cases", "quote", "G1", LOG[:12], "Never said"])
    assert wrong.exit_code and "“Never said” is not in" in str(wrong.exception)


def test_what_is_done_to_a_case_stands_in_the_log_without_its_text(home: Desk) -> None:
    choose(home.store, "G1", True, now=NOW, who="lead")
    write(home, "One.")
    quote(home)
    consent(home, ConsentFor.NAME)
    with home.store.reading() as db:
        found = {e.what: e for e in entries(db)}
    assert {"core group", "case text", "case quotation", "case consent"} <= set(found)
    said = " ".join(str(dict(e.detail)) for e in found.values())
    assert "One." not in said and "nervous" not in said and "Hill" not in said


def test_a_case_is_closed_to_who_codes_one_of_its_documents_blind_or_was_not_assigned_it(home: Desk) -> None:
    sources = the_case(home).sources

    def may(coder: str) -> bool:
        with home.store.reading() as db:
            return open_to(sight(db, coder, restricted=True), sources)

    assert may("ada")  # nothing was assigned to anybody yet
    give(home.store, [OTHER], "ben", Purpose.CODING, now=NOW, who="lead")
    give(home.store, [ID], "cora", Purpose.CODING, now=NOW, who="lead")
    give(home.store, [ID, LOG], "dan", Purpose.CODING, now=NOW, who="lead")
    give(home.store, [ID, LOG], "eve", Purpose.DOUBLE, now=NOW, who="lead")
    assert [may(c) for c in ("ada", "ben", "cora", "dan", "eve")] == [False, False, False, True, False]


def test_the_appendix_is_one_document_with_headings_lists_and_quotations(home: Desk, tmp_path: Path) -> None:
    choose(home.store, "G2", True, now=NOW, who="lead")
    consent(home, ConsentFor.QUOTES)
    made, _ = banked(home, 0, 24, of=ID)
    let_print(home)
    write(home, f"A *first*\nparagraph.\n\n- one\n- two\n\n[[q{made.number}]]")
    with home.store.reading() as db:
        studies = studies_for(db, home.framework, Edition.PUBLISHABLE)
    said = appendix_markdown("Case studies", studies)
    assert "## Case study 1: A group\n\n*Written from: final report, learning log.*" in said
    assert r"A \*first\* paragraph." in said and "- one\n- two" in said
    assert "> “Pupils planned the work.”\n>\n> — Group leader" in said and "## Case study 2: A group" in said
    write_docx(tmp_path / "a.docx", "Case studies", studies)
    styles = [(p.style.name, p.text) for p in docx.Document(str(tmp_path / "a.docx")).paragraphs]
    assert ("Heading 1", "Case study 1: A group") in styles and ("List Bullet", "one") in styles
    assert ("Quote", "“Pupils planned the work.”\n— Group leader") in styles


def test_a_text_whose_section_left_the_template_is_kept_and_shown_last(home: Desk) -> None:
    section = first_section(home)
    write(home, "Kept.")
    other = replace(home.framework, case_sections=(sections_of(home.framework)[1],))
    with home.store.reading() as db:
        drafts = case(db, other, "G1").drafts
    assert (drafts[-1].section, drafts[-1].text, drafts[-1].asked) == (section, "Kept.", False)


def test_a_store_of_the_other_database_is_the_same(any_store: Store) -> None:
    with any_store.reading() as db:
        assert core_groups(db) == ()


def test_the_template_is_the_frameworks_and_changes_no_framework_id(tmp_path: Path) -> None:
    plain = (
        "id: small\nversion: '1'\ntitle: Small\ndimensions:\n- id: pets\n  title: Pets\n  kind: multi\n"
        "  codes:\n  - id: cat\n    label: Cat\n"
    )
    (tmp_path / "plain.yaml").write_text(plain, encoding="utf-8")
    given = plain + "case_sections:\n- id: home\n  title: The home\n  prompt: Who?\n  dimensions: [pets]\n"
    (tmp_path / "given.yaml").write_text(given, encoding="utf-8")
    without, with_sections = load_framework(tmp_path / "plain.yaml"), load_framework(tmp_path / "given.yaml")
    assert without.framework_id == with_sections.framework_id
    assert [s.id for s in sections_of(with_sections)] == ["home"]
    assert [s.dimensions for s in sections_of(without)][0] == ("pets",)
    (tmp_path / "wrong.yaml").write_text(given.replace("[pets]", "[birds]"), encoding="utf-8")
    with pytest.raises(FrameworkError, match="line 12: home names the dimension birds, which does not exist"):
        load_framework(tmp_path / "wrong.yaml")


def test_the_command_line_goes_from_a_chosen_group_to_the_appendix(home: Desk, tmp_path: Path) -> None:
    root = point_home_at_its_store(home)
    (tmp_path / "text.txt").write_text("{group} met at Hope Valley College.", encoding="utf-8")

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(ctg, ["--home", str(root), "cases", *words])
        assert (done.exit_code != 0) == bool(code), done.output
        return done.output + str(done.exception or "")

    run("add", "G2")
    assert "G2" in run("list") and "not asked" in run("list")
    assert "Nothing is written on any of these groups" in run("write", code=1)
    run("text", "G1", first_section(home), str(tmp_path / "text.txt"))
    assert "“a group”" in run("write") and "G2 is left out" in run("write")
    written = root / "data" / "coded" / "case_studies.md"
    assert "Hope" not in written.read_text(encoding="utf-8")
    run("consent", "G1", "--for", "name", "--from", "Head", "--how", "form", "--on", "2026-01-31")
    run("write", "G1")
    assert "Hope Valley Partnership met at Hope Valley College." in written.read_text(encoding="utf-8")
    run("consent", "G1", "--for", "name", "--from", "Head", "--how", "letter", "--withdraw")
    run("write")
    assert "Hope" not in written.read_text(encoding="utf-8")
    assert "Head took back: name" in run("show", "G1")
    assert "no core group" in run("show", "G9", code=6) or "No group G9" in run("show", "G9", code=6)
