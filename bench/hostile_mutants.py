"""Files that were whole once: changed in bytes, in objects, in streams, and cut off."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterator

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_NAME = re.compile(rb"/[A-Za-z][A-Za-z0-9]+")
_REFERENCE = re.compile(rb"\d+ 0 R")
_ODD = (b"-1", b"0", b"2147483647", b"4294967296", b"1e400", b"nan", b"null", b"(x)", b"[[[", b"<<", b"1 0 R")


def mutants(base: bytes, r: random.Random) -> Iterator[tuple[str, bytes]]:
    """Without end: kinds of change with the file that each makes."""
    kinds = list(_KINDS.items())
    while True:
        for name, change in kinds:
            yield name, change(base, r)


def truncated(base: bytes) -> Iterator[tuple[str, bytes]]:
    """The file cut off at every power of two."""
    size = 1
    while size < len(base):
        yield f"cut off after {size}", base[:size]
        size *= 2


def _bytes(base: bytes, r: random.Random) -> bytes:
    made = bytearray(base)
    for _ in range(max(1, int(len(base) * r.choice((1e-5, 1e-4, 1e-3, 1e-2))))):
        made[r.randrange(len(made))] = r.randrange(256)
    return bytes(made)


def _bits(base: bytes, r: random.Random) -> bytes:
    made = bytearray(base)
    for _ in range(r.choice((1, 5, 50))):
        made[r.randrange(len(made))] ^= 1 << r.randrange(8)
    return bytes(made)


def _removed(base: bytes, r: random.Random) -> bytes:
    start = r.randrange(len(base))
    return base[:start] + base[start + r.choice((1, 100, 5000)) :]


def _doubled(base: bytes, r: random.Random) -> bytes:
    start, size = r.randrange(len(base)), r.choice((10, 1000, 20_000))
    return base[: start + size] + base[start : start + size] * r.choice((1, 20)) + base[start + size :]


def _swapped(base: bytes, r: random.Random) -> bytes:
    a, b = sorted((r.randrange(len(base)), r.randrange(len(base))))
    return base[:a] + base[b:] + base[a:b]


def _noughts(base: bytes, r: random.Random) -> bytes:
    start, size = r.randrange(len(base)), r.choice((16, 512, 4096))
    return base[:start] + bytes(size) + base[start + size :]


def _each(pattern: re.Pattern[bytes], choose: Callable[[random.Random, list[bytes]], bytes]) -> Callable:
    """Change some of what matches, outside streams mostly, as nearly all matches are."""

    def change(base: bytes, r: random.Random) -> bytes:
        found = list(pattern.finditer(base))
        chosen = {m.start() for m in r.sample(found, min(len(found), r.choice((1, 3, 30))))}
        texts = [m[0] for m in found]
        return pattern.sub(lambda m: choose(r, texts) if m.start() in chosen else m[0], base)

    return change


def _streams(edit: Callable[[bytes, random.Random], bytes]) -> Callable[[bytes, random.Random], bytes]:
    """Change the content of one stream: unpacked, edited and packed again where it is Flate."""

    def change(base: bytes, r: random.Random) -> bytes:
        found = list(_STREAM.finditer(base))
        if not found:
            return _bytes(base, r)
        m = r.choice(found)
        try:
            content = zlib.compress(edit(zlib.decompress(m[1]), r))
        except zlib.error:
            content = edit(m[1], r)
        return base[: m.start(1)] + content + base[m.end(1) :]

    return change


def _longer(data: bytes, r: random.Random) -> bytes:
    return data * r.choice((2, 20, 200)) if len(data) < 200_000 else data


_KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bytes changed": _bytes,
    "bits changed": _bits,
    "a part removed": _removed,
    "a part doubled": _doubled,
    "parts swapped": _swapped,
    "a part of noughts": _noughts,
    "numbers odd": _each(_NUMBER, lambda r, texts: r.choice(_ODD)),
    "numbers swapped": _each(_NUMBER, lambda r, texts: r.choice(texts)),
    "names swapped": _each(_NAME, lambda r, texts: r.choice(texts)),
    "references swapped": _each(_REFERENCE, lambda r, texts: r.choice(texts)),
    "references to one": _each(_REFERENCE, lambda r, texts: texts[0]),
    "a stream changed": _streams(lambda data, r: _bytes(data, r) if data else data),
    "a stream cut off": _streams(lambda data, r: data[: r.randrange(len(data) + 1)]),
    "a stream with odd numbers": _streams(_each(_NUMBER, lambda r, texts: r.choice(_ODD))),
    "a stream longer": _streams(_longer),
    "a stream of noise": _streams(lambda data, r: r.randbytes(r.choice((10, 3000)))),
}
