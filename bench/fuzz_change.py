"""Inputs for fuzzing, made of inputs that are taken: the same random source makes the same ones."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_TOKENS = (
    b"\0", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"NaN", b"-Infinity", b"1e999",
    b"9" * 30, b"9" * 5000, b"-1", b"null", b"true", b"[]", b"{}", b'""', b"[" * 200, b'{"a":' * 200, b"((((", b"....", b"-",
    b"e.g. ", b"&a;", b"<![CDATA[", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"*a", b"&a [*a]", b"!!python/object:os.system", b"? ",
    b"2001-99-99", b"0x", b"0b", b"1:99:99", b"~", b"=1+1", b"\r\n", b"\t", b" ", b'"', b"'", b"\\", b"/../", b"%", b"{{", b"[[quote ",
    b"](claim: ", b"2026-02-30T99:99:99", b"0001-01-01T00:00:00+23:59", b"a" * 3000, b" a" * 1500, b"." * 3000, b"(" * 3000,
)  # fmt: skip


def changed(seeds: Sequence[bytes], r: random.Random) -> bytes:
    """One of the seeds, changed a few times; sometimes anything at all."""
    if r.random() < 0.03:
        return r.randbytes(r.randrange(300))
    made = r.choice(seeds)
    for _ in range(r.choice((1, 1, 2, 4, 10))):
        made = _CHANGES[r.randrange(len(_CHANGES))](made, r)
    return made[:40_000]


def _place(data: bytes, r: random.Random) -> int:
    return r.randrange(len(data) + 1)


def _inserted(data: bytes, r: random.Random) -> bytes:
    at = _place(data, r)
    return data[:at] + r.choice(_TOKENS) * r.choice((1, 1, 1, 50)) + data[at:]


def _replaced(data: bytes, r: random.Random) -> bytes:
    at = _place(data, r)
    return data[:at] + r.choice(_TOKENS) + data[at + r.choice((1, 3, 20)) :]


def _flipped(data: bytes, r: random.Random) -> bytes:
    at = _place(data, r)
    return data[:at] + r.randbytes(1) + data[at + 1 :]


def _removed(data: bytes, r: random.Random) -> bytes:
    at = _place(data, r)
    return data[:at] + data[at + r.choice((1, 5, 50, 1000)) :]


def _doubled(data: bytes, r: random.Random) -> bytes:
    a, b = sorted((_place(data, r), _place(data, r)))
    return data[:b] + data[a:b] * r.choice((1, 3, 30)) + data[b:] if len(data) < 20_000 else data


def _number(data: bytes, r: random.Random) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    m = r.choice(found)
    said = r.choice(
        (
            b"-1",
            b"0",
            b"9" * 25,
            b"9" * 4400,
            b"1e400",
            b"1.5",
            b"true",
            b'"x"',
            b"null",
            b"[]",
            b"2147483648",
        )
    )
    return data[: m.start()] + said + data[m.end() :]


def _cut(data: bytes, r: random.Random) -> bytes:
    return data[: _place(data, r)]


_CHANGES = (_inserted, _replaced, _flipped, _removed, _doubled, _number, _cut, _inserted, _replaced)
