"""The rules that the history of a framework keeps."""

from __future__ import annotations

from collections.abc import Iterator

from ctg_nlp.framework import Edit, Framework, twice
from ctg_nlp.history import WrongEdit, undone

Where = tuple[int | str, ...]
"""A place in the framework's file: keys and places in lists, from its top."""

_SHAPES = {  # how many codes an edit names before and after: at least, at most
    "rename": ((1, 1), (1, 1)),
    "rename dimension": ((1, 1), (1, 1)),
    "merge": ((2, None), (1, 1)),
    "split": ((1, 1), (2, None)),
    "new": ((0, 0), (0, None)),
    "retire": ((0, None), (0, 0)),
}


def broken_history(framework: Framework) -> Iterator[tuple[Where, str]]:
    """Where the history breaks which rule, in words. Every edit must be able to have led to the next: the
    history is played back from its end."""
    versions = [entry.version for entry in framework.history]
    for again in twice(versions):
        yield ("history",), f"two entries of the history are version {again}."
    if versions and versions[-1] != framework.version:
        last = ("history", len(versions) - 1, "version")
        yield last, f"the history ends with version {versions[-1]}; this is {framework.version}."
    then = framework
    for i, entry in reversed(list(enumerate(framework.history))):
        for j, edit in reversed(list(enumerate(entry.edits))):
            where = ("history", i, "edits", j)
            shape = _wrong_shape(edit)
            if shape:
                yield where, shape
                return
            try:
                then = undone(then, edit)
            except WrongEdit as error:
                yield where, f"{edit.edit}: {error}"
                return


def _wrong_shape(edit: Edit) -> str:
    """What is wrong with the parts of an edit by themselves, or empty."""
    if (edit.edit == "rename dimension") == bool(edit.dimension):
        return f"{edit.edit}: it {'needs no' if edit.dimension else 'needs a'} dimension."
    shape = zip(("from", "to"), (edit.from_, edit.to), _SHAPES[edit.edit], strict=True)
    for name, codes, (least, most) in shape:
        if len(codes) < least or (most is not None and len(codes) > most):
            wanted = "none" if most == 0 else "one" if most == 1 else f"{least} or more"
            return f"{edit.edit}: `{name}` names {len(codes)}, wanted: {wanted}."
        if twice(codes):
            return f"{edit.edit}: `{name}` names {twice(codes)[0]} twice."
    return ""
