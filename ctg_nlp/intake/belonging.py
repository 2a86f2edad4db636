"""Which group a submitted file belongs to, told by the register of groups or by the file's folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from ctg_nlp.intake.register import same_name
from ctg_nlp.records import Group

_WORD = re.compile(r"[^\W_]+")


class Belonging:
    """The register, made ready so that a file is placed in the same time however many groups there are."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.any = bool(groups)
        self._by_file: dict[str, set[str]] = {}
        self._by_word: dict[str, list[tuple[str, str]]] = {}  # first word of a group's name: (name, id)
        for group in groups:
            for file in group.files:
                self._by_file.setdefault(same_name(file), set()).add(group.group_id)
            name = same_name(group.group_id)
            first = _WORD.search(name)
            self._by_word.setdefault(first.group() if first else "", []).append((name, group.group_id))

    def group_of(self, path: str) -> str | None:
        """The group that a file belongs to, or None where it cannot be told.

        First the register's `file` column; then a group of the register named in the path as a word of its
        own; without a register, the folder that the file lies in. `path` is relative to the raw folder.
        """
        pure = PurePosixPath(path)
        listed = self._listed(path)
        if len(listed) == 1:
            return next(iter(listed))
        if not self.any:
            return pure.parts[0] if len(pure.parts) > 1 else None
        for part in reversed(pure.parts):  # the file's own name says more than its folder's
            named = self._named(same_name(part))
            if len(named) == 1:
                return named.pop()
        return None

    def is_listed(self, path: str, group_id: str | None) -> bool:
        """Whether the register names this very file as a report of the group."""
        return group_id in self._listed(path)

    def _listed(self, path: str) -> set[str]:
        by_name = self._by_file.get(same_name(PurePosixPath(path).name), set())
        return by_name | self._by_file.get(same_name(path), set())

    def _named(self, text: str) -> set[str]:
        """The groups whose names stand in a text, among those whose first word does."""
        words = {"", *_WORD.findall(text)}
        return {
            group_id for word in words for name, group_id in self._by_word.get(word, ()) if _says(text, name)
        }


def _says(text: str, name: str) -> bool:
    """Whether a name stands in a text as words of its own. Patterns for all groups take long to make."""
    at = text.find(name)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        at = text.find(name, at + 1)
    return False
