"""The whole pipeline on the bundled example: real PDFs, a real store, coders' decisions as the oracle."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ctg_nlp.aggregation import export_all, suggestion_lines, tables
from ctg_nlp.clock import utc_now
from ctg_nlp.coding import exported_lines, import_decisions, undo_import
from ctg_nlp.custody import erase_report, restore_report, use_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.errors import AmbiguousReport, CtgError, DecisionsError, HomeError, RunIncomplete, UnknownReport
from ctg_nlp.export.dataset_set import is_dataset
from ctg_nlp.intake.convert import find_libreoffice
from ctg_nlp.lookup import Lookup
from ctg_nlp.pipeline import Batch
from ctg_nlp.plain import run_plain
from ctg_nlp.records import VerdictKind
from ctg_nlp.search import search
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.status import file_lines, status
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import runs as run_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.summary import Summary, sentences

from .conftest import EXAMPLE

NOW = "2026-01-01T00:00:00+00:00"
DECISIONS = EXAMPLE / "decisions.jsonl"


def new_home(folder: Path, names: list[str] | None = None) -> Home:
    home = make_home(folder)
    for pdf in (EXAMPLE / "raw").iterdir():
        if "G017" not in pdf.name and (names is None or any(n in pdf.name for n in names)):
            shutil.copyfile(pdf, home.raw / pdf.name)
    shutil.copyfile(EXAMPLE / "register.csv", home.register)
    return home


def run(home: Home, **options) -> Summary:
    return run_plain(home, home.raw, run_id=utc_now(), clock=utc_now, **options)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Store, Summary]]:
    """A home with 14 reports read and all decisions on them taken in. Tests must not change it."""
    home = new_home(tmp_path_factory.mktemp("example"))
    summary = run(home)
    store = open_store(home.database)
    import_decisions(store, home.framework, DECISIONS, now=NOW, who="tester")
    yield home, store, summary
    store.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Home, Store]]:
    """A home of two reports, read; tests may do with it what they like."""
    home = new_home(tmp_path / "home", ["G002", "G018"])
    run(home)
    store = open_store(home.database)
    yield home, store
    store.close()


def counted_names(store: Store, home: Home) -> set[str]:
    counted = {r.report_id for r in dataset(store, home.framework).reports}
    with store.reading() as db:
        return {r.name for r in report_store.reports(db, counted)}


def given(names: set[str]) -> list[dict]:
    lines = [json.loads(x) for x in DECISIONS.read_text(encoding="utf-8").splitlines()]
    return [x for x in lines if x["report"] in names]


def test_every_report_is_read_and_every_code_scored(example) -> None:
    home, store, summary = example
    assert summary.verdicts == {"accepted": 14} and summary.failed == ()
    lines = list(suggestion_lines(store, home.framework))
    per_report = sum(max(len(d.codes), 1) for d in home.framework.dimensions)
    assert set(Counter(x["report"] for x in lines).values()) == {per_report}


def test_evidence_is_a_slice_of_its_page_with_boxes(example) -> None:
    home, store, _ = example
    with store.reading() as db:
        texts = {r.name: report_store.page_texts(db, r.report_id) for r in report_store.reports(db)}
    checked = 0
    for line in suggestion_lines(store, home.framework):
        for e in line["evidence"] + line["held_back"]:
            assert texts[line["report"]][e["page"]][e["start"] : e["end"]] == e["quote"]
            assert e["boxes"] and len(e["quote"].split()) <= 60
            checked += 1
        assert len(line["evidence"]) <= 3
    assert checked > 500


def test_tables_from_imported_decisions_equal_the_counts_exactly(example) -> None:
    home, store, _ = example
    names = counted_names(store, home)
    assert len(names) == 14
    counts = Counter((x["dimension"], c) for x in given(names) for c in x.get("codes", []))
    sizes = [x["value"] for x in given(names) if x["dimension"] == "group_size"]
    for table in tables(store, home.framework):
        for row in table.rows:
            if row.kind == "code":
                assert row.n == counts[table.dimension, row.id], (table.dimension, row.id)
                assert (row.denominator, row.undecided) == (14, 0)
            elif row.kind == "total":
                assert row.n == sum(sizes)


def test_in_depth_tables_are_of_the_sample(example) -> None:
    home, store, _ = example
    names = counted_names(store, home)
    sample = {x["report"] for x in given(names) if x.get("stage") == "indepth"}
    for table in tables(store, home.framework, "indepth"):
        assert table.reports <= len(sample)


def test_quotes_of_coders_are_found_in_the_pages(example) -> None:
    home, store, _ = example
    with store.reading() as db:
        found = [e for d in decision_store.decisions(db) for e in d.evidence]
    assert sum(bool(e.spans) for e in found) / len(found) > 0.98


def test_exported_decisions_import_into_the_same_decisions(example, tmp_path: Path) -> None:
    home, store, _ = example
    file = tmp_path / "out.jsonl"
    file.write_text("".join(json.dumps(x) + "\n" for x in exported_lines(store)), encoding="utf-8")
    other = new_home(tmp_path / "other")
    run(other)
    target = open_store(other.database)
    done = import_decisions(target, other.framework, file, now=NOW, who="me")
    assert done.refused == ()
    with store.reading() as a, target.reading() as b:
        left = [
            (d.report_id, d.dimension, d.code, d.answer, d.value, d.evidence, d.coder, d.time, d.framework_id)
            for d in decision_store.decisions(a)
        ]
        right = [
            (d.report_id, d.dimension, d.code, d.answer, d.value, d.evidence, d.coder, d.time, d.framework_id)
            for d in decision_store.decisions(b)
        ]
    target.close()
    assert left == right


def test_running_twice_changes_nothing_and_says_so(small) -> None:
    home, store = small
    before = dump(store)
    again = run(home)
    assert (again.read, again.known) == (0, 2)
    assert sentences(again)[0].startswith("Nothing new")
    assert dump(store) == before


def test_many_files_with_one_verdict_hide_no_other_and_the_summary_says_how_to_see_them_all(small) -> None:
    alike = tuple((f"{n}.pdf", "near-duplicate. Nearly the same text as a.pdf.") for n in range(70))
    summary = replace(run(small[0]), problems=(*alike, ("b.pdf", "refused: empty. It has no content.")))
    lines = sentences(summary, see_all="ctg reports")
    shown = lines[lines.index("What needs a look:") + 1 :]
    assert shown[0] == "  b.pdf: refused: empty. It has no content."
    assert shown[6:8] == ["  … and 65 more: near-duplicate", "  All of them: ctg reports"]
    assert sum("Nearly the same" in line for line in sentences(summary)) == 70
    few = replace(summary, problems=alike[:6])
    assert "ctg reports" not in " ".join(sentences(few, see_all="ctg reports"))


def test_new_cues_propose_again_without_reading_again(small, monkeypatch: pytest.MonkeyPatch) -> None:
    from ctg_nlp.framework_file import bundled_path
    from ctg_nlp.processing import Processor

    home, store = small
    text = bundled_path("ctg.yaml").read_text(encoding="utf-8")
    (home.root / "own.yaml").write_text(text.replace("photo*", "photogr*"), encoding="utf-8")
    (home.root / "ctg.toml").write_text('framework = "own.yaml"\n', encoding="utf-8")
    monkeypatch.setattr(Processor, "_extract", lambda *_: pytest.fail("the file was read again"))
    before = {
        (x["report"], x["dimension"], x.get("code")): x["model"]
        for x in suggestion_lines(store, home.framework)
    }
    again = run(open_home(home.root))
    assert (again.read, again.proposed_again) == (0, 2)
    after = {
        (x["report"], x["dimension"], x.get("code")): x["model"]
        for x in suggestion_lines(store, home.framework)
    }
    assert before.keys() == after.keys() and set(before.values()) != set(after.values())
    assert run(open_home(home.root)).read == 0


def dump(store: Store) -> dict[str, list]:
    from ctg_nlp.store.schema import METADATA

    with store.reading() as db:
        return {
            t.name: [tuple(r) for r in db.execute(t.select())]
            for t in METADATA.sorted_tables
            if t.name != "run"
        }


def test_an_export_is_whole_and_keeps_findings_and_suggestions_apart(example) -> None:
    home, store, _ = example
    names = {p.name for p in export_all(store, home, NOW)}
    assert names == {"tables.csv", "tables.xlsx", "tables.html", "suggested_tables.csv", "decisions.jsonl",
                     "tables_by_cohort.csv", "response.csv", "codes_per_report.csv",
                     "suggestions.jsonl", "memos.jsonl", "chase_list.csv", "dataset"}  # fmt: skip
    assert not [p for p in home.coded.iterdir() if p.name.startswith(".")]
    assert is_dataset(home.dataset) and not list(home.dataset.glob("suggest*"))
    assert "not a finding" in (home.coded / "suggested_tables.csv").read_text(encoding="utf-8")
    assert "suggested" not in (home.coded / "tables.csv").read_text(encoding="utf-8")


def test_an_import_is_taken_once_and_can_be_undone_as_a_whole(small) -> None:
    home, store = small
    first = import_decisions(store, home.framework, DECISIONS, now=NOW, who="me")
    assert first.decisions and first.refused  # the other reports are not in this home
    assert all("No report" in r.reason for r in first.refused)
    assert import_decisions(store, home.framework, DECISIONS, now=NOW, who="me").already
    undo_import(store, home.framework, first.import_id, now=NOW, who="me")
    assert dataset(store, home.framework).decided == 0
    with pytest.raises(DecisionsError, match="was undone"):
        undo_import(store, home.framework, first.import_id, now=NOW, who="me")
    assert not import_decisions(store, home.framework, DECISIONS, now=NOW, who="me").already
    assert dataset(store, home.framework).decided == 2


def test_a_file_of_which_no_line_can_be_taken_changes_nothing(small, tmp_path: Path) -> None:
    home, store = small
    file = tmp_path / "bad.jsonl"
    file.write_text('{"report": "x.pdf"}\nnot json\n', encoding="utf-8")
    with pytest.raises(DecisionsError, match=r"line 1: .*; line 2: it is not JSON"):
        import_decisions(store, home.framework, file, now=NOW, who="me")


def test_a_copy_under_another_name_is_a_duplicate_and_kept_once(small) -> None:
    home, store = small
    first = sorted(home.raw.iterdir())[0]
    shutil.copyfile(first, home.raw / "copy of it.pdf")
    summary = run(home)
    assert (summary.read, summary.copies) == (0, 1)
    assert [x.verdict for x in file_lines(store)].count("duplicate") == 1
    assert len(dataset(store, home.framework).reports) == 2
    with store.reading() as db:
        lookup = Lookup(report_store.reports(db), report_store.submissions(db))
    assert lookup.find("copy of it.pdf").name == first.name


def test_a_quote_with_any_separator_of_lines_is_exported_and_imported_again(small, tmp_path: Path) -> None:
    home, store = small
    line = {"report": "G002", "coder": "a", "dimension": "phase", "codes": ["primary"],
            "evidence": {"primary": ["one\u2028two\x85three\x0cfour"]}}  # fmt: skip
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps(line, ensure_ascii=False) + "\r\n", encoding="utf-8")
    import_decisions(store, home.framework, file, now=NOW, who="me")
    (out,) = exported_lines(store)
    assert out["evidence"] == line["evidence"]
    file.write_text(json.dumps(out, ensure_ascii=False) + "\n", encoding="utf-8")
    assert import_decisions(store, home.framework, file, now=NOW, who="me").refused == ()


def test_a_report_is_found_by_name_group_or_hash_and_ambiguity_names_the_candidates(example) -> None:
    _, store, _ = example
    with store.reading() as db:
        reports = report_store.reports(db)
    lookup, one = Lookup(reports), reports[0]
    assert lookup.find(one.name) == lookup.find(one.group_id or "") == lookup.find(one.report_id[:10]) == one
    assert lookup.find("", one.group_id or "") == one
    with pytest.raises(UnknownReport):
        lookup.find("nothing.pdf")

    twin = replace(one, report_id="f" * 64, group_id="G99", path="other/place.pdf")
    with pytest.raises(AmbiguousReport, match="other/place.pdf"):
        Lookup([one, twin]).find(one.name)
    assert Lookup([one, twin]).find(one.name, "G99") == twin


def test_a_person_can_say_which_report_of_a_group_counts(small) -> None:
    home, store = small
    first = next(p for p in home.raw.iterdir() if "G002" in p.name)
    other = next(p for p in (EXAMPLE / "raw").iterdir() if "G033" in p.name)
    shutil.copyfile(other, home.raw / "G002 second report.pdf")
    run(home)
    with store.reading() as db:
        second = next(r for r in report_store.reports(db) if "second" in r.name)
    assert not second.counted and second.verdict is VerdictKind.WARNING
    used, before = use_report(store, "G002 second report.pdf", now=NOW, who="lead")
    assert used.counted or before[0].name == first.name
    run(home)
    names = counted_names(store, home)
    assert "G002 second report.pdf" in names and first.name not in names


def test_a_file_that_may_be_notes_by_its_name_counts_until_another_document_comes(small) -> None:
    home, store = small
    first, other = (next(p for p in (EXAMPLE / "raw").iterdir() if g in p.name) for g in ("G033", "G035"))
    shutil.copyfile(first, home.raw / "G009 home visits.pdf")
    run(home)
    assert "G009 home visits.pdf" in counted_names(store, home)
    shutil.copyfile(other, home.raw / "G009 what we did.pdf")
    run(home)
    names = counted_names(store, home)
    assert "G009 what we did.pdf" in names and "G009 home visits.pdf" not in names
    line = next(x for x in file_lines(store) if "home visits" in x.path)
    assert not line.counted and "G009 what we did.pdf counts as the final report of G009" in line.message
    withdraw_report(store, "G009 what we did.pdf", now=NOW, who="me", why="asked")
    run(home)
    line = next(x for x in file_lines(store) if "home visits" in x.path)
    assert (line.verdict, line.message, line.counted) == ("accepted", "", True)


def test_a_withdrawn_report_counts_no_more_until_it_is_restored(small) -> None:
    home, store = small
    gone = withdraw_report(store, "G002", now=NOW, who="me", why="asked")
    assert gone.name not in counted_names(store, home)
    run(home)
    assert gone.name not in counted_names(store, home)
    with pytest.raises(CtgError, match="already"):
        withdraw_report(store, gone.report_id, now=NOW, who="me", why="again")
    restore_report(store, gone.report_id, now=NOW, who="lead")
    run(home)
    assert gone.name in counted_names(store, home)


def test_what_was_said_beside_another_report_is_forgotten_when_that_is_withdrawn(small) -> None:
    home, store = small
    other = next(p for p in (EXAMPLE / "raw").iterdir() if "G033" in p.name)
    shutil.copyfile(other, home.raw / "G002 z second report.pdf")
    run(home)
    lines = {x.path.rsplit("/", 1)[-1]: x for x in file_lines(store)}
    assert "already counts" in lines["G002 z second report.pdf"].message
    withdraw_report(store, "G002 report v2 FINAL.pdf", now=NOW, who="me", why="asked")
    run(home)
    line = next(x for x in file_lines(store) if "second" in x.path)
    assert (line.verdict, line.message, line.counted) == ("accepted", "", True)


def test_an_erased_report_is_gone_and_is_not_taken_in_again(small) -> None:
    home, store = small
    with pytest.raises(CtgError, match="withdraw it first"):
        erase_report(store, home, "G002", now=NOW, who="me", why="law")
    name = withdraw_report(store, "G002", now=NOW, who="me", why="asked").name
    erase_report(store, home, "G002", now=NOW, who="me", why="law")
    summary = run(home)
    assert summary.erased == 1 and summary.read == 0
    assert name not in {x.path for x in file_lines(store)}


def test_no_name_of_an_erased_report_stays_in_what_was_said_of_others_or_of_runs(small) -> None:
    home, store = small
    first = next(p for p in home.raw.iterdir() if "G002" in p.name)
    (home.raw / "G033 report.pdf").write_bytes(first.read_bytes() + b"\n")
    (home.raw / "copy of it.pdf").write_bytes(first.read_bytes())
    assert any(first.name in why for _, why in run(home).problems)
    withdraw_report(store, first.name, now=NOW, who="me", why="asked")
    erase_report(store, home, first.name, now=NOW, who="me", why="law")
    with store.reading() as db:
        said = [r.message for r in report_store.reports(db)] + [run_store.last_run(db, "batch")]
    assert "(erased)" in str(said)
    assert first.name not in str(said) and "copy of it.pdf" not in str(said)


def test_a_phrase_of_thousands_of_words_can_be_searched_for(example) -> None:
    home, store, _ = example
    assert list(search(store, home.framework, " ".join(f"word{n}" for n in range(3000)))) == []


def test_a_word_is_found_in_context_by_group_and_by_code(example) -> None:
    home, store, _ = example
    hits = list(search(store, home.framework, "headteach*"))
    assert hits and all(h.found.lower().startswith("headteach") for h in hits)
    group = hits[0].group_id
    assert {h.group_id for h in search(store, home.framework, "headteach*", group=group)} == {group}
    evidence = list(search(store, home.framework, "headteach*", code="stakeholders.headteacher"))
    assert 0 < len(evidence) <= len(hits)
    with pytest.raises(CtgError, match="no code"):
        list(search(store, home.framework, "x", code="stakeholders.king"))
    with pytest.raises(CtgError, match="word or phrase"):
        list(search(store, home.framework, " ... "))


def test_a_phrase_is_found_with_whichever_apostrophe_it_was_printed(example) -> None:
    home, store, _ = example
    straight, curly = ([(h.report_id, h.start) for h in search(store, home.framework, f"children{sign}s")]
                       for sign in "'’")  # fmt: skip
    assert straight and straight == curly


def test_status_says_what_waits_for_whom(small) -> None:
    home, store = small
    now = status(store, home.framework)
    assert now.counted == 2 and now.undecided["phase"] == 2
    assert (now.groups, now.responded, now.chase) == (17, 2, 15)


def test_the_hazards_get_the_verdicts_expected_of_them(shared: Path, tmp_path: Path) -> None:
    import csv

    home = make_home(tmp_path / "home")
    hazards = shared / "corpus" / "hazards"
    summary = run_plain(home, hazards, run_id="h", clock=utc_now)
    assert summary.failed == ()
    store = open_store(home.database)
    found = {x.path.rsplit("/", 1)[-1]: x.verdict for x in file_lines(store)}
    store.close()
    for row in csv.DictReader((hazards / "verdicts.csv").open(encoding="utf-8")):
        allowed = [part.strip() for part in row["expected"].replace(", or ", "|").split("|")]
        verdict = found[row["file"]]
        assert any(
            a.startswith(verdict) or (verdict.startswith("accepted") and a.startswith("accepted"))
            for a in allowed
        ), row


def test_every_difficult_file_gets_a_verdict(shared: Path, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    folder = shared / "data" / "difficult_pdfs"
    summary = run_plain(home, folder, run_id="d", clock=utc_now)
    assert summary.failed == () and summary.read == len(list(folder.iterdir()))


def test_a_defect_of_ours_costs_one_report_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ctg_nlp.suggest.propose import Proposer

    home = new_home(tmp_path / "home", ["G002", "G018"])
    real = Proposer.propose

    def broken(self, report_id, passages):
        if any("minibus" in p.text or "G002" in p.text for p in passages) or len(broken.seen) == 0:
            broken.seen.append(report_id)
            raise ZeroDivisionError("a defect")
        return real(self, report_id, passages)

    broken.seen = []  # type: ignore[attr-defined]
    monkeypatch.setattr(Proposer, "propose", broken)
    summary = run(home)
    assert len(summary.failed) >= 1 and summary.verdicts["failed"] == len(summary.failed)
    monkeypatch.undo()
    assert run(home).verdicts == {"accepted": len(summary.failed)}


def test_two_runs_at_once_both_store_what_they_read(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home", ["G002", "G018"])
    other = tmp_path / "inbox"
    other.mkdir()
    shutil.copyfile(next((EXAMPLE / "raw").glob("*G033*")), other / "G033.pdf")
    store = open_store(home.database, create=True)
    with Batch(home, store, home.raw, utc_now) as first, Batch(home, store, other, utc_now) as second:
        for batch in (second, first):
            for work in batch.plan.work:
                batch.process(work)
    lines = file_lines(store)
    store.close()
    assert sorted(x.group_id for x in lines) == ["G002", "G018", "G033"]


def test_a_batch_that_was_left_gives_no_verdict_any_more(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home", ["G002"])
    store = open_store(home.database, create=True)
    with Batch(home, store, home.raw, utc_now) as batch:
        pass
    with pytest.raises(RunIncomplete):
        batch.process(batch.plan.work[0])
    assert file_lines(store) == ()
    store.close()


def test_a_list_of_passwords_may_begin_with_a_mark_and_must_be_text(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home", ["G002"])
    store = open_store(home.database, create=True)
    home.passwords.write_bytes(b"\xef\xbb\xbfone\r\ntwo words\r\n")
    assert Batch(home, store, home.raw, utc_now).processor.tools.passwords == ("one", "two words")
    home.passwords.write_bytes(b"caf\xe9\n")
    with pytest.raises(HomeError, match="Save them in UTF-8"):
        Batch(home, store, home.raw, utc_now)
    store.close()


def test_status_counts_the_reports_that_tables_count(small, tmp_path: Path) -> None:
    home, store = small
    (home.raw / "G033 report.pdf").write_bytes(b"%PDF-1.4 nothing")
    run(home)
    line = {"report": "G033", "coder": "a", "dimension": "phase", "codes": ["primary"]}
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps(line), encoding="utf-8")
    import_decisions(store, home.framework, file, now=NOW, who="me")
    now = status(store, home.framework)
    assert now.counted == len(dataset(store, home.framework).reports) == 3
    assert now.decided_reports == 1


def test_status_names_files_that_wait_to_be_read(small) -> None:
    from ctg_nlp.status import new_files

    home, store = small
    assert new_files(store, home) == ()
    (home.raw / "new.pdf").write_bytes(b"%PDF-1.4")
    assert new_files(store, home) == ("new.pdf",)


def word_file(path: Path, text: str) -> None:
    import zipfile

    kinds = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kinds}"/></Types>',
        )
        made.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        made.writestr(
            "word/document.xml",
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
            f"<w:t>{text}</w:t></w:r></w:p></w:body></w:document>",
        )


@pytest.mark.skipif(find_libreoffice() is None, reason="needs LibreOffice (apt install libreoffice-writer)")
def test_a_word_file_is_converted_and_read_with_a_warning_and_erased_with_all_that_was_made(
    tmp_path: Path,
) -> None:
    home = make_home(tmp_path / "home")
    word_file(home.raw / "G1 report.docx", "Three primary schools in Hull met every week.")
    assert run(home).verdicts == {"accepted with a warning": 1}
    store = open_store(home.database)
    assert list(search(store, home.framework, "schools in Hull"))
    assert len(list(home.converted.iterdir())) == 1
    withdraw_report(store, "G1 report.docx", now=NOW, who="me", why="asked")
    erase_report(store, home, "G1 report.docx", now=NOW, who="me", why="law")
    store.close()
    assert list(home.converted.iterdir()) == []


def test_without_libreoffice_a_word_file_is_refused_with_that_advice(tmp_path: Path, monkeypatch) -> None:
    from ctg_nlp.intake import convert

    home = make_home(tmp_path / "home")
    word_file(home.raw / "G1 report.docx", "Hello")
    monkeypatch.setattr(convert, "find_libreoffice", lambda: None)
    summary = run(home)
    assert summary.verdicts == {"refused: not a PDF": 1}
    assert "install LibreOffice" in summary.problems[0][1]


def test_the_whole_pipeline_runs_on_postgresql(postgres: str, tmp_path: Path) -> None:
    from sqlalchemy import create_engine, text

    with create_engine(postgres).begin() as db:
        db.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    home = new_home(tmp_path / "home", ["G002", "G018"])
    (home.root / "ctg.toml").write_text(f'framework = "ctg"\ndatabase = "{postgres}"\n', encoding="utf-8")
    home = open_home(home.root)
    assert run(home).verdicts == {"accepted": 2}
    assert run(home).read == 0
    store = open_store(home.database)
    taken = import_decisions(store, home.framework, DECISIONS, now=NOW, who="tester")
    assert taken.reports == 2
    counts = Counter(
        (x["dimension"], c) for x in given(counted_names(store, home)) for c in x.get("codes", [])
    )
    for table in tables(store, home.framework):
        for row in table.rows:
            if row.kind == "code":
                assert row.n == counts[table.dimension, row.id]
    assert len(export_all(store, home, NOW)) == 12
    store.close()
