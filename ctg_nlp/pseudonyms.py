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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ctg_nlp.errors import HomeError
from ctg_nlp.name_words import (
    DIRECT,
    SCHOOL,
    TITLED,
    WORD,
    is_common,
    own_span,
    person_named,
    plain,
    school_named,
    without_possessive,
    words_of,
)

KEY_FILE = "pseudonyms.key"
_LENGTH = 12  # letters of 5 bits each: among a million names two are alike by a chance of one in two million
_GONE = re.compile(r"(\[(?:[a-z]+-[a-z2-7]{12}|e-mail|address|telephone|postcode)\])")
_JOINED = re.compile(r"-(?=[^\W\d_])(?=[A-Z])[\w'’]+")  # the second half of a name, as in Smith-Jones


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
class _Known:
    """A name that texts must not show. `what` it is, and the `name` of which its pseudonym is made; `words`:
    of how many it is; `any_case`: also in small letters."""

    what: str
    name: str
    words: int
    any_case: bool


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Other names by a secret key.

    `known` holds names that texts must not show, with what each is: a group, a coder, or any other name;
    where a name is two things, the first counts. `also`: other forms of names, with the name that each is
    of. `common`: words of everyday speech, which are no names in small letters.
    """

    key: bytes
    known: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)
    common: frozenset[str] = frozenset()
    _spelt: dict[str, _Known] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name, what in self.known.items():
            self._know(name, what, name)
        shorter: dict[str, list[tuple[str, str]]] = {}
        for name in self.known:
            for form in _shorter(name):
                shorter.setdefault("".join(words_of(form)), []).append((form, name))
        for found in shorter.values():  # what may be one school or another is neither
            form, name = found[0]
            same = len({n for _, n in found}) == 1
            self._know(form, self.known[name] if same else "name", name if same else form)
        for form, name in self.also.items():
            full = self._spelt.get("".join(words_of(name)))
            self._know(form, full.what if full else "name", full.name if full else name)
        self._begun.update(spelt[:3] for spelt in self._spelt)

    def _know(self, form: str, what: str, name: str) -> None:
        words = words_of(form)
        spelt = "".join(words)
        if len(spelt) > 1 and not spelt.isdigit():
            any_case = what == "coder" and spelt not in self.common and not is_common(form)
            self._spelt.setdefault(spelt, _Known(what, name, len(words), any_case))

    def of(self, what: str, name: str) -> str:
        """The other name of something, as `group-k3v9…`; empty for an empty name. Case and spaces do not
        matter."""
        if not name:
            return ""
        said = f"{what}\0{' '.join(name.casefold().split())}".encode()
        letters = base64.b32encode(hmac.digest(self.key, said, hashlib.sha256)).decode("ascii")
        return f"{what}-{letters[:_LENGTH].lower()}"

    def called(self, name: str) -> str:
        """The other name of a name, the same wherever it stands: that of the group or coder whose name it
        is, else `name-…`."""
        known = self._spelt.get("".join(words_of(name)))
        return self.of(known.what, known.name) if known else self.of("name", name)

    def without_names(self, text: str) -> str:
        """A text without the names that are known, people after a title, schools by their full name, e-mail
        addresses, telephone numbers and postcodes. What nobody knows as a name stays."""
        for pattern, mark in DIRECT:
            text = pattern.sub(mark, text)
        text = TITLED.sub(self._person, text)
        text = SCHOOL.sub(self._school, text)
        pieces = _GONE.split(text)  # what was put in holds no names
        return "".join(p if i % 2 else self._without_known(p) for i, p in enumerate(pieces))

    def _person(self, match: re.Match[str]) -> str:
        name, start = person_named(match), match.start(1) - match.start()
        return f"{match[0][:start]}[{self.called(name)}]{match[0][start + len(name) :]}"

    def _school(self, match: re.Match[str]) -> str:
        own = school_named(match, self.common)
        if not own:
            return match[0]
        start, _ = own_span(match[1])
        if "".join(words_of(match[0][start:])) in self._spelt:
            return f"{match[0][:start]}[{self.called(match[0][start:])}]"
        return f"{match[0][:start]}[{self.called(own)}] {match[2]}"

    def _without_known(self, text: str) -> str:
        words = list(WORD.finditer(text))
        spelt = [plain(w[0]) for w in words]
        parts, end, i = [], 0, 0
        while i < len(words):
            found = self._name_at(words, spelt, i)
            if found is None:
                i += 1
                continue
            last, known = found
            parts += [text[end : words[i].start()], f"[{self.of(known.what, known.name)}]"]
            joined = _JOINED.match(text, words[last].end())
            end = joined.end() if joined else words[last].end()
            while i < len(words) and words[i].start() < end:
                i += 1
        return "".join((*parts, text[end:]))

    def _name_at(self, words: list[re.Match[str]], spelt: list[str], i: int) -> tuple[int, _Known] | None:
        """The last of the words from here on that are a known name, and which; the longest counts. Names are
        found whether their words are parted or not ("Oak-Hill", "OakHill"). One word in small letters is
        none, for many names are common words too."""
        said, best = "", None
        small = words[i][0][0].islower()
        for last in range(i, len(words)):
            said += spelt[last]
            if len(said) > 2 and said[:3] not in self._begun:
                break
            known = self._spelt.get(said)
            if known and _stands(known, words[i : last + 1], small):
                best = last, known
            if len(said) > 80:
                break
        return best


def _shorter(name: str) -> tuple[str, ...]:
    """Shorter forms of a name: without 's, and of a school without what kind of school it is."""
    match = SCHOOL.search(name)
    return without_possessive(name), *([school_named(match)] if match else [])


def _stands(known: _Known, words: Sequence[re.Match[str]], small: bool) -> bool:
    """Whether these words, which together are spelt as a name, are that name."""
    if len(words) > known.words and "-" not in words[0].string[words[0].end() : words[-1].start()]:
        return False  # "As her" is not Asher; what a line's end or a hyphen parts may be
    return not small or known.any_case or (known.words > 1 and len(words) > 1)
