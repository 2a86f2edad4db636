"""Hostile files: each gets a verdict, at no more than its limits, and nothing that hurts comes into the text.

The whole corpus, of a thousand files, is in `bench/hostile.py`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.crash_home import unread_home
from bench.hostile_content import contents, flate_bomb
from bench.hostile_corpus import NAMES, Hostile, write
from bench.hostile_mutants import mutants
from bench.hostile_pdf import SENTENCES, TEXT, document, many_pages, text_of, whole
from bench.hostile_structure import structures
from bench.hostile_watch import Listener, peak_mb, watching
from bench.hostile_word import docx, odt
from ctg_nlp.clock import utc_now
from ctg_nlp.doctor import examine
from ctg_nlp.errors import MissingTool, Refusal
from ctg_nlp.intake import convert, extract
from ctg_nlp.intake.confined import confined
from ctg_nlp.intake.extract import Scans
from ctg_nlp.intake.layout import _cut
from ctg_nlp.intake.lines import Glyphs, RawPage, make_line
from ctg_nlp.intake.ocr import OcrSettings
from ctg_nlp.intake.passages import LONGEST, MOST_LETTERS, passages
from ctg_nlp.intake.plumber_page import _glyphs, read_with_pdfplumber
from ctg_nlp.intake.sandbox import Limits, Reader
from ctg_nlp.intake.tables import Chunk
from ctg_nlp.plain import run_plain
from ctg_nlp.records import Block, BlockKind, Extraction, Page, VerdictKind
from ctg_nlp.settings import open_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store
from ctg_nlp.submissions import scan

LIMITS = Limits(seconds=4, memory_mb=400)
MADE = {**structures(), **contents()}
KINDS = (
    "tree kid of itself", "tree two kids of each other", "tree doubling levels", "tree kids of other kinds",
    "count 1000000", "count -1", "count 99999999999999999999", "size beyond float", "size not a number",
    "size infinite", "size huge", "size nothing", "size turned by a lot", "table before itself", "table circle of two",
    "table of two billion rows", "table stream of huge width", "table stream in itself", "packed in itself",
    "packed and extends itself", "packed two billion", "deep arrays", "deep states", "outlines in a circle",
    "references in a ring", "length is itself", "content lists itself", "encrypted revision 6", "encrypted rubbish 5",
    "encrypted for owners, revision 4", "empty", "the head alone", "the head and noise", "objects begin and begin",
    "length too long", "also a web page", "only says so", "bomb of states", "bomb by LZW", "filters very many",
    "filter itself", "points that are no numbers", "a matrix beyond all", "a form draws itself",
    "forms that double", "a pattern of itself", "a picture of two billion by two", "a picture as its own mask",
    "JPEG of four billion", "JPEG 2000 rubbish", "JBIG2 rubbish", "fax of two billion", "TrueType rubbish",
    "a font that is itself", "a font of glyphs that use it", "signs of control", "signs half", "signs beyond",
    "signs a million each", "words on stairs", "text off the page", "fields in a circle", "a note off all",
)  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(LIMITS) as made:
        yield made


def verdict(reader: Reader, path: Path) -> Extraction | Refusal:
    """What the reader says of a file; `ReadingFailed`, a defect of ours, is no verdict."""
    try:
        return reader.read(path)
    except Refusal as refusal:
        return refusal


def is_sound(found: Extraction) -> bool:
    """Whether everything in it can be stored, sent and shown."""
    for page in found.pages:
        json.dumps([page.width, page.height, page.words and page.words[0].box.x0], allow_nan=False)
        for text in (page.text, *page.furniture):
            text.encode("utf-8")
            assert all(c.isprintable() or c.isspace() or c > "\x9f" for c in text)
            assert not set(text) & set("\0\x07\x1b\ufffe\uffff")
        assert all(page.text[w.start : w.end] for w in page.words)
    return min(p.width for p in found.pages) >= 1 and min(p.height for p in found.pages) >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_file_gets_a_verdict_within_its_time(kind: str, reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(MADE[kind](random.Random(f"1 {kind} 0")))
    began = time.monotonic()
    found = verdict(reader, path)
    assert time.monotonic() - began < LIMITS.seconds + 10  # with a new child
    assert isinstance(found, Refusal) or is_sound(found)


def test_changed_files_get_a_verdict_too(reader: Reader, tmp_path: Path) -> None:
    source = mutants(whole(many_pages(text_of(list(SENTENCES) * 3), 4)), random.Random(1))
    path = tmp_path / "changed.pdf"
    for _ in range(48):
        kind, content = next(source)
        path.write_bytes(content)
        found = verdict(reader, path)
        assert isinstance(found, Refusal) or is_sound(found), kind


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_a_bomb_costs_its_limit_and_no_more(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.pdf"
    bomb.write_bytes(flate_bomb(250, 2))
    assert bomb.stat().st_size < 10_000
    (tmp_path / "idle.pdf").write_bytes(whole(document()))
    with Reader(Limits(seconds=20, memory_mb=100)) as reader:
        reader.read(tmp_path / "idle.pdf")
        assert reader._child is not None
        child = reader._child.pid
        idle = peak_mb(child)
        with watching(child, 0.005) as watch, pytest.raises(Refusal, match="more than 100 MB"):
            reader.read(bomb)
    assert idle < max(watch.most.values()) < idle + 100 + 10


def test_a_file_of_many_scans_takes_its_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(page: object, number: int, settings: OcrSettings) -> RawPage:
        time.sleep(0.02)
        raise (
            TimeoutError("Tesseract took over 60 seconds for one page")
            if number == 1
            else MissingTool("None.")
        )

    monkeypatch.setattr(extract, "read_scan", slow)
    monkeypatch.setattr(extract, "find_tesseract", lambda: "tesseract")
    begun: list[int] = []
    scans = Scans(OcrSettings(seconds_in_all=0.03), begun.append)  # type: ignore[arg-type]
    for n in range(1, 9):
        scans.read(None, RawPage(n, 595, 842, 0, (), (595, 842), images=1.0))
    assert begun == [1, 2]
    assert scans.warnings() == [
        "Page 1: not read from the picture (Tesseract took over 60 seconds for one page).",
        "Page 2: not read from the picture (None).",
        "Pages 3, 4, 5, 6, 7, 8: not read from the picture (the scans before took over 0.03 seconds).",
    ]


def test_a_report_of_too_many_letters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(whole(document()))
    with pytest.raises(Refusal, match="over 100 letters"):
        extract.extract(path, most_letters=100)


def block(text: str) -> Page:
    return Page(1, 595, 842, text, blocks=(Block(0, len(text), BlockKind.PARAGRAPH),))


@pytest.mark.parametrize(
    "text",
    [
        "." * 300_000, ".)" * 150_000, "a" * 1_000_000, "word " * 300_000, "e.g. " * 100_000, "A. B. C. 1 " * 50_000,
        ". x" * 200_000, "no. 1 " * 100_000, "(" * 300_000 + ".", "-" * 200_000 + " a. B. C." * 20_000, ". " * 200_000,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_text_that_no_one_writes_is_cut_into_passages_in_a_moment(text: str) -> None:
    began = time.process_time()
    found = passages([block(text.strip())])
    assert time.process_time() - began < 2
    assert all(len(p.text) <= MOST_LETTERS and len(p.text.split()) <= LONGEST for p in found)
    assert "".join("".join(p.text.split()) for p in found) == "".join(text.split())


def test_a_layout_deeper_than_functions_can_call_themselves_is_put_in_order() -> None:
    """Each piece stands around the next, as the windings of a spiral."""
    words, (u0, v0, u1, v1) = [], (0.0, 0.0, 60_000.0, 60_000.0)
    for n in range(1200):
        u0, v0, u1, v1 = (
            u0 + 9 * (n % 4 == 0),
            v0 + 9 * (n % 4 == 1),
            u1 - 9 * (n % 4 == 2),
            v1 - 9 * (n % 4 == 3),
        )
        place = [
            (u0 - 9, v0, u0 - 3, v1),
            (u0, v0 - 9, u1, v0 - 3),
            (u1 + 3, v0, u1 + 9, v1),
            (u0, v1 + 3, u1, v1 + 9),
        ]
        a, b, c, d = place[n % 4]
        words.append(make_line([Glyphs("word", a, c, b, d)]))
    chunks = [Chunk([line]) for line in words]
    random.Random(1).shuffle(chunks)
    assert sorted(map(id, _cut(chunks))) == sorted(map(id, chunks))


def test_words_of_pdfplumber_are_rid_of_signs_that_are_no_text() -> None:
    place = {"x0": 1, "x1": 2, "top": 3, "bottom": 4}
    assert [g.text for g in _glyphs({"text": "a\0b \ud800 \x1b[2Jc", **place})] == ["ab", "[2Jc"]
    assert list(_glyphs({"text": "a", **place, "x0": float("nan")})) == []


def test_whatever_pdfplumber_raises_costs_no_more_than_its_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pdfplumber

    def fail(*_: object, **__: object) -> None:
        raise NotImplementedError("rubbish")

    monkeypatch.setattr(pdfplumber, "open", fail)
    assert read_with_pdfplumber(tmp_path / "x.pdf", ()) == []


def test_names_that_hurt_are_stored_so_that_they_steer_nothing_and_are_found_again(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    made = write(raw, (Hostile(name, "name", b"%PDF" + str(n).encode()) for n, name in enumerate(NAMES)))
    found = scan(tmp_path, raw, ())
    assert len(found.files) + len(found.passed_over) == len(made) >= 35
    for file in found.files:
        assert not set(file.path) & set("\n\t\x07\x1b\x85\u2028\u202e")
        file.path.encode("utf-8")
        assert file.file.read_bytes().startswith(b"%PDF")


def test_a_batch_of_hostile_files_ends_well_and_leaves_a_sound_store(tmp_path: Path) -> None:
    home = unread_home(tmp_path / "home", reports=2)
    settings = home.root / "ctg.toml"
    said = "seconds_per_report = 4\nmemory_mb = 400\n"
    settings.write_text(said + settings.read_text(encoding="utf-8"), encoding="utf-8")
    files = [
        Hostile(f"{kind}.pdf", kind, MADE[kind](random.Random(1))) for kind in KINDS[::6] if "/" not in kind
    ]
    files += [
        Hostile(name, "name", whole(document(TEXT + b"%% %d" % n))) for n, name in enumerate(NAMES[14:24])
    ]
    write(home.raw, iter(files))
    home = open_home(home.root)
    summary = run_plain(home, home.raw, run_id="hostile", clock=utc_now)
    assert summary.failed == ()
    assert summary.read + summary.copies + summary.passed_over >= len(files)
    store = open_store(home.database)
    with store.reading() as db:
        reports = report_store.reports(db)
    store.close()
    assert all(r.verdict is not VerdictKind.FAILED and (r.readable or r.message) for r in reports)
    assert examine(home.root, now=utc_now(), verify=True) == ()
    assert run_plain(home, home.raw, run_id="again", clock=utc_now).read == 0


def converted(path: Path, content: bytes, limits: Limits = LIMITS) -> str:
    """What became of a Word file."""
    path.write_bytes(content)
    try:
        convert.to_pdf(path, path.with_suffix(".pdf"), limits)
        return "converted"
    except Refusal as refusal:
        return refusal.cause


def test_an_archive_that_unfolds_to_more_than_a_report_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert, "find_libreoffice", lambda: "/bin/false")
    assert converted(tmp_path / "a.docx", docx(parts={"x.bmp": bytes(80_000_000)})) == "too costly"
    assert converted(tmp_path / "b.docx", docx(parts={f"{n}": "" for n in range(11_000)})) == "too costly"
    assert converted(tmp_path / "c.docx", docx()[:-30]) == "damaged"
    assert converted(tmp_path / "d.docx", docx()) == "damaged"  # by the program that fails


@pytest.mark.skipif(sys.platform != "linux", reason="the system limits no memory")
def test_a_program_that_is_confined_gets_no_more_memory_and_leaves_no_image_of_it(tmp_path: Path) -> None:
    code = (
        "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])\n"
        "try: x = bytearray(400 << 20); print('had')\nexcept MemoryError: print('had not')"
    )
    for megabytes, said in ((200, "0 had not"), (900, "0 had")):
        command = confined(megabytes, [sys.executable, "-c", code])
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=convert.child_environment()
        )
        assert done.stdout.split("\n")[:2] == said.split(" ", 1), done.stderr


@pytest.mark.skipif(convert.find_libreoffice() is None, reason="needs LibreOffice")
def test_a_word_file_fetches_nothing_from_elsewhere(tmp_path: Path) -> None:
    listener = Listener()
    image = f'<draw:image xlink:href="{listener.address}/seen.png"/>'
    text = f"<text:p><draw:frame>{image}</draw:frame>Words of a report.</text:p>"
    assert converted(tmp_path / "a.odt", odt(text), Limits(seconds=60)) == "converted"
    listener.close()
    assert listener.asked == []
