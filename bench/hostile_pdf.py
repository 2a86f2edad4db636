"""PDF files written by hand, object by object: no library writes what an attacker writes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

Objects = dict[int, bytes]
"""The body of each object by its number, as it stands between `obj` and `endobj`."""

CATALOG, PAGES, FONT, PAGE, CONTENT, FREE = 1, 2, 3, 4, 5, 20
"""The numbers of the objects of `document`; from FREE on there are none."""

SENTENCES = (
    "Final report of our partnership of six schools in the county.",
    "Pupils practised reading every morning and attainment rose by nine points.",
    "Teachers visited one another and planned their lessons together.",
    "Parents were asked what had helped, and most of them answered.",
)


def text_of(lines: Sequence[str] = SENTENCES) -> bytes:
    """A content stream that writes these lines below one another."""
    return b"".join(
        b"BT /F1 11 Tf 60 %d Td (%s) Tj ET\n" % (760 - 24 * n, line.encode("latin-1", "replace"))
        for n, line in enumerate(lines)
    )


TEXT = text_of()


def stream(data: bytes, said: bytes = b"", *, length: bytes | None = None) -> bytes:
    """A stream object with further entries of its dictionary; `length` lies about its length."""
    size = b"%d" % len(data) if length is None else length
    return b"<< /Length " + size + b" " + said + b" >>\nstream\n" + data + b"\nendstream"


def flate(data: bytes, said: bytes = b"") -> bytes:
    """A stream object packed by Flate."""
    return stream(zlib.compress(data, 9), b"/Filter /FlateDecode " + said)


def document(
    content: bytes = TEXT, *, page: bytes = b"", resources: bytes = b"", catalog: bytes = b"",
    box: bytes = b"/MediaBox [0 0 595 842]", font: bytes = b"",
) -> Objects:  # fmt: skip
    """A document of one page, to be spoilt: further entries of page, resources and catalog as given."""
    return {
        CATALOG: b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        PAGES: b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        FONT: font or b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        PAGE: b"<< /Type /Page /Parent 2 0 R " + box + b" /Resources << /Font << /F1 3 0 R >> " + resources
        + b" >> /Contents 5 0 R " + page + b" >>",
        CONTENT: flate(content),
    }  # fmt: skip


def many_pages(content: bytes, count: int) -> Objects:
    """A document whose pages all show the same content."""
    made = document(content)
    kids = b" ".join(b"%d 0 R" % n for n in range(FREE, FREE + count))
    made[PAGES] = b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % count
    return made | dict.fromkeys(range(FREE, FREE + count), made[PAGE])


def whole(objects: Mapping[int, bytes], *, trailer: bytes = b"", before: bytes = b"") -> bytes:
    """The file of these objects with its table; further entries of the trailer, and what stands before it."""
    made = bytearray(before + b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, body in objects.items():
        places[number] = len(made)
        made += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(made)
    made += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        made += b"%d 1\n%010d 00000 n \n" % (number, place)
    made += b"trailer\n<< /Size %d /Root 1 0 R " % (max(objects) + 1) + trailer + b" >>\n"
    made += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(made)


def spoilt(objects: Mapping[int, bytes], number: int, old: bytes, new: bytes) -> bytes:
    """The file with one object changed in one place."""
    assert old in objects[number], (number, old)
    return whole({**objects, number: objects[number].replace(old, new, 1)})


def with_xref_stream(objects: Mapping[int, bytes], said: bytes, rows: bytes, *, prev: bytes = b"") -> bytes:
    """The file with a table that is a stream, of these entries and rows; `prev`: further entries."""
    made = bytearray(b"%PDF-1.7\n")
    for number, body in objects.items():
        made += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(made)
    made += b"%d 0 obj\n" % (max(objects) + 1)
    made += flate(rows, b"/Type /XRef /Root 1 0 R " + said + b" " + prev)
    made += b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(made)
