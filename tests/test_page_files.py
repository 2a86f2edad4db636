"""What holds for the files of the review page without running them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ctg_nlp.web

WEB = Path(ctg_nlp.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
MODULES = sorted((WEB / "static").rglob("*.js"))
STYLES = sorted((WEB / "static").rglob("*.css"))


def named(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_no_template_holds_script_or_style_of_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", text)
    assert all(" src=" in tag for tag in re.findall(r"<script\b[^>]*>", text))


@pytest.mark.parametrize("path", [*TEMPLATES, *MODULES, *STYLES], ids=named)
def test_nothing_is_loaded_from_another_site(path: Path) -> None:
    assert not re.search(
        r"""(src|href|url|import|fetch)[^\n]{0,20}["'(](https?:)?//""", path.read_text("utf-8")
    )


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_no_module_writes_markup_or_runs_text(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_every_import_is_a_file_of_ours(module: Path) -> None:
    for name in re.findall(
        r'^import .*?from "([^"]+)"|^import "([^"]+)"', module.read_text("utf-8"), re.M | re.S
    ):
        assert (module.parent / "".join(name)).resolve() in MODULES


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_every_file_that_a_template_names_is_there(template: Path) -> None:
    for name in re.findall(r'"/static/([^"{}]+)"', template.read_text(encoding="utf-8")):
        assert (WEB / "static" / name).is_file(), name


def test_every_key_of_the_report_page_is_told_in_the_dialog_of_keys() -> None:
    table = (WEB / "static" / "report" / "key_table.js").read_text(encoding="utf-8")
    bound = set(re.findall(r'^    "?([a-z]|shift\+[a-z]|\+|-)"?:', table, re.M))
    told = set(re.findall(r"<kbd>(.)</kbd>", (WEB / "templates" / "report.html").read_text(encoding="utf-8")))
    assert len(bound) > 20
    assert {k.removeprefix("shift+").upper() if "shift+" in k else k for k in bound} <= told
