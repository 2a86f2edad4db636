"""What Label Studio's JSON brings: its own exports, and tasks that we gave out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ctg_nlp.exchange.code_nodes import CodeNode
from ctg_nlp.exchange.codes_read import matched
from ctg_nlp.exchange.foreign import Bringing, Brought, BroughtQuote, Key, Whose, quote_at
from ctg_nlp.exchange.json_files import objects, text
from ctg_nlp.exchange.label_studio import ABSENT, UNSURE
from ctg_nlp.exchange.offsets import OUTSIDE, Counted, Counting, counting_of, place_of
from ctg_nlp.exchange.xml_text import iso_time
from ctg_nlp.framework import Framework
from ctg_nlp.records import Answer

LABEL_STUDIO = "Label Studio"
_NAMES = ("report", "filename", "file_name", "file", "name", "title", "document", "source_file")
_ENDINGS = ((ABSENT, Answer.ABSENT), (UNSURE, Answer.UNSURE), ("", Answer.PRESENT))


def is_label_studio(data: Any) -> bool:
    """Whether JSON looks like a list of Label Studio's tasks, in its full or its small form."""
    first = data[0] if isinstance(data, list) and data else None
    return isinstance(first, dict) and ("data" in first or "annotations" in first or "annotator" in first)


def label_studio_brought(
    data: Any, framework: Framework, *, coder: str = "", given: Mapping[str, Key] | None = None
) -> Bringing:
    """All annotations of all tasks; predictions, which are a machine's, are left out and counted."""
    found = Bringing(LABEL_STUDIO, LABEL_STUDIO)
    tasks = [_Task(t) for t in data if isinstance(t, dict)]
    counting = counting_of([c for t in tasks for c in t.counted()])
    labels = sorted(
        {label for t in tasks for a in t.annotations for r in objects(a, "result") for label in _labels(r)}
    )
    keys = _keys(labels, framework, given)
    found.codes, found.matched_codes = len(labels), len(keys)
    for label in labels:
        if label not in keys:
            found.leave("code", label, "the framework has no such code")
    for t in tasks:
        found.count("predictions of machines", sum(1 for _ in objects(t.data, "predictions")))
        here = counting_of(list(t.counted()), counting)
        for a in t.annotations:
            _Annotation(t, a, framework, keys, here, coder, found).read()
    found.counts = {k: n for k, n in found.counts.items() if n}
    return found


def _keys(labels: Sequence[str], framework: Framework, given: Mapping[str, Key] | None) -> dict[str, Key]:
    own = {f"{d}.{c}": (d, c) for d, c in framework.keys} | {d.id: (d.id, None) for d in framework.valued}
    nodes = tuple(CodeNode(f"label {n}", label) for n, label in enumerate(labels))
    by_name = matched(nodes, framework, given)
    found: dict[str, Key | None] = {
        label: own.get(label) or by_name.get(f"label {n}") for n, label in enumerate(labels)
    }
    return {label: key for label, key in found.items() if key is not None}


def _labels(region: Mapping[str, Any]) -> list[str]:
    value = region.get("value")
    kind = str(region.get("type", "labels"))
    said = (
        value.get(kind) or value.get("labels")
        if isinstance(value, dict) and kind.endswith("labels")
        else None
    )
    return [str(x) for x in said] if isinstance(said, list) else []


class _Task:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        inner = data.get("data")
        self.fields: Mapping[str, Any] = inner if isinstance(inner, dict) else data
        self.text = self._text()
        self.whose = self._whose()
        self.annotations = list(objects(data, "annotations")) or list(objects(data, "completions"))
        if not isinstance(inner, dict):
            self.annotations += list(_small(data))

    def _text(self) -> str:
        said = self.fields.get("text")
        texts = [v for v in self.fields.values() if isinstance(v, str)]
        return said if isinstance(said, str) else max(texts, key=len, default="")

    def _whose(self) -> Whose:
        names = [text(self.fields, k) for k in _NAMES] + [text(self.data, "file_upload")]
        upload = names[-1].partition("-")[2]  # Label Studio puts eight signs and a hyphen before the name
        known = tuple(dict.fromkeys(n for n in (*names, upload) if n))
        sha256 = hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
        return Whose(
            name=known[0] if known else "",
            group=text(self.fields, "group"),
            sha256=text(self.fields, "report_id", "sha256").lower(),
            source=text(self.fields, "source").lower(),
            text=sha256,
            others=known[1:],
        )

    def counted(self) -> Iterator[Counted]:
        """The places that were marked, with their words."""
        for a in self.annotations:
            for r in objects(a, "result"):
                place = _place(r)
                if place is not None and _labels(r):
                    yield Counted(self.text, *place, text(r.get("value"), "text"))


def _small(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The small form of a task as one annotation: each field that is a list of marked places."""
    regions = [
        {"type": "labels", "value": item, "from_name": key}
        for key, value in data.items()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict) and "start" in item and "labels" in item
    ]
    if regions:
        yield {"result": regions, "completed_by": data.get("annotator"), "created_at": data.get("created_at")}


def _place(region: Mapping[str, Any]) -> tuple[int, int] | None:
    """Where a region stands: by `globalOffsets` where told, since `start` then counts within an element."""
    value = region.get("value")
    if not isinstance(value, dict):
        return None
    offsets = value.get("globalOffsets")
    for found in (offsets, value):
        if isinstance(found, dict):
            start, end = found.get("start"), found.get("end")
            if isinstance(start, int) and isinstance(end, int):
                return start, end
    return None


@dataclass(frozen=True, slots=True)
class _About:
    """What stands in a region's information: who, when, and the quote as it was given."""

    coder: str = ""
    role: str = "coder"
    time: str = ""
    note: str = ""
    quotes: tuple[str, ...] = ()


def _about(region: Mapping[str, Any]) -> _About:
    meta = region.get("meta")
    said = meta.get("text") if isinstance(meta, dict) else None
    lines = [str(x) for x in said] if isinstance(said, list) else [str(said)] if said else []
    found: dict[str, Any] = {}
    free = []
    for line in lines:
        key, mark, rest = line.partition(": ")
        if mark and key == "quote":
            found["quotes"] = (*found.get("quotes", ()), rest)
        elif mark and key in ("coder", "role", "time", "note"):
            found[key] = rest
        else:
            free.append(line)
    if free:
        found["note"] = "\n".join([*([found["note"]] if "note" in found else []), *free])
    return _About(**found)


class _Annotation:
    """One person's answers on one task."""

    def __init__(
        self, task: _Task, data: Mapping[str, Any], framework: Framework, keys: Mapping[str, Key],
        counting: Counting, coder: str, found: Bringing,
    ) -> None:  # fmt: skip
        self._task, self._data, self._framework, self._keys = task, data, framework, keys
        self._counting, self._coder, self._found = counting, coder, found
        self._made: dict[tuple[Any, ...], Brought] = {}

    def read(self) -> None:
        """Add all that stands in it; what was skipped in Label Studio is no answer."""
        if self._data.get("was_cancelled"):
            self._found.count("skipped annotations")
            return
        for region in objects(self._data, "result"):
            labels = _labels(region)
            if labels:
                for label in labels:
                    self._marked(region, label)
            else:
                self._whole(region)
        self._give()

    def _give(self) -> None:
        """Marked places of a number or text belong to the value that was given."""
        for made in self._made.values():
            dimension = self._framework.dimension(made.key[0])
            if made.key[1] is None and made.value is None and made.answer is Answer.PRESENT:
                said = " ".join(q.text for q in made.quotes)
                if dimension is None or dimension.kind != "text" or not said:
                    self._found.leave("annotation", made.where, f"no value of {made.key[0]} is told")
                    continue
                made = replace(made, answer=Answer.VALUE, value=said)
            self._found.brought.append(made)

    def _marked(self, region: Mapping[str, Any], label: str) -> None:
        place = _place(region)
        where = f"{self._task.whose.said}: {label}, {place}"
        key = self._keys.get(label)
        words = text(region.get("value"), "text")
        if key is None:
            self._found.leave("annotation", where, "the framework has no such code", words)
            return
        said = words if words in self._task.text else words.replace("\\n", "\n")  # as some versions write it
        selection = Counted(self._task.text, *place, said) if place is not None else None
        found = place_of(selection, self._counting, words=True) if selection is not None else OUTSIDE
        if isinstance(found, str):
            self._found.leave("annotation", where, found, words)
            return
        about = _about(region)
        quote = quote_at(self._task.text, *found, about.quotes[0] if about.quotes else "")
        self._add(about, key, Answer.PRESENT, where, quote=quote)

    def _whole(self, region: Mapping[str, Any]) -> None:
        name, value = str(region.get("from_name", "")), region.get("value")
        if not isinstance(value, dict):
            return
        about, where = _about(region), f"{self._task.whose.said}: {name}"
        dimension = self._framework.dimension(name)
        if "choices" in value:
            for choice in value["choices"] if isinstance(value["choices"], list) else []:
                self._choice(name, str(choice), about, where)
        elif dimension is not None and "number" in value:
            number = value["number"]
            whole = int(number) if isinstance(number, float) and number.is_integer() else number
            self._add(about, (name, None), Answer.VALUE, where, value=whole)
        elif dimension is not None and not dimension.coded and isinstance(value.get("text"), list | str):
            said = value["text"]
            self._add(
                about,
                (name, None),
                Answer.VALUE,
                where,
                value=said if isinstance(said, str) else "\n".join(map(str, said)),
            )
        else:
            self._found.leave(
                "annotation", where, "the framework has no such dimension, or it takes no such answer"
            )

    def _choice(self, name: str, choice: str, about: _About, where: str) -> None:
        ending, answer = next((e, a) for e, a in _ENDINGS if name.endswith(e))
        name = name.removesuffix(ending) if ending else name
        dimension = self._framework.dimension(name)
        if dimension is not None and not dimension.coded:
            self._add(about, (name, None), Answer.UNSURE if answer is Answer.UNSURE else Answer.VALUE, where)
            return
        key: Key | None = (
            (name, choice) if dimension is not None and dimension.code(choice) else self._keys.get(choice)
        )
        if key is None:
            nodes = (CodeNode("choice", choice),)
            key = matched((CodeNode("above", name, "", False, nodes),), self._framework).get("choice")
        if key is None:
            self._found.leave("annotation", f"{where}: {choice}", "the framework has no such code")
        else:
            self._add(about, key, answer, where)

    def _add(
        self,
        about: _About,
        key: Key,
        answer: Answer,
        where: str,
        *,
        value: Any = None,
        quote: BroughtQuote | None = None,
    ) -> None:
        coder = self._coder or about.coder or _who(self._data.get("completed_by"))
        at = (coder, about.role, key)
        quotes = (quote,) if quote else tuple(BroughtQuote(q) for q in about.quotes)
        time = iso_time(about.time) or iso_time(text(self._data, "created_at", "updated_at"))
        made = Brought(
            self._task.whose, key, coder, where, answer, value, time, quotes, about.note, about.role
        )
        before = self._made.get(at)
        self._made[at] = made if before is None else _together(before, made)


def _together(a: Brought, b: Brought) -> Brought:
    """Two answers on one code: the one of the report as a whole says which it is, places add their quotes."""
    whole = b if (b.answer is not Answer.PRESENT or b.value is not None) else a
    parts: dict[str, BroughtQuote] = {}
    for q in (*a.quotes, *b.quotes):
        before = parts.get(q.text)
        parts[q.text] = q if before is None else replace(before, places=(*before.places, *q.places))
    return replace(whole, quotes=tuple(parts.values()), note=a.note or b.note, time=max(a.time, b.time))


def _who(completed_by: Any) -> str:
    if isinstance(completed_by, dict):
        name = " ".join(text(completed_by, k) for k in ("first_name", "last_name")).strip()
        return (
            text(completed_by, "email", "username") or name or f"Label Studio user {text(completed_by, 'id')}"
        )
    return f"Label Studio user {completed_by}" if completed_by not in (None, "") else "Label Studio user"
