"""Everything that takes a file from elsewhere, as functions of bytes: what fuzzing calls.

A target gives a result or raises `CtgError`. Anything else that it raises is a finding, and so is a second.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.crash_home import FRAMEWORK
from bench.hostile_pdf import SENTENCES, document, flate, whole
from bench.hostile_word import docx
from ctg_nlp.claims import check_file
from ctg_nlp.coding import import_decisions
from ctg_nlp.errors import CtgError
from ctg_nlp.exchange.opening import codes_of, import_file, read_matches
from ctg_nlp.finding_files import import_findings, import_quotes
from ctg_nlp.framework_file import load_examples, read_framework
from ctg_nlp.intake.belonging import Belonging
from ctg_nlp.intake.convert import is_word_file
from ctg_nlp.intake.furniture import furniture_of
from ctg_nlp.intake.layout import lay_out_all
from ctg_nlp.intake.lines import Glyphs, RawPage, make_line
from ctg_nlp.intake.ocr import _lines as lines_of_tesseract
from ctg_nlp.intake.passages import passages
from ctg_nlp.intake.register import is_doubtful, kind_of, read_register
from ctg_nlp.intake.sandbox import Limits, Reader, ReadingFailed
from ctg_nlp.intake.similar import signature_of
from ctg_nlp.records import Block, BlockKind, Page, Report, ReportKind, VerdictKind
from ctg_nlp.review.anchoring import anchor, fold_pages
from ctg_nlp.selection_files import import_file as import_selection
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.synthesis.published import read_published
from ctg_nlp.web.receiving import safe_path

NOW = "2026-01-02T10:00:00.000000+00:00"
REPORT = "1".rjust(64, "0")


@dataclass(frozen=True, slots=True)
class Bench:
    """A small project, and a folder to write files into."""

    home: Home
    store: Store
    folder: Path
    reader: Reader

    def file(self, content: bytes, name: str) -> Path:
        """A file with this content."""
        path = self.folder / name
        path.write_bytes(content)
        return path


def bench_at(folder: Path) -> Bench:
    """A project with a report of two pages, whose framework has two dimensions."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "framework.yaml"
    source.write_text(FRAMEWORK, encoding="utf-8")
    home = make_home(folder / "home", str(source))
    store = open_store(home.database, create=True)
    report = Report(
        REPORT, 1, "a.pdf", "data/raw/a.pdf", "G1", ReportKind.FINAL, VerdictKind.ACCEPTED,
        received_at=NOW, counted=True, settled=True,
    )  # fmt: skip
    with store.transaction() as db:
        report_store.put_report(db, report)
        report_store.put_pages(db, REPORT, [page(n, " ".join(SENTENCES)) for n in (1, 2)], [])
    return Bench(home, store, folder, Reader(Limits(seconds=10, memory_mb=500)))


def page(number: int, text: str) -> Page:
    """A page of this text, each line of it a block."""
    blocks, at = [], 0
    for line in text.split("\n"):
        kind = BlockKind.LIST_ITEM if line[:1] == "-" else BlockKind.PARAGRAPH
        blocks.append(Block(at, at + len(line), kind))
        at += len(line) + 1
    return Page(number, 595.0, 842.0, text, blocks=tuple(blocks))


Target = Callable[[Bench, bytes], object]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\0", "")


def _passages(bench: Bench, data: bytes) -> None:
    pages = [page(n, part) for n, part in enumerate(_text(data).split("\f"), 1)]
    for p in passages(pages):
        assert pages[p.page - 1].text[p.start : p.end] == p.text
    signature_of(p.text for p in pages)


def _layout(bench: Bench, data: bytes) -> None:
    """Words wherever the bytes put them."""
    glyphs = [
        Glyphs(
            ("-", "a", "Word.", "3.", "o", "inter-")[kind % 6],
            u / 100,
            u / 100 + w,
            v / 100,
            v / 100 + h,
            kind == 11,
        )
        for kind, u, v, w, h in struct.iter_unpack("<BHHBB", data[: len(data) // 7 * 7])
    ]
    lines = tuple(
        make_line(glyphs[i : i + 1 + len(glyphs) % 4]) for i in range(0, len(glyphs), 1 + len(glyphs) % 4)
    )
    pages = [RawPage(n, 595, 842, 0, lines[n - 1 :: 2], (595, 842)) for n in (1, 2)]
    for made in lay_out_all(pages, furniture_of(pages)):
        assert all(made.text[w.start : w.end] for w in made.words)


def _tesseract(bench: Bench, data: bytes) -> None:
    """Rows as Tesseract prints them, of any words at any place."""
    rows = []
    for n, (x, y, w, h) in enumerate(struct.iter_unpack("<hhHH", data[: len(data) // 8 * 8])):
        row = {
            "level": "5",
            "block_num": str(n % 3),
            "par_num": "0",
            "line_num": str(n // 5),
            "conf": str(x % 100),
        }
        rows.append(
            row
            | {
                "left": str(x),
                "top": str(y),
                "width": str(w),
                "height": str(h),
                "text": ("", "|", "Word", "-")[n % 4],
            }
        )
    lines_of_tesseract(rows, 2.0, "eng", lambda box: box)


def _pdf(bench: Bench, data: bytes) -> None:
    try:
        for p in bench.reader.read(bench.file(data, "any.pdf")).pages:
            json.dumps([p.text, p.width, p.height, p.furniture], allow_nan=False).encode()
            p.text.encode()
    except ReadingFailed as error:
        raise AssertionError(str(error)) from error


def _word(bench: Bench, data: bytes) -> None:
    from ctg_nlp.intake.convert import _check_archive

    path = bench.file(data, "any.docx")
    if is_word_file(path):
        _check_archive(path)


def _names(bench: Bench, data: bytes) -> None:
    name = _text(data)
    kind_of(name)
    is_doubtful(name)
    safe = safe_path(name)
    assert ".." not in safe.parts
    Belonging(read_register(bench.file(b"group,file\nG1,a.pdf\n", "register.csv"))).group_of(name)


def _anchor(bench: Bench, data: bytes) -> None:
    text = _text(data)
    for span in anchor(text[len(text) // 3 : len(text) // 2], fold_pages({1: text})):
        assert 0 <= span.start < span.end <= len(text)


def _settings(bench: Bench, data: bytes) -> None:
    home = bench.folder / "other"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    shutil.copyfile(bench.folder / "framework.yaml", home / "framework.yaml")
    (home / "ctg.toml").write_bytes(data)
    open_home(home)


def _imported(name: str, take: Callable[..., object]) -> Target:
    """An importer of lines into the store, undone each time by a transaction of its own."""
    return lambda bench, data: take(
        bench.store, bench.home.framework, bench.file(data, name), now=NOW, who="lead"
    )


def _examples(bench: Bench, data: bytes) -> None:
    text = FRAMEWORK.replace("title: Crash", "title: Crash\nexamples: any.jsonl")
    bench.file(data, "any.jsonl")
    load_examples(bench.file(text.encode(), "with.yaml"), read_framework("with.yaml", text))


TARGETS: dict[str, Target] = {
    "passages": _passages, "layout": _layout, "Tesseract": _tesseract, "PDF": _pdf, "Word": _word,
    "names": _names, "anchoring": _anchor, "settings": _settings, "examples": _examples,
    "register": lambda bench, data: read_register(bench.file(data, "any.csv")),
    "framework": lambda bench, data: read_framework("any.yaml", data.decode("utf-8", "replace")),
    "published tables": lambda bench, data: read_published(bench.file(data, "any.csv")),
    "claims": lambda bench, data: check_file(bench.store, bench.home, bench.file(data, "any.md")),
    "decisions": _imported("any.jsonl", import_decisions),
    "selection": _imported("any.jsonl", import_selection),
    "findings": _imported("any.jsonl", import_findings),
    "quotations": _imported("any.jsonl", import_quotes),
    "project of another tool": _imported("any.qdpx", import_file),
    "JSON of another tool": _imported("any.json", import_file),
    "codebook": lambda bench, data: codes_of(bench.file(data, "any.csv")),
    "matches": lambda bench, data: read_matches(bench.file(data, "any.csv"), bench.home.framework),
}  # fmt: skip


def run_target(name: str, bench: Bench, data: bytes) -> None:
    """Call a target; that it refuses what it got is no finding."""
    with contextlib.suppress(CtgError):
        TARGETS[name](bench, data)


_DECISION = {"report": "a.pdf", "coder": "ann", "dimension": "aims", "codes": ["reading"], "absent": ["writing"],
             "evidence": {"reading": [SENTENCES[1]]}, "time": NOW, "notes": {"reading": "so"}}  # fmt: skip
_PLACE = {"report": "a.pdf", "page": 1, "start": 0, "end": 61, "quote": SENTENCES[0]}
_QDE = (
    '<Project xmlns="urn:QDA-XML:project:1.0" name="a" origin="b"><Users><User guid="{1}" name="ann"/></Users><CodeBook>'
    '<Codes><Code guid="{2}" name="Reading" isCodable="true"/></Codes></CodeBook><Sources><TextSource guid="{3}" name="a.pdf">'
    '<PlainTextContent>Pupils practised reading.</PlainTextContent><PlainTextSelection guid="{4}" startPosition="0" '
    'endPosition="6" name="Pupils"><Coding guid="{5}" creatingUser="{1}"><CodeRef targetGUID="{2}"/></Coding>'
    "</PlainTextSelection></TextSource></Sources></Project>"
)
_QDC = (
    '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes><Code guid="{2}" name="Reading"/></Codes></CodeBook>'
)
_EPPI = {
    "CodeSets": [{"SetId": 1, "SetName": "Aims", "Attributes": {"AttributesList": [
        {"AttributeId": 2, "AttributeName": "Reading", "AttributeType": "Selectable (show checkbox)"}]}}],
    "References": [{"Title": "a.pdf", "Codes": [{"AttributeId": 2, "AdditionalText": "so", "ItemAttributeFullTextDetails": [
        {"Text": 'Page 1:\n[¬s]"Pupils practised reading"[¬e]', "DocTitle": "a.pdf"}]}]}],
}  # fmt: skip
_LABEL_STUDIO = [{"data": {"report": "a.pdf", "text": "Pupils practised reading."}, "annotations": [{"completed_by": 3,
    "created_at": NOW, "result": [{"type": "labels", "from_name": "aims", "value": {"start": 0, "end": 6, "text": "Pupils",
    "labels": ["aims.reading"]}}, {"type": "choices", "from_name": "phase", "value": {"choices": ["early"]}},
    {"type": "number", "from_name": "aims", "value": {"number": 3}, "meta": {"text": ["coder: ann"]}}]}]}]  # fmt: skip


def _line(*values: object) -> bytes:
    return "\n".join(json.dumps(v) for v in values).encode()


def seeds(name: str, bench: Bench) -> Sequence[bytes]:
    """Inputs that a target takes, to be changed."""
    fine = whole(document())
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 20 0 R >>"
    mapped = whole(
        document(font=font) | {20: flate(b"begincmap 1 beginbfchar <65> <0041> endbfchar endcmap")}
    )
    known: dict[str, Sequence[bytes]] = {
        "PDF": (fine, mapped), "Word": (docx(),), "names": (b"G1/Final report (copy).pdf",),
        "settings": ((bench.home.root / "ctg.toml").read_bytes(), b'framework = "framework.yaml"\nworkers = 3\n'),
        "examples": (_line({"dimension": "aims", "codes": ["reading"], "text": "We read."}),),
        "register": (b"group,cohort,expected,file\nG1,1,yes,a.pdf\nG1,1,yes,b.pdf\nG2,2,no,\n",),
        "framework": (FRAMEWORK.encode(), (bench.folder / "framework.yaml").read_bytes()),
        "published tables": (b"table,dimension,code,label,n,percent_as_printed\n4,aims,reading,Reading,3,60\n",),
        "claims": (b"# Aims {#aims}\n\n[Half of the groups](claim: aims.reading) read, 3 in 2010.\n\n[[quote 1]]\n",),
        "decisions": (_line(_DECISION, _DECISION | {"dimension": "phase", "codes": [], "unsure": ["early"]}),),
        "selection": (_line({"report": "a.pdf", "filter": "f", "level": "l", "reason": "r", "time": NOW},
                            {"selection": "first", "reports": ["a.pdf"], "flow": {}}),),
        "findings": (_line({"text": "They read.", "dimension": "aims", "code": "reading", "sources": [_PLACE],
                            "position": 1, "versions": [{"text": "They read"}]}),),
        "quotations": (_line({"source": _PLACE, "dimension": "aims", "code": "reading", "role": "Teacher", "quote_id": 7,
                              "acts": [{"kind": "cleared", "version": 1, "who": "a", "time": NOW, "kept": [[0, 3]]}]}),),
        "project of another tool": (_QDE.encode(), _QDE.encode("utf-16")),
        "JSON of another tool": (json.dumps(_EPPI).encode(), json.dumps(_LABEL_STUDIO).encode()),
        "codebook": (_QDC.encode(), b"dimension,group,code,label,definition\nAims,,reading,Reading,They read\n",
                     json.dumps(_EPPI).encode(), b"code;name\nA > B > C;x\n"),
        "matches": (b"name,code\nLesen,aims.reading\n",),
    }  # fmt: skip
    prose = (
        "\n".join(SENTENCES).encode()
        + "\n- e.g. Mr. A. B. said: “No!” … (1.2) a.m. etc. Then?\f2. End".encode()
    )
    return known.get(name, (prose, bytes(range(256)) * 2))
