"""A home with reports that were read and half of them coded, for the tests of the review page.

One report is hostile: its text, its name and its group's cohort hold mark-up that would run if any page
wrote it unescaped.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from ctg_nlp.clock import utc_now
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.store.reports import reports

from .conftest import EXAMPLE

UNCODED = ("G002 report v2 FINAL.pdf", "Leadership_CTG_G018.pdf", "closing-the-gap-G005.pdf")
CODED = ("G035 report v2 FINAL.pdf", "Leadership_CTG_G052.pdf", "closing-the-gap-G104.pdf")
NOT_SENT = "G051 report v2 FINAL.pdf"
"""A report of the example that is left for a test to submit."""

IMAGE = "<img src=x onerror=window.hacked=1>"
SCRIPT = "<script>window.hacked=1</script>"
HOSTILE = f"G900 {IMAGE}.pdf"
HOSTILE_LINES = (
    f"{SCRIPT} Closing the gap for our pupils",
    f"Our school has a high proportion of pupils eligible for free school meals {IMAGE} this year.",
    f"The partner schools {SCRIPT} met every month and planned the programme together.",
    f"We shared resources between the schools {IMAGE} and visited each other.",
    "Teaching assistants were trained to lead small groups in reading.",
    f'Attainment in reading rose "><svg onload=window.hacked=1> by {SCRIPT} ten points.',
)


@dataclass(frozen=True, slots=True)
class ReviewHome:
    """A home on disk and the ids of its reports by name."""

    root: Path
    ids: dict[str, str]

    def copy_to(self, root: Path) -> ReviewHome:
        """The same home in another folder."""
        shutil.copytree(self.root, root)
        return ReviewHome(root, self.ids)

    @property
    def home(self) -> Home:
        """Its settings."""
        return open_home(self.root)


def write_pdf(path: Path, lines: tuple[str, ...]) -> None:
    """One page of Helvetica, a line every 24 points from the top."""
    made = pikepdf.new()
    page = made.add_blank_page(page_size=(842, 595))
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=made.make_indirect(font)))
    content = "".join(
        f"BT /F1 11 Tf 50 {540 - 24 * n} Td ({_escaped(line)}) Tj ET\n" for n, line in enumerate(lines)
    )
    page.Contents = made.make_stream(content.encode("latin-1"))
    made.save(path)


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def make_review_home(root: Path) -> ReviewHome:
    """Read six reports of the example and the hostile one by cues alone, and take in the coding of three."""
    from ctg_nlp.plain import run_plain  # here, since it loads what reads and proposes

    home = make_home(root)
    settings = root / "ctg.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("# retrain_after = 300", "retrain_after = 0"), encoding="utf-8")
    for name in (*UNCODED, *CODED):
        shutil.copyfile(EXAMPLE / "raw" / name, home.raw / name)
    write_pdf(home.raw / HOSTILE, HOSTILE_LINES)
    register = (EXAMPLE / "register.csv").read_text(encoding="utf-8")
    home.register.write_text(f"{register}G900,{IMAGE},yes,{HOSTILE}\n", encoding="utf-8")
    run_plain(open_home(root), home.raw, run_id="web", clock=utc_now)
    return ReviewHome(root, _take_coding(open_home(root)))


def _take_coding(home: Home) -> dict[str, str]:
    from ctg_nlp.coding import import_decisions

    lines = (EXAMPLE / "decisions.jsonl").read_text(encoding="utf-8").splitlines()
    taken = home.root / "decisions.jsonl"
    taken.write_text(
        "\n".join(line for line in lines if json.loads(line)["report"] in CODED), encoding="utf-8"
    )
    store = open_store(home.database)
    try:
        done = import_decisions(store, home.framework, taken, now=utc_now(), who="the tests")
        assert done.decisions and not done.refused
        with store.reading() as db:
            return {r.name: r.report_id for r in reports(db)}
    finally:
        store.close()
