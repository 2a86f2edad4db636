"""Reading in a child process: the same text, and a file that hangs, crashes or is interrupted costs only itself."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pikepdf
import pytest

from ctg_nlp.errors import Refusal
from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.sandbox import Limits, Reader, ReadingFailed
from ctg_nlp.records import Extraction

from .test_extract import TEXT_LAYER, pdf


@pytest.fixture(scope="module")
def example() -> dict[str, Extraction]:
    return {p.name: extract(p) for p in TEXT_LAYER[:3]}


def test_the_reader_in_its_child_process_reads_the_same_as_in_this_one(
    example: dict[str, Extraction],
) -> None:
    with Reader() as reader:
        for path in TEXT_LAYER[:3]:
            found = reader.read(path)
            assert [p.text for p in found.pages] == [p.text for p in example[path.name].pages]
            assert found.extractor == example[path.name].extractor


def test_a_file_that_takes_too_long_costs_that_file_and_the_next_is_read(tmp_path: Path) -> None:
    slow = pdf(tmp_path, "BT /F1 9 Tf 60 700 Td (ab cd ef) Tj ET\n" * 400_000, "slow.pdf", pages=2)
    with Reader(Limits(seconds=1)) as reader:
        with pytest.raises(Refusal, match="took over 1 seconds") as caught:
            reader.read(slow)
        assert caught.value.cause == "too costly"
        assert reader.read(TEXT_LAYER[0]).pages


def test_a_file_that_wants_too_much_memory_costs_that_file(tmp_path: Path) -> None:
    stream = io.BytesIO()
    made = pikepdf.new()
    page = made.add_blank_page()
    page.Contents = made.make_stream(b"0 0 m 1 1 l S\n" * 12_000_000)
    made.save(stream)
    path = tmp_path / "bomb.pdf"
    path.write_bytes(stream.getvalue())
    with Reader(Limits(memory_mb=700)) as reader:
        with pytest.raises(Refusal) as caught:
            reader.read(path)
        assert caught.value.cause == "too costly"
        assert reader.read(TEXT_LAYER[0]).pages


def test_a_reader_that_dies_is_started_again() -> None:
    with Reader() as reader:
        assert reader.read(TEXT_LAYER[0]).pages
        assert reader._child is not None
        reader._child.kill()
        reader._child.wait()
        assert reader.read(TEXT_LAYER[1]).pages


def test_a_defect_of_ours_is_told_as_such_and_not_as_a_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ctg_nlp.intake.extract as e\ndef extract(path, **rest): return 1 // (len(path.name) - 7)\n"
        "e.extract = extract\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with Reader() as reader:
        with pytest.raises(ReadingFailed, match=r"ZeroDivisionError in sitecustomize.py, line 2"):
            reader.read(tmp_path / "one.pdf")
        child = reader._child
        assert child is not None and child.poll() is None


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
def test_after_an_interruption_a_file_never_gets_the_text_of_another(tmp_path: Path) -> None:
    slow = pdf(tmp_path, "BT /F1 9 Tf 60 700 Td (ab cd ef) Tj ET\n" * 100_000, "slow.pdf", pages=2)
    with Reader() as reader:
        first = reader.read(TEXT_LAYER[0])
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            reader.read(slow)
        assert reader.read(TEXT_LAYER[0]) == first


def test_several_readers_work_side_by_side() -> None:
    found: dict[int, Extraction] = {}

    def work(n: int) -> None:
        with Reader() as reader:
            found[n] = reader.read(TEXT_LAYER[n])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n].pages[0].text for n in range(2)] == [
        extract(TEXT_LAYER[n]).pages[0].text for n in range(2)
    ]


def test_the_child_ends_with_its_parent_and_says_nothing_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    code = (
        "import sys; from pathlib import Path; from ctg_nlp.intake.sandbox import Reader; from ctg_nlp.errors import Refusal\n"
        "reader = Reader()\n"
        "try: reader.read(Path(sys.argv[1]))\n"
        "except Refusal as refusal: print(refusal.cause, reader._child.pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "bad.pdf")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("damaged") and done.stderr == ""
    assert ended(int(done.stdout.split()[1]))


def test_the_child_never_loads_what_lies_in_the_folder_where_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ctg_nlp", "pypdfium2", "queue"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Reader() as reader:
        assert reader.read(TEXT_LAYER[0]).pages


def ended(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        threading.Event().wait(0.1)
    return False
