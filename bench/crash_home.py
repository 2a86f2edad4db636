"""Small homes for `bench/crashes.py`: reports of a page each, a framework of two dimensions, and decisions.

Which report counts depends on the order of arrival: groups send several, some of them nearly alike.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pikepdf

from ctg_nlp.clock import utc_now
from ctg_nlp.coding import import_decisions
from ctg_nlp.plain import run_plain
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store.database import open_store

FRAMEWORK = """
id: crash
version: "1"
title: Crash
dimensions:
  - {id: aims, title: Aims, kind: multi, codes: [
      {id: reading, label: Reading, cues: {strong: ["reading"]}},
      {id: writing, label: Writing, cues: {strong: ["writing"]}}]}
  - {id: phase, title: Phase, kind: single, codes: [
      {id: early, label: Early, cues: {strong: ["nursery"]}},
      {id: late, label: Late, cues: {strong: ["secondary"]}}]}
"""
TOPICS = ("reading", "writing")
PLACES = ("nursery", "secondary school")
COUNTIES = ("Kent", "Devon", "Surrey", "Dorset", "Norfolk", "Essex", "Durham", "Rutland", "Suffolk",
            "Cumbria", "Cornwall", "Cheshire")  # fmt: skip


def sentences(number: int) -> list[str]:
    """The text of a report; every third is a revision of the one before it."""
    of = number - 1 if number % 3 == 2 else number
    county = COUNTIES[of % len(COUNTIES)]
    lines = [
        f"Final report of our partnership of schools in {county}, group {of}.",
        f"Pupils practised {TOPICS[of % 2]} in the {PLACES[of // 2 % 2]} every morning of the week.",
        f"Teachers of {county} visited one another {of + 3} times and planned lessons together.",
        f"Attainment rose by {of + 2} points while absence fell in {county}.",
        f"Parents in {county} were asked what helped, and {of + 11} of them answered at length.",
    ]
    return [*lines, "This version was corrected after the meeting."] if of != number else lines


def write_pdf(path: Path, lines: list[str]) -> None:
    """One page of Helvetica; the same lines make the same bytes."""
    made = pikepdf.new()
    page = made.add_blank_page(page_size=(842, 595))
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=made.make_indirect(font)))
    content = "".join(f"BT /F1 11 Tf 50 {540 - 24 * n} Td ({x}) Tj ET\n" for n, x in enumerate(lines))
    page.Contents = made.make_stream(content.encode("latin-1"))
    made.save(path, deterministic_id=True)


def unread_home(root: Path, reports: int = 12) -> Home:
    """A home whose reports were not read yet; one is there twice, and one is no PDF."""
    source = root.parent / f"{root.name}.yaml"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(FRAMEWORK, encoding="utf-8")
    made = make_home(root, str(source))
    shutil.move(source, root / "framework.yaml")
    settings = root / "ctg.toml"
    text = settings.read_text(encoding="utf-8").replace(json.dumps(source.as_posix()), '"framework.yaml"')
    settings.write_text(f"ocr = false\nretrain_after = 0\n{text}", encoding="utf-8")
    for number in range(reports):
        write_pdf(made.raw / f"{number:02} report G{number // 3:03}.pdf", sentences(number))
    shutil.copyfile(made.raw / "00 report G000.pdf", made.raw / "zz the same again.pdf")
    (made.raw / "yy no report.pdf").write_bytes(b"no PDF at all")
    open_store(open_home(root).database, create=True).close()
    return open_home(root)


def decided_home(root: Path, reports: int = 12) -> Home:
    """A home whose reports were read and coded."""
    home = unread_home(root, reports)
    run_plain(home, home.raw, run_id="first", clock=utc_now)
    lines = []
    for number in range(reports):
        of = number - 1 if number % 3 == 2 else number
        lines += [
            {"report": f"{number:02} report G{number // 3:03}.pdf", "coder": "ann", "dimension": dimension,
             "codes": [code], "evidence": {code: [sentences(number)[1]]}, "time": "2026-01-01T00:00:00+00:00"}
            for dimension, code in (("aims", TOPICS[of % 2]), ("phase", ("early", "late")[of // 2 % 2]))
        ]  # fmt: skip
    path = root.parent / f"{root.name}.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    store = open_store(home.database)
    done = import_decisions(store, home.framework, path, now=utc_now(), who="ann")
    store.close()
    assert not done.refused, done.refused
    return home
