"""Passwords: which are too easily guessed, and how they are kept (argon2id, through argon2-cffi)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 128

# What people choose when twelve characters are asked for: these, alone, repeated, or with figures and signs.
_COMMON = frozenset(
    """
    aaaaaa abcdef abcdefgh abcdefghijkl adjudicator admin administrator adobe april asdfgh asdfghjkl
    asdfghjklzxc august autumn azerty azertyuiop baseball batman blink changeit changeme charlie
    chelsea closingthegap coder coding computer correcthorsebatterystaple december default dragon
    february flower football framework freedom friday guest hello helloworld iloveyou internet
    january jordan july june killer letmein letmeinplease liverpool login lovely loveme manchester
    march master michael monday monkey mustang mypassword newpassword ninja nopassword november
    october passphrase password password1password passwords passwort pokemon princess qazwsx
    qazwsxedc qazwsxedcrfv qwer qwert qwerty qwertyasdfgh qwertyasdfzxcv qwertyui qwertyuiop
    qwertyuiopas qwertzuiop report reports research root samsung school schools secret
    secretpassword september shadow spring starwars summer sunshine superman superuser teacher
    teachers temporary test testtest thisismypassword thursday trustno tuesday user username
    wednesday welcome whatever winter zaqwsx zxcvbn zxcvbnm
    """.split()
)
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "azertyuiopqsdfghjklmwxcvbn",
)
_FIGURES = re.compile(r"[\d\W_]+")
_UNLEET = str.maketrans("013457@$!", "oieastasi")


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # RFC 9106's second choice: 64 MB, three passes, four lanes


def hashed(password: str) -> str:
    """The hash to be kept: with its salt and parameters in it."""
    return _hasher().hash(_same_form(password))


@cache
def _nobodys() -> str:
    return hashed("the password of a user that there is not")


def fits(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was kept. Where none was (None) it takes as long, and is not."""
    nobodys = _nobodys()
    try:
        found = _hasher().verify(nobodys if kept is None else kept, _same_form(password))
    except (VerificationError, InvalidHashError):
        return False
    return found and kept is not None


def too_weak(password: str, name: str) -> str:
    """Why a password is not taken, in a sentence, or empty. Length counts, not a mixture of signs."""
    counted = re.sub(r"\s+", " ", _same_form(password))
    if len(counted) < SHORTEST:
        return f"The password has fewer than {SHORTEST} characters. Take words that do not belong together."
    if len(counted) > LONGEST:
        return f"The password has more than {LONGEST} characters."
    plain = counted.casefold()
    if _holds_name(plain, name.casefold()):
        return "The password holds the user's name. Choose one that does not."
    if _is_common(plain):
        return "The password is among the first that are tried. Choose one that nobody else would."
    return ""


def _holds_name(plain: str, name: str) -> bool:
    """Whether a name is in it; a short one only as a word, since "seven" holds "eve" by chance."""
    return name in plain if len(name) > 3 else re.search(rf"\b{re.escape(name)}\b", plain) is not None


def _same_form(password: str) -> str:
    """One form for what looks the same, whichever keyboard it came from."""
    return unicodedata.normalize("NFKC", password)


def _is_common(plain: str) -> bool:
    if len(set(plain)) < 5 or _along_a_row(plain):
        return True
    core = plain.strip("0123456789!?.*#")
    forms = (_FIGURES.sub("", said) for said in (plain, plain.translate(_UNLEET), core.translate(_UNLEET)))
    return any(form == "" or _repeated(form) in _COMMON for form in forms)


def _along_a_row(plain: str) -> bool:
    return any(plain in row * 3 or plain in row[::-1] * 3 for row in _ROWS)


def _repeated(form: str) -> str:
    """What a text repeats, or the text: `dragondragon` is `dragon`."""
    if not form:
        return form
    return form[: (form + form).index(form, 1)]
