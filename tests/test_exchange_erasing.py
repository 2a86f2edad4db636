"""An erasure takes the words of a report out of what was written for other tools."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from ctg_nlp.cli.main import ctg
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.exporting import Wanted, export_dataset

from .test_exchange_refi import decided, given_out


def test_datasets_and_files_for_other_tools_below_the_coded_data_go_with_an_erased_report(
    tmp_path: Path,
) -> None:
    project = decided(tmp_path / "home")
    coded = project.home.coded
    for folder in ("dataset", "for_ann", "sent/to_bob"):
        export_dataset(project.store, project.home.framework, coded / folder, Wanted(forms=("csv",)))
    given_out(project, coded / "out.qdpx")
    given_out(project, coded / "sent" / "ls.json", "label-studio")
    given_out(project, coded / "codes.qdc", "qdc")
    (coded / "mine.json").write_text("{}", encoding="utf-8")
    outside = tmp_path / "elsewhere.qdpx"
    run = CliRunner().invoke(ctg, ["--home", str(project.home.root), "exchange", "export", str(outside)])
    assert run.exit_code == 0, run.output
    withdraw_report(project.store, "a.pdf", now=project.now(), who="lead", why="law")
    gone = erase_report(project.store, project.home, "a.pdf", now=project.now(), who="lead", why="law")
    files = {p.name for p in coded.rglob("*") if p.is_file()}
    assert {"mine.json", "codes.qdc", "codes.qdc.lost.txt"} <= files
    assert not files & {"out.qdpx", "ls.json", "manifest.json", "decisions.csv", "out.qdpx.lost.txt"}
    assert gone.elsewhere == (str(outside.resolve()),)
