"""The corpus of hostile files: the same seed makes the same files (but for the keys of encrypted ones)."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.hostile_content import contents
from bench.hostile_mutants import mutants, truncated
from bench.hostile_pdf import SENTENCES, document, many_pages, text_of, whole
from bench.hostile_structure import structures
from bench.hostile_word import word_files

SHARED = Path(os.environ.get("CTG_SHARED") or Path(__file__).parent.parent.parent / "shared")
_WORD_TWICE = frozenset({"tables in tables", "RTF of depth", "a Word file cut off", "a Word file with noise"})

NAMES: tuple[str | bytes, ...] = (
    "-rf.pdf", "--help.pdf", "$(reboot).pdf", "`id`.pdf", "a;b|c&d.pdf", "'quoted\".pdf", "%s%n%x.pdf",
    "=cmd|' /C calc'!A1.pdf", "+1+1.pdf", "@SUM(1).pdf", "<script>alert(1)<%2fscript>.pdf", "{{7*7}}.pdf",
    "..pdf.pdf", "... .pdf", " begins with a space.pdf", "ends with a space .pdf", "no ending", "two.pdf.exe.pdf",
    "line\nbreak.pdf", "tab\tstop.pdf", "bell\x07 and \x1b[2Jescape.pdf", "\u202efdp.evil.pdf", "zero\u200bwidth.pdf",
    "cafe\u0301.pdf", "caf\u00e9.pdf", "\U0001f600.pdf", "long " + "a" * 240 + ".pdf", "CON.pdf", "nul.pdf", "a:b.pdf", "a\\b.pdf",
    b"not \xff\xfe text.pdf", b"half \xed\xa0\x80 pair.pdf", "\u2028separator.pdf", "%00.pdf", "Final report' OR 1=1;--.pdf",
    "folder/in/folders/a.pdf", "..../a.pdf", "G001 \x85 next.pdf", "100% [bold]red[/bold].pdf",
)  # fmt: skip
"""Names that hurt programs which take them for something else. With "/": in a folder."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file: its name (perhaps no text), of which kind it is, and what is in it."""

    name: str | bytes
    kind: str
    content: bytes


def corpus(seed: int, count: int, listener: str, *, words: bool = True) -> Iterator[Hostile]:
    """So many files, or a few more: all kinds made by hand once or more, the rest mutants.

    `listener` is the address to which links of Word files lead. Without `words` there are none of these.
    """
    handmade = [*_handmade(seed), *(_word(seed, listener) if words else ()), *_named(), *_cut_off(seed)]
    yield from handmade
    yield from itertools.islice(_mutants(seed), max(0, count - len(handmade)))


def write(folder: Path, files: Iterator[Hostile]) -> dict[str, str]:
    """Write the files. Returns the kind of each by its path below the folder, as bytes of the disk say it."""
    kinds = {}
    for file in files:
        name = os.fsencode(file.name) if isinstance(file.name, str) else file.name
        target = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 - paths of bytes that are no text
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        with contextlib.suppress(OSError), open(target, "xb") as out:  # noqa: PTH123 - a name may be too much
            out.write(file.content)
            kinds[os.fsdecode(name)] = file.kind
    return kinds


def _handmade(seed: int) -> Iterator[Hostile]:
    for kind, make in {**structures(), **contents()}.items():
        seen: set[bytes] = set()
        for turn in range(3):
            content = make(random.Random(f"{seed} {kind} {turn}"))
            if content not in seen:
                seen.add(content)
                yield Hostile(f"made/{kind.replace('/', '_')} {turn}.pdf", kind, content)


def _word(seed: int, listener: str) -> Iterator[Hostile]:
    for kind, (ending, make) in word_files(listener).items():
        for turn in range(2 if kind in _WORD_TWICE else 1):
            yield Hostile(f"word/{kind} {turn}{ending}", kind, make(random.Random(f"{seed} {kind} {turn}")))


def _named() -> Iterator[Hostile]:
    for number, name in enumerate(NAMES):
        lines = [f"Report number {number} by a school with an odd name.", *SENTENCES]
        yield Hostile(name, "a name that hurts", whole(document(text_of(lines))))


def _cut_off(seed: int) -> Iterator[Hostile]:
    for number, base in enumerate(bases(seed)):
        for kind, content in truncated(base):
            yield Hostile(f"cut/{number} {kind}.pdf", "cut off at a power of two", content)


def _mutants(seed: int) -> Iterator[Hostile]:
    sources = [mutants(base, random.Random(f"{seed} {n}")) for n, base in enumerate(bases(seed))]
    for turn in itertools.count():
        for number, source in enumerate(sources):
            kind, content = next(source)
            yield Hostile(f"mutants/{number} {turn:03} {kind}.pdf", kind, content)


def bases(seed: int) -> Sequence[bytes]:
    """Files that are whole: some written here, and real reports where the development data is."""
    own = [whole(document()), whole(many_pages(text_of(list(SENTENCES) * 6), 9))]
    own += [
        make(random.Random(seed)) for name, make in {**structures(), **contents()}.items() if name in _SOUND
    ]
    real = sorted((SHARED / "corpus" / "dev" / "pdf").glob("*.pdf"), key=lambda p: p.stat().st_size)
    return [*own, *(p.read_bytes() for p in real[:: max(1, len(real) // 5)])]


_SOUND = frozenset({"packed as it should be", "scans of noise", "signs of marks", "fields without end",
                    "forms in a long chain", "encrypted for owners, revision 6"})  # fmt: skip
