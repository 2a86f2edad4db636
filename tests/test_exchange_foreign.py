"""Projects as other tools write them, and as attackers do."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.errors import ExchangeError
from ctg_nlp.exchange import archive
from ctg_nlp.exchange.joined import joined
from ctg_nlp.exchange.offsets import Counted, Counting, counting_of, is_named, stretch
from ctg_nlp.exchange.places import Frame, corners, displayed
from ctg_nlp.exchange.qdpx_read import read_project
from ctg_nlp.records import Box, Span

from .exchange_projects import GUID, PAGES, exchange_project, foreign_xml, qdpx, selection, standing, take

TEXT = PAGES[0]  # with a sign beyond the first plane before the second "Pupils"
AT = TEXT.rindex("Pupils")


def spans_of(root: Path, xml: str | bytes, content: bytes, **options) -> list[tuple]:
    """The spans of all evidence after a project with this text was taken."""
    project = exchange_project(root / "home")
    take(project, qdpx(root / "x.qdpx", xml, {"sources/t.txt": content}, **options))
    return [s for d in standing(project).values() for e in d.evidence for s in e.spans]


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_positions_in_utf16_units_are_found_out_by_the_names_of_selections(tmp_path: Path) -> None:
    start = utf16(TEXT[:AT])
    assert start == AT + 1
    xml = foreign_xml(selection(start, start + 16, "Pupils read more"))
    assert spans_of(tmp_path, xml, TEXT.encode()) == [Span(1, AT, AT + 16)]


def test_positions_of_the_last_character_are_found_out_too(tmp_path: Path) -> None:
    xml = foreign_xml(selection(0, 15, "Pupils read more"))
    assert spans_of(tmp_path, xml, TEXT.encode()) == [Span(1, 0, 16)]


def test_without_names_ends_of_words_tell(tmp_path: Path) -> None:
    xml = foreign_xml(selection(0, 15) + selection(18, 24, number=21))
    assert spans_of(tmp_path, xml, TEXT.encode()) == [Span(1, 0, 16), Span(1, 18, 25)]


def test_a_byte_order_mark_may_be_counted_or_not(tmp_path: Path) -> None:
    for shift in (0, 1):
        xml = foreign_xml(selection(18 + shift, 30 + shift, "Parents came"))
        assert spans_of(tmp_path / str(shift), xml, b"\xef\xbb\xbf" + TEXT.encode()) == [Span(1, 18, 30)]


def test_lines_that_end_in_two_signs_may_count_as_one(tmp_path: Path) -> None:
    text = "Teachers met.\r\nPupils read more."
    for start in (14, 15):
        xml = foreign_xml(selection(start, start + 16, "Pupils read more"))
        assert spans_of(tmp_path / str(start), xml, text.encode()) == [Span(2, 14, 30)]


def test_texts_in_utf16_are_read(tmp_path: Path) -> None:
    xml = foreign_xml(selection(18, 30, "Parents came"))
    assert spans_of(tmp_path, xml, TEXT.encode("utf-16")) == [Span(1, 18, 30)]


def test_a_project_in_utf16_with_braces_and_capitals_and_no_namespace_is_read(tmp_path: Path) -> None:
    xml = foreign_xml(selection(18, 30, "Parents came")).replace(" xmlns='urn:QDA-XML:project:1.0'", "")
    for n in (1, 2, 5, 9):
        xml = xml.replace(f"guid='{GUID.format(n)}'", f"guid='{{{GUID.format(n).upper()}}}'")
    content = ("<?xml version='1.0' encoding='utf-16'?>" + xml).encode("utf-16")
    assert spans_of(tmp_path, content, TEXT.encode(), name="PROJECT.QDE") == [Span(1, 18, 30)]


@pytest.mark.parametrize("folder", ["Sources/", "sources/", "Deep/Sources/", "", "sources\\"])
def test_sources_are_found_in_whatever_folder(tmp_path: Path, folder: str) -> None:
    project = exchange_project(tmp_path / "home")
    xml = foreign_xml(selection(18, 30, "Parents came"), source='plainTextPath="internal:///T.TXT"')
    take(project, qdpx(tmp_path / "x.qdpx", xml, {f"{folder}t.txt": TEXT.encode()}, "My project/Project.qde"))
    assert len(standing(project)) == 1


@pytest.mark.parametrize(
    "path", ["relative:///t.txt", "absolute:///home/ann/t.txt", "file:///etc/passwd", "t.txt"]
)
def test_files_outside_the_project_are_never_opened_and_are_told(tmp_path: Path, path: str) -> None:
    project = exchange_project(tmp_path / "home")
    xml = foreign_xml(selection(18, 99, "Parents came"), source=f'plainTextPath="{path}"')
    done = take(project, qdpx(tmp_path / "x.qdpx", xml, {"sources/t.txt": TEXT.encode()}))
    assert done.decisions == 0 and "it is not in the file" in done.unmatched[0].why


def test_without_its_text_a_selection_that_is_named_by_its_words_is_still_found(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    take(project, qdpx(tmp_path / "x.qdpx", foreign_xml(selection(7, 19, "Parents came"))))
    (made,) = standing(project).values()
    assert [(e.quote, e.spans) for e in made.evidence] == [("Parents came", (Span(1, 18, 30),))]


def test_a_report_is_found_by_the_content_of_its_pdf_whatever_it_is_called(tmp_path: Path) -> None:
    import hashlib

    content = b"%PDF-1.4 of a report"
    project = exchange_project(tmp_path / "home")
    from dataclasses import replace

    from ctg_nlp.store import reports as report_store

    with project.store.transaction() as db:
        (report,) = report_store.reports(db)
        other = replace(
            report, report_id=hashlib.sha256(content).hexdigest(), sequence=9, name="b.pdf", group_id="b"
        )
        report_store.put_report(db, other)
    wrap = (
        "<PDFSource guid='{guid}' name='whatever' path='internal://x.pdf'>"
        "<Representation guid='0f8a1907-7e42-4739-8610-0000000000aa' {source}>{selections}</Representation></PDFSource>"
    )
    files = {"sources/x.pdf": content, "sources/t.txt": TEXT.encode()}
    take(project, qdpx(tmp_path / "x.qdpx", foreign_xml(selection(18, 30), wrap=wrap), files))
    assert {d.report_id for d in standing(project).values()} == {other.report_id}


def test_a_rectangle_of_a_text_that_is_coded_too_is_one_coding(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    area = (
        selection(18, 30)
        .replace("PlainTextSelection", "PDFSelection")
        .replace(
            "startPosition='18' endPosition='30'",
            "page='0' firstX='180' firstY='730' secondX='300' secondY='742'",
        )
    )
    wrap = (
        "<PDFSource guid='{guid}' name='{name}'>"
        + area
        + "<Representation guid='0f8a1907-7e42-4739-8610-0000000000aa' "
        "{source}>{selections}</Representation></PDFSource>"
    )
    files = {"sources/t.txt": TEXT.encode()}
    take(project, qdpx(tmp_path / "x.qdpx", foreign_xml(selection(18, 30), wrap=wrap), files))
    (made,) = standing(project).values()
    assert [e.spans for e in made.evidence] == [(Span(1, 18, 30),)]


def test_the_words_in_a_rectangle_are_its_quote(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    area = (
        selection(18, 30)
        .replace("PlainTextSelection", "PDFSelection")
        .replace(
            "startPosition='18' endPosition='30'",
            "page='0' firstX='179' firstY='728' secondX='312' secondY='743'",
        )
    )
    wrap = "<PDFSource guid='{guid}' name='{name}'>{selections}</PDFSource>"
    take(project, qdpx(tmp_path / "x.qdpx", foreign_xml(area, wrap=wrap)))
    (made,) = standing(project).values()
    assert [e.quote for e in made.evidence] == ["Parents came."]


@given(
    st.text(max_size=40), st.integers(0, 40), st.integers(0, 40), st.booleans(), st.booleans(), st.booleans()
)
def test_any_way_of_counting_can_be_undone(
    text: str, a: int, b: int, utf: bool, inclusive: bool, mark: bool
) -> None:
    a, b = sorted((min(a, len(text)), min(b, len(text))))
    if a == b:
        return
    size = utf16 if utf else len
    counting = Counting(inclusive, utf, False, mark)
    start, end = size(text[:a]) + mark, size(text[:b]) + mark - inclusive
    if start < end or inclusive:
        found = stretch(text, start, end, counting)
        assert found is None or not inclusive or not utf or found[0] == a
        if not (utf and inclusive):
            assert found == (a, b)


def test_the_plainest_way_of_counting_is_taken_where_nothing_speaks_against_it() -> None:
    assert counting_of([]) == Counting()
    assert counting_of([Counted("One two three.", 4, 7)]) == Counting()


def test_names_are_compared_without_their_spaces_and_may_be_cut_off() -> None:
    assert is_named("One  two\nthree", "One two three") and is_named("One two three", "One two…")
    assert not is_named("One two three", "") and not is_named("One two three", "Two")


@given(st.dictionaries(st.integers(1, 5), st.text(max_size=9), min_size=1), st.data())
def test_a_place_on_a_page_is_found_again_in_the_text_of_all_pages(texts: dict[int, str], data) -> None:
    whole = joined(texts)
    number = data.draw(st.sampled_from(sorted(texts)))
    a, b = sorted(
        (data.draw(st.integers(0, len(texts[number]))), data.draw(st.integers(0, len(texts[number]))))
    )
    start, end = whole.place(Span(number, a, b))
    assert whole.text[start:end] == texts[number][a:b]
    assert whole.spans(start, end) == ((Span(number, a, b),) if a < b else ())


@given(
    st.sampled_from([0, 90, 180, 270]), *[st.integers(0, 300)] * 4, st.integers(-50, 50), st.integers(-50, 50)
)
def test_rectangles_are_the_same_there_and_back(
    turn: int, x0: int, y0: int, w: int, h: int, left: int, bottom: int
) -> None:
    frame = Frame(left, bottom, 595, 842, turn)
    box = Box(x0, y0, x0 + w, y0 + h)
    found = corners([box], frame)
    assert found is not None and displayed(*found, frame) == box
    assert found[2] - found[0] == (w if turn in (0, 180) else h)


def test_the_corner_of_a_page_is_at_the_bottom_left() -> None:
    assert corners([Box(0, 832, 10, 842)], Frame(0, 0, 595, 842)) == (0, 0, 10, 10)
    assert corners([Box(0, 0, 10, 10)], Frame(0, 0, 595, 842, 90)) == (0, 0, 10, 10)


# Files of attackers.


def refused(path: Path) -> str:
    with pytest.raises(ExchangeError) as error:
        read_project(path)
    return str(error.value)


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/passwd", "sources/../../x", "C:/x.txt", "..\\x", "a/..\\..\\b"]
)
def test_a_zip_whose_names_lead_out_of_it_is_refused(tmp_path: Path, name: str) -> None:
    path = qdpx(tmp_path / "x.qdpx", foreign_xml(""), {name: b"x"})
    assert "leads out of the file" in refused(path)


def test_a_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.qdpx"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("project.qde", foreign_xml(""))
        link = zipfile.ZipInfo("sources/t.txt")
        link.external_attr = 0o120777 << 16
        target.writestr(link, "/etc/passwd")
    assert "is a link" in refused(path)


def test_a_zip_that_unfolds_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    path = qdpx(tmp_path / "x.qdpx", b" " * (64 << 20))
    assert path.stat().st_size < 200_000
    assert "unfolds" in refused(path)


def test_a_zip_that_lies_about_its_size_is_refused_while_it_is_read(tmp_path: Path, monkeypatch) -> None:
    path = qdpx(tmp_path / "x.qdpx", foreign_xml("") + " " * (2 << 20))
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 100)  # the size in the list of its files
    path.write_bytes(content)
    with pytest.raises(ExchangeError):
        read_project(path)


def test_many_small_bombs_are_refused_together(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(archive, "_SMALL", 1 << 20)
    path = qdpx(
        tmp_path / "x.qdpx", foreign_xml(""), {f"sources/{n}.txt": b" " * (900 << 10) for n in range(9)}
    )
    assert "unfold to" in refused(path)


def test_a_locked_zip_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = qdpx(tmp_path / "x.qdpx", foreign_xml(""))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "write the project without one" in refused(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_anything_is_read(tmp_path: Path, encoding: str) -> None:
    bomb = "<!DOCTYPE p [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    xml = f"<?xml version='1.0' encoding='{encoding}'?>{bomb}" + foreign_xml("").replace("'p'", "'&b;&f;'")
    assert "DOCTYPE" in refused(qdpx(tmp_path / "x.qdpx", xml.encode(encoding)))
    bare = tmp_path / "project.qde"
    bare.write_bytes(xml.encode(encoding))
    assert "DOCTYPE" in refused(bare)


def test_the_word_doctype_in_a_text_is_no_document_type(tmp_path: Path) -> None:
    said = "<Description><![CDATA[see <!DOCTYPE html>]]></Description></Code>"
    xml = foreign_xml("").replace("isCodable='true'/>", f"isCodable='true'>{said}")
    for content in (
        xml.encode(),
        ("<?xml version='1.0' encoding='utf-16'?><!-- x -->" + xml).encode("utf-16"),
    ):
        project = read_project(qdpx(tmp_path / "x.qdpx", content))
        assert "<!DOCTYPE html>" in project.codes[0].children[0].description


def test_a_text_above_ten_megabytes_is_read(tmp_path: Path) -> None:
    wrap = "<TextSource guid='{guid}' name='{name}'><PlainTextContent>" + "many words " * 1_000_000
    xml = foreign_xml("", wrap=wrap + "</PlainTextContent>{selections}</TextSource>")
    (tmp_path / "x.qde").write_text(xml, encoding="utf-8")
    assert len(read_project(tmp_path / "x.qde").sources[0].text or "") == 11_000_000


def test_codes_that_go_too_deep_are_refused(tmp_path: Path) -> None:
    deep = f"<Code guid='{GUID.format(1)}' name='a' isCodable='true'>" * 5000 + "</Code>" * 5000
    refused(qdpx(tmp_path / "x.qdpx", foreign_xml("", codes=deep)))
    less = f"<Code guid='{GUID.format(1)}' name='a' isCodable='true'>" * 200 + "</Code>" * 200
    refused(qdpx(tmp_path / "y.qdpx", foreign_xml("", codes=less)))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 and no more", b"<Project", b"%PDF-1.4", b"\xff\xfe\x00", b"PK"]
)
def test_what_is_no_project_is_told_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.qdpx"
    path.write_bytes(content)
    assert "x.qdpx" in refused(path)


def test_a_zip_without_a_project_or_with_two_is_refused(tmp_path: Path) -> None:
    assert "no project.qde" in refused(qdpx(tmp_path / "1.qdpx", "x", name="other.txt"))
    two = qdpx(tmp_path / "2.qdpx", foreign_xml(""), {"more/project.qde": b"<Project/>"})
    assert "2 projects" in refused(two)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_project_is_read_or_refused_but_never_crashes(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray(
        qdpx(folder / "x.qdpx", foreign_xml(selection(0, 6)), {"sources/t.txt": TEXT.encode()}).read_bytes()
    )
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    (folder / "x.qdpx").write_bytes(content)
    try:
        read_project(folder / "x.qdpx")
    except ExchangeError as error:
        assert str(error)


def test_rectangles_are_the_same_however_a_page_is_turned_or_cropped(tmp_path: Path) -> None:
    import pikepdf

    from ctg_nlp.boxes import boxes_of
    from ctg_nlp.exchange.places import frame_of
    from ctg_nlp.intake.sandbox import Reader

    from .conftest import EXAMPLE

    def changed(name: str, turn: int = 0, crop: bool = False, above: bool = False, left: int = 0) -> Path:
        with pikepdf.open(EXAMPLE / "raw" / "closing-the-gap-G005.pdf") as document:
            for p in document.pages:
                box = [float(v) for v in p.mediabox]
                p.Rotate = turn
                p.MediaBox = pikepdf.Array([box[0] - left, *box[1:]])
                if crop:
                    p.CropBox = pikepdf.Array([20, 30, box[2] - 30, box[3] - 20])
                if above:  # as many writers do; pdfium does not look there
                    document.Root.Pages.MediaBox = p.MediaBox
                    del p.obj["/MediaBox"]
            document.save(tmp_path / name)
        return tmp_path / name

    plain = changed("plain.pdf")
    others = [changed(f"{n}.pdf", turn, crop, above) for n, (turn, crop, above) in enumerate(
        [(90, False, False), (180, True, False), (270, True, True), (0, True, True)])]  # fmt: skip
    with Reader() as reader:

        def rectangle(path: Path, words: str) -> tuple[int, ...] | None:
            first = reader.read(path).pages[0]
            start = first.text.index(words)
            media = reader.frames(path)[0]
            return corners(boxes_of(first, start, start + len(words)), frame_of(first, media))

        text = reader.read(plain).pages[0].text
        words = max(text.split("\n"), key=len)[:60]
        expected = rectangle(plain, words)
        assert expected is not None
        for other in others:
            assert rectangle(other, words) == expected
        moved = rectangle(changed("moved.pdf", left=50), words)
        assert moved == (expected[0] + 50, expected[1], expected[2] + 50, expected[3])
