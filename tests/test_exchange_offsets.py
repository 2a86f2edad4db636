"""Where a selection stands when its words and its positions do not agree, source by source."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctg_nlp.exchange.offsets import DISAGREE, STANDARD, Counted, Counting, place_of

from .exchange_projects import GUID, PAGES, exchange_project, qdpx, selection, standing, take

TEXT = "\n\n".join(PAGES)
OTHER = "Zebra one. Lions ran far. End"


@pytest.mark.parametrize("named", [True, False])
def test_a_byte_order_mark_of_one_source_moves_nothing_in_another(tmp_path: Path, named: bool) -> None:
    project = exchange_project(tmp_path / "home", {"a.pdf": PAGES, "b.pdf": (OTHER,)})
    a, b = TEXT.index("Parents"), OTHER.index("Lions")
    name = (lambda said: said) if named else (lambda said: "")
    ours = selection(a + 1, a + 13, name("Parents came"))
    theirs = selection(b, b + 9, name("Lions ran"), 1, 30) + selection(0, 5, name("Zebra"), 1, 31)
    source = "<TextSource guid='{}' name='{}' plainTextPath='internal://{}.txt'>{}</TextSource>"
    xml = (
        f"<Project name='p' origin='x'><Users><User guid='{GUID.format(9)}' name='Ann'/></Users><CodeBook><Codes>"
        f"<Code guid='{GUID.format(2)}' name='Aims'><Code guid='{GUID.format(1)}' name='A'/></Code></Codes></CodeBook>"
        f"<Sources>{source.format(GUID.format(5), 'a.pdf', 1, ours)}{source.format(GUID.format(6), 'b.pdf', 2, theirs)}"
        "</Sources></Project>"
    )
    files = {"sources/1.txt": b"\xef\xbb\xbf" + TEXT.encode(), "sources/2.txt": OTHER.encode()}
    take(project, qdpx(tmp_path / "x.qdpx", xml, files))
    assert {e.quote for d in standing(project).values() for e in d.evidence} == {
        "Parents came",
        "Lions ran",
        "Zebra",
    }


@pytest.mark.parametrize(
    ("start", "end", "name", "expected"),
    [
        (0, 11, "Teachers met", TEXT.index("Teachers")),  # other words: where they stand
        (18, 30, "Parents came", TEXT.index("Parents")),
        (19, 31, "Parents came", TEXT.index("Parents")),  # one off: another way of counting
        (0, 11, "A title of ours", 0),  # no words of the text
        (18, 50, "Teachers", 18),  # a short title that stands in the text by chance
        (18, 30, "Pupils read mo", DISAGREE),  # stands three times
    ],
)  # fmt: skip
def test_where_name_and_positions_disagree_the_words_tell_or_nothing_is_taken(
    start: int, end: int, name: str, expected: int | str
) -> None:
    found = place_of(Counted(TEXT, start, end, name), STANDARD)
    assert (found if isinstance(found, str) else found[0]) == expected


def test_words_that_are_told_for_sure_must_stand_where_they_are_said_to(tmp_path: Path) -> None:
    assert place_of(Counted(TEXT, 0, 11, "Nothing of it"), STANDARD, words=True) == DISAGREE
    assert place_of(Counted(TEXT, 1, 12, "Pupils read"), Counting(mark=True), words=True) == (0, 11)
