"""Reading hostile files: a child process with limits on time and memory, which may die without harm.

A `Reader` keeps one child and hands it one file after another, as JSON over its standard streams. A child
that hangs, crashes or wants too much memory is killed with all that it started; it costs that file.
The same child draws pages: pdfium must never run where a crash would cost more than one file.
Memory is limited by RLIMIT_AS, which Windows does not have and macOS does not honour: there only time is.
A child that crashes leaves no image of its memory on the disk.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import gc
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ctg_nlp.errors import Refusal
from ctg_nlp.intake.ocr import OcrSettings
from ctg_nlp.intake.wire import from_plain, to_plain
from ctg_nlp.records import Extraction

_START_SECONDS = 60
_FILES_PER_CHILD = 200  # then a fresh one, so that what libraries leak never adds up
_LONGEST_ANSWER = 1 << 30  # bytes; a child that says more is not ours any more


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. `seconds` is for text; pages read by OCR get theirs on top.

    Words and letters are limited because what follows (passages, suggestions) grows with them.
    """

    seconds: int = 120
    memory_mb: int = 1500
    pages: int = 3000
    words: int = 1_500_000
    letters: int = 10_000_000


@dataclass(frozen=True, slots=True)
class _ScanTime:
    """Seconds for a scanned page, and for all those of a file together: the last may begin at their end."""

    page: int
    all: int


_NO_SCANS = _ScanTime(0, 0)


class ReadingFailed(Exception):
    """An unexpected error while reading, which the child survived: what, and where."""


class Reader:
    """Owns one child process. Use as a context manager; one thread at a time."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._child: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._served = 0
        self._asked = 0

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def close(self) -> None:
        """End the child; the next file starts another."""
        self._stop()

    def read(
        self, path: Path, *, passwords: Sequence[str] = (), ocr: OcrSettings | None = None
    ) -> Extraction:
        """Read one file in the child. Raises `Refusal`, also where the child dies of the file, and
        `ReadingFailed` for a defect of ours."""
        answer = self._ask(
            {"path": str(path), "passwords": list(passwords), "ocr": asdict(ocr) if ocr else None},
            scans=_ScanTime(ocr.seconds_per_page, ocr.seconds_in_all) if ocr else _ScanTime(0, 0),
        )
        return from_plain(answer)

    def picture(self, path: Path, number: int, width: int, *, passwords: Sequence[str] = ()) -> bytes:
        """One page of a file drawn in the child, as WebP of so many pixels in width (see `picture`).

        Raises as `read` does. The child keeps the file open, for the next page of the same report.
        """
        request = {"path": str(path), "passwords": list(passwords), "picture": [number, width]}
        return base64.b64decode(self._ask(request)["picture"])

    def places(
        self,
        path: Path,
        number: int,
        width: int,
        bands: Sequence[tuple[float, float]],
        *,
        passwords: Sequence[str] = (),
    ) -> tuple[bytes, ...]:
        """Stretches of one page, each as WebP: (top, bottom) in shares of the page's height (see `picture`).

        Raises as `read` does.
        """
        request = {"path": str(path), "passwords": list(passwords), "places": [number, width, bands]}
        return tuple(base64.b64decode(p) for p in self._ask(request)["places"])

    def sizes(self, path: Path, *, passwords: Sequence[str] = ()) -> tuple[tuple[float, float], ...]:
        """Width and height in points of every page of a file as displayed, also of one without any text.

        Raises as `read` does.
        """
        answer = self._ask({"path": str(path), "passwords": list(passwords), "sizes": True})
        return tuple((width, height) for width, height in answer["sizes"])

    def frames(
        self, path: Path, *, passwords: Sequence[str] = ()
    ) -> tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]:
        """Of every page of a file the media box and the box that is shown: left, bottom, right and top in the
        file's points. Raises as `read` does.
        """
        answer = self._ask({"path": str(path), "passwords": list(passwords), "frames": True})
        return tuple((tuple(media), tuple(shown)) for media, shown in answer["frames"])

    def _ask(self, what: dict[str, Any], scans: _ScanTime = _NO_SCANS) -> dict[str, Any]:
        self._asked += 1
        request = {"id": self._asked, "limits": asdict(self.limits), **what}
        child = self._running()
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
        except OSError:
            raise self._died("damaged", "Reading it ended the reader. Send another copy.") from None
        try:
            return self._answer(scans)
        except (Refusal, ReadingFailed):
            raise
        except BaseException:  # interrupted: what the child still says of this file is not for the next
            self._stop()
            raise

    def _answer(self, scans: _ScanTime) -> dict[str, Any]:
        ends, given = time.monotonic() + self.limits.seconds, 0
        while True:
            try:
                line = self._answers.get(timeout=max(0.0, ends - time.monotonic()))
            except queue.Empty:
                said = f"Reading it took over {self.limits.seconds} seconds. Send a simpler copy."
                raise self._died("too costly", said) from None
            if not line:
                said = (
                    f"Reading it crashed, or wanted more than {self.limits.memory_mb} MB. Send another copy."
                )
                raise self._died("too costly", said)
            answer: dict[str, Any] = json.loads(line)
            if answer["id"] != self._asked:
                raise RuntimeError("the reader answered for another file")
            if "scanning" in answer:  # a scanned page begins: it has its own time
                more = max(0, min(scans.page, scans.all + scans.page - given))
                ends, given = ends + more, given + more
                continue
            if "refused" in answer:
                raise Refusal(answer["refused"], answer["advice"])
            if "defect" in answer:
                raise ReadingFailed(answer["defect"])
            return answer

    def _died(self, cause: str, advice: str) -> Refusal:
        self._stop()
        return Refusal(cause, advice)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._served >= _FILES_PER_CHILD:
            self._stop()
        if self._child is None or self._child.poll() is not None:
            self._served = 0
            self._answers = queue.Queue()
            self._child = subprocess.Popen(
                # -P: never a module that lies in the folder where this is run
                [sys.executable, "-P", "-m", "ctg_nlp.intake.sandbox"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # so that Tesseract can be killed with it
                env=child_environment(),
            )
            threading.Thread(target=_pump, args=(self._child, self._answers), daemon=True).start()
            self._wait_until_ready()
        self._served += 1
        return self._child

    def _wait_until_ready(self) -> None:
        try:
            ready = self._answers.get(timeout=_START_SECONDS)
        except queue.Empty:
            ready = b""
        except BaseException:  # interrupted: a child that is half started is of no use to the next
            self._stop()
            raise
        if json.loads(ready or b"{}") != {"ready": True}:
            self._stop()
            raise RuntimeError("the reader's child process did not start")

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def child_environment() -> dict[str, str]:
    """The environment in which a child process of this Python finds the same modules, and this package."""
    path = [*(p for p in sys.path if p), str(Path(__file__).parents[2])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _pump(child: subprocess.Popen[bytes], answers: queue.Queue[bytes]) -> None:
    """Hand the child's lines on; an empty one when it has ended."""
    assert child.stdout is not None
    with contextlib.suppress(ValueError, OSError):  # closed under us when the child is stopped
        while line := child.stdout.readline(_LONGEST_ANSWER):
            if not line.endswith(b"\n"):
                break
            answers.put(line)
    answers.put(b"")


def main() -> None:
    """The child: answer each request on standard input with a line on standard output."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no library's print becomes an answer
    with contextlib.suppress(ValueError, AttributeError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops us

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()

    from ctg_nlp.intake import extract, picture  # before the limits: what they load is not the file's cost

    gc.freeze()  # collections while reading then look only at what the file made

    say({"ready": True})
    limited = False
    drawn = picture.Drawn()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        limits = Limits(**request["limits"])
        answer = functools.partial(_answer, say, request["id"])
        if not limited:
            _limit_memory(limits.memory_mb)
            limited = True
        try:
            if "picture" in request:
                answer(_picture(drawn, request))
            elif "places" in request:
                answer(_places(drawn, request))
            elif "sizes" in request:
                answer({"sizes": drawn.sizes(Path(request["path"]), request["passwords"], limits.pages)})
            elif "frames" in request:
                answer({"frames": drawn.frames(Path(request["path"]), request["passwords"], limits.pages)})
            else:
                drawn.close()
                answer(to_plain(_read(extract, request, limits, answer)))
        except Refusal as refusal:
            answer({"refused": refusal.cause, "advice": refusal.advice})
        except MemoryError:
            os._exit(1)  # the parent says so, and starts afresh
        except Exception as error:  # a defect of ours, not of the file
            place = traceback.extract_tb(error.__traceback__)[-1]
            answer({"defect": f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"})


def _answer(say: Callable[[dict[str, Any]], None], request: int, what: dict[str, Any]) -> None:
    """Say something of one request: the parent takes no answer for another file's."""
    say({"id": request, **what})


def _picture(drawn: Any, request: dict[str, Any]) -> dict[str, Any]:
    content: bytes = drawn.page(Path(request["path"]), request["passwords"], *request["picture"])
    return {"picture": base64.b64encode(content).decode("ascii")}


def _places(drawn: Any, request: dict[str, Any]) -> dict[str, Any]:
    found = drawn.places(Path(request["path"]), request["passwords"], *request["places"])
    return {"places": [base64.b64encode(content).decode("ascii") for content in found]}


def _read(
    extract: Any, request: dict[str, Any], limits: Limits, say: Callable[[dict[str, Any]], None]
) -> Extraction:
    found: Extraction = extract.extract(
        Path(request["path"]),
        passwords=request["passwords"],
        ocr=OcrSettings(**request["ocr"]) if request["ocr"] else None,
        most_pages=limits.pages,
        most_words=limits.words,
        most_letters=limits.letters,
        on_scan=lambda number: say({"scanning": number}),
    )
    return found


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    size = _address_space() + megabytes * 1024 * 1024
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold a report's text
        resource.setrlimit(resource.RLIMIT_AS, (size, most))


def _address_space() -> int:
    """What this process has reserved already, in bytes: libraries reserve much that they never use."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):  # not Linux
        return 500 * 1024 * 1024


if __name__ == "__main__":
    main()
