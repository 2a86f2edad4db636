"""Pictures of pages: as the page looks, drawn where a hostile file harms nobody, and gone with their report."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from ctg_nlp.clock import utc_now
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.desk import Desk
from ctg_nlp.intake.convert import find_libreoffice, to_pdf
from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.sandbox import Reader
from ctg_nlp.records import Report, ReportKind, Submission, VerdictKind
from ctg_nlp.report_file import NotShown
from ctg_nlp.settings import open_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store
from ctg_nlp.submissions import stored_file, stored_path
from ctg_nlp.web import pictures
from ctg_nlp.web.picture_cache import PictureCache

from .test_extract import TEXT_LAYER, lines, pdf

NOW = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def desk(empty_home: Path, tmp_path: Path) -> Iterator[Desk]:
    home = open_home(shutil.copytree(empty_home, tmp_path / "home"))
    store = open_store(home.database)
    yield Desk(home, store, "ada", utc_now)
    store.close()


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(pictures.router(desk))
    with TestClient(app) as opened:
        yield opened


def received(desk: Desk, source: Path, name: str = "") -> str:
    """Put a file into the raw folder and the store, as a run does; its report id."""
    file = desk.home.raw / (name or source.name)
    shutil.copyfile(source, file)
    report_id = hashlib.sha256(file.read_bytes()).hexdigest()
    path = stored_path(desk.home.root, file)
    with desk.store.transaction() as db:
        place = report_store.next_sequence(db)
        kinds = (ReportKind.FINAL, VerdictKind.ACCEPTED)
        report_store.put_report(db, Report(report_id, place, file.name, path, None, *kinds, pages=2))
        report_store.put_submission(db, Submission(path, report_id, file.stat().st_size, 0, NOW))
    return report_id


def address(report_id: str, number: int = 1, width: int = 900) -> str:
    return f"/reports/{report_id}/pages/{number}/picture?width={width}"


def picture_of(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "WEBP"
    return picture.convert("L")


def ink_at_words(path: Path) -> list[float]:
    """For each word of the first page the share of its box that is dark in the page's picture."""
    page = extract(path).pages[0]
    with Reader() as reader:
        picture = picture_of(reader.picture(path, 1, 1400))
    scale = picture.width / page.width
    assert abs(picture.height - page.height * scale) <= 2
    found = []
    for word in page.words:
        b = word.box
        part = picture.crop(tuple(round(v * scale) for v in (b.x0, b.y0, b.x1, b.y1)))
        found.append(sum(part.histogram()[:128]) / max(1, part.width * part.height))
    return found


def test_a_picture_shows_the_words_where_their_boxes_are() -> None:
    assert sorted(ink_at_words(TEXT_LAYER[0]))[3] > 0.02


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_and_cropped_page_is_pictured_as_its_boxes_say(tmp_path: Path, turn: int) -> None:
    path = pdf(tmp_path, lines((100, 700, "Some words to find"), (100, 680, "and a second line")), "a.pdf")
    with pikepdf.open(path, allow_overwriting_input=True) as made:
        made.pages[0].CropBox = [50, 100, 500, 800]
        made.pages[0].Rotate = turn
        made.save(path)
    assert min(ink_at_words(path)) > 0.02


def test_the_browser_gets_a_picture_of_the_width_it_asks_for_or_the_next_larger(desk, client) -> None:
    report_id = received(desk, TEXT_LAYER[0])
    for asked, given in ((1, 900), (900, 900), (901, 1400), (1500, 2000), (9999, 2000)):
        answer = client.get(address(report_id, 1, asked))
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/webp"
        assert abs(picture_of(answer.content).width - given) <= 1


def test_a_picture_is_drawn_once_and_the_browser_need_not_load_it_again(desk, client) -> None:
    report_id = received(desk, TEXT_LAYER[0])
    first = client.get(address(report_id))
    kept = desk.home.pictures / report_id / "1-900.webp"
    assert kept.read_bytes() == first.content and [p.name for p in kept.parent.iterdir()] == [kept.name]
    assert {"private", "immutable"} <= set(first.headers["cache-control"].split(", "))
    kept.write_bytes(first.content + b"\0\0")  # to tell it from one drawn anew
    assert client.get(address(report_id)).content == kept.read_bytes()
    again = client.get(
        address(report_id), headers={"If-None-Match": client.get(address(report_id)).headers["etag"]}
    )
    assert again.status_code == 304 and not again.content


def test_what_is_no_page_of_a_report_is_told_in_words(desk, client) -> None:
    report_id = received(desk, TEXT_LAYER[0])
    for path in (address("0" * 64), address(report_id, 99)):
        answer = client.get(path)
        assert answer.status_code == 404 and answer.json()["problem"].endswith(".")
        assert "no-store" in answer.headers["cache-control"]
    for path in (address("../../etc"), address(report_id, 0), address(report_id, 1, 0), address("0" * 63)):
        assert client.get(path).status_code in (404, 422)


def test_a_file_that_was_changed_or_is_gone_is_not_pictured_as_that_report(desk, client) -> None:
    report_id = received(desk, TEXT_LAYER[0])
    file = desk.home.raw / TEXT_LAYER[0].name
    shutil.copyfile(TEXT_LAYER[1], file)
    assert "not the file any more" in client.get(address(report_id)).json()["problem"]
    file.unlink()
    assert "not there any more" in client.get(address(report_id)).json()["problem"]
    shutil.copyfile(TEXT_LAYER[0], file)
    assert client.get(address(report_id)).status_code == 200


def test_a_copy_under_another_name_serves_where_the_first_file_is_gone(desk, client) -> None:
    report_id = received(desk, TEXT_LAYER[0])
    assert received(desk, TEXT_LAYER[0], "copy.pdf") == report_id
    (desk.home.raw / "copy.pdf").unlink()
    assert client.get(address(report_id)).status_code == 200


def test_a_file_is_found_by_a_name_of_another_unicode_form(desk: Desk) -> None:
    folder = desk.home.raw / unicodedata.normalize("NFD", "Bücher")
    folder.mkdir()
    file = folder / unicodedata.normalize("NFD", "Zürich.pdf")
    file.write_bytes(b"x")
    assert stored_file(desk.home.root, "data/raw/Bücher/Zürich.pdf") == file
    assert stored_file(desk.home.root, "data/raw/Bücher/Genf.pdf") is None
    assert stored_file(desk.home.root, str(file)) == file


def test_a_locked_report_is_pictured_with_a_password_of_the_list(desk, client, tmp_path: Path) -> None:
    with pikepdf.open(TEXT_LAYER[0]) as made:
        made.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(user="geheim", owner="x"))
    report_id = received(desk, tmp_path / "locked.pdf")
    problem = client.get(address(report_id)).json()["problem"]
    assert "locked.pdf" in problem and "password" in problem and "geheim" not in problem
    desk.home.passwords.write_text("wrong\ngeheim\n", encoding="utf-8")
    assert client.get(address(report_id, 2)).status_code == 200


def test_a_cut_off_report_is_pictured_as_far_as_it_can_be_mended(desk, client, tmp_path: Path) -> None:
    content = TEXT_LAYER[0].read_bytes()
    (tmp_path / "cut.pdf").write_bytes(content[: len(content) * 9 // 10])
    (tmp_path / "wreck.pdf").write_bytes(b"%PDF-1.7\n" + os.urandom(5000))
    cut = client.get(address(received(desk, tmp_path / "cut.pdf")))
    assert cut.status_code == 200 or "damaged" in cut.json()["problem"]
    wreck = client.get(address(received(desk, tmp_path / "wreck.pdf")))
    assert wreck.status_code == 404 and "damaged" in wreck.json()["problem"]


def test_a_page_without_area_has_no_picture_and_that_is_told_in_words(desk, client, tmp_path: Path) -> None:
    path = pdf(tmp_path, lines((100, 700, "Some words to find"), (100, 680, "and a second line")), "a.pdf")
    with pikepdf.open(path, allow_overwriting_input=True) as made:
        made.pages[0].CropBox = [5000, 0, 6000, 800]  # shows nothing of the page
        made.save(path)
    answer = client.get(address(received(desk, path)))
    assert answer.status_code == 404 and "Page 1 cannot be drawn" in answer.json()["problem"]


def test_a_page_that_takes_too_long_costs_its_time_once_and_no_other_report(
    desk, client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_SECONDS", 1)
    app = FastAPI()
    app.include_router(pictures.router(desk))
    content = "0 0 600 800 re 595 842 m 1 1 l 300 0 l B*\n" * 600_000
    slow = received(desk, pdf(tmp_path, content, "slow.pdf"))
    good = received(desk, TEXT_LAYER[0])
    with TestClient(app) as opened:
        assert "over 1 seconds" in opened.get(address(slow)).json()["problem"]
        monkeypatch.setattr(Reader, "picture", lambda *a, **k: pytest.fail("it was tried again"))
        assert "over 1 seconds" in opened.get(address(slow, 1, 2000)).json()["problem"]
        monkeypatch.undo()
        assert opened.get(address(good)).status_code == 200


def test_pages_of_absurd_sizes_make_pictures_of_bounded_size(desk, client, tmp_path: Path) -> None:
    for name, size in (
        ("long", (10, 14000)),
        ("flat", (14000, 3)),
        ("dot", (0.01, 0.01)),
        ("vast", (1e9, 1e9)),
    ):
        made = pikepdf.new()
        made.add_blank_page()
        made.pages[0].MediaBox = [0, 0, *size]
        made.save(tmp_path / f"{name}.pdf")
        answer = client.get(address(received(desk, tmp_path / f"{name}.pdf"), 1, 2000))
        assert answer.status_code == 200, answer.text
        picture = picture_of(answer.content)
        assert 1 <= picture.width <= 2001 and picture.width * picture.height < 21_000_000


def test_a_report_without_text_still_has_pages_to_look_at(desk, client, tmp_path: Path) -> None:
    path = pdf(tmp_path, "", "scan.pdf", pages=2)
    with pikepdf.open(path, allow_overwriting_input=True) as made:
        made.pages[1].Rotate = 90
        made.save(path)
    answer = client.get(f"/api/reports/{received(desk, path)}/sheets")
    assert answer.json()["pages"] == [
        {"number": 1, "width": 595.0, "height": 842.0, "source": "none"},
        {"number": 2, "width": 842.0, "height": 595.0, "source": "none"},
    ]
    (tmp_path / "no.pdf").write_bytes(b"nothing")
    none = client.get(f"/api/reports/{received(desk, tmp_path / 'no.pdf')}/sheets")
    assert none.status_code == 404 and "no.pdf cannot be shown" in none.json()["problem"]


def test_a_withdrawn_report_is_not_shown_and_an_erased_one_leaves_no_picture(desk, client) -> None:
    report_id = received(desk, TEXT_LAYER[0])
    assert client.get(address(report_id)).status_code == 200
    withdraw_report(desk.store, report_id, now=NOW, who="me", why="asked for")
    answer = client.get(address(report_id))
    assert answer.status_code == 404 and "withdrawn on 2026-01-01" in answer.json()["problem"]
    erase_report(desk.store, desk.home, report_id, now=NOW, who="me", why="asked for")
    assert not (desk.home.pictures / report_id).exists()
    assert client.get(address(report_id)).status_code == 404


def test_a_report_that_is_erased_while_it_is_drawn_leaves_no_picture(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_id = received(desk, TEXT_LAYER[0])
    with desk.store.reading() as db:
        report = report_store.report(db, report_id)

    def erased_meanwhile(*_: object, **__: object) -> bytes:
        with desk.store.transaction() as db:
            assert report is not None
            report_store.put_report(db, replace(report, withdrawn_at=NOW, withdrawn_by="me"))
        return b"picture"

    monkeypatch.setattr(Reader, "picture", erased_meanwhile)
    with pytest.raises(NotShown):
        pictures.Pictures(desk.home, desk.store).make(report_id, 1, 900)
    assert not (desk.home.pictures / report_id).exists()


@pytest.mark.skipif(find_libreoffice() is None, reason="needs LibreOffice")
def test_a_word_file_is_pictured_from_the_pdf_that_was_made_of_it(desk, client, tmp_path: Path) -> None:
    (tmp_path / "report.rtf").write_text(r"{\rtf1\ansi Attendance rose by 4 %.}", encoding="ascii")
    report_id = received(desk, tmp_path / "report.rtf")
    assert "no PDF was made of it" in client.get(address(report_id)).json()["problem"]
    to_pdf(tmp_path / "report.rtf", desk.home.converted / f"{report_id}.pdf")
    assert client.get(address(report_id)).status_code == 200


def test_pictures_keep_to_their_room_and_those_looked_at_longest_ago_go(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, 1)
    for n, name in enumerate("abc"):
        cache.put(name, 1, 900, b"x" * 300_000)
        os.utime(tmp_path / name, (n, n))
    assert cache.get("a", 1, 900) and not cache.get("z", 1, 900)  # a is not old any more
    cache.put("d", 1, 900, b"x" * 300_000)
    assert {p.name for p in tmp_path.iterdir()} == {"a", "c", "d"}


def test_the_children_end_with_the_app(desk: Desk) -> None:
    app = FastAPI()
    app.include_router(pictures.router(desk))
    with TestClient(app) as opened:
        opened.get(address(received(desk, TEXT_LAYER[0])))
        before = children()
        assert before
    assert not before & children()


def test_children_that_nobody_needs_are_ended_and_started_again_when_needed(desk: Desk) -> None:
    report_id = received(desk, TEXT_LAYER[0])
    made = pictures.Pictures(desk.home, desk.store)
    made.make(report_id, 1, 900)
    working = children()
    made.rest(idle=60)
    assert children() == working
    made.rest(idle=0)
    assert not children() & working
    assert made.make(report_id, 2, 900)
    made.close()


def children() -> set[str]:
    """The readers of this process."""
    task = Path(f"/proc/self/task/{os.getpid()}/children")
    if not task.exists():
        pytest.skip("needs Linux")
    threads = Path("/proc/self/task").glob("*/children")
    found = {pid for t in threads for pid in t.read_text(encoding="ascii").split()}
    return {pid for pid in found if b"ctg_nlp.intake.sandbox" in command_of(pid)}


def command_of(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""
