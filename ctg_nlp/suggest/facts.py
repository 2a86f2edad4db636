"""Facts of a whole report: how many schools, which phase, which authority, which cohort.

A dimension of the framework names its finder (`fact:`). A finder takes the passages and gives a value,
how sure it is, and the passages that say so; a value of None says that it cannot be told.

- `school_count`: a number of schools and children's centres, or None.
- `school_phase`: eyfs, primary, eyfs_primary, secondary, primary_secondary, all_three, or None.
- `local_authority`: a plain name ("Hull"), several joined by "; ", or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ctg_nlp.records import Passage
from ctg_nlp.suggest.cohort import cohort
from ctg_nlp.suggest.findings import FactFinding
from ctg_nlp.suggest.local_authority import local_authority
from ctg_nlp.suggest.school_count import school_count
from ctg_nlp.suggest.school_phase import school_phase

__all__ = ["FINDERS", "FactFinding", "cohort"]

FINDERS: Mapping[str, Callable[[Sequence[Passage]], FactFinding]] = {
    "school_count": school_count,
    "school_phase": school_phase,
    "local_authority": local_authority,
}
