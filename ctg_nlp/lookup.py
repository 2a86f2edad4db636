"""Finding the report that a person means: by hash, file name or group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ctg_nlp.errors import AmbiguousReport, UnknownReport
from ctg_nlp.intake.register import same_name
from ctg_nlp.records import Report, Submission

_SHORTEST_HASH = 8


class Lookup:
    """Finds reports among those given; withdrawn ones too. Build it once for many questions.

    `submissions` tell the further names under which a report was received: those of copies, and former ones.
    """

    def __init__(self, reports: Iterable[Report], submissions: Iterable[Submission] = ()) -> None:
        self._reports = tuple(reports)
        self._by_name: dict[str, list[Report]] = {}
        self._by_group: dict[str, list[Report]] = {}
        for report in self._reports:
            for name in {same_name(report.name), same_name(report.path)}:
                self._by_name.setdefault(name, []).append(report)
            if report.group_id is not None:
                self._by_group.setdefault(same_name(report.group_id), []).append(report)
        by_id = {r.report_id: r for r in self._reports}
        self._by_further_name: dict[str, dict[str, Report]] = {}
        for s in submissions:
            if s.sha256 in by_id:
                for name in {same_name(s.path), same_name(s.path.rsplit("/", 1)[-1])}:
                    self._by_further_name.setdefault(name, {})[s.sha256] = by_id[s.sha256]

    def find(self, name: str, group: str = "") -> Report:
        """The report of that hash (at least 8 digits), file name, path or group.

        Where several have the name, `group` decides; of a group's several documents the one that counts.
        Raises `UnknownReport`, or `AmbiguousReport` with the candidates.
        """
        if not name:
            return self._of_group(group)
        by_hash = [
            r for r in self._reports if len(name) >= _SHORTEST_HASH and r.report_id.startswith(name.lower())
        ]
        by_name = self._by_name.get(same_name(name), [])
        further = list(self._by_further_name.get(same_name(name), {}).values())
        found = by_name or further or by_hash
        if len(found) > 1 and group:
            found = [r for r in found if r.group_id and same_name(r.group_id) == same_name(group)] or found
        if not found and same_name(name) in self._by_group:
            return self._of_group(name)
        if not found:
            raise UnknownReport(f"No report is named {name}, nor is there a group or hash of that name.")
        return _only(found, name)

    def named(self, name: str, group: str = "") -> Report:
        """The report of that file name or path, of that group where one is told: for names that do not come
        from here, in which a number is no group and no beginning of a hash.

        Raises `UnknownReport`, or `AmbiguousReport` with the candidates.
        """
        further = self._by_further_name.get(same_name(name), {}).values()
        found = self._by_name.get(same_name(name), []) or list(further)
        if not found:
            raise UnknownReport(f"No report is named {name}.")
        if group:
            found = [r for r in found if r.group_id is None or same_name(r.group_id) == same_name(group)]
        if not found:
            raise UnknownReport(f"The report named {name} is not one of group {group}.")
        return _only(found, name)

    def _of_group(self, group: str) -> Report:
        found = self._by_group.get(same_name(group), [])
        if not found:
            raise UnknownReport(f"No report of a group {group} was received.")
        return _only([r for r in found if r.counted] or found, group)


def _only(found: Sequence[Report], said: str) -> Report:
    if len(found) == 1:
        return found[0]
    candidates = "; ".join(f"{r.path} ({r.group_id or 'no group'}, {r.report_id[:12]})" for r in found)
    raise AmbiguousReport(
        f"{said} can mean {len(found)} reports; give the group or the hash. They are: {candidates}"
    )
