"""What the README and the docs say is true: their commands run, their links lead somewhere."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from ctg_nlp.errors import CtgError
from ctg_nlp.review.decisions import parse_line
from ctg_nlp.settings import SETTINGS

from .conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_every_block_of_the_readme_is_one_that_a_test_runs() -> None:
    found = blocks("sh", README)
    assert len(found) == 3
    assert found[0].strip() == "sh dev.sh example" and found[1].strip() == "sh dev.sh test"  # run by .ci/run
    assert README.count("```") == 2 * len(found)


def test_the_commands_of_the_readme_run_in_order(tmp_path: Path) -> None:
    """The block "Your own project", with the installed command of this environment, in a copy of the checkout."""
    (tmp_path / "ctg_nlp").symlink_to(ROOT / "ctg_nlp")
    for line in blocks("sh", README)[2].splitlines():
        if line.startswith(". .venv"):
            continue
        if line.endswith(" review"):
            opened_and_closed(line.removeprefix("ctg "), tmp_path)
            continue
        if line.startswith("ctg "):
            line = f"{sys.executable} -c 'from ctg_nlp.cli.main import main; main()' {line[4:]}"
        done = subprocess.run(line, shell=True, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, line + done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert (tmp_path / "my_project" / "data" / "coded" / "tables.html").is_file()


def opened_and_closed(arguments: str, folder: Path) -> None:
    """`ctg … review`: the page can be opened, and Ctrl+C ends the server without an error."""
    command = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()", *arguments.split()]
    options = ["--no-browser", "--port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, cwd=folder) as server:
        assert server.stdout is not None
        address = re.search(r"http://[0-9.:]+/", server.stdout.readline())
        assert address is not None
        for _ in range(50):
            try:
                page = urllib.request.urlopen(address.group(), timeout=10).read()
                break
            except OSError:
                time.sleep(0.1)
        server.send_signal(signal.SIGINT)
        assert b"Begin with the first" in page
        assert server.wait(30) == 0


@pytest.mark.parametrize("page", DOCS, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    said = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)\)", said):
        assert target.startswith("http") or (page.parent / target).is_file(), target


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for setting in SETTINGS:
        bare = " " if setting.default in ("", ()) else str(setting.default)
        shown = bare.lower() if isinstance(setting.default, bool) else bare  # as in TOML
        assert f"| `{setting.name}` | `{shown}` | {setting.sentence} |" in text


def test_the_lines_of_the_docs_on_decisions_can_be_read() -> None:
    (block,) = blocks("json", (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8"))
    import json

    for line in block.splitlines():
        assert parse_line(json.loads(line)).coder == "lead"


def test_every_exit_code_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

    def codes(kind: type[CtgError]) -> set[int]:
        return {kind.exit_code}.union(*(codes(sub) for sub in kind.__subclasses__()))

    for code in codes(CtgError):
        assert f"| {code} |" in text


def test_nothing_committed_names_an_address_of_a_registry_or_a_machine() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", line), line
