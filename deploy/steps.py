"""The steps of the Containerfile as a shell script, to run them where no container engine is at hand.

    python deploy/steps.py ROOT [--without network] [--without root] | sh -eu

Absolute paths of the image (/src, /wheels, /opt, /srv) become paths below ROOT, a folder that may be empty.
A step that follows a line `# needs: THING` is left out where THING is named with `--without`. What concerns
only the image (FROM, USER, VOLUME, EXPOSE, HEALTHCHECK, ENTRYPOINT, CMD) is no step.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Collection, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILE = HERE / "Containerfile"
_OURS = re.compile(r"(?<![\w.$}/-])/(src|wheels|opt|srv)\b")
_NEEDS = "# needs: "


def steps(text: str, root: Path, without: Collection[str] = ()) -> Iterator[str]:
    """The lines of the script."""
    needs = ""
    for line in text.splitlines():
        if line.startswith(_NEEDS):
            needs = line.removeprefix(_NEEDS).strip()
            continue
        word, _, rest = line.partition(" ")
        said = _step(word, _OURS.sub(lambda m: f"{root}/{m[1]}", rest))
        if said and needs in without:
            yield f": left out, needs {needs}"
        elif said:
            yield said
        needs = ""


def _step(word: str, rest: str) -> str:
    if word == "RUN":
        return f"( {rest} )"
    if word == "WORKDIR":
        return f"mkdir -p {rest} && cd {rest}"
    if word == "ENV":
        name, _, value = rest.partition("=")
        return f'export {name}="{value}"'
    if word == "COPY" and not rest.startswith("--from="):
        *sources, target = rest.split()
        return " && ".join(_copied(source, target) for source in sources)
    return ""


def _copied(source: str, target: str) -> str:
    found = HERE.parent / source
    if found.is_dir():
        return f"mkdir -p {target} && cp -R {shlex.quote(str(found))}/. {target}"
    return f"cp {shlex.quote(str(found))} {target}"


def main() -> None:
    """Print the script."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("root", type=Path)
    asked.add_argument("--without", action="append", default=[], choices=("network", "root"))
    given = asked.parse_args()
    print("\n".join(steps(FILE.read_text(encoding="utf-8"), given.root.resolve(), given.without)))


if __name__ == "__main__":
    main()
