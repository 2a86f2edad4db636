"""Hostile PDFs made by hand: what is in their streams, that is bombs, pictures, fonts, texts and notes."""

from __future__ import annotations

import base64
import random
import zlib
from collections.abc import Callable

from bench.hostile_pdf import (
    CONTENT,
    FONT,
    FREE,
    TEXT,
    document,
    flate,
    many_pages,
    stream,
    whole,
)  # fmt: skip

Maker = Callable[[random.Random], bytes]
_MB = 1_000_000
_WORDS = b"the schools of our county met and spoke of reading writing and numbers in every term ".split()


def contents() -> dict[str, Maker]:
    """Every kind of hostile content, by name."""
    return {
        **_bombs(), **_filters(), **_endless(), **_forms(), **_pictures(), **_codecs(), **_fonts(), **_to_unicode(),
        **_layouts(), **_notes(),
    }  # fmt: skip


def _content(body: bytes) -> bytes:
    return whole({**document(), CONTENT: body})


def flate_bomb(megabytes: int, times: int = 1, one: bytes = b" ") -> bytes:
    """A content that unfolds to so many megabytes, packed so often over."""
    packer = zlib.compressobj(9)
    block = one * (_MB // len(one))
    data = packer.compress(TEXT) + b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return _content(stream(data, b"/Filter [" + b"/FlateDecode " * times + b"]"))


def _lzw_bomb(codes: int) -> bytes:
    """A stream of one code again and again, after a table that grew as far as it can: the longest strings."""
    bits, count = ["100000000", "000100000"], 0
    width, size = 9, 258
    while count < codes:
        bits.append(format(min(size, 4094), f"0{width}b"))
        size, count = min(size + 1, 4094), count + 1
        width = 9 if size < 511 else 10 if size < 1023 else 11 if size < 2047 else 12
    joined = "".join(bits)
    return int(joined.ljust(-(-len(joined) // 8) * 8, "0"), 2).to_bytes(-(-len(joined) // 8), "big")


def _bombs() -> dict[str, Maker]:
    return {
        "bomb of white": lambda r: flate_bomb(r.choice((300, 1200))),
        "bomb of states": lambda r: flate_bomb(r.choice((40, 400)), one=b"q Q "),
        "bomb of paths": lambda r: flate_bomb(r.choice((40, 400)), one=b"0 0 m 9 9 l S "),
        "bomb in a bomb": lambda r: flate_bomb(r.choice((1000, 4000)), 2),
        "bomb in a bomb in a bomb": lambda r: flate_bomb(2000, 3),
        "bomb of letters": lambda r: _content(flate(
            b"BT /F1 1 Tf 9 800 Td (" + b"a" * r.choice((2, 60)) * _MB + b") Tj ET")),
        "bomb by LZW": lambda r: _content(stream(_lzw_bomb(400_000), b"/Filter /LZWDecode")),
        "bomb by run lengths": lambda r: _content(stream(
            zlib.compress(b"\x81 " * 8 * _MB), b"/Filter [/FlateDecode /RunLengthDecode]")),
        "bomb of hex": lambda r: _content(stream(
            zlib.compress(b"20" * 100 * _MB), b"/Filter [/FlateDecode /ASCIIHexDecode]")),
        "bomb of base 85": lambda r: _content(stream(
            zlib.compress(b"z" * 60 * _MB), b"/Filter [/FlateDecode /ASCII85Decode]")),
        "bomb of predicted columns": lambda r: _content(flate(
            bytes(1000), b"/DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 32 /BitsPerComponent 16 >>")),
    }  # fmt: skip


def _filters() -> dict[str, Maker]:
    def chained(times: int) -> bytes:
        data = TEXT
        for _ in range(times):
            data = data.hex().encode() + b">" if len(data) < 20 * _MB else data
        return _content(stream(data, b"/Filter [" + b"/ASCIIHexDecode " * times + b"]"))

    def unpacked(said: bytes, data: bytes = TEXT) -> Maker:
        return lambda r: _content(stream(data, said))

    return {
        "filters of hex": lambda r: chained(r.choice((5, 12))),
        "filters very many": unpacked(b"/Filter [" + b"/ASCIIHexDecode " * 100_000 + b"]"),
        "filters of flate without end": unpacked(b"/Filter [" + b"/FlateDecode " * 1000 + b"]", zlib.compress(TEXT)),
        "filter unknown": unpacked(b"/Filter /NoSuchDecode"),
        "filter a number": unpacked(b"/Filter 7"), "filter itself": unpacked(b"/Filter 5 0 R"),
        "filter a key": unpacked(b"/Filter /Crypt /DecodeParms << /Name /Own >>"),
        "filter of pictures": unpacked(b"/Filter [/DCTDecode /JPXDecode /JBIG2Decode]"),
        "filter of rubbish": lambda r: _content(stream(r.randbytes(50_000), b"/Filter /FlateDecode")),
        "filter of half a flate": lambda r: _content(stream(
            zlib.compress(TEXT * 50)[: r.randrange(5, 90)], b"/Filter /FlateDecode")),
        "filter of base 85": lambda r: _content(stream(base64.a85encode(TEXT) + b"~>", b"/Filter /A85")),
        "filter with odd parameters": lambda r: _content(flate(
            TEXT, b"/DecodeParms [null << /Predictor -3 /Columns -1 >> 5 0 R]")),
        "content in a file": unpacked(b"/F (/etc/passwd) /FFilter /FlateDecode"),
    }  # fmt: skip


def _endless() -> dict[str, Maker]:
    def of(one: bytes, least: int, most: int) -> Maker:
        return lambda r: whole(document(TEXT + one * r.choice((least, most))))

    return {
        "endless words": of(b"BT /F1 9 Tf 60 700 Td (ab cd ef) Tj ET\n", 20_000, 800_000),
        "endless fonts": of(b"BT /F1 9 Tf /F1 8 Tf ET\n", 50_000, 2 * _MB),
        "endless paths": of(b"1 2 m 3 4 5 6 7 8 c h W n\n", 50_000, 2 * _MB),
        "endless clips": of(b"0 0 9 9 re W n ", 50_000, _MB),
        "endless numbers": of(b"1.5 ", 100_000, 10 * _MB),
        "endless strings": of(b"(a) ", 100_000, 10 * _MB),
        "endless inline pictures": of(b"BI /W 1 /H 1 /BPC 8 /CS /G ID a EI\n", 5_000, 200_000),
        "an inline picture without an end": of(b"BI /W 9999 /H 9999 ID ", 1, 5000),
        "operators that are none": of(b"xyzzy ", 100_000, 3 * _MB),
        "points that are no numbers": of(b"BT /F1 nan Tf inf -inf Td 1e400 Tz (hurt) Tj ET ", 10, 1000),
        "letters beyond size": of(b"BT /F1 99999999999 Tf (hurt) Tj ET BT /F1 0.0000001 Tf (hurt) Tj ET ", 1, 50),
        "a matrix beyond all": of(b"q 1e30 0 0 1e30 1e30 1e30 cm BT /F1 9 Tf 1e30 0 Td (hurt) Tj ET Q ", 1, 50),
        "a matrix of nothing": of(b"q 0 0 0 0 0 0 cm BT /F1 9 Tf 5 5 Td (hurt the words) Tj ET Q ", 1, 50),
        "dashes without number": of(b"[0.00001] 0 d 0 0 m 99999 99999 l S ", 1, 50),
        "two thousand long pages": lambda r: whole(many_pages(TEXT * 40, r.choice((300, 2000)))),
    }  # fmt: skip


def _forms() -> dict[str, Maker]:
    def form(content: bytes, resources: bytes) -> bytes:
        said = b"/Type /XObject /Subtype /Form /BBox [0 0 600 900] /Resources << %s >>" % resources
        return flate(content, said)

    def drawing(forms: dict[int, bytes], how: bytes = b"/X Do") -> bytes:
        return whole({**document(TEXT + how, resources=b"/XObject << /X 20 0 R >>"), **forms})

    again = b"/XObject << /X %d 0 R >> /Font << /F1 3 0 R >>"
    laughing = {
        n: form(b"/X Do " * 10, again % (n + 1)) for n in range(FREE, FREE + 10)
    } | {FREE + 10: form(b"BT /F1 9 Tf 5 5 Td (ha) Tj ET", b"/Font << /F1 3 0 R >>")}  # fmt: skip
    chain = {n: form(b"/X Do", again % (n + 1)) for n in range(FREE, FREE + 5000)} | {
        FREE + 5000: form(TEXT, b"")
    }
    tile = b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep %s /YStep %s " \
           b"/Resources << /Pattern << /P 20 0 R >> >>"  # fmt: skip
    filled = b"/Pattern cs /P scn 0 0 600 900 re f "
    shade = b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Function 21 0 R /Domain [0 99999 0 99999] >>"
    program = b"{ " + b"dup mul " * 100_000 + b"}"
    return {
        "a form draws itself": lambda r: drawing({FREE: form(b"/X Do", again % FREE)}),
        "two forms draw each other": lambda r: drawing(
            {FREE: form(b"/X Do", again % 21), 21: form(b"/X Do", again % FREE)}),
        "forms that double": lambda r: drawing(laughing),
        "forms in a long chain": lambda r: drawing(chain),
        "a form with itself as mask": lambda r: drawing(
            {FREE: form(b"/G gs /X Do", b"/ExtGState << /G << /SMask << /S /Alpha /G 20 0 R >> >> >>")}),
        "a pattern of itself": lambda r: whole({
            **document(filled + TEXT, resources=b"/Pattern << /P 20 0 R >>"),
            FREE: flate(filled, tile % (b"1", b"1"))}),
        "a pattern without end": lambda r: whole({
            **document(filled + TEXT, resources=b"/Pattern << /P 20 0 R >>"),
            FREE: flate(b"0 0 1 1 re f", tile % (b"0.0001", b"0.0001"))}),
        "a shading without end": lambda r: whole({
            **document(b"/S sh " + TEXT, resources=b"/Shading << /S 20 0 R >>"), FREE: shade,
            21: flate(program, b"/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1]")}),
        "a function of itself": lambda r: whole({
            **document(b"/S sh " + TEXT, resources=b"/Shading << /S 20 0 R >>"), FREE: shade,
            21: b"<< /FunctionType 3 /Domain [0 1] /Functions [21 0 R 21 0 R] /Bounds [0.5] /Encode [0 1 0 1] >>"}),
    }  # fmt: skip


def _image(said: bytes, data: bytes, more: dict[int, bytes] | None = None) -> bytes:
    made = document(TEXT + b"q 500 0 0 500 40 100 cm /X Do Q", resources=b"/XObject << /X 20 0 R >>")
    body = stream(data, b"/Type /XObject /Subtype /Image " + said)
    return whole({**made, FREE: body, **(more or {})})


def _alone(said: bytes, data: bytes, pages: int = 1) -> bytes:
    """Pages that are a picture and nothing else, as scans are."""
    made = many_pages(b"q 595 0 0 842 0 0 cm /X Do Q", pages)
    for n in range(FREE, FREE + pages):
        made[n] = made[n].replace(b"/Font << /F1 3 0 R >>", b"/XObject << /X 10 0 R >>")
    return whole({**made, 10: stream(data, b"/Type /XObject /Subtype /Image " + said)})


def _pictures() -> dict[str, Maker]:
    grey = b"/ColorSpace /DeviceGray /BitsPerComponent 8 "
    empty = zlib.compress(bytes(5000))

    def sized(width: int, height: int, bits: int = 8) -> bytes:
        return b"/Filter /FlateDecode /ColorSpace /DeviceGray /Width %d /Height %d /BitsPerComponent %d " % (
            width, height, bits)  # fmt: skip

    return {
        "a picture of 3.6 billion points": lambda r: _image(sized(60_000, 60_000, 1), zlib.compress(bytes(450 * _MB))),
        "a picture that is not all there": lambda r: _image(sized(30_000, 30_000), empty),
        "a picture of two billion wide": lambda r: _image(sized(2_147_483_647, 1), empty),
        "a picture of two billion by two": lambda r: _image(sized(2_147_483_647, 2_147_483_647), empty),
        "a picture less than nothing": lambda r: _image(sized(-5, -5), empty),
        "a picture of 64 bits": lambda r: _image(sized(10, 10, 64), empty),
        "a picture as its own mask": lambda r: _image(sized(10, 10) + b"/SMask 20 0 R /Mask 20 0 R", empty),
        "a picture with a mask of billions": lambda r: _image(
            sized(10, 10) + b"/SMask 21 0 R", empty,
            {21: stream(empty, b"/Subtype /Image " + sized(65_000, 65_000))}),
        "a picture with colours of itself": lambda r: _image(
            b"/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace 21 0 R", bytes(100), {21: b"[/Indexed 21 0 R 255 (a)]"}),
        "a picture with too many colours": lambda r: _image(
            b"/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace [/Indexed /DeviceRGB 2147483647 <00>]", bytes(100)),
        "a picture of a thousand inks": lambda r: _image(
            b"/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace [/DeviceN [" + b"/A " * 1000 + b"] /DeviceGray 22 0 R]",
            bytes(100_000), {22: flate(b"{ pop }", b"/FunctionType 4 /Domain [0 1] /Range [0 1]")}),
        "a picture with a broken profile": lambda r: _image(
            b"/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace [/ICCBased 21 0 R]", bytes(300),
            {21: flate(r.randbytes(5000), b"/N 3 ")}),
        "a scan of noise": lambda r: _alone(b"/Width 800 /Height 1100 " + grey, r.randbytes(880_000)),
        "scans of noise": lambda r: _alone(b"/Width 300 /Height 400 " + grey, r.randbytes(120_000), 12),
        "a scan of black": lambda r: _alone(b"/Width 800 /Height 1100 " + grey, bytes(880_000)),
        "a scan of billions": lambda r: _alone(sized(60_000, 60_000, 1), zlib.compress(bytes(450 * _MB))),
    }  # fmt: skip


def _codecs() -> dict[str, Maker]:
    size = b"/Width 900 /Height 900 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter "
    jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1"
    jpx = (
        b"\xff\x4f\xff\x51\0\x29\0\0"
        + b"\x7f\xff\xff\xff" * 2
        + bytes(8)
        + b"\0\0\0\1" * 2
        + bytes(8)
        + b"\0\1\7\1\1"
    )
    page = b"\0\0\0\0\x30\0\1\0\0\0\x13" + b"\x7f\xff\xff\xff" * 2 + bytes(8) + b"\0\0\0"

    def coded(name: bytes, head: bytes, parameters: bytes = b"") -> Maker:
        said = size + name + parameters
        return lambda r: (_image if r.random() < 0.5 else _alone)(
            said, head + r.randbytes(r.choice((50, 20_000)))
        )

    return {
        "JPEG rubbish": coded(b"/DCTDecode", b""), "JPEG of four billion": coded(b"/DCTDecode", jpeg),
        "JPEG 2000 rubbish": coded(b"/JPXDecode", b""), "JPEG 2000 of billions": coded(b"/JPXDecode", jpx),
        "JPEG 2000 in its box": coded(b"/JPXDecode", b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 \0\0\0\0jp2c" + jpx),
        "JBIG2 rubbish": coded(b"/JBIG2Decode", b""), "JBIG2 of billions": coded(b"/JBIG2Decode", page),
        "fax rubbish": coded(b"/CCITTFaxDecode", b"", b" /DecodeParms << /K -1 /Columns 900 >>"),
        "fax of two billion": coded(b"/CCITTFaxDecode", b"", b" /DecodeParms << /K -1 /Columns 2147483647 /Rows 2147483647 >>"),
        "fax less than nothing": coded(b"/CCITTFaxDecode", b"", b" /DecodeParms << /K 99 /Columns -9 >>"),
    }  # fmt: skip


def _font(body: bytes, more: dict[int, bytes] | None = None, content: bytes = TEXT) -> bytes:
    return whole({**document(content), FONT: body, **(more or {})})


def _fonts() -> dict[str, Maker]:
    simple = b"<< /Type /Font /Subtype /%s /BaseFont /AAAAAA+Odd /FirstChar 0 /LastChar 255 /FontDescriptor 20 0 R %s >>"
    descriptor = b"<< /Type /FontDescriptor /FontName /AAAAAA+Odd /Flags 4 /%s 21 0 R >>"

    def embedded(kind: bytes, key: bytes, head: bytes, said: bytes = b"") -> Maker:
        return lambda r: _font(simple % (kind, b""), {
            FREE: descriptor % key, 21: flate(head + r.randbytes(r.choice((20, 5000))), said)})  # fmt: skip

    type3 = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [%s] /FirstChar 0 /LastChar 255 "
        b"/CharProcs << /a 20 0 R >> /Encoding << /Differences [0 " + b"/a " * 256 + b"] >> /Widths [" + b"9 " * 256
        + b"] /Resources << /Font << /F1 3 0 R >> >> >>"
    )  # fmt: skip
    composite = b"<< /Type /Font /Subtype /Type0 /BaseFont /Odd /Encoding %s /DescendantFonts [%s] >>"
    head = b"\0\1\0\0\xff\xff\0\0\0\0\0\0"
    return {
        "TrueType rubbish": embedded(b"TrueType", b"FontFile2", head),
        "OpenType rubbish": embedded(b"Type1", b"FontFile3", b"\1\0\4\4\0\1", b"/Subtype /Type1C "),
        "Type 1 rubbish": embedded(b"Type1", b"FontFile", b"%!PS-AdobeFont-1.0\neexec ", b"/Length1 9 /Length2 -9 "),
        "a font that is itself": lambda r: _font(b"3 0 R"),
        "a font without kind": lambda r: _font(b"<< /Type /Font >>"),
        "a font of a million widths": lambda r: _font(
            simple % (b"TrueType", b"/Widths [" + b"9999999999 " * 1_000_000 + b"]"), {FREE: b"null"}),
        "a font of many differences": lambda r: _font(
            simple % (b"Type1", b"/Encoding << /Differences [-5 " + b"/A " * 200_000 + b"] >>"), {FREE: b"null"}),
        "a font of glyphs that use it": lambda r: _font(
            type3 % b"1 0 0 1 0 0", {FREE: flate(b"9 0 d0 BT /F1 9 Tf (aaaa) Tj ET")}),
        "a font of no size": lambda r: _font(type3 % b"0 0 0 0 0 0", {FREE: flate(b"9 0 d0")}),
        "a font of no numbers": lambda r: _font(type3 % b"nan nan nan nan nan nan", {FREE: flate(b"9 0 d0")}),
        "a font below itself": lambda r: _font(composite % (b"/Identity-H", b"3 0 R")),
        "a font with codes of itself": lambda r: _font(
            composite % (b"20 0 R", b"22 0 R"), {FREE: flate(b"begincmap 1 begincodespacerange <00> <ff> endcodespacerange",
            b"/Type /CMap /UseCMap 20 0 R "), 22: b"<< /Type /Font /Subtype /CIDFontType2 /CIDToGIDMap 20 0 R /W [0 [" +
            b"500 " * 100_000 + b"] 5 2147483647 9] >>"}),
    }  # fmt: skip


def _to_unicode() -> dict[str, Maker]:
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 20 0 R >>"
    head = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange "
    )

    def mapped(rows: bytes, said: bytes = b"") -> Maker:
        return lambda r: _font(font, {FREE: flate(head + rows + b" endcmap end", said)})

    def all_to(target: str) -> Maker:
        code = target.encode("utf-16-be", "surrogatepass").hex().encode()
        return mapped(
            b"256 beginbfchar " + b"".join(b"<%02x> <%s> " % (n, code) for n in range(256)) + b"endbfchar"
        )

    return {
        "signs nought": all_to("\0"), "signs of control": all_to("\x07\x1b[2J"), "signs half": all_to("\ud800"),
        "signs half, low": all_to("\udc00\udc00"), "signs that are none": all_to("\uffff"), "signs of marks": all_to("\ufffe"),
        "signs of direction": all_to("\u202ea"), "signs combining": all_to("a" + "\u0301" * 200),
        "signs beyond": all_to("\U0010ffff"), "signs private": all_to("\ue000\U000f0000"), "signs white": all_to("\u2028\u2029\u00a0"),
        "signs of a formula": all_to("=cmd|'/c calc'!A1\n"), "signs of a page": all_to("<script>alert(1)</script>"),
        "signs a thousand each": all_to("lol" * 333),
        "signs a million each": lambda r: _font(font, {FREE: flate(
            head + b"1 beginbfchar <65> <" + b"0041" * 1_000_000 + b"> endbfchar endcmap end")}),
        "signs in huge ranges": mapped(b"100 beginbfrange " + b"<00000000> <ffffffff> <0041> " * 100 + b"endbfrange"),
        "signs in ranges backwards": mapped(b"2 beginbfrange <ff> <00> <0041> <41> <5a> [<41> <42>] endbfrange"),
        "signs by a bomb": mapped(b" " * 200 * _MB), "signs by itself": mapped(b"/Own usecmap", b"/UseCMap 20 0 R "),
        "signs by rubbish": lambda r: _font(font, {FREE: flate(r.randbytes(100_000))}),
        "signs by nothing": lambda r: _font(font, {FREE: b"20 0 R"}),
    }  # fmt: skip


def _written(places: list[tuple[float, float, bytes]], size: int = 9) -> bytes:
    return whole(
        document(b"".join(b"BT /F1 %d Tf %.2f %.2f Td (%s) Tj ET\n" % (size, x, y, t) for x, y, t in places))
    )


def _layouts() -> dict[str, Maker]:
    def scattered(r: random.Random) -> bytes:
        n = r.choice((5000, 60_000))
        return _written([(r.uniform(0, 595), r.uniform(0, 842), r.choice(_WORDS)) for _ in range(n)], 1)

    def stairs(r: random.Random) -> bytes:
        n = r.choice((800, 6000))
        return _written([(5 + 580 * i / n, 830 - 820 * ((i * 7919) % n) / n, b"a") for i in range(n)], 1)

    def bullets(r: random.Random) -> bytes:
        return _written([(9, 5 + i % 800 + i / 5000, b"-") for i in range(r.choice((2000, 20_000)))], 1)

    def margins(r: random.Random) -> bytes:
        lines = b"".join(b"BT /F1 1 Tf 9 %.2f Td (our report) Tj ET\n" % (800 + i / 50) for i in range(400))
        return whole(many_pages(lines + TEXT, r.choice((100, 2500))))

    return {
        "words everywhere": scattered, "words on stairs": stairs, "bullets alone": bullets,
        "margins that come back": margins,
        "one word of a million": lambda r: whole(document(b"BT /F1 1 Tf 9 9 Td (" + b"a" * 1_000_000 + b") Tj ET")),
        "a sentence without end": lambda r: whole(many_pages(b"".join(
            b"BT /F1 2 Tf 9 %.1f Td (%s) Tj ET\n" % (830 - i, b" ".join(r.choices(_WORDS, k=90))) for i in range(800)),
            r.choice((1, 12)))),
        "stops without end": lambda r: _written([(9, 830 - 2 * i, b"." * 5000) for i in range(400)], 1),
        "stops and quotes": lambda r: _written([(9, 830 - 2 * i, b".\\)" * 2000 + b" .") for i in range(400)], 1),
        "numbers without end": lambda r: _written([(9, 830 - 2 * i, b"9" * 5000) for i in range(400)], 1),
        "dashes without end": lambda r: _written([(9, 830 - 2 * i, b"- " * 2500) for i in range(400)], 1),
        "brackets without end": lambda r: _written([(9, 830 - 2 * i, b"[\\(" * 2500) for i in range(400)], 1),
        "cells without end": lambda r: _written(
            [(5 + 6 * (i % 95), 830 - 2 * (i // 95), b"1") for i in range(r.choice((3000, 38_000)))], 1),
        "hyphens without end": lambda r: _written([(9, 830 - 2 * (i % 400), b"inter-") for i in range(5000)], 1),
        "text off the page": lambda r: _written([(9e9, -9e9, b"hurt the words"), (60, 700, b"Words of a report.")]),
    }  # fmt: skip


def _notes() -> dict[str, Maker]:
    def annotated(
        note: bytes, count: int, catalog: bytes = b"", more: dict[int, bytes] | None = None
    ) -> bytes:
        made = document(page=b"/Annots [" + b"20 0 R " * count + b"]", catalog=catalog)
        return whole({**made, FREE: note, **(more or {})})

    rect = b"<< /Type /Annot /Rect [60 600 360 620] /F 4 "
    look = b"/AP << /N 21 0 R >> "
    form = flate(b"BT /F1 11 Tf 2 4 Td (Three schools in Hull) Tj ET", b"/Subtype /Form /BBox [0 0 300 20] "
                 b"/Resources << /Font << /F1 3 0 R >> >>")  # fmt: skip
    again = flate(b"/X Do", b"/Subtype /Form /BBox [0 0 300 20] /Resources << /XObject << /X 21 0 R >> >>")
    field = rect + b"/Subtype /Widget /FT /Tx /T (a) /V (Three schools) " + look
    acro = b"/AcroForm << /Fields [20 0 R] /NeedAppearances true >>"

    def fields(r: random.Random) -> bytes:
        n = r.choice((2000, 20_000))
        kids = b" ".join(b"%d 0 R" % i for i in range(30, 30 + n))
        made = document(page=b"/Annots [" + kids + b"]", catalog=b"/AcroForm << /Fields [" + kids + b"] >>")
        return whole({**made, 21: form, **dict.fromkeys(range(30, 30 + n), field + b">>")})

    return {
        "fifty thousand notes": lambda r: annotated(rect + b"/Subtype /Text /Contents (a) >>", 50_000),
        "typed upon very often": lambda r: annotated(rect + b"/Subtype /FreeText " + look + b">>", 20_000, more={21: form}),
        "a note that looks like itself": lambda r: annotated(rect + b"/Subtype /FreeText " + look + b">>", 1, more={21: again}),
        "a note without kind": lambda r: annotated(b"<< /Parent 20 0 R /Popup 20 0 R /IRT 20 0 R >>", 100),
        "a note off all": lambda r: annotated(b"<< /Subtype /FreeText /Rect [nan -inf 1e99 inf] " + look + b">>", 5, more={21: form}),
        "fields without end": fields,
        "fields in a circle": lambda r: annotated(field + b"/Parent 20 0 R /Kids [20 0 R] >>", 1, acro, {21: form}),
        "a field with a million signs": lambda r: annotated(
            rect + b"/Subtype /Widget /FT /Tx /T (a) /DA (/F1 9 Tf) /V (" + b"a " * 500_000 + b") >>", 1, acro),
        "a form of another kind": lambda r: annotated(field + b">>", 1, b"/AcroForm << /Fields 20 0 R /XFA 21 0 R >>",
            {21: flate(b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaa'>]><x>" + b"&a;" * 1_000_000 + b"</x>")}),
    }  # fmt: skip
