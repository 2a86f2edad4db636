"""Which report a document of another tool is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ctg_nlp.errors import UnknownReport
from ctg_nlp.exchange.foreign import Whose
from ctg_nlp.exchange.guids import source_guid
from ctg_nlp.lookup import Lookup
from ctg_nlp.records import Report, Submission

_ENDINGS = (".pdf", ".docx", ".doc")
_OF_TEXTS = (*_ENDINGS, ".txt", ".rtf", ".odt", ".md", ".html", ".htm")


class Finder:
    """Finds reports by what another tool knows of them. Build it once for many questions."""

    def __init__(self, reports: Sequence[Report], submissions: Iterable[Submission]) -> None:
        self._lookup = Lookup(reports, submissions)
        self._by_source = {source_guid(r.report_id): r for r in reports}
        self._by_hash = {r.report_id: r for r in reports}

    def find(self, whose: Whose) -> Report:
        """The report: by the GUID that we gave it, the content of its file, or its name (with or without its
        ending), which must be of the group where one is told.

        Raises `UnknownReport`, also for one that was withdrawn.
        """
        report = self._by_source.get(whose.source) or self._by_hash.get(whose.sha256) or self._named(whose)
        if report.withdrawn_at:
            raise UnknownReport(f"{report.name} was withdrawn on {report.withdrawn_at[:10]}.")
        return report

    def _named(self, whose: Whose) -> Report:
        first: UnknownReport | None = None
        names = [n for given in (whose.name, *whose.others) if given for n in _names(given)]
        for name in dict.fromkeys(names):
            try:
                return self._lookup.named(name, whose.group)
            except UnknownReport as error:
                first = first or error
        raise first or UnknownReport(f"No report is named {whose.said}.")


def _names(name: str) -> Iterator[str]:
    """The name, and what tools make of it: without the folders above it, and with an ending put back, or
    another one in its place."""
    tail = re.split(r"[/\\]", name)[-1]
    for base in dict.fromkeys((name, tail)):
        yield base
        yield from (base + end for end in _ENDINGS)
        stem, dot, ending = base.rpartition(".")
        if dot and f".{ending.lower()}" in _OF_TEXTS:
            yield from (stem + end for end in ("", *_ENDINGS))
