"""Filter decisions and frozen samples in and out of files, and `ctg select`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ctg_nlp.cli.main import ctg
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.desk import Desk
from ctg_nlp.export.files import write_jsonl
from ctg_nlp.records import FilterState
from ctg_nlp.selecting import decide, freeze, judged, undo
from ctg_nlp.selection_files import exported_lines, import_file
from ctg_nlp.selection_flow import flow_now
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store, open_store

from .desks import make_desk
from .sampling_desk import IDS, code_map, river_desk, saying

A, B, C = IDS[:3]
NOW = "2026-05-01T00:00:00+00:00"


def mapped_desk(store: Store, folder: Path) -> Desk:
    desk = river_desk(store, folder)
    for report_id, method in ((A, "counted"), (B, "counted"), (C, "told")):
        code_map(desk, report_id, method)
    return desk


@pytest.fixture
def done(any_store: Store, tmp_path: Path) -> Desk:
    """A project in which decisions were taken, one undone, and a sample frozen."""
    desk = mapped_desk(any_store, tmp_path / "first")
    decide(desk, A, saying("quality", "strong", 'counted "twice", = ö'))
    decide(desk, A, saying("depth", "pass"))
    gone = saying("quality", "weak")
    decide(desk, B, gone)
    undo(desk, B, gone.decision_id)
    freeze(desk, "Summer", "a note")
    return desk


def written(path: Path, lines: list[dict]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_what_is_given_out_and_taken_in_elsewhere_is_the_same(done: Desk, tmp_path: Path) -> None:
    lines = list(exported_lines(done.store))
    file = written(tmp_path / "out.jsonl", lines)
    elsewhere = open_store(f"sqlite:///{tmp_path / 'else.sqlite'}", create=True)
    other = mapped_desk(elsewhere, tmp_path / "second")
    taken = import_file(elsewhere, other.framework, file, now=NOW, who="lead")
    assert (taken.decisions, taken.selections, taken.known, taken.refused) == (3, 1, 0, ())
    assert list(exported_lines(elsewhere)) == lines
    assert flow_now(elsewhere, other.framework) == flow_now(done.store, done.framework)
    again = import_file(elsewhere, other.framework, file, now=NOW, who="lead")
    assert (again.decisions, again.selections, again.known) == (0, 0, 4)
    assert list(exported_lines(elsewhere)) == lines
    elsewhere.close()


def test_signs_that_only_look_like_the_end_of_a_line_stay_within_a_reason(done: Desk, tmp_path: Path) -> None:
    reason = "one\u2028two\u2029three\x85four\x0bfive\x1csix"
    decide(done, B, saying("quality", "fair", reason))
    count = write_jsonl(tmp_path / "out.jsonl", exported_lines(done.store))
    taken = import_file(done.store, done.framework, tmp_path / "out.jsonl", now=NOW, who="lead")
    assert (taken.lines, taken.known, taken.refused) == (count, count, ())
    elsewhere = open_store(f"sqlite:///{tmp_path / 'else.sqlite'}", create=True)
    other = mapped_desk(elsewhere, tmp_path / "second")
    import_file(elsewhere, other.framework, tmp_path / "out.jsonl", now=NOW, who="lead")
    assert judged(other, B).outcome("quality").said[0].reason == reason
    elsewhere.close()


def test_what_was_said_of_a_withdrawn_report_is_known_when_it_is_taken_in_again(
    done: Desk, tmp_path: Path
) -> None:
    withdraw_report(done.store, A, now=NOW, who="lead", why="asked for")
    lines = list(exported_lines(done.store))
    more = {"report": "report 1.pdf", "filter": "quality", "level": "fair", "reason": "clear"}
    file = written(tmp_path / "out.jsonl", [*lines, more])
    taken = import_file(done.store, done.framework, file, now=NOW, who="lead")
    refused = ((len(lines) + 1, "report 1.pdf was withdrawn on 2026-05-01."),)
    assert (taken.known, taken.refused) == (len(lines), refused)


def test_a_sample_with_an_erased_report_is_known_when_it_is_taken_in_again(
    done: Desk, tmp_path: Path
) -> None:
    withdraw_report(done.store, A, now=NOW, who="lead", why="asked for")
    erase_report(done.store, done.home, A, now=NOW, who="lead", why="the law")
    lines = list(exported_lines(done.store))
    file = written(tmp_path / "out.jsonl", lines)
    taken = import_file(done.store, done.framework, file, now=NOW, who="lead")
    assert (taken.known, taken.refused) == (len(lines), ())


def test_lines_of_a_hand_are_taken_by_report_name_or_group_and_refused_one_by_one(
    any_store: Store, tmp_path: Path
) -> None:
    desk = mapped_desk(any_store, tmp_path)
    good = {"report": "report 1.pdf", "filter": "quality", "level": "fair", "reason": "clear", "coder": "ben"}
    bad = [
        good | {"level": "pass"},
        good | {"reason": " "},
        good | {"report": "none.pdf"},
        good | {"time": "soon"},
        good | {"role": "king"},
        good | {"more": 1},
        {"selection": "S", "reports": ["none.pdf"]},
        {"selection": "S", "reports": []},
        {"selection": "S", "reports": "ab"},
    ]
    group = {"group": "G2", "filter": "quality", "level": "weak", "reason": "thin"}
    file = written(tmp_path / "in.jsonl", [good, *bad, group])
    file.write_text(file.read_text(encoding="utf-8") + "[1]\nno json\n", encoding="utf-8")
    taken = import_file(any_store, desk.framework, file, now=NOW, who="lead")
    assert taken.decisions == 2 and [n for n, _ in taken.refused] == [*range(2, 11), 12, 13]
    assert judged(desk, A).outcome("quality").said[0].coder == "ben"
    assert judged(desk, B).outcome("quality").state is FilterState.NOT_PASSED
    assert import_file(any_store, desk.framework, file, now=NOW, who="lead").decisions == 0
    with any_store.reading() as db:
        log = list(entries(db, what="selection import"))
    assert [dict(e.detail)["decisions"] for e in log] == [2, 0]
    assert all("thin" not in str(e.detail) for e in log)  # never text


def test_a_frozen_sample_is_not_overwritten_by_a_file(done: Desk, tmp_path: Path) -> None:
    file = written(tmp_path / "in.jsonl", [{"selection": "Summer", "reports": [A, B]}])
    taken = import_file(done.store, done.framework, file, now=NOW, who="lead")
    assert taken.refused == ((1, "Summer is frozen with other reports, and never changes."),)
    elsewhere = {"selection": "Autumn", "reports": ["report 2.pdf"], "in_use": True}
    import_file(done.store, done.framework, written(file, [elsewhere]), now=NOW, who="lead")
    with done.store.reading() as db:
        current = selection_store.in_use(db)
        assert current is not None and (current.name, current.reports) == ("Autumn", (B,))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home on disk with three mapped reports."""
    made = river_desk(open_store(f"sqlite:///{tmp_path / 'x.sqlite'}", create=True), tmp_path / "p", 0).home
    store = open_store(made.database, create=True)
    desk = make_desk(made, store)
    from .desks import fill

    for n, report_id in enumerate((A, B, C), 1):
        fill(store, made.framework, report_id, n, 0.6)
        code_map(desk, report_id, "told" if report_id == C else "counted")
    store.close()
    return made.root


def ran(home: Path, *words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(ctg, ["--home", str(home), "select", *words])
    raised = getattr(done.exception, "exit_code", done.exit_code) if done.exception else 0
    assert raised == code, done.output + repr(done.exception)
    return done


def test_the_command_line_selects_from_the_first_filter_to_the_frozen_sample(
    home: Path, tmp_path: Path
) -> None:
    for report, filter_id, level in (
        ("G1", "quality", "strong"),
        ("G1", "depth", "pass"),
        ("G2", "quality", "weak"),
    ):
        ran(home, "decide", report, filter_id, level, "--reason", "as told", "--by", "ada")
    assert "quality: waiting" in ran(home, "undo", "G2", "--by", "ada").output
    ran(home, "undo", "G2", "--by", "ada", code=1)
    ran(home, "decide", "G2", "quality", "weak", "--reason", "thin", "--by", "ada")
    ran(home, "decide", "G3", "quality", "fair", "--reason", "x", code=7)
    listed = {x["group"]: (x["filter"], x["state"]) for x in json.loads(ran(home, "list", "--json").output)}
    assert listed == {
        "G1": ("", "selected"),
        "G2": ("quality", "not passed"),
        "G3": ("quality", "blocked by the map"),
    }
    only = json.loads(ran(home, "list", "--filter", "quality", "--state", "not passed", "--json").output)
    assert [x["reason"] for x in only] == ["ada: weak, thin"]
    assert "1 report is frozen as “Summer”" in ran(home, "freeze", "Summer", "--by", "lead").output
    assert json.loads(ran(home, "show", "Summer", "--json").output)[0]["reports"] == [A]
    assert "report 1.pdf" in ran(home, "show", "Summer").output
    figure, picture, table = (tmp_path / name for name in ("f.svg", "f.png", "f.csv"))
    ran(home, "flow", "--svg", str(figure), "--png", str(picture), "--csv", str(table))
    assert "Selected sample" in figure.read_text(encoding="utf-8") and picture.read_bytes()[:4] == b"\x89PNG"
    assert json.loads(ran(home, "flow", "Summer", "--json").output)["sample"] == "Summer"
    ran(home, "use", "Summer")
    ran(home, "use", "Winter", code=7)
    given = tmp_path / "given.jsonl"
    ran(home, "export", str(given))
    assert "0 filter decisions" in ran(home, "import", str(given)).output
    assert len(given.read_text(encoding="utf-8").splitlines()) == 5
