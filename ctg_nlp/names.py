"""Which cells of the tables of an older framework are which of those of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ctg_nlp.framework import Framework
from ctg_nlp.history import Key, rules_since
from ctg_nlp.records import CodedValue, RecordState
from ctg_nlp.synthesis.changes import Asked, CellKey


class Names:
    """Which cells of an older framework are which of the one of now."""

    def __init__(self, old: Framework, new: Framework) -> None:
        self.old, self.new = old, new
        self.changed = old.framework_id != new.framework_id
        rules = rules_since(new, old.framework_id) if self.changed else None
        sources = rules.sources if rules else {}
        self.codes: dict[Key, Key] = {
            rule[0].key: key
            for key, rule in sources.items()
            if len(rule) == 1 and rule[0].exact and rule[0].key is not None
        }
        self.tables = {s.key[0]: key[0] for key, rule in sources.items() for s in rule if s.key is not None}
        renamed = set(self.codes.values())
        self._dimensions = frozenset(d.id for d in old.dimensions)
        self._taken = {k for k, rule in sources.items() if k in renamed or all(s.key != k for s in rule)}

    def now(self, key: CellKey, by: str = "") -> CellKey:
        """The cell of now; a row that is no more goes by its old name, with the version where that means
        something else now. So do the parts of a breakdown `by` a dimension of then."""
        if by in self._dimensions and key.part:
            key = replace(key, part=self.now(CellKey(by, key.part)).row)
        table = self.tables.get(key.table, key.table)
        found = self.codes.get((key.table, key.row), (table, key.row))
        other = (key.table, key.row) not in self.codes and found in self._taken
        return CellKey(table, f"{key.row}@{self.old.version}" if other else found[1], key.part)

    def tables_then(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """The same tables by their ids of then."""
        back = {now: then for then, now in self.tables.items()}
        return tuple(back.get(name, name) for name in tables)

    def asked_then(self, asked: Asked) -> Asked:
        """What has to be asked of the tables of then to get the same ones."""
        by = self.tables_then((asked.by,))[0] if asked.rows else asked.by
        return replace(asked, tables=self.tables_then(asked.tables), by=by)

    def values_now(self, values: Sequence[CodedValue]) -> tuple[CodedValue, ...]:
        """The values of a report in the order of now."""
        then = dict(zip((self.tables.get(d.id, d.id) for d in self.old.valued), values, strict=True))
        return tuple(then.get(d.id, CodedValue(RecordState.UNDECIDED)) for d in self.new.valued)
