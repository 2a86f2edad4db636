"""EPPI-Reviewer, Label Studio, codebooks in CSV, RIS: out and in."""

from __future__ import annotations

import csv
import json
import tempfile
import time
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from lxml import etree

from ctg_nlp.cli.main import ctg
from ctg_nlp.errors import ExchangeError
from ctg_nlp.exchange.csv_codebook import read_csv_codebook, write_csv_codebook
from ctg_nlp.exchange.label_studio import label_config
from ctg_nlp.exchange.opening import codes_of, format_of, make_framework, read_matches
from ctg_nlp.exchange.writing import FORMATS, give_out
from ctg_nlp.framework_file import load_framework, read_framework
from ctg_nlp.records import Answer, Assignment, Evidence, Group, Opinion, Purpose, Span, Suggestion
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import suggestions as suggestion_store

from .exchange_projects import PAGES, exchange_project, said, standing, take
from .small_project import SmallProject, framework
from .test_exchange_refi import MIXED, N, decided, decisions, given_out, xml_of

QUIET = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def write(path: Path, value: object) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def eppi(codes: list[dict], **reference: object) -> dict:
    """A file of EPPI-Reviewer with one reference and the question Aims, whose answers have the ids 11 and 12."""
    answers = [
        {"AttributeId": 10 + n, "AttributeName": x, "AttributeType": "Selectable (show checkbox)"}
        for n, x in ((1, "A"), (2, "B"))
    ]
    aims = {"AttributeId": 10, "AttributeName": "Aims", "AttributeType": "Not selectable (no checkbox)",
            "Attributes": {"AttributesList": answers}}  # fmt: skip
    codeset = {"SetName": "Map", "SetId": 1, "Attributes": {"AttributesList": [aims]}}
    return {
        "CodeSets": [codeset],
        "References": [{"Title": "a.pdf", "ItemId": 7, "Codes": codes} | reference],
    }


def coded(attribute: int, *texts: str, box: str = "") -> dict:
    details = [{"Text": t, "DocTitle": "a.pdf", "IsFromPDF": True, "TextFrom": 0, "TextTo": 0} for t in texts]
    return {
        "AttributeId": attribute,
        "AdditionalText": box,
        "ArmTitle": "",
        "ItemAttributeFullTextDetails": details,
    }


def test_codings_of_eppi_reviewer_come_in_with_the_words_that_were_marked(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    marked = coded(11, 'Page 2:\n[¬s]"Teachers met"\n"Pupils read[¬e]"', box="see there")
    done = take(project, write(tmp_path / "e.json", eppi([marked, coded(12), coded(99)])), coder="ann")
    found = {k[4]: d for k, d in standing(project).items()}
    assert set(found) == {"a", "b"} and {d.coder for d in found.values()} == {"ann"}
    assert found["a"].note == "see there" and found["a"].evidence[0].spans[0] == Span(2, 0, 12)
    assert [u.why for u in done.unmatched] == ["the framework has no such code"]


def test_reports_of_eppi_reviewer_are_found_by_document_title_or_old_id(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    by_id = eppi([{"AttributeId": 11}], Title="What we did", OldItemId=f"{1:064x}")
    assert take(project, write(tmp_path / "1.json", by_id)).decisions == 1
    unknown = eppi([{"AttributeId": 12}], Title="What we did")
    done = take(project, write(tmp_path / "2.json", unknown))
    assert done.decisions == 0 and "No report is named What we did" in done.unmatched[0].why


def test_what_is_written_for_eppi_mapper_holds_what_coders_come_to_and_no_quotes_unless_asked(
    tmp_path: Path,
) -> None:
    project = decided(tmp_path / "home")
    project.decide("a.pdf", "aims", "bob", codes=["a"], absent=["b"])
    path = given_out(project, tmp_path / "e.json", "eppi")
    data = json.loads(path.read_text(encoding="utf-8"))
    (reference,) = data["References"]
    names = {
        a["AttributeId"]: a["AttributeName"]
        for d in data["CodeSets"][0]["Attributes"]["AttributesList"]
        for a in (d, *d.get("Attributes", {}).get("AttributesList", []))
    }
    assert [names[c["AttributeId"]] for c in reference["Codes"]] == ["A", "Early"]
    assert "Pupils" not in path.read_text(encoding="utf-8")
    quoted = given_out(project, tmp_path / "q.json", "eppi", quotes=True).read_text(encoding="utf-8")
    assert "Pupils read more" in quoted


@QUIET
@given(decisions())
def test_what_coders_come_to_goes_through_eppi_json_without_loss(made) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project, other = (exchange_project(Path(folder) / name, said=MIXED) for name in ("here", "there"))
        filled(project, made)
        take(other, given_out(project, Path(folder) / "e.json", "eppi", quotes=True))
        assert resolved(other) == {k: v for k, v in resolved(project).items() if v is not False}
        project.store.close()
        other.store.close()


def filled(project: SmallProject, made: list) -> None:
    from dataclasses import replace

    from ctg_nlp.tallies import retally

    framework = project.home.framework
    with project.store.transaction() as db:
        decision_store.add_decisions(db, [replace(d, framework_id=framework.framework_id) for d in made])
        retally(db, framework, f"{1:064x}")


def resolved(project: SmallProject) -> dict:
    """The codes that are present, and the values that are told."""
    from ctg_nlp.dataset import dataset

    framework = project.home.framework
    (report,) = dataset(project.store, framework).reports
    codes = {key: True for key, state in zip(framework.keys, report.states, strict=True) if state == 2}
    values = {
        d.id: v.value for d, v in zip(framework.valued, report.values, strict=True) if v.value is not None
    }
    return codes | {k: " ".join(v.split()) if isinstance(v, str) else v for k, v in values.items()}


def test_the_codes_of_what_we_wrote_for_eppi_mapper_make_the_same_framework(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    given_out(project, tmp_path / "m.json", "eppi")
    made, here = make_framework(tmp_path / "m.json", tmp_path / "m.yaml"), project.home.framework
    assert made.keys == here.keys
    assert [(d.id, d.kind) for d in made.dimensions] == [(d.id, d.kind) for d in here.dimensions]


def test_no_name_comes_twice_in_the_set_up_of_label_studio_whatever_dimensions_are_called(
    tmp_path: Path,
) -> None:
    names = {n: {"kind": "multi", "codes": ["a"]} for n in ("text", "codes", "text_tag")}
    config = etree.fromstring(label_config(read_framework("f", yaml.safe_dump(framework(**names)))).encode())
    called = [e.get("name") for e in config if e.get("name")]
    assert len(set(called)) == len(called) == 11
    assert {e.get("toName") for e in config if e.get("toName")} == {config[0].get("name")}


def test_label_studio_tasks_hold_the_marked_words_at_code_points(tmp_path: Path) -> None:
    path = given_out(decided(tmp_path / "home"), tmp_path / "l.json", "label-studio")
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    regions = [r for a in task["annotations"] for r in a["result"] if r["type"] == "labels"]
    assert {r["value"]["text"] for r in regions} == {"Pupils read more", "Teachers met"}
    for r in regions:
        assert task["data"]["text"][r["value"]["start"] : r["value"]["end"]] == r["value"]["text"]
    config = etree.fromstring((tmp_path / "l.json.config.xml").read_bytes())
    controls = {e.get("name"): {c.get("alias") for c in e} for e in config if e.get("toName")}
    for r in (r for a in task["annotations"] for r in a["result"]):
        values = r["value"].get("labels") or r["value"].get("choices") or []
        assert r["from_name"] in controls and set(values) <= controls[r["from_name"]]


def test_a_project_goes_through_label_studio_without_loss(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    other = exchange_project(tmp_path / "other")
    done = take(other, given_out(project, tmp_path / "l.json", "label-studio"))
    assert not done.unmatched
    assert said(other, "framework_id", "time") == said(project, "framework_id", "time")


@QUIET
@given(decisions())
def test_any_answers_and_quotes_go_through_label_studio_without_loss(made) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project, other = (exchange_project(Path(folder) / name, said=MIXED) for name in ("here", "there"))
        filled(project, made)
        take(other, given_out(project, Path(folder) / "l.json", "label-studio"))
        assert {k: answers(v) for k, v in standing(other).items()} == {
            k: answers(v) for k, v in standing(project).items()
        }
        project.store.close()
        other.store.close()


def answers(d) -> tuple:
    return d.answer, d.value, d.note, {e.quote for e in d.evidence}


def test_an_export_of_label_studio_itself_is_taken_in_both_of_its_forms(tmp_path: Path) -> None:
    at = PAGES[0].rindex("Pupils") + 1  # as older versions count: in UTF-16 units
    region = {"value": {"start": at, "end": at + 16, "text": "Pupils read more", "labels": ["A"]},
              "from_name": "label", "to_name": "text", "type": "labels"}  # fmt: skip
    full = [{"id": 3, "file_upload": "1a2b3c4d-a.txt", "data": {"text": PAGES[0]},
             "annotations": [{"id": 1, "completed_by": {"id": 2, "email": "ann@x.org"}, "result": [region],
                              "created_at": "2026-01-01T00:00:00Z"}]}]  # fmt: skip
    small = [{"id": 3, "text": PAGES[0], "report": "a.pdf", "annotator": 2, "label": [region["value"]]}]
    for name, data, coder in (("1", full, "ann@x.org"), ("2", small, "Label Studio user 2")):
        project = exchange_project(tmp_path / name)
        done = take(project, write(tmp_path / f"{name}.json", data))
        (made,) = standing(project).values()
        assert (made.coder, made.code, done.unmatched) == (coder, "a", ())
        assert made.evidence[0].spans == (Span(1, at - 1, at + 15),)


def test_what_label_studio_skipped_and_what_machines_predict_is_no_answer(tmp_path: Path) -> None:
    region = {
        "value": {"start": 0, "end": 6, "text": "Pupils", "labels": ["A"]},
        "from_name": "l",
        "type": "labels",
    }
    task = {"data": {"text": PAGES[0], "report": "a.pdf"}, "predictions": [{"result": [region]}],
            "annotations": [{"was_cancelled": True, "result": [region]}]}  # fmt: skip
    project = exchange_project(tmp_path / "home")
    done = take(project, write(tmp_path / "l.json", [task]))
    assert done.decisions == 0 and done.counts == {"predictions of machines": 1, "skipped annotations": 1}


def test_a_codebook_in_csv_makes_the_same_framework(tmp_path: Path) -> None:
    bundled = load_framework("ctg")
    write_csv_codebook(tmp_path / "c.csv", bundled)
    made = make_framework(tmp_path / "c.csv", tmp_path / "c.yaml")
    assert made.keys == bundled.keys and [d.kind for d in made.dimensions] == [
        d.kind for d in bundled.dimensions
    ]
    assert [(c.label, c.definition, c.exclusive, c.group) for d in made.dimensions for c in d.codes] == [
        (c.label, c.definition, c.exclusive, c.group) for d in bundled.dimensions for c in d.codes
    ]


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        ("name,description\nReading,what it is\nWriting,\n", {("Codes", "Reading"), ("Codes", "Writing")}),
        ("tag;memo\nAims > Reading;x\nAims > Maths;y\n", {("Aims", "Reading"), ("Aims", "Maths")}),
        ("Theme\tCode\tDefinition\nAims\tReading\tx\n", {("Aims", "Reading")}),
        ("path\nAims::Reading\n", {("Aims", "Reading")}),
        ("dimension,code,label\naims,r,Réading\n", {("aims", "Réading")}),
    ],
)
def test_codebooks_of_any_columns_are_read(tmp_path: Path, content: str, labels: set) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(content.encode(encoding))
        made = make_framework(path, tmp_path / f"{encoding}.yaml")
        assert {(d.title, c.label) for d in made.dimensions for c in d.codes} == labels


def test_a_framework_is_never_written_over(tmp_path: Path) -> None:
    write(tmp_path / "c.csv", "code\nA\n")
    make_framework(tmp_path / "c.csv", tmp_path / "c.yaml")
    with pytest.raises(ExchangeError, match="is there already"):
        make_framework(tmp_path / "c.csv", tmp_path / "c.yaml")


def test_cells_that_were_kept_from_running_come_back_as_they_were(tmp_path: Path) -> None:
    write(tmp_path / "c.csv", "code,definition\n=SUM(A1),@me\n")
    made = make_framework(tmp_path / "c.csv", tmp_path / "c.yaml")
    write_csv_codebook(tmp_path / "d.csv", made)
    assert "'=SUM(A1)" in (tmp_path / "d.csv").read_text(encoding="utf-8-sig")
    (node,) = read_csv_codebook(tmp_path / "d.csv")
    assert node.children[0].name == "=SUM(A1)"


def test_codes_can_be_matched_by_hand(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    data = eppi([coded(11)])
    data["CodeSets"][0]["Attributes"]["AttributesList"][0]["AttributeName"] = "Purposes"
    data["CodeSets"][0]["Attributes"]["AttributesList"][0]["Attributes"]["AttributesList"][0][
        "AttributeName"
    ] = "Reading"
    path = write(tmp_path / "e.json", data)
    assert take(project, path).decisions == 0
    given_ = read_matches(write(tmp_path / "m.csv", "theirs,ours\nReading,aims.b\n"), project.home.framework)
    assert take(project, path, given=given_).decisions == 1
    assert {k[4] for k in standing(project)} == {"b"}
    with pytest.raises(ExchangeError, match="no code aims.zz"):
        read_matches(write(tmp_path / "n.csv", "Reading,aims.zz\n"), project.home.framework)


@pytest.mark.parametrize(
    ("content", "told"),
    [("Theirs;aims.a\n", "line 1"), ("theirs,ours\n\nX,aims.a\nY,aimz\n", "line 4"), ("theirs,ours\n", "no codes"),
     ("X,aims.a\nY\n", "line 2")],
)  # fmt: skip
def test_a_line_that_matches_no_codes_is_refused_with_its_number(
    tmp_path: Path, content: str, told: str
) -> None:
    with pytest.raises(ExchangeError, match=told):
        read_matches(write(tmp_path / "m.csv", content), exchange_project(tmp_path / "h").home.framework)


@pytest.mark.parametrize("said", ["a\rb", "\r=1", "'=1", "''", "＝1", "\n@x", "-1", "'x"])
def test_a_cell_of_a_codebook_is_run_by_nothing_and_comes_back_as_it_was(tmp_path: Path, said: str) -> None:
    codes = [{"id": "a", "label": "A", "definition": said + "."}]
    project = exchange_project(tmp_path / "h", said=framework(aims={"kind": "multi", "codes": codes}))
    write_csv_codebook(tmp_path / "c.csv", project.home.framework)
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1 and not rows[0]["definition"].startswith(tuple("=+-@\t\r\n＝"))
    (node,) = read_csv_codebook(tmp_path / "c.csv")
    assert node.children[0].description.startswith(said + ".")


def test_a_codebook_of_many_codes_is_read_in_one_go(tmp_path: Path) -> None:
    write(tmp_path / "c.csv", "code\n" + "".join(f"c{n}\n" for n in range(20_000)))
    begun = time.process_time()
    assert len(read_csv_codebook(tmp_path / "c.csv")) == 20_000
    assert time.process_time() - begun < 5  # by going through all for each it took minutes


def test_free_text_and_columns_of_the_register_are_given_out_only_where_asked_for(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "h", {}, said=framework(story={"kind": "text"}))
    project.register(Group("G", 1, "1", columns=(("head teacher", "Jane Smith"),)))
    project.arrive("final.pdf", "G")
    project.decide("final.pdf", "story", value="Mrs Jones said so.")
    for form in ("eppi", "ris"):
        plain = given_out(project, tmp_path / f"1.{form}", form).read_text(encoding="utf-8")
        assert "Jane Smith" not in plain and "Mrs Jones" not in plain and "data/raw" not in plain
        asked = given_out(project, tmp_path / f"2.{form}", form, quotes=True).read_text(encoding="utf-8")
        assert "Jane Smith" in asked and ("Mrs Jones" in asked or form == "ris")
        assert "not asked for" in (tmp_path / f"1.{form}.lost.txt").read_text(encoding="utf-8")


def test_that_reports_are_still_coded_blind_is_told_by_an_export(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    with project.store.transaction() as db:
        report_id = f"{1:064x}"
        independence_store.assign(
            db, [Assignment(report_id, "zoe", Purpose.DOUBLE, 1, project.now(), "lead")]
        )
    words = ["--home", str(project.home.root), "exchange", "export", str(tmp_path / "x.qdpx")]
    assert "1 reports in it are still coded blind" in CliRunner().invoke(ctg, words).output
    assert give_out(tmp_path / "c.qdc", "qdc", project.store, project.home, origin="").blind == 0


def test_ris_has_a_record_for_each_report_that_counts(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    project.decide("a.pdf", "aims", "bob", codes=["a"], absent=["b"])
    content = given_out(project, tmp_path / "r.ris", "ris").read_bytes().decode("utf-8")
    lines = content.split("\r\n")
    assert lines[0] == "TY  - RPRT" and lines[-3:] == ["ER  - ", "", ""]
    assert f"ID  - {1:064x}" in lines and "TI  - a" in lines and "KW  - Aims: A" in lines
    assert all(line[2:6] == "  - " for line in lines if line)


def test_suggestions_are_of_machine_users_only_where_asked_for(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    report_id, framework_id = f"{1:064x}", project.home.framework.framework_id
    shown = Evidence(1, 18, 30, "Parents came")
    made = Suggestion(report_id, "aims", "c", 0.8125, 0.5, True, "clf-1", framework_id, evidence=(shown,),
                      opinions=(Opinion("cues-1", 0.9, True),))  # fmt: skip
    with project.store.transaction() as db:
        suggestion_store.put_framework(db, framework_id, "", "2026-01-01T00:00:00+00:00")
        suggestion_store.put_suggestions(db, report_id, "clf-1", framework_id, [made])
        suggestion_store.put_proposed(db, report_id, "clf-1", framework_id, "e", "2026-01-01T00:00:00+00:00")
    plain = xml_of(given_out(project, tmp_path / "1.qdpx"))
    assert not any(u.get("name").startswith("machine") for u in plain.iter(f"{N}User"))
    root = xml_of(given_out(project, tmp_path / "2.qdpx", suggestions=True))
    assert {u.get("name") for u in root.iter(f"{N}User")} >= {"machine: clf-1", "machine: cues-1"}
    notes = [n.findtext(f"{N}PlainTextContent") for n in root.iter(f"{N}Note")]
    assert any("Score 0.8125, threshold 0.5000" in n and framework_id in n for n in notes)
    other = exchange_project(tmp_path / "other")
    done = take(other, tmp_path / "2.qdpx")
    assert said(other) == said(project) and done.counts["codings of machines"] == 2


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written_with_a_list_of_what_it_does_not_carry(tmp_path: Path, form: str) -> None:
    project = decided(tmp_path / "home")
    given_ = give_out(tmp_path / f"x.{form}", form, project.store, project.home, origin="test")
    assert (
        given_.losses
        and (tmp_path / f"x.{form}.lost.txt").is_file()
        and all(p.is_file() for p in given_.paths)
    )


def test_a_file_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    for form, known in (("qdpx", "qdpx"), ("qdc", "qdc"), ("eppi", "eppi"), ("label-studio", "label-studio")):
        assert format_of(given_out(project, tmp_path / f"{form}.bin", form)) == known
    with pytest.raises(ExchangeError, match="no format that is known"):
        format_of(write(tmp_path / "x.bin", "what is this"))
    assert len(codes_of(tmp_path / "qdc.bin")[0]) == 3


@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"References": 3}', '[{"data": 3, "annotations": [{"result": [{"value": 5}]}]}]',
                                     '{"CodeSets": [{"Attributes": {"AttributesList": [{}]}}], "References": [{"Codes": [{}]}]}', "[" * 100_000])  # fmt: skip
def test_json_that_is_not_as_it_should_be_is_told_in_words(tmp_path: Path, content: str) -> None:
    project = exchange_project(tmp_path / "home")
    path = write(tmp_path / "x.json", content)
    try:
        assert take(project, path).decisions == 0
    except ExchangeError as error:
        assert "x.json" in str(error)


def test_the_commands_say_what_they_did_and_list_and_undo_it(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    given_out(project, tmp_path / "x.qdpx")
    other = exchange_project(tmp_path / "other")

    def run(*words: str) -> str:
        done = CliRunner().invoke(
            ctg, ["--home", str(other.home.root), "exchange", *words], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return done.output

    assert "Undo all of it with: ctg exchange undo 1" in run("import", "--roles", str(tmp_path / "x.qdpx"))
    assert "was imported before" in run("import", str(tmp_path / "x.qdpx"))
    assert json.loads(run("list", "--json"))[0]["origin"] == "test"
    assert "count no more" in run("undo", "1") and "undone" in run("list")
    assert said(other) == {}
    told = run("export", str(tmp_path / "y.qdc"))
    assert "What it does not carry" in told and "y.qdc.lost.txt" in told


def test_what_could_not_be_taken_can_be_had_as_a_table(tmp_path: Path) -> None:
    other = exchange_project(tmp_path / "other")
    path = write(tmp_path / "e.json", eppi([coded(99, box="note")]))
    words = [
        "--home",
        str(other.home.root),
        "exchange",
        "import",
        str(path),
        "--unmatched",
        str(tmp_path / "u.csv"),
    ]
    done = CliRunner().invoke(ctg, words)
    assert "could not be taken" in done.output
    rows = list(csv.reader((tmp_path / "u.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1] == [
        "coding",
        "a.pdf: a code that no codeset has",
        "the framework has no such code",
        "note",
    ]


def test_unsure_and_absent_are_told_apart_everywhere_they_can_be(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    for form, name in (("qdpx", "1.qdpx"), ("label-studio", "2.json")):
        other = exchange_project(tmp_path / form)
        take(other, given_out(project, tmp_path / name, form))
        found = {k[4]: d.answer for k, d in standing(other).items() if k[1] == "ann" and k[3] == "aims"}
        assert found == {"a": Answer.PRESENT, "b": Answer.ABSENT, "c": Answer.UNSURE}
