"""The bank of quotations: what could tell who is meant, redaction, clearing by two people, print, erasure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from ctg_nlp import releases
from ctg_nlp.banking import bank, clear, restore, rewrite, withdraw
from ctg_nlp.casework import choose, record_consent, take_quote
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError, PeopleError
from ctg_nlp.export.editions import Edition, Quote
from ctg_nlp.finding_files import exported_quotes, import_quotes
from ctg_nlp.findings import ChangedSince, NoFinding, Writing, write
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text
from ctg_nlp.identifying import Known, marks
from ctg_nlp.people import add_user
from ctg_nlp.quotations import NOT_CLEARED, Shown, printable, printable_with, shown
from ctg_nlp.records import (
    BankedQuote,
    Consent,
    ConsentFor,
    FindingKind,
    FindingSource,
    Group,
    Page,
    QuoteState,
    QuoteText,
    Role,
    Span,
)
from ctg_nlp.redaction import Cut, NotTheSource, cuts, is_mended
from ctg_nlp.report import made
from ctg_nlp.settings import make_home
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import releases as release_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.whereabouts import where_now

from .desks import ID, OTHER, fill

SAID = "Amina, a Year 6 girl at Hope Valley College, now leads the group. Attendance is better."
PAGE = f"Our report. {SAID} We are glad about the attendance."
SOURCE = FindingSource(ID, 1, 12, 12 + len(SAID), "")
SAFE = "[...] now leads the group. Attendance is better."
PASSWORD = "grape lamp tuesday"
NOW_THERE = "2026-05-01T00:00:00.000000+00:00"


@pytest.fixture
def banked(desk: Desk) -> Desk:
    """Ada's desk; the quotation 1 of the first report names a pupil and a school."""
    with desk.store.transaction() as db:
        report_store.put_pages(db, ID, [Page(1, 595.0, 842.0, PAGE)], [])
        report_store.put_groups(
            db, [Group("G1", 1, columns=(("school", "Hope Valley College"),)), Group("G2", 2)]
        )
    bank(desk.store, desk.framework, SOURCE, "skills", "delegation", now=desk.clock(), who="ada")
    return desk


def team(desk: Desk) -> None:
    for name, role in (("ada", Role.LEAD), ("bea", Role.LEAD), ("cal", Role.CODER)):
        add_user(desk.store, name, role, PASSWORD, now=desk.clock(), who="x", must_change=False)


def now(desk: Desk, number: int = 1) -> BankedQuote:
    with desk.store.reading() as db:
        found = quote_store.quotation(db, number)
    assert found is not None
    return found


def looked_at(desk: Desk) -> Shown:
    with desk.store.reading() as db:
        return shown(db, desk.framework, [now(desk)], desk.home)[0]


def redact(
    desk: Desk, words: str = SAFE, who: str = "ada", role: str = "Group leader", by_case: bool = False
):
    base = now(desk).now.version
    return rewrite(desk.store, 1, words, role, by_case, base, now=desk.clock(), who=who)


def let_print(desk: Desk, who: str = "bea", kept: Sequence[tuple[int, int]] | None = None):
    places = [(m.start, m.end) for m in looked_at(desk).marks] if kept is None else kept
    base = now(desk).now.version
    return clear(desk.store, desk.framework, 1, base, places, now=desk.clock(), who=who)


def printed(desk: Desk, edition: Edition = Edition.PUBLISHABLE) -> dict[int, Quote]:
    with desk.store.reading() as db:
        return printable(db, edition)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("we asked Jamal to lead", "may be a name"),
        ("Jamal explained it to us", "somebody who speaks"),
        ("thanks to Mrs Okafor we went on", "title"),
        ("we met at St Hilda’s Primary School", "school"),
        ("the boy was aged 9", "an age"),
        ("an eleven-year-old read to us", "an age"),
        ("a Year 4 boy read to us", "one pupil"),
        ("she is deaf and signs", "a rare trait"),
        ("two of our asylum seekers went", "a rare trait"),
        ("only three children were left", "small count"),
        ("one mother stayed", "small count"),
        ("three of the twenty-six came", "small count"),
        ("2 out of 9 had never been there", "small count"),
        ("what she said then was new to us", "one person is told of"),
        ("it opened on 14 September 2009", "a date"),
        ("write to head@school.example.org", "an address"),
        ("our chair of governors left", "a role that one person has"),
        ("the only school in the county that did so", "only one has"),
        ("we have 212 pupils on roll", "can be looked up"),
        ("from 43 per cent to 71 per cent at Level 4", "can be looked up"),
        ("the XYZP project helped", "an abbreviation"),
        ("the work of brookfield was new", "a name of the register"),
        ("all over Swindon’s estates", "may be a name"),
    ],
)
def test_words_that_could_tell_who_is_meant_are_marked(words: str, why: str) -> None:
    assert any(why in m.why for m in marks(words, Known(("Brookfield",)))), marks(words)


@pytest.mark.parametrize(
    "words",
    [
        "The pupils worked hard. They were glad, and so were we.",
        "Attainment in English and Maths rose in Year 5 and Key Stage 2.",
        "Staff used data with confidence: Ofsted had asked for that.",
        "Raising children’s self-esteem can and does have a significant impact on their attainment.",
        "“The meetings have clearly invigorated teachers.”",
    ],
)
def test_plain_sentences_are_not_marked(words: str) -> None:
    assert marks(words, Known(ordinary=frozenset({"attainment", "raising"}))) == ()


def test_a_word_at_the_beginning_of_a_sentence_is_marked_unless_the_report_also_writes_it_small() -> None:
    assert [m.words for m in marks("Rowan was glad. Reluctance went.", Known(ordinary=frozenset({"reluctance"})))] == ["Rowan"]  # fmt: skip
    assert marks("Rowan was glad.", Known(ordinary=frozenset({"rowan"}))) == ()


def test_marks_lie_in_the_text_in_order_and_apart() -> None:
    found = marks(SAID, Known(("Hope Valley College",), ordinary=frozenset({"attendance"})))
    assert [SAID[m.start : m.end] for m in found] == [m.words for m in found]
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))
    assert [m.words for m in found] == ["Amina", "a Year 6 girl", "Hope Valley College"]


def test_what_is_left_out_is_marked_and_the_words_replaced_are_known() -> None:
    assert cuts(SAID, "[One girl] now leads the group. [...]") == (
        Cut("Amina, a Year 6 girl at Hope Valley College,", "[One girl]"), Cut("Attendance is better.", "[...]"),
    )  # fmt: skip
    assert cuts(SAID, SAID) == () and cuts("He said [sic] so.", "He said [sic] so.") == ()
    assert cuts("a\nb  c", "a b […]") == (Cut("c", "[...]"),)


@pytest.mark.parametrize(
    "wrong",
    [
        "now leads the group. Attendance is better.",
        "[...] now leads the group.",
        "[...] now leads a group. Attendance is better.",
        "[...] Attendance is better. now leads the group.",
        f"{SAID} And more.",
        f"Amina {SAID}",
    ],
)
def test_nothing_is_changed_added_or_left_out_without_a_mark(wrong: str) -> None:
    with pytest.raises(NotTheSource):
        cuts(SAID, wrong)


BROKEN = "He said,‟we did co- operate–I knew,since the pupils\" told us, and we're sure: 5-10 of them."


@pytest.mark.parametrize(
    "mended",
    [
        "He said, “we did co-operate – I knew, since the pupils” told us, and we’re sure: 5–10 of them.",
        "He said, we did cooperate – I knew, since the pupils told us, and we're sure: 5-10 of them.",
    ],
)
def test_typography_that_reading_broke_can_be_corrected_and_is_told_as_such(mended: str) -> None:
    assert cuts(BROKEN, mended) == () and is_mended(BROKEN, mended) and not is_mended(BROKEN, BROKEN)


def test_what_is_left_out_of_a_corrected_text_is_told_in_the_reports_words() -> None:
    (cut,) = cuts(BROKEN, "He said, “we did [...] told us, and we’re sure: 5-10 of them.”")
    assert cut == Cut('co- operate–I knew,since the pupils"', "[...]")


@pytest.mark.parametrize(
    ("said", "wrong"),
    [("we're sure", "were sure"), ("5-10 of us", "510 of us"), ("now here", "nowhere"), ("-5 %", "5 %"),
     ("It is good, now", "It is good now"), ("our Boys", "our boys")],
)  # fmt: skip
def test_a_correction_of_typography_changes_no_word_number_or_stop(said: str, wrong: str) -> None:
    with pytest.raises(NotTheSource, match="mark"):
        cuts(said, wrong)


@given(
    st.lists(st.sampled_from("the a pupils led it [x] well . work".split()), min_size=1, max_size=12),
    st.data(),
)
def test_any_stretches_of_words_may_be_replaced_by_marks(words: list[str], data: st.DataObject) -> None:
    source = " ".join(words)
    a = data.draw(st.integers(0, len(words)))
    b = data.draw(st.integers(a, len(words)))
    shortened = " ".join([*words[:a], "[...]", *words[b:]])
    replaced = [c.words for c in cuts(source, shortened) if c.instead == "[...]"]
    assert "".join(" ".join(replaced).split()) in "".join(source.split())


def test_a_passage_is_banked_once_as_it_stands_on_its_page_and_waits(banked: Desk) -> None:
    again = bank(banked.store, banked.framework, SOURCE, "skills", None, now=banked.clock(), who="ben")
    assert again == now(banked) and again.source.quote == SAID == again.now.text
    assert again.state is QuoteState.WAITING and again.now.role == "Group leader" and printed(banked) == {}
    with pytest.raises(CtgError, match=r"no skills\.juggling"):
        bank(banked.store, banked.framework, SOURCE, "skills", "juggling", now=banked.clock(), who="ben")


def test_nothing_is_cleared_before_every_mark_was_looked_at(banked: Desk) -> None:
    found = looked_at(banked).marks
    assert [m.words for m in found] == ["Amina", "a Year 6 girl", "Hope Valley College"]
    with pytest.raises(CtgError, match="“Amina”.*“Hope Valley College” .a name of the register"):
        let_print(banked, kept=[(found[1].start, found[1].end)])
    assert now(banked).state is QuoteState.WAITING
    redact(banked)
    assert looked_at(banked).marks == () and looked_at(banked).cuts[0].words.startswith("Amina")
    assert let_print(banked).state is QuoteState.CLEARED
    assert printed(banked) == {1: Quote(SAFE, "Group leader")}


def test_what_a_person_lets_stand_is_kept_with_the_clearing(banked: Desk) -> None:
    redact(banked, "[...] a Year 6 girl [...] now leads the group. Attendance is better.")
    (mark,) = looked_at(banked).marks
    assert let_print(banked).clearing.kept == ((mark.start, mark.end),)


@pytest.mark.parametrize(
    "change",
    [{"words": "[...] now leads the group. [...]"}, {"role": "Group member"}, {"by_case": True}],
)
def test_a_cleared_quotation_whose_text_or_attribution_changes_must_be_cleared_again(
    banked: Desk, change: dict[str, object]
) -> None:
    redact(banked)
    let_print(banked)
    assert redact(banked).state is QuoteState.CLEARED  # the same again changes nothing
    redact(banked, **change)
    assert now(banked).state is QuoteState.WAITING and printed(banked) == {}
    redact(banked)
    assert now(banked).state is QuoteState.WAITING, "the old text comes back, but not its clearing"


def test_a_text_that_somebody_changed_meanwhile_is_neither_cleared_nor_written_over(banked: Desk) -> None:
    redact(banked)
    with pytest.raises(ChangedSince, match="ada changed this quotation"):
        clear(banked.store, banked.framework, 1, 1, [], now=banked.clock(), who="bea")
    with pytest.raises(ChangedSince):
        rewrite(banked.store, 1, "[...]", "Group leader", False, 1, now=banked.clock(), who="bea")


def test_once_there_are_users_only_a_lead_who_did_not_write_the_text_clears_it(banked: Desk) -> None:
    redact(banked)
    team(banked)
    for who, said in (("ada", "four eyes"), ("cal", "no lead"), ("nobody", "no lead")):
        with pytest.raises(PeopleError, match=said):
            let_print(banked, who)
    assert let_print(banked, "bea").clearing.who == "bea"


def test_who_banked_a_passage_as_it_is_does_not_clear_it_alone(banked: Desk) -> None:
    team(banked)
    with pytest.raises(PeopleError, match="banked it as it is"):
        let_print(banked, "ada")


def test_nothing_is_cleared_of_which_nothing_is_left(banked: Desk) -> None:
    redact(banked, "[...]")
    with pytest.raises(CtgError, match="Nothing is left"):
        let_print(banked)


@pytest.mark.parametrize(
    "role",
    [
        "", "Mrs Hill", "Headteacher of Hope Valley College", "x" * 61, "head of hope valley college",
        "deputy head, hope valley", "fowler, group leader", "Headteacher of elm park primary", "Leader of 3FG",
    ],
)  # fmt: skip
def test_an_attribution_is_a_role_and_names_nobody(banked: Desk, role: str) -> None:
    with pytest.raises(CtgError):
        redact(banked, role=role)


@pytest.mark.parametrize(
    "role",
    [
        "Headteacher",
        "Deputy head",
        "SENCO",
        "Parent",
        "Learning mentor",
        "Year 6 teacher",
        "Group coach",
        "Local authority adviser",
        "Teacher, primary school",
        "Head of the sixth form",
        "Attendance officer",
    ],
)
def test_any_other_role_may_be_written(banked: Desk, role: str) -> None:
    assert redact(banked, role=role).now.role == role


def test_a_role_that_names_somebody_is_neither_taken_from_a_file_nor_cleared(
    banked: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "quotes.jsonl"
    line = {"source": {"group": "G2", "quote": "Parents came to every meeting."}, "dimension": "skills"}
    wrong = [line | {"role": role} for role in ("Mrs Fowler, Elm Park School", "x" * 150)]
    file.write_text("\n".join(map(json.dumps, wrong)), encoding="utf-8")
    done = import_quotes(banked.store, banked.framework, file, now=banked.clock(), who="ada")
    assert done.taken == 0 and [n for n, _ in done.refused] == [1, 2]
    with banked.store.transaction() as db:  # as an earlier version let it in
        quote_store.add_text(db, 1, QuoteText(2, SAFE, "fowler, group leader", False, "ada", banked.clock()))
    with pytest.raises(CtgError, match="names nobody: leave out “fowler”"):
        let_print(banked)


def test_a_withdrawn_quotation_is_printed_no_more_and_comes_back_only_by_another_clearing(
    banked: Desk,
) -> None:
    redact(banked)
    let_print(banked)
    with pytest.raises(CtgError, match="Say why"):
        withdraw(banked.store, 1, now=banked.clock(), who="cal", why=" ")
    withdraw(banked.store, 1, now=banked.clock(), who="cal", why="the group asked")
    assert printed(banked) == {} and looked_at(banked).why_not == "It was withdrawn by cal: the group asked"
    for refused in (redact, let_print):
        with pytest.raises(CtgError, match="withdrawn"):
            refused(banked, "[...]") if refused is redact else refused(banked)
    restore(banked.store, 1, now=banked.clock(), who="bea")
    assert now(banked).state is QuoteState.WAITING and printed(banked) == {}


def consent(desk: Desk, scope: ConsentFor, given: bool = True) -> None:
    said = Consent("G1", scope, given, "Mr Hill", "signed form", "2026-01-31", desk.clock(), "bea")
    record_consent(desk.store, said)


def test_a_case_study_is_named_only_while_the_group_consents(banked: Desk) -> None:
    with banked.store.transaction() as db:
        report_store.put_groups(db, [Group("G1", 1, columns=(("name", "Hope Valley"),))])
    choose(banked.store, "G1", True, now=banked.clock(), who="bea")
    redact(banked, by_case=True)
    with pytest.raises(CtgError, match="consented"):
        let_print(banked)
    consent(banked, ConsentFor.NAME)
    consent(banked, ConsentFor.QUOTES)
    let_print(banked)
    assert printed(banked)[1].attribution == "Group leader, Hope Valley case study"
    consent(banked, ConsentFor.NAME, given=False)
    assert printed(banked) == {} and "no consent" in looked_at(banked).why_not


def test_a_group_that_takes_back_that_it_may_be_quoted_is_not_quoted(banked: Desk) -> None:
    choose(banked.store, "G1", True, now=banked.clock(), who="bea")
    redact(banked)
    let_print(banked)
    consent(banked, ConsentFor.QUOTES)
    assert 1 in printed(banked)
    consent(banked, ConsentFor.QUOTES, given=False)
    assert printed(banked) == {} and "took back" in looked_at(banked).why_not


def test_a_quotation_tells_the_case_study_that_quotes_the_same_words(banked: Desk) -> None:
    choose(banked.store, "G1", True, now=banked.clock(), who="bea")
    take_quote(banked.store, "G1", ID, Span(1, 12, 30), "Head", now=banked.clock(), who="bea")
    assert [(u.kind, u.where) for u in looked_at(banked).uses] == [("case study", "G1")]


def narrate(desk: Desk, words: str) -> None:
    desk.home.narrative.write_text(words, encoding="utf-8")


def test_the_publishable_edition_prints_cleared_quotations_alone_and_the_internal_one_says_how_they_stand(
    banked: Desk,
) -> None:
    narrate(banked, "# Leading\n\nSo they say.\n\n[[quote 1]]\n\nWithin [[quote 1]] and [[quote 7]].\n")
    before = {e: made(banked.store, banked.home, e).contents for e in Edition}
    publishable, internal = before[Edition.PUBLISHABLE], before[Edition.INTERNAL]
    section = next(s for s in publishable.sections if s.heading == "Leading")
    assert section.quotes == () and section.paragraphs[1] == f"Within {NOT_CLEARED} and {NOT_CLEARED}."
    assert "Amina" not in repr(publishable)
    (quote,) = next(s for s in internal.sections if s.heading == "Leading").quotes
    assert quote.attribution == "Group leader (G1, page 1; not for print: It was not cleared yet.)"
    redact(banked)
    let_print(banked)
    after = made(banked.store, banked.home, Edition.PUBLISHABLE).contents
    section = next(s for s in after.sections if s.heading == "Leading")
    assert section.quotes == (Quote(SAFE, "Group leader"),)
    assert f"Within “{SAFE}” (Group leader) and" in section.paragraphs[1]
    assert "Amina" not in repr(after) and made(banked.store, banked.home, Edition.PUBLISHABLE).sound


def test_it_is_told_where_a_quotation_is_used(banked: Desk) -> None:
    narrate(banked, "## Skills\n\n[[quote 1]] shows it.\n")
    part = FindingSource(ID, 1, 20, 60, "")
    wanted = Writing("f" * 36, "qualities", "skills", None, FindingKind.SOLUTION, "Let pupils lead.", (part,))
    write(banked.store, banked.framework, wanted, now=banked.clock(), who="ada")
    assert [(u.kind, u.where) for u in looked_at(banked).uses] == [("narrative", "Skills"), ("solution", "Let pupils lead.")]  # fmt: skip


def test_a_withdrawn_report_is_not_quoted(banked: Desk) -> None:
    redact(banked)
    let_print(banked)
    withdraw_report(banked.store, ID, now=banked.clock(), who="lead", why="asked for")
    assert printed(banked) == {} and printed(banked, Edition.INTERNAL) == {}


def test_erasing_a_report_takes_its_quotations_and_their_number_is_not_given_again(banked: Desk) -> None:
    redact(banked)
    let_print(banked)
    withdraw_report(banked.store, ID, now=banked.clock(), who="lead", why="asked for")
    done = erase_report(banked.store, banked.home, ID, now=banked.clock(), who="lead", why="asked for")
    assert done.quotations == 1 and now(banked).state is QuoteState.ERASED
    with banked.store.engine.begin() as db:
        for table in ("banked_quote", "quote_text", "quote_act"):
            assert "Amina" not in str(db.execute(text(f"SELECT * FROM {table}")).all())
    with pytest.raises(NoFinding, match="erased"):
        withdraw(banked.store, 1, now=banked.clock(), who="cal", why="x")
    other = FindingSource(OTHER, 1, 0, 24, "")
    assert (
        bank(banked.store, banked.framework, other, "skills", None, now=banked.clock(), who="ada").quote_id
        == 2
    )
    assert list(printed(banked, Edition.INTERNAL)) == [2]


def test_texts_and_acts_of_quotations_can_be_neither_changed_nor_deleted(banked: Desk) -> None:
    redact(banked)
    let_print(banked)
    for statement in (
        "UPDATE quote_text SET text = 'x'",
        "DELETE FROM quote_text",
        "UPDATE quote_act SET who = 'x'",
        "DELETE FROM quote_act",
        "UPDATE banked_quote SET quote = 'x'",
        "DELETE FROM banked_quote",
    ):
        with pytest.raises(DatabaseError, match="append-only"), banked.store.engine.begin() as db:
            db.execute(text(statement))


def test_every_act_is_in_the_audit_log_and_no_word_of_a_report_is(banked: Desk) -> None:
    redact(banked)
    let_print(banked)
    withdraw(banked.store, 1, now=banked.clock(), who="cal", why="Amina asked")
    with banked.store.reading() as db:
        log = [e for e in entries(db) if e.what.startswith("quotation")]
    assert [(e.what, e.who) for e in log] == [
        ("quotation banked", "ada"), ("quotation changed", "ada"), ("quotation cleared", "bea"),
        ("quotation withdrawn", "cal"),
    ]  # fmt: skip
    assert "Amina" not in repr(log)


def exported(desk_store: Store) -> list[dict[str, object]]:
    return list(exported_quotes(desk_store))


def test_the_bank_goes_out_into_a_file_and_back_and_no_clearing_is_taken_over_unasked(
    banked: Desk, tmp_path: Path, ctg: Framework
) -> None:
    redact(banked)
    let_print(banked)
    lines = exported(banked.store)
    file = tmp_path / "quotes.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    for clearings, state, left in ((False, QuoteState.WAITING, 1), (True, QuoteState.CLEARED, 0)):
        other = open_store(f"sqlite:///{tmp_path / f'other{left}.sqlite'}", create=True)
        fill(other, ctg, ID, 1, 0.6)
        with other.transaction() as db:
            report_store.put_pages(db, ID, [Page(1, 595.0, 842.0, PAGE)], [])
        done = import_quotes(other, ctg, file, now=banked.clock(), who="lead", clearings=clearings)
        assert (done.taken, done.clearings, done.refused) == (1, left, ())
        assert import_quotes(other, ctg, file, now=banked.clock(), who="lead").known == 1
        with other.reading() as db:
            assert quote_store.quotations(db)[0].state is state
        assert not clearings or exported(other) == lines
        other.close()


def test_a_line_of_the_bank_that_changes_the_reports_words_is_refused(banked: Desk, tmp_path: Path) -> None:
    file = tmp_path / "quotes.jsonl"
    line = {"source": {"group": "G2", "quote": "Parents came to every meeting."}, "dimension": "skills"}
    wrong = [
        line | {"text": "Parents came to some meetings."},
        line | {"dimension": "weather"},
        line | {"quote_id": 1},
    ]
    file.write_text("\n".join(map(json.dumps, [*wrong, line])), encoding="utf-8")
    done = import_quotes(banked.store, banked.framework, file, now=banked.clock(), who="ada")
    assert done.taken == 1 and [n for n, _ in done.refused] == [1, 2, 3]
    assert now(banked, 2).now.text == "Parents came to every meeting" and now(banked, 2).banked_by == "ada"


def test_after_a_report_was_read_anew_its_quotation_is_found_where_it_stands_then(banked: Desk) -> None:
    source = now(banked).source
    with banked.store.transaction() as db:
        pages = [Page(1, 595.0, 842.0, "A new heading"), Page(2, 595.0, 842.0, f"More. {PAGE}")]
        report_store.put_pages(db, ID, pages, [])
    with banked.store.reading() as db:
        place = where_now(db, [source])[source]
        gone = where_now(db, [replace(source, quote="Nobody ever wrote this anywhere")])
    assert (place.page, place.start, place.quote) == (2, source.start + 6, SAID)
    assert next(iter(gone.values())).page == 0
    again = bank(banked.store, banked.framework, place, "skills", None, now=banked.clock(), who="ben")
    assert again.quote_id == 1


def test_a_finding_comes_with_the_quotations_of_its_passages_that_may_be_printed(banked: Desk) -> None:
    wanted = Writing("f" * 36, "qualities", "skills", None, FindingKind.FINDING, "Pupils lead.", (SOURCE,))
    write(banked.store, banked.framework, wanted, now=banked.clock(), who="ada")
    redact(banked)
    for expected in ((), (Quote(SAFE, "Group leader"),)):
        with banked.store.reading() as db:
            assert printable_with(db, Edition.PUBLISHABLE) == {"f" * 36: expected}
        let_print(banked)


def test_after_a_report_was_read_anew_a_quotation_stands_below_no_statement_on_other_words(
    banked: Desk,
) -> None:
    redact(banked)
    let_print(banked)
    with banked.store.transaction() as db:
        moved = f"{'Another page begins here. ' * 8}{PAGE}"
        report_store.put_pages(db, ID, [Page(1, 595.0, 842.0, moved)], [])
    other = FindingSource(ID, 1, SOURCE.start, SOURCE.start + 20, "")
    wanted = Writing("f" * 36, "qualities", "skills", None, FindingKind.FINDING, "It begins.", (other,))
    write(banked.store, banked.framework, wanted, now=banked.clock(), who="ada")
    with banked.store.reading() as db:
        assert printable_with(db, Edition.PUBLISHABLE) == {"f" * 36: ()}
    assert looked_at(banked).uses == ()


def test_a_quotation_that_was_withdrawn_and_restored_waits_in_the_project_that_takes_it_in(
    banked: Desk, tmp_path: Path
) -> None:
    first = json.loads(json.dumps(exported(banked.store)))
    withdraw(banked.store, 1, now=banked.clock(), who="cal", why="asked")
    gone = json.loads(json.dumps(exported(banked.store)))
    restore(banked.store, 1, now=banked.clock(), who="bea", why="settled")
    back = json.loads(json.dumps(exported(banked.store)))
    other = make_home(tmp_path / "other")
    store = open_store(other.database, create=True)
    fill(store, other.framework, ID, 1, 0.6)
    with store.transaction() as db:
        report_store.put_pages(db, ID, [Page(1, 595.0, 842.0, PAGE)], [])

    def state_after(lines: list[dict]) -> str:
        file = tmp_path / "bank.jsonl"
        file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        assert import_quotes(store, other.framework, file, now=NOW_THERE, who="lead").refused == ()
        with store.reading() as db:
            (found,) = quote_store.quotations(db)
        return str(found.state)

    assert [state_after(x) for x in (first, gone, back, gone, back)] == [
        "waiting", "withdrawn", "waiting", "waiting", "waiting",
    ]  # fmt: skip
    withdraw(store, 1, now=NOW_THERE, who="eve", why="a parent asked here")
    assert state_after(back) == "withdrawn", "what was withdrawn here alone stays so"
    store.close()


def test_a_withdrawal_and_later_texts_come_in_from_a_file_and_another_text_is_refused(
    banked: Desk, tmp_path: Path
) -> None:
    redact(banked)
    let_print(banked)
    file = tmp_path / "quotes.jsonl"
    (line,) = json.loads(json.dumps(exported(banked.store)))
    withdrawn = {"kind": "withdrawn", "version": 2, "who": "bea", "time": "2026-03-01T00:00:00+00:00", "why": "known"}  # fmt: skip

    def taken(**news: object) -> tuple[int, int, int]:
        file.write_text(json.dumps(line | news), encoding="utf-8")
        done = import_quotes(banked.store, banked.framework, file, now=banked.clock(), who="lead")
        return done.taken, done.known, len(done.refused)

    assert taken() == (0, 1, 0) and now(banked).state is QuoteState.CLEARED
    assert taken(texts=[{"text": "[...]"}]) == (0, 0, 1)
    assert taken(acts=[*line["acts"], withdrawn]) == (1, 0, 0) and now(banked).state is QuoteState.WITHDRAWN
    assert taken(acts=[*line["acts"], withdrawn]) == (0, 1, 0)
    later = {"text": "[...] Attendance is better."}
    assert taken(texts=[*line["texts"], later]) == (1, 0, 0) and now(banked).now.text == later["text"]


def test_erasing_a_report_takes_its_quotation_out_of_releases_that_printed_it(banked: Desk) -> None:
    narrate(banked, "# Leading\n\nSo they say.\n\n[[quote 1]]\n\nWithin [[quote 1]].\n")
    redact(banked)
    let_print(banked)
    with banked.store.engine.begin() as db:  # the fixture keeps no text of the framework
        db.execute(text("UPDATE framework SET source = :source"), {"source": framework_text("ctg")})
    told = releases.draft(banked.store, banked.home, "Summer", now=banked.clock(), who="bea", rules=Rules())
    release_id = told.release.release_id

    def frozen() -> str:
        with banked.store.reading() as db:
            kept = release_store.frozen_report(db, release_id)
        assert kept is not None
        return kept.contents

    assert frozen().count("now leads the group") == 2
    withdraw_report(banked.store, ID, now=banked.clock(), who="lead", why="asked for")
    erase_report(banked.store, banked.home, ID, now=banked.clock(), who="lead", why="asked for")
    assert "leads the group" not in frozen() and "So they say." in frozen()
