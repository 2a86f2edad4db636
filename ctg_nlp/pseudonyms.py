"""Other names for groups, reports and people, always the same ones by a secret key; and names taken out of
texts as far as they are known."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ctg_nlp.errors import HomeError

KEY_FILE = "pseudonyms.key"
_LENGTH = 12  # letters of 5 bits each: among a million names two are alike by a chance of one in two million
_WORD = re.compile(r"\w+(?:['’.&-]\w+)*")
_DIRECT = (
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[e-mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "[address]"),
    (re.compile(r"(?<!\w)(?:\+44|0)(?:[\s()-]?\d){9,10}(?!\w)"), "[telephone]"),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b"), "[postcode]"),
)
_TITLED = re.compile(
    r"\b(?:Mrs?|Ms|Miss|Mx|Dr|Prof(?:essor)?|Sir|Dame|Rev(?:erend)?|Father|Sister|Canon|Cllr|Councillor)\.?\s+"
    r"(?:[A-Z]\.?\s+)*([A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){0,2})"
)
_SCHOOL = re.compile(
    r"\b((?:[A-Z][\w'’.&-]*\s+(?:of\s+|the\s+|and\s+|on\s+|upon\s+)*){1,6})"
    r"(?:School|Academy|College|Nursery|Infant|Junior|Primary|High|Federation|Children['’]s Centre)s?\b"
)
_COMMON = frozenset(
    "a all an and at both by each every for from in its my of on one or other our several some that the "
    "their these this those to two three four five six seven eight nine ten we when with your he she they "
    "it was primary secondary infant infants junior juniors high special nursery middle first upper lower "
    "sixth form centre community church catholic c.e ce rc england head heads lead local partner feeder "
    "teaching training national year years key stage reception school schools academy college federation "
    "children children's autumn spring summer winter term january february march april may june july "
    "august september october november december monday tuesday wednesday thursday friday english maths "
    "science network networked learning project voluntary aided controlled foundation trust grammar girls "
    "boys girls' boys'".split()
)


@contextmanager
def another_key(root: Path) -> Iterator[bytes]:
    """A new secret key, which takes the place of the home's once the block ends well: nobody can link what
    was given out before with what is from then on. The one before is kept beside it, as
    `pseudonyms.key.before-N`, until somebody deletes it.

    Raises `HomeError` where it cannot be written; then the one before stays.
    """
    path = root / KEY_FILE
    waiting = path.with_name(f"{KEY_FILE}.new-{secrets.token_hex(4)}")
    try:
        with _told(path):
            _make(waiting)
            key = bytes.fromhex(waiting.read_text(encoding="ascii").strip())
        yield key
        with _told(path):
            _put_aside(path)
            waiting.replace(path)
    finally:
        waiting.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell what the system says of a key's file as `HomeError`."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise HomeError(f"{path}, the key of pseudonyms, cannot be used: {error}.") from error


def _put_aside(path: Path) -> None:
    """Keep a key that was there under the next free number, for its owner only."""
    if not path.exists():
        return
    number = 1
    while (aside := path.with_name(f"{path.name}.before-{number}")).exists():
        number += 1
    path.rename(aside)
    aside.chmod(0o600)


def pseudonym_key(root: Path) -> bytes:
    """The secret key of a home, made where there is none.

    Raises `HomeError` where others could read it, or it cannot be read or written.
    """
    path = root / KEY_FILE
    with _told(path):
        if not path.exists():
            _make(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            raise HomeError(
                f"{path} can be read by others than its owner, so pseudonyms could be undone by them. "
                f"Close it (chmod 600 {path}), and if somebody may have read it, make another: "
                "ctg export --pseudonymised --new-key"
            )
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    if len(key) < 32:
        raise HomeError(f"{path} holds no whole key. Make another: ctg export --pseudonymised --new-key")
    return key


def _make(path: Path) -> None:
    """Write a key that only its owner can read, at once."""
    other = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(other, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    other.replace(path)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Other names by a secret key. `known` holds names that texts must not show, with what each is (a group,
    a person, a place, ...)."""

    key: bytes
    known: Mapping[str, str] = field(default_factory=dict)
    _by_first: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, what in self.known.items():
            words = tuple(w.casefold() for w in _WORD.findall(name))
            if words and any(c.isalpha() for c in name) and len(name.strip()) > 2:
                self._by_first.setdefault(words[0], []).append((words, what))
        for found in self._by_first.values():
            found.sort(key=lambda x: -len(x[0]))

    def of(self, what: str, name: str) -> str:
        """The other name of something, as `group-k3v9…`; empty for an empty name. Case and spaces do not
        matter."""
        if not name:
            return ""
        said = f"{what}\0{' '.join(name.casefold().split())}".encode()
        letters = base64.b32encode(hmac.digest(self.key, said, hashlib.sha256)).decode("ascii")
        return f"{what}-{letters[:_LENGTH].lower()}"

    def without_names(self, text: str) -> str:
        """A text without the names that are known, people after a title, schools by their full name, e-mail
        addresses, telephone numbers and postcodes. What nobody knows as a name stays."""
        for pattern, mark in _DIRECT:
            text = pattern.sub(mark, text)
        text = _TITLED.sub(lambda m: m[0].replace(m[1], f"[{self.of('person', m[1])}]"), text)
        text = _SCHOOL.sub(self._school, text)
        return self._without_known(text)

    def _school(self, match: re.Match[str]) -> str:
        own = _own_words(match[1])
        if not own:
            return match[0]
        start = match[0].index(own[0])
        kind = match[0][len(match[1]) :]
        return f"{match[0][:start]}[{self.of('school', ' '.join(own))}] {kind}"

    def knowing(self, more: Mapping[str, str]) -> Pseudonyms:
        """The same with more names that texts must not show."""
        return Pseudonyms(self.key, {**self.known, **more})

    def _without_known(self, text: str) -> str:
        words = list(_WORD.finditer(text))
        parts, end, i = [], 0, 0
        while i < len(words):
            found = self._name_at(words, i)
            if found is None:
                i += 1
                continue
            length, what = found
            first, last = words[i], words[i + length - 1]
            name = text[first.start() : last.end()]
            parts += [text[end : first.start()], f"[{self.of(what, name)}]"]
            end, i = last.end(), i + length
        return "".join((*parts, text[end:]))

    def _name_at(self, words: list[re.Match[str]], i: int) -> tuple[int, str] | None:
        """How many words from here on are a known name, and of what; a name of one word only where it does
        not begin in small letters, for many are common words too."""
        for name, what in self._by_first.get(words[i].group().casefold(), ()):
            here = words[i : i + len(name)]
            if tuple(w.group().casefold() for w in here) == name and (
                len(name) > 1 or not here[0].group()[0].islower()
            ):
                return len(name), what
        return None


def _own_words(before: str) -> list[str]:
    """Of the capitalised words before "School" those that are its name."""
    words = before.split()
    while words and _common(words[0]):
        words.pop(0)
    while words and _common(words[-1]):
        words.pop()
    return words


def _common(word: str) -> bool:
    return word.casefold().strip(".") in _COMMON


def names_found(text: str) -> dict[str, str]:
    """The names that a text tells by what stands beside them, with what each is: of schools, and of people
    after a title, who may stand elsewhere without it."""
    found = {}
    for match in _SCHOOL.finditer(text):
        found[" ".join(_own_words(match[1]))] = "school"
    for match in _TITLED.finditer(text):
        found |= dict.fromkeys((match[1], *match[1].split()), "person")
    return {name: what for name, what in found.items() if len(name) > 3 and not _common(name)}


def names_in(values: Iterable[str]) -> tuple[str, ...]:
    """The names in cells of a register, which may hold several, separated by a comma or semicolon. Numbers,
    and what is too short to be one, are left out."""
    parts = {p.strip() for v in values for p in (v, *re.split(r"[;,]", v))}
    return tuple(sorted(p for p in parts if len(p) > 3 and any(c.isalpha() for c in p)))
