"""The log of what the program does: ids and counts, never a word of a report or a name; whole lines, whoever writes."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.aggregation import export_all
from ctg_nlp.backup import make_backup
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.cli.supervisor import Part, Supervisor
from ctg_nlp.clock import utc_now
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError, HomeError
from ctg_nlp.learning import training_in_words
from ctg_nlp.log_file import LogFile
from ctg_nlp.logbook import EVENTS, Log, line_of, log_of
from ctg_nlp.pipeline import Batch
from ctg_nlp.plain import run_plain
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.store.reports import reports
from ctg_nlp.submissions import scan
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.web.app import create_app

from .conftest import ROOT
from .review_home import write_pdf
from .team import Browser, Team, make_team

TIME = "2026-03-01T09:00:00.000000+00:00"
LINES = (
    "Brambleworth school planned a zanzibarium of reading with Quillfeather pupils.",
    "Teaching assistants at Brambleworth were trained by Hespertine Vane in phonics.",
    "Attainment at Brambleworth rose; the zanzibarium was kept, said Hespertine Vane.",
)
NAMES = {
    "whole": "Snickerdale Wobblethorpe final.pdf",
    "broken": "Mugglesworth damaged.pdf",
    "fails": "Pobblebonk.pdf",
}
GROUP, PERSON = "Wobblethorpe", "Ottoline"
NEVER = ("brambleworth", "zanzibarium", "quillfeather", "hespertine", "snickerdale", "wobblethorpe", "mugglesworth",
         "pobblebonk", "ottoline", ".pdf")  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of three files with words and names that stand nowhere else, logging all that can be."""
    root = tmp_path / "home"
    made = make_home(root)
    text = (root / "ctg.toml").read_text(encoding="utf-8")
    text = text.replace('# log_level = "info"', 'log_level = "debug"')
    text = text.replace("# dataset_forms =", 'dataset_forms = "csv"  #')
    (root / "ctg.toml").write_text(text, encoding="utf-8")
    write_pdf(made.raw / NAMES["whole"], LINES)
    write_pdf(made.raw / NAMES["fails"], (*LINES, "Pobblebonk"))
    (made.raw / NAMES["broken"]).write_bytes(b"%PDF-1.4 Mugglesworth")
    made.register.write_text(
        f"group,cohort,expected,file\n{GROUP},1,yes,{NAMES['whole']}\n", encoding="utf-8"
    )
    return open_home(root)


def logged(home: Home) -> list[dict]:
    text = "".join(p.read_text(encoding="utf-8") for p in reversed(log_of(home).file.files()))
    return [json.loads(line) for line in text.splitlines()]


def failing_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect whose message quotes the report, on the one that says so."""
    usual = Proposer.propose

    def propose(self: Proposer, report_id: str, found: tuple) -> tuple:
        if any("Pobblebonk" in p.text for p in found):
            raise RuntimeError("".join(p.text for p in found))
        return usual(self, report_id, found)

    monkeypatch.setattr(Proposer, "propose", propose)


def all_that_happens(home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What commands said on standard error of: a run, tables, a training, requests, commands, a backup and an erasure, with a mistake or defect in each."""
    failing_on_one(monkeypatch)
    run_plain(home, home.raw, run_id="0" * 32, clock=utc_now)
    store = open_store(home.database)
    with store.reading() as db:
        ids = {r.name: r.report_id for r in reports(db)}
    export_all(store, home, utc_now())
    training_in_words(store, home, now=utc_now(), who=PERSON)
    app = create_app(Desk(home, store, PERSON, utc_now))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        for path in (
            f"/reports/{ids[NAMES['whole']]}",
            "/search?q=zanzibarium",
            f"/{GROUP}",
            "/static/style.css",
        ):
            client.get(path)
        monkeypatch.setattr("ctg_nlp.web.api.report_state", failing)
        assert client.get(f"/api/reports/{ids[NAMES['whole']]}").status_code == 500
        client.request("ZANZIBARIUM", "/")
    told = ""
    for said in (
        ["reports", "use", GROUP + "x"],
        ["token", "make", PERSON, "--scope", "text", "--for", GROUP],
    ):
        done = CliRunner().invoke(command, ["--home", str(home.root), *said])
        told += done.stderr
        assert done.exit_code and isinstance(done.exception, CtgError)
    make_backup(home, folder / f"{GROUP}.zip", now=utc_now(), who=PERSON)
    withdraw_report(store, NAMES["whole"], now=utc_now(), who=PERSON, why=LINES[0])
    erase_report(store, home, NAMES["whole"], now=utc_now(), who=PERSON, why=LINES[0])
    store.close()
    return told


def failing(*_: object, **__: object) -> None:
    raise RuntimeError(LINES[0])


def test_no_word_of_a_report_and_no_name_of_a_file_or_group_is_in_any_log(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setenv("CTG_LOG", "stderr")
    commands = all_that_happens(home, tmp_path, monkeypatch)
    said = "".join(p.read_text(encoding="utf-8") for p in log_of(home).file.files())
    told = capsys.readouterr().err + commands + "".join(r.getMessage() for r in caplog.records)
    for word in NEVER:
        assert word not in (said + told).lower(), word
    lines = logged(home)
    echoed = [json.loads(line) for line in told.splitlines() if line.startswith('{"time"')]
    assert sorted(echoed, key=lambda line: line["time"]) == lines
    assert {line["event"] for line in lines} >= {
        "batch began", "report read", "report failed", "batch ended", "tables rebuilt", "request", "request failed",
        "command failed", "backup made", "report erased",
    }  # fmt: skip
    read = [line for line in lines if line["event"] == "report read"]
    assert sorted(r["verdict"] for r in read) == ["accepted", "failed", "refused"]
    assert [r["cause"] for r in read if r["verdict"] == "refused"] == ["damaged"]
    (failed,) = [line for line in lines if line["event"] == "report failed"]
    assert failed["error"] == "RuntimeError" and failed["place"].startswith("propose:")
    assert {line["route"] for line in lines if line["event"] == "request"} >= {
        "/reports/{report_id}",
        "/search",
        "none",
    }
    assert {line["method"] for line in lines if line["event"] == "request"} == {"GET", "other"}
    commands_failed = [line["command"] for line in lines if line["event"] == "command failed"]
    assert commands_failed == ["reports", "token"]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(EVENTS)), st.text(max_size=20), st.booleans())
def test_a_log_takes_no_value_of_another_kind_than_its_field(event: str, text: str, in_error: bool) -> None:
    known, secret = EVENTS[event], f"Wobble {text}"
    value: object = RuntimeError(secret) if in_error else secret
    line = json.loads(line_of(event, known, dict.fromkeys([*known.fields, "further"], value), TIME))
    head = {"time", "level", "event", "process"}
    assert set(line) <= head | set(known.fields) and "Wobble" not in json.dumps(line)
    assert {v for k, v in line.items() if k not in head} <= {"RuntimeError"}


def test_every_event_is_written_somewhere_and_none_is_unknown_nor_a_field_of_it() -> None:
    files = [p for folder in ("ctg_nlp", "flows") for p in (ROOT / folder).rglob("*.py")]
    texts = [p.read_text(encoding="utf-8") for p in files if p.name != "logbook.py"]
    calls = [
        (node.args[0].value, {k.arg for k in node.keywords if k.arg})
        for text in texts if re.search(r"note\(\s*\"", text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("note", "_note")
        and node.args and isinstance(node.args[0], ast.Constant)
    ]  # fmt: skip
    assert {name for name, _ in calls} == set(EVENTS)
    for name, fields in calls:
        assert fields <= set(EVENTS[name].fields), name


def test_the_events_of_the_docs_are_those_of_the_program() -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    for name, event in EVENTS.items():
        fields = ", ".join(f"`{f}`" for f in event.fields)
        assert f"| {name} | {event.level} | {fields} | {event.meaning} |\n" in text
    (line,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    told = json.loads(line)
    values = {k: v for k, v in told.items() if k not in ("time", "level", "event", "process")}
    values["report"] += "0" * 52
    again = json.loads(line_of(told["event"], EVENTS[told["event"]], values, told["time"]))
    assert {**again, "process": told["process"]} == told


def test_a_level_leaves_out_what_is_below_it(tmp_path: Path) -> None:
    for level, count in (("debug", 3), ("info", 2), ("warning", 1), ("error", 0), ("none", 0)):
        log = Log(LogFile(tmp_path / level, 10**6, 1), level, clock=lambda: TIME)
        log.note("request", method="GET", route="/", status=200, ms=1.0)
        log.note("serve ended")
        log.note("run taken over", what="batch")
        path = log.file.path
        assert len(path.read_text(encoding="utf-8").splitlines() if path.exists() else []) == count


def test_a_level_that_there_is_not_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    make_home(tmp_path)
    (tmp_path / "ctg.toml").write_text('log_level = "loud"\n', encoding="utf-8")
    with pytest.raises(HomeError, match="one of debug, info, warning, error, none"):
        open_home(tmp_path)


def test_a_log_that_cannot_be_written_stops_no_work(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be", encoding="utf-8")
    Log(LogFile(tmp_path / "logs", 1000, 1)).note("serve ended")


MANY = """
import sys
from pathlib import Path
from ctg_nlp.log_file import LogFile
log = LogFile(Path(sys.argv[1]), 4000, 3)
for n in range(120):
    log.write(f'{{"writer":{sys.argv[2]},"n":{n},"rest":"{"x" * 40}"}}')
"""


def test_lines_of_many_processes_are_whole_and_files_begin_anew_when_full(tmp_path: Path) -> None:
    with_all = LogFile(tmp_path, 4000, 3)
    writers = [subprocess.Popen([sys.executable, "-c", MANY, str(tmp_path), str(n)]) for n in range(4)]
    assert [w.wait(30) for w in writers] == [0] * 4
    files = with_all.files()
    assert [f.name for f in files] == ["ctg.log", "ctg.log.1", "ctg.log.2", "ctg.log.3"]
    assert all(f.stat().st_size <= 4000 for f in files) and all(f.stat().st_size > 3900 for f in files[1:])
    lines = [json.loads(line) for f in reversed(files) for line in f.read_text(encoding="utf-8").splitlines()]
    for writer in range(4):
        mine = [line["n"] for line in lines if line["writer"] == writer]
        assert mine == sorted(mine)
    assert sum(line["n"] == 119 for line in lines) >= 1 and files[0].stat().st_mode & 0o007 == 0


def test_lines_before_a_time_are_forgotten_and_others_stay(tmp_path: Path) -> None:
    log = LogFile(tmp_path, 200, 5)
    for day in range(1, 9):
        log.write(
            f'{{"time":"2026-03-0{day}T00:00:00.000000+00:00","event":"a rather long line to fill files"}}'
        )
    log.write("no line of ours")
    assert len(log.files()) > 2 and log.older_than("2026-03-06") == 5
    assert log.forget("2026-03-06") == 5 and log.older_than("2026-03-06") == 0
    left = "".join(p.read_text(encoding="utf-8") for p in reversed(log.files()))
    assert re.findall(r"2026-03-0(\d)", left) == ["6", "7", "8"] and "no line of ours" in left


def test_the_log_of_a_command_goes_to_standard_error_on_request(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTG_LOG", "")  # what the command sets ends with the test
    done = CliRunner().invoke(command, ["--home", str(home.root), "--log", "run", "--plain"])
    assert done.exit_code == 0, done.output
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [line["event"] for line in told][:1] == ["batch began"] and told[-1]["event"] == "tables rebuilt"
    assert datetime.fromisoformat(told[0]["time"]).utcoffset() is not None and told == logged(home)


@pytest.fixture
def team(store: object, tmp_path: Path) -> Iterator[Team]:
    yield make_team(store, tmp_path / "team")  # type: ignore[arg-type]


def test_names_that_are_typed_at_the_log_in_are_in_no_log(team: Team) -> None:
    team.add("ada")
    browser = Browser(team.app)
    browser.log_in("Hespertine", "zanzibarium of words")
    browser.log_in("ada")
    said = "".join(p.read_text(encoding="utf-8") for p in team.desk.home.logs.glob("ctg.log*"))
    assert "Hespertine" not in said and "zanzibarium" not in said and "ada" not in said


def test_a_batch_tells_what_it_is_going_to_do(home: Home) -> None:
    store = open_store(home.database, create=True)
    with Batch(home, store, home.raw, utc_now):
        pass
    store.close()
    (line,) = logged(home)
    assert (line["event"], line["work"], line["known"]) == ("batch began", 3, 0)
    passed_over = scan(
        home.root, home.root, ()
    ).passed_over  # where the home itself is read: it is no submission
    assert {"logs/ctg.log", "ctg.toml"} <= set(passed_over)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX process groups")
def test_what_becomes_of_the_parts_of_serve_is_in_the_log(tmp_path: Path) -> None:
    log = Log(LogFile(tmp_path / "logs", 10**6, 1), clock=lambda: TIME)
    part = Part("review page", (sys.executable, "-c", "raise SystemExit(3)"), lambda: True)
    supervisor = Supervisor([part], lambda line: None, log.note)
    try:
        assert supervisor.begin()
        while part.process is not None:
            supervisor._look_after(part)
    finally:
        supervisor.stop()
    began, died = map(json.loads, log.file.path.read_text(encoding="utf-8").splitlines())
    assert (began["event"], began["part"]) == ("part began", "review page")
    assert (died["event"], died["code"], died["wait"]) == ("part died", 3, 1.0)
