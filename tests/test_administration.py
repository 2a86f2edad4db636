"""Every command of the page for administrators runs, in its order; those of the system with stand-ins."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctg_nlp.cli.main import COMMANDS
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.custody import withdraw_report
from ctg_nlp.framework_file import load_framework
from ctg_nlp.people import add_user, key_of, session_of
from ctg_nlp.records import Role, User
from ctg_nlp.settings import open_home
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.store.decisions import erased
from ctg_nlp.store.people import add_session, put_user
from ctg_nlp.store.tokens import tokens

from .any_database import new_postgres
from .conftest import ROOT
from .review_home import ReviewHome
from .review_server import ReviewServer

DOCS = ROOT / "docs"
STAND_INS = ("apt-get", "useradd", "systemctl", "podman", "createdb", "python3")
_PLACES = re.compile(r"(?<![\w./:-])/(srv|backup|etc|opt)\b")
_PASSWORDS = {"first-password.txt": "grape lamp tuesday", "another.txt": "violin anchor marmalade"}


def lines_of(page: str) -> list[str]:
    """The commands of a page, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


class Machine:
    """A folder in which paths of the page lie, and programs of the system that only note how they were called."""

    def __init__(self, root: Path, database: str) -> None:
        self.root, self.database = root, database
        self.calls = root / "calls"
        self.home = root / "srv" / "ctg"
        for folder in ("srv", "backup", "etc/ctg", "opt/ctg/bin", "bin"):
            (root / folder).mkdir(parents=True)
        (root / "deploy").symlink_to(ROOT / "deploy")
        for program in (*(root / "bin" / name for name in STAND_INS), root / "opt/ctg/bin/pip"):
            program.write_text(f'#!/bin/sh\necho "$(basename "$0") $*" >> {self.calls}\n', encoding="utf-8")
            program.chmod(0o755)
        for name, password in _PASSWORDS.items():
            (root / name).write_text(password + "\n", encoding="utf-8")
        self._certificate(root / "etc/ctg")

    def _certificate(self, folder: Path) -> None:
        made = (
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=localhost"
        )
        files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "chain.pem")]
        subprocess.run(["openssl", *made.split(), *files], check=True, capture_output=True)

    def run(self, line: str) -> str:
        """Run a line; returns what it printed. Fails the test where it ends with an error."""
        said = line.replace("sqlite:////srv", f"sqlite:///{self.root}/srv").replace(
            "postgresql+psycopg:///ctg", self.database
        )
        said = _PLACES.sub(lambda m: f"{self.root}/{m[1]}", said)
        if line.startswith("ctg ") and " serve " not in line:
            done = CliRunner().invoke(command, shlex.split(said)[1:])
            assert done.exit_code == 0, f"{line}: {done.output} {done.exception}"
            return done.stdout
        if line.startswith("ctg "):
            said = f"{shlex.quote(sys.executable)} -c 'from ctg_nlp.cli.main import main; main()' {said[4:]}"
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            ["sh", "-eu", "-c", said], capture_output=True, text=True, check=False, cwd=self.root,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert ran.returncode == 0, line + ran.stdout + ran.stderr
        return ran.stdout

    def store(self) -> Store:
        return open_store(open_home(self.home).database)


def test_every_command_for_administrators_runs_in_its_order(
    tmp_path: Path, postgres: str, review_home: ReviewHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path / "machine", new_postgres(postgres))
    monkeypatch.setattr("ctg_nlp.settings.load_framework", cache(load_framework))  # not for each command anew
    monkeypatch.chdir(machine.root)
    said: dict[str, str] = {}
    for line in lines_of("administration.md"):
        if line == "ctg --home /srv/ctg retention":
            _withdrawn_long_ago(machine)
        if " token revoke " in line:
            line = f"{line.rpartition(' ')[0]} {_last_token(machine)}"
        said[line] = machine.run(line)
        if line == "ctg --home /srv/ctg init":  # with reports and decisions from here on
            shutil.rmtree(machine.home)
            review_home.copy_to(machine.home)
    assert len(said) > 45
    _services_were_stopped_and_started(machine)
    _options_of_the_service_are_those_that_were_shown(machine)
    assert "coding.example.org" not in said["systemctl enable --now ctg"]
    assert (
        "hostile" not in said
        and "1 withdrawn" in said["ctg --home /srv/ctg retention --only withdrawn --erase --confirm 1"]
    )
    store = machine.store()
    with store.reading() as db:
        assert db.dialect.name == "postgresql"  # since the page moved there
        assert len(erased(db)) == 2
        assert [e.detail for e in entries(db, what="sessions ended")] == [{"sessions": 0}] * 2
    store.close()


def _withdrawn_long_ago(machine: Machine) -> None:
    store, before = machine.store(), datetime.now(UTC) - timedelta(days=40)
    withdraw_report(store, "G018", now=before.isoformat(timespec="microseconds"), who="cy", why="asked for")
    store.close()


def _last_token(machine: Machine) -> str:
    store = machine.store()
    with store.reading() as db:
        found = tokens(db)[-1].token_id
    store.close()
    return found


def _services_were_stopped_and_started(machine: Machine) -> None:
    calls = machine.calls.read_text(encoding="utf-8").splitlines()
    acts = [c.split()[1] for c in calls if c.startswith("systemctl") and c.endswith(" ctg")]
    assert acts[0] == "enable" and acts[-1] == "restart"
    assert acts[1:-1] == ["stop", "start"] * 3
    for call in calls:
        if call.startswith("podman run"):
            words = call.split()
            name = words.index(
                "ctg", words.index("--volume") + 1 if words[2] == "--rm" else words.index("--env")
            )
            _is_known(words[name + 1 :])


def _is_known(words: list[str]) -> None:
    """The command of the container is one of ours, with options that it has."""
    assert words[0] in COMMANDS, words
    found = command.get_command(None, words[0])  # type: ignore[arg-type]
    params = found.commands[words[1]].params if hasattr(found, "commands") else found.params  # type: ignore[union-attr]
    known = {option for param in params for option in param.opts}
    assert {w for w in words if w.startswith("--")} <= known


def _options_of_the_service_are_those_that_were_shown(machine: Machine) -> None:
    (given,) = re.findall(
        r"CTG_OPTIONS=(.*)", (machine.root / "etc/ctg/serve.env").read_text(encoding="utf-8")
    )
    assert f"ctg --home /srv/ctg serve {given} --show" in lines_of("administration.md")
    assert (machine.root / "etc/systemd/system/ctg.service").read_bytes() == (
        ROOT / "deploy/ctg.service"
    ).read_bytes()


def test_every_command_on_watching_runs(review_server: ReviewServer, tmp_path: Path) -> None:
    home = review_server.reviewed.root
    store = open_store(review_server.reviewed.home.database)
    add_user(
        store, "dan", Role.ADMINISTRATOR, _PASSWORDS["another.txt"], now="2026-03-01T09:00:00+00:00", who="cy"
    )
    store.close()
    make, ask = lines_of("monitoring.md")
    done = CliRunner().invoke(command, shlex.split(make.replace("my_project", str(home)))[1:])
    assert done.exit_code == 0 and done.stdout.startswith("ctg_"), done.output
    if shutil.which("curl"):
        address = ask.replace("http://127.0.0.1:8765", review_server.url)
        told = subprocess.run(shlex.split(address), capture_output=True, text=True, check=True).stdout
        assert 'ctg_reports{verdict="accepted"}' in told


def test_sessions_of_one_or_all_end_at_once(empty_home: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(empty_home, tmp_path / "home"))
    opened, now = open_store(open_home(home).database), "2026-03-01T09:00:00.000000+00:00"
    browsers = ("ada", "ada again", "ben")
    with opened.transaction() as db:
        for name in ("ada", "ben"):
            put_user(db, User(name, Role.CODER, created_at=now, created_by="cy"), "none")
        for token in browsers:
            add_session(db, key_of(token), token.split()[0], now)

    def ended(*said: str) -> list[bool]:
        done = CliRunner().invoke(command, ["--home", str(home), "users", "log-out", *said])
        assert done.exit_code == 0, done.output
        return [session_of(opened, token, now) is None for token in browsers]

    assert ended("ada") == [True, True, False]
    assert ended("--everybody") == [True, True, True]
    for wrong, code in (((), 2), (("ada", "--everybody"), 2), (("nobody",), 1)):
        done = CliRunner().invoke(command, ["--home", str(home), "users", "log-out", *wrong])
        assert done.exit_code == code
    with opened.reading() as db:
        noted = [(e.subject, e.detail["sessions"]) for e in entries(db, what="sessions ended")]
    assert noted == [("ada", 2), ("", 1)]
    opened.close()
