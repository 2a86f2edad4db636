"""Finding reports whose text is the same, or nearly: MinHash over runs of five words.

Broder 1997 (resemblance of documents); the bands are locality-sensitive hashing as in Leskovec,
Rajaraman and Ullman, *Mining of Massive Datasets*, chapter 3. The signatures are datasketch's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from datasketch import MinHash

RUN = 5  # words in a run
PERMUTATIONS = 128
ROWS = 4  # permutations in a band: two texts of resemblance 0.85 share a band practically always

NEAR_DUPLICATE = 0.85
REVISION = 0.35

_WORD = re.compile(r"\w+")


def signature_of(texts: Iterable[str]) -> bytes:
    """The MinHash signature of a report's pages as bytes; empty for fewer words than one run."""
    words = _WORD.findall(" ".join(texts).casefold())
    runs = {" ".join(words[i : i + RUN]).encode() for i in range(len(words) - RUN + 1)}
    if not runs:
        return b""
    sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
    sketch.update_batch(sorted(runs))
    return np.asarray(sketch.hashvalues, dtype="<u4").tobytes()


def bands_of(signature: bytes) -> tuple[str, ...]:
    """The values by which candidates for resemblance are looked up; none for an empty signature."""
    step = ROWS * 4
    return tuple(signature[i : i + step].hex() for i in range(0, len(signature), step))


def resemblance(a: bytes, b: bytes) -> float:
    """The estimated share of runs that two reports have in common, 0 to 1 (standard error about 0.04)."""
    if not a or not b:
        return 0.0
    return float(np.mean(np.frombuffer(a, dtype="<u4") == np.frombuffer(b, dtype="<u4")))
