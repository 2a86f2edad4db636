"""Hostile PDFs made by hand: what a file says of its own structure, and lies about."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable

import pikepdf

from bench.hostile_pdf import (
    CATALOG,
    CONTENT,
    FREE,
    PAGE,
    PAGES,
    TEXT,
    document,
    flate,
    many_pages,
    spoilt,
    stream,
    whole,
    with_xref_stream,
)  # fmt: skip

Maker = Callable[[random.Random], bytes]


def structures() -> dict[str, Maker]:
    """Every kind of hostile structure, by name."""
    return {
        **_page_trees(), **_sizes(), **_tables(), **_object_streams(), **_nesting(), **_circles(),
        **_encrypted(), **_wholes(), **_polyglots(),
    }  # fmt: skip


def _tree(pages: bytes, more: dict[int, bytes] | None = None) -> bytes:
    return whole({**document(), PAGES: pages, **(more or {})})


def _page_trees() -> dict[str, Maker]:
    node = b"<< /Type /Pages /Parent 2 0 R /Kids [%s] /Count %d >>"
    return {
        "tree kid of itself": lambda r: _tree(b"<< /Type /Pages /Kids [2 0 R 4 0 R] /Count 2 >>"),
        "tree two kids of each other": lambda r: _tree(
            node % (b"20 0 R", 1), {FREE: node % (b"2 0 R 4 0 R", 2)}
        ),
        "tree page is its own parent": lambda r: spoilt(document(), PAGE, b"/Parent 2 0 R", b"/Parent 4 0 R"),
        "tree catalog is the page": lambda r: spoilt(document(), CATALOG, b"/Pages 2 0 R", b"/Pages 1 0 R"),
        "tree a chain of levels": lambda r: _chain(r.choice((500, 5000, 50_000))),
        "tree the same page often": lambda r: _tree(
            b"<< /Type /Pages /Kids [" + b"4 0 R " * (n := r.choice((2000, 200_000))) + b"] /Count %d >>" % n
        ),
        "tree doubling levels": lambda r: _doubling(r.choice((12, 30))),
        "tree no kids": lambda r: _tree(b"<< /Type /Pages /Kids [] /Count 1 >>"),
        "tree kids of other kinds": lambda r: _tree(
            b"<< /Type /Pages /Kids [null (a) 3 0 R 99 0 R [4 0 R] << >> -1 4 0 R] /Count 8 >>"
        ),
        "tree without pages": lambda r: spoilt(document(), CATALOG, b"/Pages 2 0 R", b"/Pages 77 0 R"),
        **{f"count {n.decode()}": _counting(n) for n in
           (b"1000000", b"-1", b"2147483647", b"4294967297", b"99999999999999999999", b"(many)", b"1e9",
            b"null", b"2 0 R")},
        "three thousand pages": lambda r: whole(many_pages(TEXT, r.choice((2900, 3001)))),
        "pages that all fail": lambda r: whole({**many_pages(TEXT, 300), PAGE: b"null", FREE: b"7"}),
    }  # fmt: skip


def _counting(count: bytes) -> Maker:
    return lambda r: spoilt(document(), PAGES, b"/Count 1", b"/Count " + count)


def _chain(levels: int) -> bytes:
    made = document()
    made[PAGES] = b"<< /Type /Pages /Kids [20 0 R] /Count 1 >>"
    for n in range(FREE, FREE + levels):
        below = n + 1 if n + 1 < FREE + levels else PAGE
        parent = n - 1 if n > FREE else PAGES
        made[n] = b"<< /Type /Pages /Parent %d 0 R /Kids [%d 0 R] /Count 1 >>" % (parent, below)
    return whole(made)


def _doubling(levels: int) -> bytes:
    """Each level has the next one twice: few objects, and two to the power of `levels` pages."""
    made = document()
    made[PAGES] = b"<< /Type /Pages /Kids [20 0 R 20 0 R] /Count %d >>" % (2**levels)
    for n in range(FREE, FREE + levels):
        below = n + 1 if n + 1 < FREE + levels else PAGE
        made[n] = b"<< /Type /Pages /Parent 2 0 R /Kids [%d 0 R %d 0 R] /Count %d >>" % (
            below, below, 2 ** (levels - 1 - n + FREE)
        )  # fmt: skip
    return whole(made)


def _sizes() -> dict[str, Maker]:
    boxes = {
        "huge": b"[0 0 1000000000 1000000000]", "beyond float": b"[0 0 1e308 1e308]",
        "beyond single": b"[0 0 340282350000000000000000000000000000000000 1000]",
        "not a number": b"[0 0 nan NaN]", "infinite": b"[-inf -inf inf inf]", "nothing": b"[0 0 0 0]",
        "tiny": b"[0 0 0.0000001 0.0000001]", "below nothing": b"[0 0 -595 -842]",
        "long and thin": b"[0 0 14400000 1]", "upside down": b"[595 842 0 0]", "one number": b"[5]",
        "words": b"[(a) /b null true]", "itself": b"5 0 R", "far away": b"[99999999 99999999 100000594 100000841]",
        "very many numbers": b"[" + b"0 0 595 842 " * 50_000 + b"]",
    }  # fmt: skip
    others = {
        "a unit of a billion": b"/UserUnit 1000000000 ", "a unit of nothing": b"/UserUnit 0 ",
        "a crop outside": b"/CropBox [9000 9000 9999 9999] ", "a crop of nothing": b"/CropBox [5 5 5 5] ",
        "turned by 45": b"/Rotate 45 ", "turned by a lot": b"/Rotate 2147483640 ", "turned back": b"/Rotate -270 ",
        "turned by a word": b"/Rotate (up) ",
    }  # fmt: skip
    usual = b"/MediaBox [0 0 595 842] "
    return {
        **{f"size {name}": _boxed(b"/MediaBox " + box) for name, box in boxes.items()},
        **{f"size {name}": _boxed(usual + said) for name, said in others.items()},
        "size without": _boxed(b""),
    }


def _boxed(said: bytes) -> Maker:
    return lambda r: whole(document(box=said))


def _tables() -> dict[str, Maker]:
    made = document()
    fine = whole(made)
    at = fine.rindex(b"startxref")

    def ending(place: int) -> bytes:
        return fine[:at] + b"startxref\n%d\n%%%%EOF\n" % place

    def prev(said: bytes) -> Maker:
        return lambda r: whole(made, trailer=b"/Prev " + said)

    return {
        "table before itself": lambda r: whole(made, trailer=b"/Prev %d" % fine.rindex(b"xref\n0 1")),
        "table circle of two": lambda r: _circle_of_tables(fine),
        "table a long chain": lambda r: _chain_of_tables(fine, r.choice((100, 3000))),
        "table before the file": prev(b"-5"),
        "table after the file": prev(b"99999999999"),
        "table prev is a word": prev(b"/Prev"),
        "table start negative": lambda r: ending(-1),
        "table start far off": lambda r: ending(2**63),
        "table start in the middle": lambda r: ending(r.randrange(len(fine))),
        "table size of two billions": lambda r: fine.replace(b"/Size 6", b"/Size 2147483647"),
        "table size negative": lambda r: fine.replace(b"/Size 6", b"/Size -1"),
        "table of two billion rows": lambda r: fine.replace(b"xref\n0 1\n", b"xref\n0 2147483647\n", 1),
        "table all rows the same": lambda r: _same_rows(fine, r),
        "table stream in itself": lambda r: with_xref_stream(made, b"/Size 7 /W [1 2 1]", b"\x02\0\x06\0" * 7),
        "table stream of width nothing": lambda r: with_xref_stream(made, b"/Size 7 /W [0 0 0]", b"\0" * 64),
        "table stream of huge width": lambda r: with_xref_stream(
            made, b"/Size 7 /W [1 2147483647 2147483647]", b"\1" * 64),
        "table stream of huge index": lambda r: with_xref_stream(
            made, b"/Size 7 /W [1 4 1] /Index [0 2147483647 -5 9]", b"\1" * 64),
        "table stream that unfolds": lambda r: with_xref_stream(
            made, b"/Size 99999999 /W [1 4 1]", bytes(60_000_000)),
        "table stream before itself": lambda r: with_xref_stream(
            made, b"/Size 7 /W [1 2 1]", b"\1\0\x10\0" * 7, prev=b"/Prev 9 /XRefStm 9"),
        "table without root": lambda r: fine.replace(b"/Root 1 0 R", b"/Root 9 0 R"),
        "table root is a number": lambda r: fine.replace(b"/Root 1 0 R", b"/Root 1"),
    }  # fmt: skip


def _circle_of_tables(fine: bytes) -> bytes:
    first = len(fine)
    table = b"xref\n0 0\ntrailer\n<< /Size 6 /Root 1 0 R /Prev %010d >>\n"
    second = first + len(table % 0)
    return fine + table % second + table % first + b"startxref\n%d\n%%%%EOF\n" % first


def _chain_of_tables(fine: bytes, count: int) -> bytes:
    made, before = bytearray(fine), fine.rindex(b"xref\n0 1")
    for _ in range(count):
        here = len(made)
        made += b"xref\n0 0\ntrailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\n" % before
        made += b"startxref\n%d\n%%%%EOF\n" % here
        before = here
    return bytes(made)


def _same_rows(fine: bytes, r: random.Random) -> bytes:
    place = b"%010d" % r.randrange(len(fine))
    start = fine.rindex(b"xref\n0 1")
    rows = [place + line[10:] if line.endswith(b" n ") else line for line in fine[start:].split(b"\n")]
    return fine[:start] + b"\n".join(rows)


def _packed(bodies: dict[int, bytes], said: bytes = b"", first: int | None = None) -> bytes:
    """An object stream of these objects."""
    heads, content = bytearray(), bytearray()
    for number, body in bodies.items():
        heads += b"%d %d " % (number, len(content))
        content += body + b" "
    start = len(heads) if first is None else first
    return flate(bytes(heads + content), b"/Type /ObjStm /N %d /First %d " % (len(bodies), start) + said)


def _in_object_stream(container: bytes, inside: int = CATALOG) -> bytes:
    """A file one of whose objects is said to lie in object 20, which is this."""
    made = {n: b for n, b in document().items() if n != inside} | {FREE: container}
    body = bytearray(b"%PDF-1.7\n")
    rows = {}
    for number, content in made.items():
        rows[number] = struct.pack(">BIB", 1, len(body), 0)
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    rows[inside] = struct.pack(">BIB", 2, FREE, 0)
    start = len(body)
    table = b"".join(rows.get(n, bytes(6)) for n in range(FREE + 1))
    said = b"/Type /XRef /Root 1 0 R /Size 21 /W [1 4 1] "
    body += b"21 0 obj\n" + flate(table, said) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(body)


def _object_streams() -> dict[str, Maker]:
    catalog = document()[CATALOG]
    return {
        "packed as it should be": lambda r: _in_object_stream(_packed({CATALOG: catalog})),
        "packed in itself": lambda r: _in_object_stream(_packed({FREE: catalog}), FREE)
        if r.random() < 0.3 else _in_object_stream(_packed({FREE: b"20 0 R", CATALOG: catalog})),
        "packed and extends itself": lambda r: _in_object_stream(
            _packed({CATALOG: catalog}, b"/Extends 20 0 R ")),
        "packed two billion": lambda r: _in_object_stream(
            flate(b"1 0 " + catalog, b"/Type /ObjStm /N 2147483647 /First 4 ")),
        "packed before its start": lambda r: _in_object_stream(_packed({CATALOG: catalog}, first=-4)),
        "packed after its end": lambda r: _in_object_stream(_packed({CATALOG: catalog}, first=99_999_999)),
        "packed with a bomb": lambda r: _in_object_stream(
            _packed({CATALOG: catalog, 30: b" " * r.choice((50_000_000, 400_000_000))})),
        "packed very many": lambda r: _in_object_stream(
            _packed({CATALOG: catalog} | dict.fromkeys(range(100, 200_000), b"1"))),
        "packed a stream": lambda r: _in_object_stream(_packed({CATALOG: stream(b"q Q")})),
        "packed length within": lambda r: _in_object_stream(
            stream(b"1 0 " + catalog, b"/Type /ObjStm /N 1 /First 4 ", length=b"20 0 R")),
    }  # fmt: skip


def _nesting() -> dict[str, Maker]:
    def deep(opening: bytes, closing: bytes) -> Maker:
        return lambda r: whole(
            document(page=b"/Deep " + opening * (n := r.choice((600, 100_000, 3_000_000))) + closing * n)
        )

    def content(one: bytes, after: bytes = b"", most: int = 5_000_000) -> Maker:
        return lambda r: whole(document(one * r.choice((1000, most // 10, most)) + TEXT + after))

    return {
        "deep arrays": deep(b"[", b"]"),
        "deep dictionaries": deep(b"<</D ", b">>"),
        "deep strings": deep(b"(", b")"),
        "deep arrays without an end": deep(b"[", b""),
        "deep arrays in a content": content(b"["),
        "deep dictionaries in a content": content(b"/A <</B "),
        "deep states": content(b"q "),
        "deep states ended": content(b"Q "),
        "deep texts": content(b"BT "),
        "deep marked content": content(b"/Span BDC ", most=2_000_000),
        "deep compatibility": content(b"BX "),
        "a long name": lambda r: whole(document(page=b"/" + b"A" * 20_000_000 + b" 1")),
        "a long string": lambda r: whole(document(page=b"/S (" + b"A" * 40_000_000 + b")")),
        "a long string in hex": lambda r: whole(document(page=b"/S <" + b"41" * 20_000_000 + b">")),
        "a long comment": lambda r: whole(document(), before=b"%" + b"c" * 900 + b"\n")
        + b"%" + b"c" * 20_000_000,
        "very many keys": lambda r: whole(document(page=b"".join(b"/K%d 1 " % n for n in range(500_000)))),
    }  # fmt: skip


def _circles() -> dict[str, Maker]:
    outline = b"<< /Title (a) /Parent 20 0 R /First 20 0 R /Last 20 0 R /Next 20 0 R /Prev 20 0 R /Count 9 >>"
    tree = b"<< /Kids [20 0 R 20 0 R] /Nums [0 20 0 R] /Names [(a) 20 0 R] /K 20 0 R /S /P /P 20 0 R >>"

    def beside(catalog: bytes, body: bytes) -> Maker:
        return lambda r: whole({**document(catalog=catalog), FREE: body})

    return {
        "outlines in a circle": beside(b"/Outlines 20 0 R", outline),
        "names in a circle": beside(b"/Names << /Dests 20 0 R /EmbeddedFiles 20 0 R /JavaScript 20 0 R >>", tree),
        "labels in a circle": beside(b"/PageLabels 20 0 R", tree),
        "structure in a circle": beside(b"/StructTreeRoot 20 0 R /MarkInfo << /Marked true >>", tree),
        "layers in a circle": beside(
            b"/OCProperties << /OCGs [20 0 R] /D << /Order [20 0 R] >> >>", b"<< /OCGs 20 0 R /VE [/And 20 0 R] >>"),
        "a reference to itself": lambda r: whole({**document(), CONTENT: b"5 0 R"}),
        "references in a ring": lambda r: whole({**document(), CONTENT: b"20 0 R", FREE: b"21 0 R", 21: b"5 0 R"}),
        "length is itself": lambda r: whole({**document(), CONTENT: stream(TEXT, length=b"5 0 R")}),
        "resources in a circle": lambda r: whole({**document(page=b"/Resources 4 0 R /XObject 4 0 R")}),
        "content lists itself": lambda r: whole({**document(), CONTENT: b"[5 0 R 5 0 R 20 0 R]", FREE: b"[5 0 R]"}),
        "opens a program": beside(
            b"/OpenAction 20 0 R /AA << /WC 20 0 R >>",
            b"<< /S /Launch /F (calc.exe) /Next [20 0 R << /S /JavaScript /JS (while\\(1\\);) >>] >>"),
        "carries files": beside(
            b"/Names << /EmbeddedFiles << /Names [(x) << /Type /Filespec /F (../../x) /EF << /F 20 0 R >> >>] >> >>",
            flate(bytes(50_000_000), b"/Type /EmbeddedFile ")),
        "metadata with entities": beside(b"/Metadata 20 0 R", stream(
            b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><x>&b;&b;</x>",
            b"/Type /Metadata /Subtype /XML ")),
    }  # fmt: skip


def _encrypted() -> dict[str, Maker]:
    def locked(revision: int, user: str, owner: str = "owner") -> Maker:
        def make(r: random.Random) -> bytes:
            target = io.BytesIO()
            with pikepdf.open(io.BytesIO(whole(document()))) as made:
                aes = {"aes": True} if revision >= 4 else {"aes": False, "metadata": False}
                rule = pikepdf.Encryption(user=user, owner=owner, R=revision, **aes)  # type: ignore[arg-type]
                made.save(target, encryption=rule)
            return target.getvalue()

        return make

    def said(entries: bytes) -> Maker:
        return lambda r: whole(
            document(), trailer=b"/ID [<00><00>] /Encrypt << /Filter /Standard " + entries + b" >>"
        )

    keys = b"/O <%s> /U <%s> /P -44 " % (b"41" * 32, b"42" * 32)
    new = b"/O <%s> /U <%s> /OE <%s> /UE <%s> /Perms <%s> /P -44 " % (
        b"41" * 48, b"42" * 48, b"43" * 32, b"44" * 32, b"45" * 16
    )  # fmt: skip
    return {
        **{f"encrypted revision {n}": locked(n, "secret") for n in (2, 3, 4, 6)},
        **{f"encrypted for owners, revision {n}": locked(n, "") for n in (2, 3, 4, 6)},
        "encrypted rubbish 2": said(b"/V 1 /R 2 " + keys), "encrypted rubbish 3": said(b"/V 2 /R 3 /Length 128 " + keys),
        "encrypted rubbish 4": said(b"/V 4 /R 4 /CF << /StdCF << /CFM /AESV2 >> >> /StmF /StdCF " + keys),
        "encrypted rubbish 5": said(b"/V 5 /R 5 /Length 256 " + new), "encrypted rubbish 6": said(b"/V 5 /R 6 /Length 256 " + new),
        "encrypted of a version to come": said(b"/V 99 /R 99 " + keys),
        "encrypted with a huge key": said(b"/V 2 /R 3 /Length 1000000000 " + keys),
        "encrypted without keys": said(b"/V 2 /R 3 "),
        "encrypted by itself": lambda r: whole({**document(), FREE: b"20 0 R"}, trailer=b"/Encrypt 20 0 R"),
        "encrypted by another program": lambda r: whole(document(), trailer=b"/Encrypt << /Filter /Adobe.PubSec >>"),
    }  # fmt: skip


def _wholes() -> dict[str, Maker]:
    fine = whole(document())
    return {
        "empty": lambda r: b"", "one sign": lambda r: b"%", "the head alone": lambda r: b"%PDF-1.7\n",
        "the end alone": lambda r: b"%%EOF", "the head very often": lambda r: b"%PDF-1.7\n" * 200_000,
        "noughts": lambda r: bytes(5_000_000), "the head and noughts": lambda r: b"%PDF-1.7" + bytes(20_000_000),
        "the head and noise": lambda r: b"%PDF-1.7" + r.randbytes(3_000_000) + b"%%EOF",
        "the head and white": lambda r: b"%PDF-1.7\n" + b" \n" * 10_000_000,
        "objects begin and begin": lambda r: b"%PDF-1.7\n" + b"1 0 obj\n" * 1_000_000,
        "objects numbered up": lambda r: b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n" % n for n in range(500_000)),
        "objects without an end": lambda r: fine.replace(b"endobj", b"end"),
        "streams without an end": lambda r: fine.replace(b"endstream", b"end") + b"x" * 5_000_000,
        "streams that begin and begin": lambda r: b"%PDF-1.7\n" + b"1 0 obj<</Length 9>>stream\n" * 200_000,
        "numbers beyond all": lambda r: fine.replace(b"5 0 obj", b"99999999999999999999 99999 obj"),
        "length too long": lambda r: whole({**document(), CONTENT: stream(TEXT, length=b"4294967295")}),
        "length negative": lambda r: whole({**document(), CONTENT: stream(TEXT, length=b"-1")}),
        "length a word": lambda r: whole({**document(), CONTENT: stream(TEXT, length=b"(long)")}),
        "lines end in CR alone": lambda r: fine.replace(b"\n", b"\r"),
        "in two bytes a sign": lambda r: fine.decode("latin-1").encode("utf-16"),
        "objects twice": lambda r: fine + fine[10:], "updated often": lambda r: fine + fine[fine.rindex(b"5 0 obj"):] * 2000,
        "two files in one": lambda r: fine + fine,
    }  # fmt: skip


def _polyglots() -> dict[str, Maker]:
    fine = whole(document())
    return {
        "also a web page": lambda r: b"<html><script>alert(1)</script><!--" + whole(document(), before=b"\n") + b"-->",
        "also a picture": lambda r: b"GIF89a\x01\0\x01\0\x80\0\0" + fine,
        "also a program": lambda r: b"MZ" + bytes(58) + struct.pack("<I", 64) + fine,
        "also an archive": lambda r: b"PK\x03\x04" + bytes(26) + fine + b"PK\x05\x06" + bytes(18),
        "also a script": lambda r: b"#!/bin/sh\nexit 1\n" + fine,
        "also a mail": lambda r: b"From: a\nContent-Type: application/pdf\n\n" + fine,
        "begins late": lambda r: b"x" * 1019 + fine, "begins too late": lambda r: b"x" * 5000 + fine,
        "only says so": lambda r: b"<html>%PDF-1.7 is what I am</html>",
    }  # fmt: skip
