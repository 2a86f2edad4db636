"""What a bomb costs: the seconds and the memory of the child that reads it, beside its limits."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.hostile_content import contents
from bench.hostile_pdf import document, whole
from bench.hostile_structure import structures
from bench.hostile_watch import descendants, peak_mb, watching
from bench.hostile_word import word_files
from ctg_nlp.errors import Refusal
from ctg_nlp.intake.convert import find_libreoffice, to_pdf
from ctg_nlp.intake.sandbox import Limits, Reader

BOMBS = (
    "bomb of white", "bomb of states", "bomb in a bomb", "bomb in a bomb in a bomb", "bomb by LZW", "bomb of hex",
    "bomb of letters", "packed with a bomb", "table stream that unfolds", "forms that double",
    "a picture of 3.6 billion points", "endless words", "signs by a bomb", "deep arrays",
)  # fmt: skip
WORD_BOMBS = ("a part that lies of its size", "entities of entities", "an OpenDocument of spaces",
              "paragraphs without end", "parts that overlap")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one file: its kilobytes, what became of it, seconds, and megabytes of its child above an idle one's."""

    kind: str
    kilobytes: int
    verdict: str
    seconds: float
    megabytes: float


def costs(folder: Path, limits: Limits, seed: int) -> list[Cost]:
    """The cost of each bomb, each read by a child of its own."""
    makers = {**structures(), **contents()}
    found = []
    for kind in BOMBS:
        path = folder / "bomb.pdf"
        path.write_bytes(makers[kind](random.Random(f"{seed} {kind} 1")))
        found.append(_cost(kind, path, limits))
    if find_libreoffice():
        words = word_files("http://127.0.0.1:9")
        found += [_word_cost(folder, kind, *words[kind], limits, seed) for kind in WORD_BOMBS]
    return found


def _cost(kind: str, path: Path, limits: Limits) -> Cost:
    idle = path.with_name("idle.pdf")
    idle.write_bytes(whole(document()))
    with Reader(limits) as reader:
        reader.read(idle)
        assert reader._child is not None
        child = reader._child.pid
        before = peak_mb(child)
        with watching(child, 0.01) as watch:
            began = time.monotonic()
            try:
                reader.read(path)
                verdict = "read"
            except Refusal as refusal:
                verdict = refusal.cause
            seconds = time.monotonic() - began
    used = max(watch.most.values(), default=before) - before
    return Cost(kind, path.stat().st_size >> 10, verdict, round(seconds, 2), round(used, 1))


def _word_cost(
    folder: Path, kind: str, ending: str, make: Callable[[random.Random], bytes], limits: Limits, seed: int
) -> Cost:
    path = folder / f"bomb{ending}"
    path.write_bytes(make(random.Random(f"{seed} {kind} 0")))
    with watching(os.getpid(), 0.02) as watch:
        began = time.monotonic()
        try:
            to_pdf(path, folder / "made.pdf", limits)
            verdict = "converted"
        except Refusal as refusal:
            verdict = refusal.cause
        seconds = time.monotonic() - began
    left = [pid for pid in descendants(os.getpid()) if pid != os.getpid()]
    assert not left, f"{kind} left processes behind"
    return Cost(
        kind,
        path.stat().st_size >> 10,
        verdict,
        round(seconds, 2),
        round(watch.most.get("LibreOffice", 0.0), 1),
    )
