"""Groups as the cases of a REFI-QDA project, with what their reports come to as variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ctg_nlp.exchange.code_nodes import code_nodes, walk
from ctg_nlp.exchange.guids import code_guid, guid, source_guid
from ctg_nlp.exchange.qde import Element, Value, Variable, case_element
from ctg_nlp.framework import Framework
from ctg_nlp.records import CodedReport, CodeState, Dataset, RecordState, Report

_BOOLEAN = {CodeState.PRESENT: "true", CodeState.ABSENT: "false"}
_KINDS = {"number": "Integer", "text": "Text"}


class Cases:
    """The variables of a project, and its cases."""

    def __init__(self, framework: Framework, data: Dataset) -> None:
        self._framework, self._coded = framework, {r.report_id: r for r in data.reports}
        self._taken: set[str] = set()
        titles = {d.id: d.title or d.id for d in framework.dimensions}
        names = {n.guid: n.name for n in walk(code_nodes(framework))}
        self._known = {a: self._variable("Text", a, "about", a) for a in data.attribute_names}
        self._valued = [self._variable(_KINDS[d.kind], titles[d.id], "value", d.id) for d in framework.valued]
        self._codes = [
            self._variable("Boolean", f"{titles[d]}: {names[code_guid(framework, d, c)]}", "code", d, c)
            for d, c in framework.keys
        ]

    def _variable(self, kind: str, name: str, *key: str) -> Variable:
        base, n = name, 1
        while name.casefold() in self._taken:
            n += 1
            name = f"{base} ({n})"
        self._taken.add(name.casefold())
        said = {
            "code": "true: present, false: absent, no value: undecided or coders disagree",
            "value": "no value: undecided, or it cannot be told",
        }.get(key[0], "")
        return Variable(guid("variable", self._framework.id, *key), name, kind, said)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """All variables: what is known of groups, values, codes."""
        return (*self._known.values(), *self._valued, *self._codes)

    def elements(self, reports: Sequence[Report]) -> Iterator[Element]:
        """A case for each group, with all its reports; one for each report that has no group."""
        groups: dict[str, list[Report]] = {}
        for r in reports:
            groups.setdefault(r.group_id or "", []).append(r)
        for r in groups.pop("", []):
            yield self._case(guid("case of report", r.report_id), r.name, [r])
        for name, mine in groups.items():
            yield self._case(guid("case", name), name, mine)

    def _case(self, key: str, name: str, reports: Sequence[Report]) -> Element:
        coded = next((self._coded[r.report_id] for r in reports if r.report_id in self._coded), None)
        values = self._values(coded) if coded is not None else ()
        return case_element(key, name, values, [source_guid(r.report_id) for r in reports])

    def _values(self, coded: CodedReport) -> Iterator[Value]:
        for name, variable in self._known.items():
            said = coded.values_of(name)
            if said:
                yield variable, "; ".join(said)
        for variable, value in zip(self._valued, coded.values, strict=True):
            if value.state is RecordState.DECIDED and value.value is not None:
                yield variable, str(value.value)
        for variable, state in zip(self._codes, coded.states, strict=True):
            if CodeState(state) in _BOOLEAN:
                yield variable, _BOOLEAN[CodeState(state)]
