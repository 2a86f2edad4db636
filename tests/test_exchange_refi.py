"""REFI-QDA codebooks and projects: valid, exact, and read back without loss."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ctg_nlp.coding import undo_import
from ctg_nlp.exchange.code_nodes import code_nodes, walk
from ctg_nlp.exchange.codes_read import framework_yaml, matched
from ctg_nlp.exchange.opening import make_framework
from ctg_nlp.exchange.qdc import codebook_xml, read_codebook
from ctg_nlp.exchange.writing import give_out
from ctg_nlp.framework_file import load_framework, read_framework
from ctg_nlp.records import Answer, Decision, Memo, QuotedEvidence, Span
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store.exchange import exchanges

from .exchange_projects import (
    GUID,
    PAGES,
    exchange_project,
    foreign_xml,
    qdpx,
    said,
    selection,
    standing,
    take,
)
from .small_project import SmallProject, framework

N = "{urn:QDA-XML:project:1.0}"
QUIET = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="session")
def schemas(shared: Path) -> dict[str, etree.XMLSchema]:
    folder = shared / "data" / "refi"
    if not folder.is_dir():
        pytest.skip(f"needs the schemas of REFI-QDA in {folder}")
    return {name: etree.XMLSchema(etree.parse(folder / f"{name}.xsd")) for name in ("Codebook", "Project")}


def given_out(project: SmallProject, path: Path, form: str = "qdpx", **options) -> Path:
    give_out(path, form, project.store, project.home, origin="test", **options)
    return path


def xml_of(path: Path) -> etree._Element:
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read("project.qde"))


def decided(root: Path) -> SmallProject:
    """Two coders and an adjudicator on one report."""
    project = exchange_project(root)
    quotes = {"a": ["Pupils read more", "words that are nowhere in it"]}
    project.decide(
        "a.pdf", "aims", "ann", codes=["a"], absent=["b"], unsure=["c"], evidence=quotes, notes={"a": "sure"}
    )
    project.decide("a.pdf", "aims", "bob", codes=["a", "b"], absent=[])
    project.decide(
        "a.pdf", "phase", "eve", codes=["early"], role="adjudicator", time="2026-01-01T10:00:00+01:00"
    )
    project.decide("a.pdf", "size", "ann", value=3, evidence={"value": ["Teachers met"]})
    project.decide("a.pdf", "size", "bob", value=None)
    return project


def test_the_codebook_of_the_bundled_framework_is_valid_and_makes_the_same_framework(ctg, schemas) -> None:
    xml = codebook_xml(code_nodes(ctg), "test")
    schemas["Codebook"].assertValid(etree.fromstring(xml))
    nodes, _ = read_codebook(xml, "a.qdc")
    assert nodes == code_nodes(ctg)
    again = read_framework("again", framework_yaml(nodes, ctg.id, ctg.title))
    assert again.keys == ctg.keys
    for old, new in zip(ctg.dimensions, again.dimensions, strict=True):
        assert (old.id, old.title, old.kind, old.stage, old.counts, old.definition, old.question, old.note, old.groups) == (
            new.id, new.title, new.kind, new.stage, new.counts, new.definition, new.question, new.note, new.groups)  # fmt: skip
        assert [(c.id, c.label, c.definition, c.exclusive, c.missing, c.otherwise, c.group) for c in old.codes] == [
            (c.id, c.label, c.definition, c.exclusive, c.missing, c.otherwise, c.group) for c in new.codes]  # fmt: skip


def test_no_two_codes_have_one_name_since_some_tools_keep_only_one(ctg) -> None:
    names = [n.name.casefold() for n in walk(code_nodes(ctg))]
    assert len(names) == len(set(names))


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=0, max_size=12).map(
    lambda t: " ".join(t.split())
)
IDS = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)


@st.composite
def frameworks(draw) -> dict:
    def code(name: str, groups: list[str]) -> dict:
        made = {"id": name, "label": draw(WORDS), "definition": draw(WORDS), "exclusive": draw(st.booleans())}
        return made | ({"group": draw(st.sampled_from(groups))} if groups and draw(st.booleans()) else {})

    dimensions = []
    for name in draw(st.lists(IDS, min_size=1, max_size=3, unique=True)):
        kind = draw(st.sampled_from(["single", "multi", "number", "text"]))
        made = {
            "id": name,
            "title": draw(WORDS),
            "kind": kind,
            "definition": draw(WORDS),
            "question": draw(WORDS),
        }
        if kind in ("single", "multi"):
            groups = draw(st.lists(IDS, max_size=2, unique=True))
            codes = [code(c, groups) for c in draw(st.lists(IDS, min_size=1, max_size=4, unique=True))]
            # A tree keeps the codes of a group together, so a framework that does is itself again.
            codes.sort(
                key=lambda c: (c.get("group") is None, groups.index(c["group"]) if "group" in c else 0)
            )
            made |= {
                "codes": codes,
                "groups": [
                    {"id": g, "label": draw(WORDS)} for g in groups if any(c.get("group") == g for c in codes)
                ],
            }
        dimensions.append(made)
    return {"id": "any", "version": "1", "title": draw(WORDS), "dimensions": dimensions}


@QUIET
@given(frameworks())
def test_any_framework_goes_through_a_codebook_without_loss(schemas, said_framework: dict) -> None:
    import yaml

    old = read_framework("old", yaml.safe_dump(said_framework, allow_unicode=True))
    xml = codebook_xml(code_nodes(old), "test")
    schemas["Codebook"].assertValid(etree.fromstring(xml))
    nodes, _ = read_codebook(xml, "a.qdc")
    new = read_framework("new", framework_yaml(nodes, old.id, old.title))
    assert new.dimensions == old.dimensions
    assert set(matched(nodes, old).values()) == {*old.keys, *((d.id, None) for d in old.dimensions)}


def test_a_project_is_valid_and_its_offsets_point_at_the_quoted_words(tmp_path: Path, schemas) -> None:
    path = given_out(decided(tmp_path / "home"), tmp_path / "out.qdpx")
    root = xml_of(path)
    schemas["Project"].assertValid(root)
    (source,) = root.find(f"{N}Sources")
    with zipfile.ZipFile(path) as archive:
        content = archive.read(source.get("plainTextPath").replace("internal://", "sources/"))
    text = content.decode("utf-8")
    assert "\r" not in text and not content.startswith(b"\xef\xbb\xbf")
    places = source.findall(f"{N}PlainTextSelection")
    assert {p.get("name") for p in places} == {"Pupils read more", "Teachers met"}
    for p in places:
        assert text[int(p.get("startPosition")) : int(p.get("endPosition"))] == p.get("name")


def test_coders_are_users_and_what_coders_come_to_are_values_of_cases(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    project.decide("a.pdf", "aims", "bob", codes=["a"], absent=["b"])
    root = xml_of(given_out(project, tmp_path / "out.qdpx"))
    assert {u.get("name") for u in root.find(f"{N}Users")} == {"ann", "bob", "eve"}
    names = {v.get("guid"): v.get("name") for v in root.find(f"{N}Variables")}
    values = {names[v[0].get("targetGUID")]: v[1].text for v in root.iter(f"{N}VariableValue")}
    assert values["Aims: A"] == "true" and values["Aims: B"] == "false"
    assert "Aims: C" not in values  # nobody is sure: undecided is not absent


def test_what_a_person_marked_is_theirs_and_everything_has_a_time(tmp_path: Path) -> None:
    # As QualCoder reads it: codes of a selection are its maker's, and what has no time stops the import.
    project = decided(tmp_path / "home")
    project.decide("a.pdf", "aims", "bob", codes=["a"], absent=[], evidence={"a": ["Pupils read more"]})
    root = xml_of(given_out(project, tmp_path / "out.qdpx"))
    users = {u.get("guid"): u.get("name") for u in root.iter(f"{N}User")}
    places = [p for p in root.iter(f"{N}PlainTextSelection") if p.get("name") == "Pupils read more"]
    assert {users[p.get("creatingUser")] for p in places} == {"ann", "bob"}
    for place in places:
        assert {c.get("creatingUser") for c in place.iter(f"{N}Coding")} == {place.get("creatingUser")}
    timed = ("TextSource", "PDFSource", "PlainTextSelection", "PDFSelection", "Coding", "Note")
    assert all(e.get("creationDateTime") for tag in timed for e in root.iter(f"{N}{tag}"))


def test_no_two_documents_have_one_name_since_some_tools_keep_only_one(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home", {"a.pdf": PAGES, "b.pdf": PAGES})
    project.arrive("a.pdf", "G2")
    project.arrive("A.PDF", "G2")
    root = xml_of(given_out(project, tmp_path / "out.qdpx"))
    names = [e.get("name") for e in root.find(f"{N}Sources")]
    assert len({n.casefold() for n in names}) == 4 and "b.pdf" in names and "a (G2).pdf" in names


def test_the_same_store_makes_the_same_bytes(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    first = given_out(project, tmp_path / "1.qdpx").read_bytes()
    assert given_out(project, tmp_path / "2.qdpx").read_bytes() == first


def test_what_is_lost_is_told_in_the_file_beside_it_and_in_the_project(tmp_path: Path) -> None:
    path = given_out(decided(tmp_path / "home"), tmp_path / "out.qdpx")
    beside = (tmp_path / "out.qdpx.lost.txt").read_text(encoding="utf-8")
    told = xml_of(path).findtext(f"{N}Description")
    for words in (
        "absent, or a coder unsure, is no coding",
        "1 quotes that are not in the text",
        "without PDF",
    ):
        assert words in beside and words in told


def test_a_project_goes_out_and_into_an_empty_store_without_loss(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    path = given_out(project, tmp_path / "out.qdpx")
    other = exchange_project(tmp_path / "other")
    done = take(other, path)
    assert not done.unmatched and done.decisions == len(said(project))
    assert said(other) == said(project)


def test_what_is_here_already_adds_nothing(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    before = said(project)
    done = take(project, given_out(project, tmp_path / "out.qdpx"))
    assert (done.number, done.decisions, done.same) == (None, 0, len(before))
    assert said(project) == before


def test_a_coders_later_word_here_is_not_replaced_by_an_older_file(tmp_path: Path) -> None:
    project = decided(tmp_path / "home")
    path = given_out(project, tmp_path / "out.qdpx")
    project.decide("a.pdf", "aims", "ann", codes=[], absent=["a"])
    done = take(project, path)
    assert done.older == 1 and done.decisions == 0
    key = next(k for k in standing(project) if k[1] == "ann" and k[4] == "a")
    assert standing(project)[key].answer is Answer.ABSENT


def test_a_coding_that_was_taken_away_in_the_other_tool_is_not_taken_and_is_told(tmp_path: Path) -> None:
    path = given_out(decided(tmp_path / "home"), tmp_path / "out.qdpx")
    root = xml_of(path)
    for place in list(root.iter(f"{N}PlainTextSelection")):
        if place.get("name") == "Pupils read more":
            place.getparent().remove(place)
    other = exchange_project(tmp_path / "other")
    done = take(other, edited(path, tmp_path / "edited.qdpx", root))
    assert [u.why for u in done.unmatched] == ["its codings were taken away in the other tool"]
    assert not [k for k in standing(other) if k[1] == "ann" and k[4] == "a"]


def test_that_all_codings_were_taken_away_is_told_too(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    project.decide("a.pdf", "aims", "ann", codes=["a"], absent=["b"], evidence={"a": ["Pupils read more"]})
    path = given_out(project, tmp_path / "out.qdpx")
    root = xml_of(path)
    for place in list(root.iter(f"{N}PlainTextSelection")):
        place.getparent().remove(place)
    other = exchange_project(tmp_path / "other")
    done = take(other, edited(path, tmp_path / "edited.qdpx", root))
    assert [(u.what, u.why) for u in done.unmatched] == [
        ("decision", "its codings were taken away in the other tool")
    ]
    assert {k[4]: d.answer for k, d in standing(other).items()} == {"b": Answer.ABSENT}


def edited(old: Path, new: Path, root: etree._Element) -> Path:
    with zipfile.ZipFile(old) as archive:
        files = {n: archive.read(n) for n in archive.namelist() if n != "project.qde"}
    return qdpx(new, etree.tostring(root), files)


def test_a_coding_that_was_added_in_the_other_tool_comes_in_with_its_words(tmp_path: Path) -> None:
    path = given_out(decided(tmp_path / "home"), tmp_path / "out.qdpx")
    root = xml_of(path)
    source = root.find(f"{N}Sources")[0]
    code = next(c.get("guid") for c in root.iter(f"{N}Code") if c.get("name") == "C")
    start = source.find(f"{N}Description").getnext()
    added = etree.fromstring(selection(18, 31, "Parents came.").replace(GUID.format(1), code))
    for e in added.iter():
        e.tag = N + e.tag
    start.addprevious(added)
    ann = next(u.get("guid") for u in root.iter(f"{N}User") if u.get("name") == "ann")
    added.find(f"{N}Coding").set("creatingUser", ann)
    added.find(f"{N}Coding").set("creationDateTime", "2026-01-02T12:00:00Z")
    other = exchange_project(tmp_path / "other")
    done = take(other, edited(path, tmp_path / "edited.qdpx", root))
    made = next(d for k, d in standing(other).items() if k[1] == "ann" and k[4] == "c")
    assert made.answer is Answer.PRESENT and not done.unmatched
    assert [(e.quote, e.spans) for e in made.evidence] == [("Parents came.", (Span(1, 18, 31),))]


def test_an_import_is_undone_as_one_act_and_listed_by_its_number(tmp_path: Path) -> None:
    path = given_out(decided(tmp_path / "home"), tmp_path / "out.qdpx")
    other = exchange_project(tmp_path / "other")
    other.decide("a.pdf", "aims", "zoe", codes=["c"])
    before = said(other)
    done = take(other, path)
    assert said(other) != before
    undo_import(other.store, other.home.framework, done.import_id, now=other.now(), who="lead")
    assert said(other) == before
    with other.store.reading() as db:
        (listed,) = exchanges(db)
    assert (listed.number, listed.decisions, bool(listed.undone_at)) == (1, done.decisions, True)


def test_the_same_file_is_not_taken_twice_while_it_stands(tmp_path: Path) -> None:
    path = given_out(decided(tmp_path / "home"), tmp_path / "out.qdpx")
    other = exchange_project(tmp_path / "other")
    first = take(other, path)
    assert take(other, path).already
    undo_import(other.store, other.home.framework, first.import_id, now=other.now(), who="lead")
    assert take(other, path).decisions == first.decisions


SPANS = st.sampled_from([(1, 0, 16), (1, 34, 50), (1, 17, 31), (2, 0, 13), (2, 14, 30)])


@st.composite
def evidence(draw) -> tuple[QuotedEvidence, ...]:
    found = []
    for n, a, b in draw(st.lists(SPANS, max_size=2, unique=True)):
        found.append(QuotedEvidence(PAGES[n - 1][a:b], (Span(n, a, b),)))
    if draw(st.booleans()):
        found.append(
            QuotedEvidence(draw(st.sampled_from(["zebra crossing never seen", "x\x01y\x0bz and \ufffe"])))
        )
    return tuple(found)


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@st.composite
def decisions(draw) -> list[Decision]:
    made = []
    report = f"{1:064x}"
    for _ in range(draw(st.integers(1, 8))):
        coder, role = draw(
            st.sampled_from([("ann", "coder"), ("Bob & <co>", "coder"), ("eve", "adjudicator")])
        )
        dimension, code = draw(
            st.sampled_from([("aims", "a"), ("aims", "b"), ("size", None), ("story", None)])
        )
        answers = (
            [Answer.VALUE, Answer.UNSURE] if code is None else [Answer.PRESENT, Answer.ABSENT, Answer.UNSURE]
        )
        answer = draw(st.sampled_from(answers))
        value = None
        if answer is Answer.VALUE:
            texts = TEXTS.filter(lambda t: t.strip() and "\0" not in t)
            value = draw(st.one_of(st.none(), st.integers(0, 99) if dimension == "size" else texts))
        note = draw(TEXTS.filter(lambda t: "\0" not in t))
        time = f"2026-01-01T00:00:{len(made):02}+00:00"
        made.append(
            Decision(report, dimension, code, answer, coder, time, "", value, draw(evidence()), note, role)
        )
    return made


MIXED = framework(
    aims={"kind": "multi", "codes": ["a", "b", "c"]}, size={"kind": "number"}, story={"kind": "text"}
)


@QUIET
@given(decisions())
def test_any_decisions_go_through_a_project_without_loss(schemas, made: list[Decision]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project, other = (exchange_project(Path(folder) / name, said=MIXED) for name in ("here", "there"))
        named = [
            Decision(
                **{f: getattr(d, f) for f in d.__dataclass_fields__}
                | {"framework_id": project.home.framework.framework_id}
            )
            for d in made
        ]
        with project.store.transaction() as db:
            decision_store.add_decisions(db, named)
        path = given_out(project, Path(folder) / "out.qdpx")
        schemas["Project"].assertValid(xml_of(path))
        done = take(other, path)
        assert not done.unmatched
        assert said(other) == said(project)
        project.store.close()
        other.store.close()


def test_memos_are_notes_and_inductive_codes_are_codes_of_their_own(tmp_path: Path, schemas) -> None:
    project = decided(tmp_path / "home")
    with project.store.transaction() as db:
        act_store.put_memo(
            db,
            Memo("m1", f"{1:064x}", "ann", project.now(), "what a day", span=Span(2, 0, 8), quote="Teachers"),
        )
        act_store.put_memo(
            db, Memo("m2", f"{1:064x}", "ann", project.now(), "", "joy", span=Span(2, 0, 8), quote="Teachers")
        )
    root = xml_of(given_out(project, tmp_path / "out.qdpx"))
    schemas["Project"].assertValid(root)
    assert "joy" in {c.get("name") for c in root.iter(f"{N}Code")}
    assert "what a day" in {n.findtext(f"{N}PlainTextContent") for n in root.iter(f"{N}Note")}


def test_a_real_project_of_atlasti_gives_its_codes_and_a_list_of_what_cannot_be_anchored(
    tmp_path: Path, shared: Path
) -> None:
    path = shared / "data" / "refi" / "atlasti_project.qdpx"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    made = make_framework(path, tmp_path / "atlas.yaml")
    labels = {c.label for d in made.dimensions for c in d.codes}
    assert len(labels) == 14 and {"happiness", "diet Coke", "bacon and eggs"} <= labels
    assert load_framework(tmp_path / "atlas.yaml") == made
    project = exchange_project(tmp_path / "home")
    done = take(project, path)
    places = [u for u in done.unmatched if u.what == "selection"]
    assert len([u for u in done.unmatched if u.what == "code"]) == 14
    assert {"Simon.docx", "Mabel.txt", "cornflakes-n-milk.jpg"} <= {u.where.split(":")[0] for u in places}
    assert done.decisions == 0 and done.number is None


def test_a_project_of_atlasti_is_taken_by_the_framework_of_its_codes(tmp_path: Path, shared: Path) -> None:
    path = shared / "data" / "refi" / "atlasti_project.qdpx"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    made = make_framework(path, tmp_path / "atlas.yaml")
    import yaml

    said_framework = yaml.safe_load((tmp_path / "atlas.yaml").read_text(encoding="utf-8"))
    words = "I did try the gluten free bread, but it was always so soggy,"
    project = exchange_project(tmp_path / "home", {"Simon.docx": [f"Well. {words} he said."]}, said_framework)
    done = take(project, path)
    assert done.matched_codes == 14 and made.keys == project.home.framework.keys
    (found,) = standing(project).values()
    assert (found.coder, found.code) == ("Friedrich Markgraf", "feelings")
    assert [(e.quote, e.spans) for e in found.evidence] == [(words, (Span(1, 6, 6 + len(words)),))]


def test_codings_of_another_tool_become_that_coders_decisions(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    text = "Intro of another reader.\n" + PAGES[0]
    at = text.index("Parents")
    path = qdpx(
        tmp_path / "x.qdpx",
        foreign_xml(selection(at, at + 13, "Parents came.")),
        {"sources/t.txt": text.encode()},
    )
    done = take(project, path)
    (made,) = standing(project).values()
    assert (made.coder, made.code, made.answer, made.time) == (
        "Ann",
        "a",
        Answer.PRESENT,
        "2026-01-01T00:00:00+00:00",
    )
    assert [(e.quote, e.spans) for e in made.evidence] == [("Parents came.", (Span(1, 18, 31),))]
    assert done.origin == "Tool 1" and made.import_id == done.import_id


def test_of_words_that_stand_twice_the_place_that_was_coded_is_taken(tmp_path: Path) -> None:
    project = exchange_project(tmp_path / "home")
    text = PAGES[0] + "\n\n" + PAGES[1] + "\n"  # not quite the text that we give out
    at = text.rindex("Pupils read more", 0, 60)
    assert at > 20
    path = qdpx(
        tmp_path / "x.qdpx",
        foreign_xml(selection(at, at + 16, "Pupils read more")),
        {"sources/t.txt": text.encode()},
    )
    take(project, path)
    (made,) = standing(project).values()
    assert [e.spans for e in made.evidence] == [(Span(1, at, at + 16),)]


def test_what_breaks_a_rule_of_the_framework_is_left_and_told(tmp_path: Path) -> None:
    codes = (
        f"<Code guid='{GUID.format(2)}' name='Phase' isCodable='false'>"
        f"<Code guid='{GUID.format(1)}' name='Early' isCodable='true'/>"
        f"<Code guid='{GUID.format(3)}' name='Late' isCodable='true'/></Code>"
    )
    both = selection(0, 6, "Pupils") + selection(7, 11, "read", 3, 21)
    project = exchange_project(tmp_path / "home")
    done = take(
        project,
        qdpx(tmp_path / "x.qdpx", foreign_xml(both, codes=codes), {"sources/t.txt": PAGES[0].encode()}),
    )
    assert done.decisions == 0 and len(done.unmatched) == 2
    assert all("takes one code" in u.why for u in done.unmatched)


def test_codes_that_are_not_given_are_open_unless_coders_are_said_to_have_coded_whole_dimensions(
    tmp_path: Path,
) -> None:
    path = qdpx(
        tmp_path / "x.qdpx", foreign_xml(selection(0, 6, "Pupils")), {"sources/t.txt": PAGES[0].encode()}
    )
    assert {k[4] for k in standing_after(tmp_path / "1", path)} == {"a"}
    assert {k[4] for k in standing_after(tmp_path / "2", path, rest_absent=True)} == {"a", "b", "c"}


def standing_after(root: Path, path: Path, **options) -> dict:
    project = exchange_project(root)
    take(project, path, **options)
    return standing(project)
