"""The history of a framework: what its codes were in the versions before.

`framework_at` brings a framework back to an older version. `Rules` say of which codes of an older version
each code of now was made, so that decisions made then can be carried over (`review.carrying`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ctg_nlp.framework import Code, Dimension, Edit, Framework

CARRIED = " from "
"""Between the id of the framework by which a decision is read, and of the one under which it was made."""
Key = tuple[str, str]
"""A dimension and a code of it; "" for the value of a number or text dimension."""


class WrongEdit(ValueError):
    """An edit that cannot have led to the framework as it stands."""


@dataclass(frozen=True, slots=True)
class Source:
    """A code of an older version of which one of now was made; None: there was none, it is new.

    Not `exact`: of a code that was split, so that "present" then leaves open which of its parts is.
    """

    key: Key | None
    exact: bool = True


Rule = tuple[Source, ...]
"""A code is present where one exact source is, absent where all are."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the codes of now were in one older version; those of dimensions without any edit are left out."""

    sources: dict[Key, Rule]
    targets: dict[Key, tuple[Key, ...]]
    dimensions: frozenset[str]  # by their names then

    def codes_of(self, dimension: str) -> tuple[str, ...]:
        """The codes that a dimension had then, those that nothing is made of left out."""
        return tuple(code for then, code in self.targets if then == dimension and code)


def version_in(framework_id: str) -> tuple[str, str] | None:
    """The id and version in the id of a framework such as `ctg@1.0+0123abcd`, or None."""
    name, at, rest = framework_id.partition(CARRIED)[0].partition("@")
    version, plus, _ = rest.rpartition("+")
    return (name, version) if at and plus else None


def edits_since(framework: Framework, framework_id: str) -> tuple[Edit, ...]:
    """The edits made to a framework after the version that an id names, oldest first.

    A version that the history does not name is from before it. Nothing for the present version, for another
    framework, and where no history is told.
    """
    named = version_in(framework_id)
    if not framework.history or named is None or named[0] != framework.id or named[1] == framework.version:
        return ()
    versions = [entry.version for entry in framework.history]
    later = framework.history[versions.index(named[1]) + 1 :] if named[1] in versions else framework.history
    return tuple(edit for entry in later for edit in entry.edits)


def called_now(framework: Framework, dimension: str, code: str) -> Key | None:
    """What a code of any older version is called now; None where nothing of now stands for it alone: it was
    split or retired. A name that no edit knows is itself."""
    for edit in _all_edits(framework):
        if edit.edit == "rename dimension" and edit.from_[0] == dimension:
            dimension = edit.to[0]
        elif edit.dimension == dimension and edit.from_ and code in edit.from_:
            if edit.edit in ("split", "retire"):
                return None
            code = edit.to[0]
        elif edit.edit == "retire" and edit.dimension == dimension and not edit.from_:
            return None
    return dimension, code


def placed_now(
    framework: Framework, framework_id: str, dimension: str, code: str | None
) -> tuple[str, str | None] | None:
    """Where what people wrote on a code (None: on its dimension) of the version that an id names belongs now,
    of any version where that is empty. A code that was split or retired leaves its dimension as a whole.
    None where the dimension is no more."""
    edits = edits_since(framework, framework_id) if framework_id else _all_edits(framework)
    for edit in edits:
        if edit.edit == "rename dimension" and edit.from_[0] == dimension:
            dimension = edit.to[0]
        elif edit.dimension == dimension and edit.edit == "retire" and not edit.from_:
            return None
        elif edit.dimension == dimension and code in edit.from_:
            code = edit.to[0] if edit.edit in ("rename", "merge") else None
    known = framework.dimension(dimension)
    if known is None:
        return None
    return known.id, code if code and known.code(code) is not None else None


def _all_edits(framework: Framework) -> tuple[Edit, ...]:
    return tuple(edit for entry in framework.history for edit in entry.edits)


_KNOWN: dict[tuple[str, str], Rules | None] = {}


def rules_since(framework: Framework, framework_id: str) -> Rules | None:
    """How the codes of now follow from those of the version that an id names; None where nothing changed."""
    if not framework.history:
        return None
    between = framework.framework_id, framework_id  # an id stands for all of a framework, history included
    if between not in _KNOWN or not framework.framework_id:
        _KNOWN[between] = _rules(framework, edits_since(framework, framework_id))
    return _KNOWN[between]


def _rules(framework: Framework, edits: tuple[Edit, ...]) -> Rules | None:
    if not edits:
        return None
    sources: dict[Key, Rule] = {
        (d.id, code): (Source((d.id, code)),)
        for d in framework.dimensions
        for code in ([c.id for c in d.codes] if d.coded else [""])
    }
    for edit in reversed(edits):
        sources = {key: tuple(_unique(edit, rule)) for key, rule in sources.items()}
    changed = {key[0] for key, rule in sources.items() if rule != (Source(key),)}
    changed |= {then for then in _dimensions_of(edits) if framework.dimension(then) is not None}
    kept = {key: rule for key, rule in sources.items() if key[0] in changed}
    targets: dict[Key, tuple[Key, ...]] = {}
    for key, rule in kept.items():
        for source in rule:
            if source.key is not None:
                targets[source.key] = (*targets.get(source.key, ()), key)
    names = {key[0] for key in targets} | {e.dimension for e in edits if e.edit == "retire"}
    return Rules(kept, targets, frozenset(names))


def _dimensions_of(edits: tuple[Edit, ...]) -> set[str]:
    return {e.dimension for e in edits if e.dimension}


def _unique(edit: Edit, rule: Rule) -> Iterator[Source]:
    seen = set()
    for source in rule:
        for before in _before(edit, source):
            if before not in seen:
                seen.add(before)
                yield before


def _before(edit: Edit, source: Source) -> Iterator[Source]:
    """What a source was before an edit."""
    if source.key is None:
        yield source
        return
    dimension, code = source.key
    if edit.edit == "rename dimension":
        yield replace(source, key=(edit.from_[0] if dimension == edit.to[0] else dimension, code))
    elif dimension != edit.dimension or (edit.to and code not in edit.to):
        yield source
    elif edit.edit == "new":
        yield Source(None)
    elif edit.edit == "split":
        yield Source((dimension, edit.from_[0]), False)
    elif edit.edit in ("rename", "merge"):
        yield from (Source((dimension, name), source.exact) for name in edit.from_)
    else:
        yield source


def dimension_names(framework: Framework, dimension: str) -> tuple[str, ...]:
    """A dimension by all names that it had, its present one first: what is decided in another never comes to
    anything in it."""
    names = [dimension]
    for edit in reversed(_all_edits(framework)):
        if edit.edit == "rename dimension" and edit.to[0] in names:
            names.append(edit.from_[0])
    return tuple(dict.fromkeys(names))


def names_of(framework: Framework, key: Key) -> tuple[Key, ...]:
    """A code by all names that it had, and those that it was made of, latest first; its present one first."""
    names = {key: None}
    sources: Rule = (Source(key),)
    for edit in (e for entry in reversed(framework.history) for e in reversed(entry.edits)):
        sources = tuple(_unique(edit, sources))
        names |= {s.key: None for s in sources if s.key is not None}
    return tuple(names)


def framework_at(framework: Framework, framework_id: str) -> Framework:
    """The framework with the codes that it had in the version that an id names.

    Of a code that is no more only its id is known. The framework itself where nothing changed.
    """
    edits = edits_since(framework, framework_id)
    found = framework
    for edit in reversed(edits):
        found = undone(found, edit)
    named = version_in(framework_id)
    if not edits or named is None:
        return framework
    return replace(found, framework_id=framework_id, version=named[1], history=())


def undone(framework: Framework, edit: Edit) -> Framework:
    """The framework as it was before an edit. Raises `WrongEdit` where the edit cannot have led to it."""
    if edit.edit == "rename dimension":
        return _dimension_renamed(framework, edit.from_[0], edit.to[0])
    dimension = framework.dimension(edit.dimension)
    if edit.edit == "retire" and not edit.from_:
        if dimension is not None:
            raise WrongEdit(f"the dimension {edit.dimension} was retired, and is there.")
        return framework
    if dimension is None:
        if edit.edit == "retire":
            return framework  # of a dimension that was retired later
        raise WrongEdit(f"there is no dimension {edit.dimension} after this edit.")
    if edit.edit == "new" and not edit.to:
        return _without_dimension(framework, dimension)
    if not dimension.coded:
        raise WrongEdit(f"{dimension.id} has no codes.")
    codes = tuple(_codes_before(dimension, edit))
    return _with_dimension(framework, dimension, replace(dimension, codes=codes))


def _codes_before(dimension: Dimension, edit: Edit) -> Iterator[Code]:
    has = {c.id: c for c in dimension.codes}
    for name in edit.to:
        if name not in has:
            raise WrongEdit(f"there is no code {dimension.id}.{name} after this edit.")
    for name in edit.from_:
        if name in has and name not in edit.to:
            raise WrongEdit(f"{dimension.id}.{name} is there, though this edit did away with it.")
    first = True
    for code in dimension.codes:
        if code.id not in edit.to:
            yield code
        elif first:
            first = False
            yield from (replace(code, id=name) for name in edit.from_)
    if edit.edit == "retire":
        yield from (Code(name, name) for name in edit.from_)


def _dimension_renamed(framework: Framework, old: str, new: str) -> Framework:
    dimension = framework.dimension(new)
    if dimension is None:
        raise WrongEdit(f"there is no dimension {new} after this edit.")
    if framework.dimension(old) is not None:
        raise WrongEdit(f"the dimension {old} is there, though this edit gave it another name.")
    return _with_dimension(framework, dimension, replace(dimension, id=old))


def _with_dimension(framework: Framework, old: Dimension, new: Dimension) -> Framework:
    return replace(framework, dimensions=tuple(new if d is old else d for d in framework.dimensions))


def _without_dimension(framework: Framework, dimension: Dimension) -> Framework:
    return replace(framework, dimensions=tuple(d for d in framework.dimensions if d is not dimension))
