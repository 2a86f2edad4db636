"""The rules of disclosure control: which counts are too small to be told, and what is done about them."""

from __future__ import annotations

from dataclasses import dataclass

from ctg_nlp.errors import CtgError


@dataclass(frozen=True, slots=True)
class Rules:
    """`minimum`: counts of 1 to minimum - 1 are small; 0 or 1: none is. `secondary`: also withhold what small
    counts would follow from. `round_to`: round everything to multiples of this instead (0: do not).

    Raises `CtgError` where rounding would not hide what is small.
    """

    minimum: int = 0
    secondary: bool = True
    round_to: int = 0

    def __post_init__(self) -> None:
        if min(self.minimum, self.round_to) < 0:
            raise CtgError("The rules of disclosure control are whole numbers from 0.")
        if self.round_to and (self.round_to < self.minimum or self.round_to < 2):
            raise CtgError(
                f"Rounding to {self.round_to} does not hide counts below {self.minimum}: round to "
                f"{max(self.minimum, 2)} or more."
            )

    @property
    def active(self) -> bool:
        """Whether anything is withheld or rounded."""
        return self.minimum > 1 or self.round_to > 0

    def small(self, n: int) -> bool:
        """Whether so few reports, but not none, are too few."""
        return 1 <= abs(n) < self.minimum

    def rounded(self, n: int) -> int:
        """The nearest multiple, halves up."""
        return self.round_to * ((2 * n + self.round_to) // (2 * self.round_to)) if self.round_to else n

    def box(self, n: int) -> tuple[int, int]:
        """Between which numbers one is that is shown as n is."""
        if not self.round_to:
            return n, n
        low = self.rounded(n) - self.round_to // 2
        return max(0, low), low + self.round_to - 1

    def weaker_than(self, other: Rules) -> bool:
        """Whether they withhold or round less than others in any way."""
        return (
            self.minimum < other.minimum or self.round_to < other.round_to or other.secondary > self.secondary
        )

    @property
    def in_words(self) -> str:
        """What is done, in a sentence; empty where nothing is."""
        said = []
        if self.round_to:
            said.append(f"All counts are rounded to multiples of {self.round_to}.")
        elif self.minimum > 1:
            few = "Counts of 1" if self.minimum == 2 else f"Counts from 1 to {self.minimum - 1}"
            follow = ", and so is what they would follow from" if self.secondary else ""
            said.append(f"{few}, or of all but so many, are withheld{follow}.")
        return " ".join(said)
