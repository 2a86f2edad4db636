"""The command line as a person meets it: a process of its own, its output and its exit code."""

from __future__ import annotations

import csv
import json
import re
import shutil
import socket
from pathlib import Path

import click
import pytest

from ctg_nlp.cli.main import COMMANDS, ctg, main
from ctg_nlp.cli.place import Place, listening
from ctg_nlp.coding import import_decisions
from ctg_nlp.records import Group, Report, ReportKind, VerdictKind
from ctg_nlp.settings import make_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store

from .command_line import call
from .conftest import EXAMPLE, ROOT


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A home of two reports that were read, with their decisions."""
    root = tmp_path_factory.mktemp("cli")
    call("--home", str(root), "init")
    for pdf in (EXAMPLE / "raw").iterdir():
        if "G002" in pdf.name or "G018" in pdf.name:
            shutil.copyfile(pdf, root / "data" / "raw" / pdf.name)
    call("--home", str(root), "run", "--plain")
    call("--home", str(root), "decisions", "import", str(EXAMPLE / "decisions.jsonl"), code=10)
    return str(root)


def all_commands() -> list[str]:
    context = click.Context(ctg)
    names = []
    for name in COMMANDS:
        command = ctg.get_command(context, name)
        assert command is not None
        names.append(name)
        if isinstance(command, click.Group):
            names += [f"{name} {sub}" for sub in command.list_commands(context)]
    return names


@pytest.mark.parametrize("name", all_commands())
def test_every_command_has_help_and_is_documented(name: str) -> None:
    from click.testing import CliRunner

    shown = CliRunner().invoke(ctg, [*name.split(), "--help"])
    assert shown.exit_code == 0 and len(shown.output.splitlines()) > 3
    assert f"ctg {name}" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


REPORTING = ["status", "reports", "tables", "tables --compare", "tables --suggested",
             "tables phase --by partnership", "tables location", "tables 4 --of indicated",
             "tables --per-report", "tables 3 --per-report", "decisions imports", "findings list", "findings solutions", "quotes list",
             "framework check", "framework show", "agreement", "run --plain", "run --dry-run", "db upgrade", "search pupils"]  # fmt: skip


@pytest.mark.parametrize("command", REPORTING)
def test_every_command_that_reports_prints_json_and_text(home: str, command: str) -> None:
    json.loads(call("--home", home, *command.split(), "--json").stdout)
    assert call("--home", home, *command.split()).stdout.strip()


def test_suggestions_are_json_lines_for_every_code(home: str) -> None:
    lines = [json.loads(x) for x in call("--home", home, "suggestions").stdout.splitlines()]
    assert {x["suggested"] for x in lines} == {True, False}
    assert {"report", "dimension", "score", "suggested", "evidence"} <= set(lines[0])
    some = call("--home", home, "suggestions", "--report", "G002 report v2 FINAL.pdf", "--suggested").stdout
    assert {json.loads(x)["report"] for x in some.splitlines()} == {"G002 report v2 FINAL.pdf"}


def test_the_comparison_names_seven_percentages_and_the_sum_of_table_10(home: str) -> None:
    said = call("--home", home, "tables", "--compare").stdout
    assert "7 of 75 printed percentages" in said or re.search(r"\b7 of \d+ printed percentages", said)
    assert said.count("truncated") == 5 and said.count("does not follow from its count") == 2
    assert "add up to 128 of 129" in said and "Total of group_size: published 482" in said


@pytest.fixture
def unread(tmp_path: Path) -> str:
    """A home with the bundled reports and decisions as if the former had been read, which takes a minute."""
    home, folder = make_home(tmp_path / "home"), ROOT / "ctg_nlp" / "example"
    store = open_store(home.database, create=True)
    register = list(csv.DictReader((folder / "register.csv").open(encoding="utf-8-sig")))
    names = {p.name for p in (folder / "raw").iterdir()}
    with store.transaction() as db:
        report_store.put_groups(
            db, [Group(r["group"], n, r["cohort"], r["expected"] == "yes") for n, r in enumerate(register)]
        )
        for n, r in enumerate(x for x in register if x["file"] in names):
            report_store.put_report(
                db,
                Report(f"{n:064x}", n, r["file"], r["file"], r["group"], ReportKind.FINAL, VerdictKind.ACCEPTED,
                       received_at="2026", counted=True, settled=True),
            )  # fmt: skip
    import_decisions(store, home.framework, folder / "decisions.jsonl", now="2026", who="me")
    store.close()
    return str(home.root)


def test_the_docs_show_what_is_printed(unread: str) -> None:
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    shown = re.findall(r"```text\n\$ ctg (.*?)\n(.*?)\n```", text, re.DOTALL)
    assert len(shown) >= 5
    for command, said in shown:
        printed = call("--home", unread, *command.split()).stdout.rstrip().splitlines()
        assert [line.rstrip() for line in printed] == said.splitlines(), command
        json.loads(call("--home", unread, *command.split(), "--json").stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["status"], 3, "is not the home of a project"),
        (["init", "--framework", "nowhere.yaml"], 4, "No framework at"),
        (["framework", "check", "nowhere.yaml"], 4, "No framework at"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_mistakes_are_told_in_words_with_an_exit_code(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    assert said in call("--home", str(tmp_path), *arguments, code=code).stderr


def test_mistakes_within_a_home_too(home: str, tmp_path: Path) -> None:
    cases = [
        (["suggestions", "--report", "none"], 6, "No report is named none"),
        (["tables", "99"], 1, "There is no table 99"),
        (["tables", "3", "--by", "moon"], 1, "Nothing can be broken down by moon; there are group_size"),
        (["tables", "3", "--response", "--by", "phase"], 1, "phase is not known of groups that sent nothing"),
        (["tables", "--response", "--per-report"], 2, "ask for one of them"),
        (["tables", "--per-report", "--by", "cohort"], 2, "cannot be combined"),
        (["tables", "1", "--per-report"], 1, "group_size is a number: it has no codes"),
        (["tables", "3", "--reports"], 2, "goes with --since"),
        (["tables", "--since", "2026-13-45"], 1, "There is no day 2026-13-45."),
        (["tables", "--since", "2026-02-31"], 1, "There is no day 2026-02-31."),
        (["tables", "1", "--estimate"], 1, "group_size has no provisional figures: a number dimension"),
        (["decisions", "undo", "x"], 7, "There is no import x"),
        (["decisions", "import", str(tmp_path / "none.jsonl")], 7, "cannot be read"),
        (["run", str(tmp_path / "none"), "--plain"], 3, "There is no folder"),
        (["init"], 3, "is the home of a project already"),
        (["run", "--framework", "other.yaml"], 3, "has its framework already; change it in"),
    ]
    for arguments, code, said in cases:
        assert said in call("--home", home, *arguments, code=code).stderr


def test_a_wrong_setting_is_told_by_name(tmp_path: Path) -> None:
    call("--home", str(tmp_path), "init")
    (tmp_path / "ctg.toml").write_text('framework = "ctg"\nworkers = "two"\n', encoding="utf-8")
    assert (
        "workers is 'two'; it must be a whole number"
        in call("--home", str(tmp_path), "status", code=3).stderr
    )
    (tmp_path / "ctg.toml").write_text("workrs = 1\n", encoding="utf-8")
    assert "workrs; was workers meant?" in call("--home", str(tmp_path), "status", code=3).stderr
    (tmp_path / "ctg.toml").write_text("colour = 1\n", encoding="utf-8")
    assert "unknown setting colour" in call("--home", str(tmp_path), "status", code=3).stderr


def test_a_folder_becomes_a_home_with_the_first_run(tmp_path: Path) -> None:
    raw = tmp_path / "inbox"
    raw.mkdir()
    shutil.copyfile(next((EXAMPLE / "raw").glob("*G002*")), raw / "one.pdf")
    done = call("--home", str(tmp_path / "new"), "run", str(raw), "--plain")
    assert "1 report read now, 1 of them accepted" in done.stdout


def test_a_line_that_is_printed_can_be_typed_whatever_the_name_of_the_home(tmp_path: Path) -> None:
    root = tmp_path / "my home"
    assert f"--home '{root}' run" in call("--home", str(root), "init").stdout


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    call("--home", str(tmp_path), "init")
    shutil.copyfile(next((EXAMPLE / "raw").glob("*G002*")), tmp_path / "data" / "raw" / "one.pdf")
    said = call("--home", str(tmp_path), "run", "--dry-run").stdout
    assert "would read 1 file" in said and "to read: one.pdf" in said
    assert "Files received: 0" in call("--home", str(tmp_path), "status").stdout


def test_a_site_uses_its_own_framework_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "id: own\nversion: '1'\ntitle: Own\ndimensions:\n- id: topic\n  title: Topic\n  kind: multi\n  table: 1\n"
        "  codes:\n  - {id: maths, label: Maths, cues: {strong: [maths]}}\n  - {id: none, label: None, missing: true}\n",
        encoding="utf-8",
    )
    root = str(tmp_path)
    call("--home", root, "init", "--framework", str(tmp_path / "own.yaml"))
    shutil.copyfile(next((EXAMPLE / "raw").glob("*G002*")), tmp_path / "data" / "raw" / "one.pdf")
    call("--home", root, "run", "--plain")
    lines = [json.loads(x) for x in call("--home", root, "suggestions").stdout.splitlines()]
    assert {x["code"] for x in lines} == {"maths", "none"}
    assert "Topic" in call("--home", root, "tables").stdout
    assert "names no published tables" in call("--home", root, "tables", "--compare", code=1).stderr


def test_the_framework_can_be_compared_and_printed(tmp_path: Path) -> None:
    source = ROOT / "ctg_nlp" / "frameworks" / "ctg.yaml"
    other = tmp_path / "other.yaml"
    other.write_text(
        source.read_text(encoding="utf-8").replace("label: Photos", "label: Pictures"), encoding="utf-8"
    )
    said = call("framework", "diff", "ctg", str(other)).stdout
    assert "evidence.photos: label was 'Photos', is 'Pictures'" in said and "1 difference" in said
    call("framework", "print", "ctg", "--output", str(tmp_path / "book.md"))
    assert "## Table 9" in (tmp_path / "book.md").read_text(encoding="utf-8")


def test_without_reports_nothing_is_said_to_be_decided_or_to_be_drawn(tmp_path: Path) -> None:
    at = ("--home", str(tmp_path))
    call(*at, "init")
    for command in (["stop"], ["tables", "--estimate"]):
        said = call(*at, *command).stdout
        assert said == "No report counts yet, so there is nothing to estimate. Read some first: ctg run\n"
    draw = call(*at, "sample", "draw", "--size", "1", "--coder", "ann", code=1).stderr
    assert "No report counts yet, so none can be drawn." in draw


def test_a_report_is_withdrawn_restored_and_erased_by_command(tmp_path: Path) -> None:
    root = str(tmp_path)
    call("--home", root, "init")
    shutil.copyfile(next((EXAMPLE / "raw").glob("*G002*")), tmp_path / "data" / "raw" / "one.pdf")
    call("--home", root, "run", "--plain")
    assert (
        "not withdrawn"
        in call("--home", root, "reports", "erase", "one.pdf", "--why", "x", "--yes", code=1).stderr
    )
    told = call("--home", root, "reports", "withdraw", "one.pdf", "--why", "asked").stdout
    assert f"Undo: ctg --home {root} reports restore " in told  # as it can be typed from here
    call("--home", root, "reports", "restore", "one.pdf")
    call("--home", root, "reports", "use", "one.pdf")
    call("--home", root, "reports", "withdraw", "one.pdf", "--why", "asked")
    nobody = call("--home", root, "reports", "erase", "one.pdf", "--why", "law", code=1)
    assert nobody.stderr.endswith("ctg: Nothing was erased: nobody answered. Without a terminal add --yes.\n")
    no = call("--home", root, "reports", "erase", "one.pdf", "--why", "law", code=1, said="n\n")
    assert no.stderr.endswith("ctg: Nothing was erased.\n")
    assert "one.pdf" in call("--home", root, "reports", "erase", "one.pdf", "--why", "law", "--yes").stdout


def test_a_register_is_kept_in_the_home_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    root = str(tmp_path / "home")
    raw = tmp_path / "inbox"
    raw.mkdir()
    shutil.copyfile(next((EXAMPLE / "raw").glob("*G002*")), raw / "report of G002.pdf")
    call("--home", root, "init")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("name\nG002\n", encoding="utf-8")
    assert (
        "needs a column named group"
        in call("--home", root, "run", str(raw), "--register", str(wrong), "--plain", code=8).stderr
    )
    call("--home", root, "run", str(raw), "--register", str(EXAMPLE / "register.csv"), "--plain")
    said = json.loads(call("--home", root, "status", "--json").stdout)
    assert (said["groups"], said["responded"]) == (17, 1)


def test_answers_of_the_review_page_are_sent_at_once() -> None:
    with (
        listening(Place("127.0.0.1", 0, (), None, None, False)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP  # asyncio turns Nagle's algorithm off for these only


def test_usage_names_the_program_however_it_was_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["-c", "status", "--nothing"])
    with pytest.raises(SystemExit):
        main()
    assert "Usage: ctg status [OPTIONS]" in capsys.readouterr().err
