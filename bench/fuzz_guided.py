"""Fuzz one target by atheris, guided by the lines that its inputs reach: what `bench/fuzz.py` runs for each.

    python -m bench.fuzz_guided TARGET SECONDS KEPT

Ends with an error at the first finding, whose input is written to the folder KEPT.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ctg_nlp"]):  # before anything else imports what is to be watched
    from bench.fuzz_targets import bench_at, run_target, seeds


def main() -> None:
    """Fuzz for so long; atheris ends the process itself."""
    name, seconds, kept = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    folder = Path(tempfile.mkdtemp(prefix="ctg-fuzz-"))
    bench, corpus = bench_at(folder / "bench"), folder / "corpus"
    corpus.mkdir()
    for n, seed in enumerate(seeds(name, bench)):
        (corpus / str(n)).write_bytes(seed)
    kept.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        "-max_len=20000",
        "-timeout=10",
        f"-artifact_prefix={kept / name.replace(' ', '_')}-",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: run_target(name, bench, bytes(data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
