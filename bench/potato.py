"""potato-annotation on 10,000 plain texts: a page and a save there, to hold beside `bench/review.py`.

    python bench/potato.py [--environment FOLDER] [--texts 10000] [--json FILE]

It is installed into an environment of its own (FOLDER is used again, else a temporary one is made). The
texts are those of the bundled example reports, over and over; the codebook is the codes of the bundled
framework as check boxes, without their definitions.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from serving import Answered, Client, Figure, free_port, serving, timed

from ctg_nlp.errors import Refusal
from ctg_nlp.framework import Dimension
from ctg_nlp.framework_file import load_framework
from ctg_nlp.intake.extract import extract

EXAMPLE = Path(__file__).parent.parent / "ctg_nlp" / "example" / "raw"


def installed(folder: Path) -> Path:
    """The program, installed into an environment at the folder where it is not there yet."""
    program = folder / "bin" / "potato"
    if not program.exists():
        venv.create(folder, with_pip=True, symlinks=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "potato-annotation"]
        subprocess.run(pip, check=True)
    return program


def texts() -> Iterator[str]:
    """The texts of the example reports that have a text layer, endlessly."""
    found = []
    for path in sorted(EXAMPLE.glob("*.pdf")):
        with contextlib.suppress(Refusal):  # one is a scan
            found.append("\n".join(page.text for page in extract(path).pages))
    return cycle(found)


def boxes(dimension: Dimension) -> dict[str, Any]:
    """A dimension with codes as check boxes."""
    return {
        "annotation_type": "multiselect",
        "name": dimension.id,
        "description": dimension.question or dimension.title,
        "labels": [code.id for code in dimension.codes],
    }


def make_project(folder: Path, count: int) -> list[Dimension]:
    """Write the project's settings and texts; the dimensions that are coded there come back."""
    dimensions = [d for d in load_framework("ctg").dimensions if d.coded]
    settings = {
        "annotation_task_name": "bench",
        "task_dir": ".",
        "output_annotation_dir": "annotation_output",
        "output_annotation_format": "jsonl",
        "data_files": ["texts.jsonl"],
        "item_properties": {"id_key": "id", "text_key": "text"},
        "require_password": False,
        "user_config": {"allow_all_users": True, "users": []},
        "annotation_schemes": [boxes(d) for d in dimensions],
    }
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    with (folder / "texts.jsonl").open("w", encoding="utf-8") as out:
        for number, text in enumerate(islice(texts(), count)):
            out.write(json.dumps({"id": f"report-{number}", "text": text}) + "\n")
    return dimensions


def log_in(client: Client) -> None:
    """Become a user, who is made by it, and get the first page."""
    form = urlencode({"email": "coder", "pass": "", "action": "login"}).encode()
    client.post("/auth", form, "application/x-www-form-urlencoded")
    assert b'id="instance_id"' in client.get("/annotate").body


def page(client: Client, number: int) -> list[Answered]:
    """The page of a text; going to it is another request, which is not timed."""
    client.post("/annotate", json.dumps({"action": "go_to", "go_to": number}).encode())
    answered = client.get("/annotate")
    assert f'value="report-{number}"'.encode() in answered.body
    return [answered]


def save(client: Client, dimensions: list[Dimension], number: int) -> list[Answered]:
    """Save what its page saves for a text: every box that is ticked, here one in each of the dimensions."""
    ticked = {f"{d.id}:{d.codes[number % len(d.codes)].id}": "true" for d in dimensions}
    values = {"instance_id": f"report-{number}", "annotations": ticked, "span_annotations": []}
    answered = client.post("/updateinstance", json.dumps(values).encode())
    assert json.loads(answered.body)["status"] == "success"
    return [answered]


def measure(program: Path, folder: Path, count: int, requests: int) -> dict[str, Any]:
    """All figures, as JSON values."""
    dimensions = make_project(folder, count)
    port = free_port()
    command = [str(program), "start", "config.yaml", "-p", str(port), "--host", "127.0.0.1"]
    with serving(command, port, "/", folder / "server.log", cwd=folder) as server:
        log_in(server.client)
        memory = server.megabytes()
        shown = timed(server, lambda i: page(server.client, i), requests=requests)
        first = timed(server, lambda i: save(server.client, dimensions[:1], i), requests=requests)
        last = timed(server, lambda i: save(server.client, dimensions, i), requests=requests)
        return {
            "texts": count,
            "codes": sum(len(d.codes) for d in dimensions),
            "start_s": server.seconds,
            "start_mb": memory,
            "end_mb": server.megabytes(),
            "page": asdict(shown),
            "save, one box ticked": asdict(first),
            "save, one box ticked in each dimension": asdict(last),
        }


def version(environment: Path) -> str:
    """The version that is installed there."""
    asked = "import importlib.metadata as m; print(m.version('potato-annotation'))"
    command = [str(environment / "bin" / "python"), "-c", asked]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def show(found: dict[str, Any]) -> None:
    """Print the figures."""
    print(f"potato-annotation {found['version']}, {found['texts']} texts, {found['codes']} check boxes")
    print(f"first page after {found['start_s']:.1f} s")
    print(f"memory {found['start_mb']:.0f} MB, at the end {found['end_mb']:.0f} MB")
    for name in (name for name, value in found.items() if isinstance(value, dict)):
        f = Figure(**found[name])
        print(f"{name}: median {f.median:.1f} ms, p95 {f.p95:.1f} ms, processor {f.cpu:.1f} ms; {f.size:,} B")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--environment", type=Path, help="a folder for its environment, used again")
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        environment = (given.environment or Path(temporary) / "environment").absolute()
        program = installed(environment)
        found = measure(program, Path(temporary) / "project", given.texts, given.requests)
        found["version"] = version(environment)
    show(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
