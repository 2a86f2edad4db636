"""Submitting on the page: files are taken in whole and safely, then read by the same intake as the folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ctg_nlp.clock import utc_now
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.desk import Desk
from ctg_nlp.plain import run_plain
from ctg_nlp.settings import FILE, open_home
from ctg_nlp.status import file_lines, latest_files
from ctg_nlp.store.database import open_store
from ctg_nlp.submissions import scan
from ctg_nlp.web import uploads
from ctg_nlp.web.reading import Reading
from ctg_nlp.web.receiving import Inbox, NameTaken, NoSubmission, safe_path

from .conftest import EXAMPLE
from .test_extract import TEXT_LAYER
from .test_pictures import NOW

A, B = TEXT_LAYER[0].read_bytes(), TEXT_LAYER[1].read_bytes()


@pytest.fixture
def desk(empty_home: Path, tmp_path: Path) -> Iterator[Desk]:
    home = open_home(shutil.copytree(empty_home, tmp_path / "home"))
    shutil.copyfile(EXAMPLE / "register.csv", home.register)
    store = open_store(home.database)
    yield Desk(home, store, "ada", utc_now)
    store.close()


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(uploads.router(desk))
    with TestClient(app) as opened:
        yield opened


def put(client: TestClient, name: str, content: bytes):
    return client.put(f"/api/submissions/{name}", content=content)


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def read_all(client: TestClient) -> dict:
    """Have everything read; the state at the end."""
    assert client.post("/api/submissions/read", json={}).status_code == 202
    until(lambda: not client.get("/api/submissions").json()["reading"])
    return client.get("/api/submissions").json()


def in_raw(desk: Desk) -> list[str]:
    return sorted(p.relative_to(desk.home.raw).as_posix() for p in desk.home.raw.rglob("*") if p.is_file())


def test_a_file_that_was_sent_lies_in_the_raw_folder_as_it_was(desk, client) -> None:
    answer = put(client, "G002 report.pdf", A)
    assert answer.status_code == 201
    assert answer.json() == {
        "name": "G002 report.pdf", "path": "data/raw/G002 report.pdf", "size": len(A),
        "sha256": hashlib.sha256(A).hexdigest(), "known": None,
    }  # fmt: skip
    assert in_raw(desk) == ["G002 report.pdf"]
    assert (desk.home.raw / "G002 report.pdf").read_bytes() == A


def test_another_content_under_the_same_name_never_takes_the_place_of_the_first(desk, client) -> None:
    assert [put(client, "report.pdf", c).json()["name"] for c in (A, B, b"x", B)] == [
        "report.pdf", "report (2).pdf", "report (3).pdf", "report (2).pdf",
    ]  # fmt: skip
    assert (desk.home.raw / "report.pdf").read_bytes() == A
    assert len(in_raw(desk)) == 3


def test_the_same_content_under_another_name_is_not_stored_twice(desk, client) -> None:
    assert [put(client, n, A).json()["path"] for n in ("a.pdf", "b.pdf")] == ["data/raw/a.pdf"] * 2
    (desk.home.raw / "a.pdf").unlink()
    assert put(client, "b.pdf", A).json()["path"] == "data/raw/b.pdf"
    assert in_raw(desk) == ["b.pdf"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/absolute/./x.pdf", "absolute/x.pdf"),
        ("..\\..\\windows.pdf", "_.._windows.pdf"),
        (".hidden.pdf", "hidden.pdf"),
        ("Zu\u0308rich\u202efdp.\x00pdf", "Zürichfdp.pdf"),
        ("a\nb\tc\u00a0 d .pdf ", "abc d.pdf"),
        ("con.pdf", "_con.pdf"),
        ("a:b?*.pdf", "a_b__.pdf"),
        ("\ud800.pdf", "pdf"),
        ("", "unnamed"),
        ("...", "unnamed"),
        ("G017/final.pdf", "G017/final.pdf"),
        ("1/2/3/4/5/6/7/8.pdf", "3/4/5/6/7/8.pdf"),
    ],
)
def test_a_name_leads_nowhere_else_and_is_not_hidden(said: str, kept: str) -> None:
    assert safe_path(said).as_posix() == kept


def test_a_long_name_keeps_its_suffix_and_fits_every_file_system() -> None:
    name = safe_path("ß" * 300 + ".pdf").name
    assert name.endswith("ß.pdf") and len(name.encode()) <= 200


@pytest.mark.parametrize(
    "name", ["Thumbs.db", "folder/desktop.ini", "~$report.docx", ".DS_Store", "a.pdf.part"]
)
def test_files_of_the_operating_system_and_unfinished_ones_are_not_submissions(client, name: str) -> None:
    with pytest.raises(NoSubmission):
        safe_path(name)
    assert put(client, name, b"x").status_code == 422


def test_what_is_sent_is_seen_by_a_run_and_nothing_else_is(desk, client) -> None:
    put(client, "G002/.report.pdf", A)
    put(client, "~report.pdf", B)
    found = scan(desk.home.root, desk.home.raw, ())
    assert [f.folder_path for f in found.files] == ["G002/report.pdf", "report.pdf"]
    assert not found.passed_over


def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(desk, tmp_path: Path) -> None:
    (desk.home.root / FILE).write_text('framework = "ctg"\nupload_mb = 1\n', encoding="utf-8")
    app = FastAPI()
    app.include_router(uploads.router(replace(desk, home=open_home(desk.home.root))))
    with TestClient(app) as client:
        for content in (bytes(2 << 20), iter([bytes(1 << 20), b"x"])):  # with its length said, and without
            answer = client.put("/api/submissions/big.pdf", content=content)
            assert answer.status_code == 413 and "more than 1 MB" in answer.json()["problem"]
        assert client.put("/api/submissions/just.pdf", content=bytes(1 << 20)).status_code == 201
    assert in_raw(desk) == ["just.pdf"]


def test_a_folder_named_as_a_file_is_told_and_leaves_nothing(desk, client) -> None:
    put(client, "G002.pdf", A)
    answer = put(client, "G002.pdf/report.pdf", B)
    assert answer.status_code == 409 and "a file has its name" in answer.json()["problem"]
    assert in_raw(desk) == ["G002.pdf"]


@pytest.mark.parametrize("name", ["notes.txt", "report", "report.pdf.exe", "page.html", "pictures.zip"])
def test_a_file_that_is_no_report_by_its_name_is_not_taken(desk, client, name: str) -> None:
    answer = put(client, name, A)
    assert answer.status_code == 415 and ".pdf" in answer.json()["problem"]
    assert in_raw(desk) == []


def test_a_full_disk_is_told_in_words_and_leaves_nothing(
    desk, client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = put(client, "report.pdf", A)
    assert answer.status_code == 503 and "No space left" in answer.json()["problem"]
    assert in_raw(desk) == []


def test_files_are_kept_where_the_file_system_knows_no_links(desk, client, monkeypatch) -> None:
    def no_links(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    assert [put(client, "r.pdf", c).json()["name"] for c in (A, B)] == ["r.pdf", "r (2).pdf"]
    assert in_raw(desk) == ["r (2).pdf", "r.pdf"]


def test_many_files_of_one_name_sent_at_once_are_all_kept(desk) -> None:
    inbox = Inbox(desk.home, desk.store)

    def send(n: int) -> None:
        incoming = inbox.begin()
        incoming.add(b"%d" % (n % 8))
        inbox.keep(incoming, safe_path("r.pdf"))
        incoming.drop()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(in_raw(desk)) == 8
    assert {(desk.home.raw / name).read_bytes() for name in in_raw(desk)} == {b"%d" % n for n in range(8)}
    with pytest.raises(NameTaken):
        inbox.keep(inbox.begin(), safe_path("r.pdf/x.pdf"))


def test_what_was_sent_is_read_as_if_it_lay_in_the_folder_and_each_file_gets_its_verdict(
    desk, client, tmp_path: Path
) -> None:
    with pikepdf.open(TEXT_LAYER[2]) as made:
        made.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(user="secret", owner="x"))
    sent = {
        "G002 report.pdf": A, "locked.pdf": (tmp_path / "locked.pdf").read_bytes(), "cut.pdf": B[:1500],
        "notes.pdf": b"no PDF", "empty.pdf": b"",
    }  # fmt: skip
    for name, content in sent.items():
        assert put(client, name, content).status_code == 201
    assert {f["verdict"] for f in client.get("/api/submissions").json()["files"]} == {""}
    state = read_all(client)
    assert state["problem"] == ""
    verdicts = {f["path"].removeprefix("data/raw/"): f["verdict"] for f in state["files"]}
    assert verdicts == {
        "G002 report.pdf": "accepted", "locked.pdf": "refused: encrypted", "cut.pdf": verdicts["cut.pdf"],
        "notes.pdf": "refused: not a PDF", "empty.pdf": "refused: empty",
    }  # fmt: skip
    assert verdicts["cut.pdf"] in ("refused: damaged", "refused: no text")
    assert all(f["report_id"] for f in state["files"])
    line = next(x for x in file_lines(desk.store) if x.path == "data/raw/G002 report.pdf")
    assert line.group_id == "G002"

    again = put(client, "other name.pdf", A)
    assert again.status_code == 200 and again.json()["known"] == "accepted"
    assert again.json()["path"] == "data/raw/G002 report.pdf" and len(in_raw(desk)) == 5
    context = uploads.submit_context(desk)
    chased = {c.group_id for c in context["chase"]}
    assert "G002" not in chased and "G005" in chased
    assert [f.path for f in context["files"]] == [x.path for x in latest_files(desk.store, 50)]
    assert {f.path for f in context["files"]} == {f"data/raw/{name}" for name in sent}


def test_a_withdrawn_content_is_told_and_an_erased_one_is_not_taken_in_again(desk, client) -> None:
    put(client, "report.pdf", A)
    run_plain(desk.home, desk.home.raw, run_id="r", clock=utc_now)
    withdraw_report(desk.store, "report.pdf", now=NOW, who="me", why="asked for")
    assert put(client, "report.pdf", A).json()["known"] == "withdrawn"
    erase_report(desk.store, desk.home, "report.pdf", now=NOW, who="me", why="asked for")
    (desk.home.raw / "report.pdf").unlink()
    answer = put(client, "report.pdf", A).json()
    assert (answer["known"], answer["path"]) == ("erased", "") and in_raw(desk) == []


def test_a_run_that_fails_says_why_in_words(desk, client) -> None:
    put(client, "report.pdf", A)
    (desk.home.root / FILE).write_text('framework = "ctg"\nno_setting = 1\n', encoding="utf-8")
    state = read_all(client)
    assert "unknown setting no_setting" in state["problem"]
    assert state["files"][0]["verdict"] == ""
    (desk.home.root / FILE).write_text('framework = "ctg"\n', encoding="utf-8")
    state = read_all(client)
    assert state["problem"] == "" and state["files"][0]["verdict"].startswith("accepted")


def slow_command(monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
    """Runs that only note that they ran, and take a while."""
    code = f"import time; open({str(log)!r}, 'a').write('run\\n'); time.sleep(0.5)"
    monkeypatch.setattr("ctg_nlp.web.reading._COMMAND", code)


def test_what_comes_in_while_a_run_is_under_way_is_read_by_one_further_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    slow_command(monkeypatch, log)
    reading = Reading(tmp_path)
    reading.more()
    assert reading.state == (False, "")
    reading.start()
    until(log.exists)
    for _ in range(3):
        reading.more()
        reading.start()
    until(lambda: not reading.state[0])
    assert log.read_text() == "run\nrun\n"


def test_a_run_that_is_killed_is_told_and_the_next_is_not_hindered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctg_nlp.web.reading._COMMAND", "import os; os.kill(os.getpid(), 9)")
    reading = Reading(tmp_path)
    reading.start()
    until(lambda: not reading.state[0])
    assert "ended unexpectedly (code -9)" in reading.state[1]
    slow_command(monkeypatch, tmp_path / "log")
    reading.start()
    until(lambda: not reading.state[0])
    assert reading.state == (False, "")


def test_a_run_ends_with_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    monkeypatch.setattr(
        "ctg_nlp.web.reading._COMMAND", f"import time; open({str(log)!r}, 'w'); time.sleep(60)"
    )
    reading = Reading(tmp_path)
    reading.start()
    until(log.exists)
    reading.close()
    assert reading.state[0] is False
    reading.start()
    assert reading.state[0] is False


def test_the_web_modules_load_nothing_heavy() -> None:
    code = "import sys, ctg_nlp.web.uploads, ctg_nlp.web.pictures; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"spacy", "sklearn", "pandas", "prefect", "matplotlib", "scipy", "pypdfium2", "pikepdf", "PIL"}
    assert not heavy & set(done.stdout.split())
