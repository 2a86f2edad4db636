"""The home of one project and its settings, kept in `ctg.toml` at its top.

Settings are data: a name, a default and a sentence. Only composition (the command line, the pipeline,
the web server) reads them.
"""

from __future__ import annotations

import difflib
import shlex
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ctg_nlp.addresses import wrong_with_dask, wrong_with_source
from ctg_nlp.errors import HomeError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import BUNDLED, load_framework
from ctg_nlp.given_values import wrong_with
from ctg_nlp.logbook import LEVELS

FILE = "ctg.toml"
_MOST = 1_000_000_000  # of seconds, megabytes or whatever: more is a slip, and no clock takes it


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name in `ctg.toml`, its default, what it does in a sentence, and its least value.
    `choices`: the values that there are, where not any will do."""

    name: str
    default: str | int | bool
    sentence: str
    least: int = 1
    choices: tuple[str, ...] = ()


SETTINGS = (
    Setting("framework", "ctg", "The framework: the id of a bundled one, or the path of a YAML file."),
    Setting("database", "", "Address of the database; empty: SQLite in ctg.sqlite of the home."),
    Setting(
        "source",
        "",
        "Address of submitted files, as s3://bucket/folder or sftp://user@host/folder, whose new files each "
        "run fetches into data/raw; empty: none.",
    ),
    Setting(
        "register",
        "data/register.csv",
        "The register of groups (group, cohort, expected, file), if it exists.",
    ),
    Setting("passwords", "data/passwords.txt", "Passwords to try on locked PDFs, one a line, if it exists."),
    Setting("workers", 2, "How many reports are read at the same time."),
    Setting("slice", 50, "How many reports are handed to Prefect at a time."),
    Setting(
        "dask",
        "",
        "Who reads the reports: empty: the run itself; local: as many processes of this machine as "
        "`workers`; an address, as tls://host:8786: that Dask cluster.",
    ),
    Setting(
        "dask_unencrypted",
        False,
        "Whether reports, which are confidential, may go to a cluster on other computers unencrypted "
        "(tcp://).",
    ),
    Setting(
        "seconds_per_report", 120, "Time limit for reading one report; scanned pages get their own on top."
    ),
    Setting("memory_mb", 1500, "Memory limit for reading one report, where the system can set one."),
    Setting("pages_per_report", 3000, "A report with more pages is refused as too costly."),
    Setting("ocr", True, "Whether pages without a text layer are read by Tesseract, where it is installed."),
    Setting("ocr_language", "eng", "Tesseract's language."),
    Setting("seconds_per_scanned_page", 60, "Time limit for Tesseract on one page."),
    Setting(
        "seconds_for_scans",
        3600,
        "Time limit for all scanned pages of one report; those after it are left, with a warning.",
    ),
    Setting(
        "retrain_after",
        300,
        "A run trains a new model first when so many new decisions have come in; 0: never.",
        least=0,
    ),
    Setting("embeddings", "", "Folder of a sentence-transformers model that rates too; empty: none does."),
    Setting(
        "language_model",
        "",
        "Address of a language model that rates too, as http://127.0.0.1:8080/v1; empty: none does.",
    ),
    Setting("language_model_name", "", "The name of that model at its address; change it with the model."),
    Setting(
        "language_model_remote",
        False,
        "Whether the text of reports, which is confidential, may be sent to another computer than this one.",
    ),
    Setting("language_model_seconds", 120, "Time limit for one answer of the language model."),
    Setting("upload_mb", 200, "The largest file that the review page takes as a submission."),
    Setting(
        "quantifiers",
        "",
        "Bounds in per cent of words in narratives, other than ours, as most = 70..100; few = 0..10.",
    ),
    Setting(
        "gap_maps",
        "",
        "The report's gap maps, each as problem/evidence (rows/columns), separated by commas; empty: one of "
        "the two dimensions with most codes.",
    ),
    Setting(
        "dataset_forms",
        "csv, jsonl, parquet, xlsx, sav, dta",
        "The forms of the dataset that each run writes to data/coded/dataset; of very much it leaves out "
        "xlsx, sav and dta, and then all but parquet.",
    ),
    Setting("pictures_mb", 2000, "How much disk the pictures of pages may take; the oldest go first."),
    Setting(
        "disclosure_minimum",
        0,
        "Releases withhold counts from 1 to one less than this, and what they would follow from; 0: none.",
        least=0,
    ),
    Setting("disclosure_round", 0, "Releases round all counts to multiples of this instead; 0: no.", least=0),
    Setting(
        "reliability_least", 667, "A table whose alpha is below so many thousandths must not be published."
    ),
    Setting("reliability_good", 800, "Below so many thousandths it is to be published with caution."),
    Setting("response_good", 80, "Below this response in per cent tables are to be published with caution."),
    Setting("undecided_caution", 10, "Above so many per cent undecided a table is to be read with caution."),
    Setting("undecided_most", 50, "Above so many per cent undecided a table must not be published."),
    Setting("schedule", "0 2 * * *", "When `ctg serve` begins a batch, as cron; empty: by no clock."),
    Setting("schedule_timezone", "UTC", "The time zone of the schedule, as Europe/London."),
    Setting("watch", "", "A folder whose new files `ctg serve` takes once they are whole; empty: none."),
    Setting("watch_seconds", 10, "How long a file must stay as it is to be whole."),
    Setting(
        "notify_webhook",
        "",
        "Where to send ids and counts of what failed and waits after a scheduled batch, as "
        "https://hooks.example.org/x (http only to this computer); empty: nowhere.",
    ),
    Setting(
        "notify_empty",
        False,
        "Whether a notice is sent too of a batch that read nothing, after which no more waits than was told.",
    ),
    Setting(
        "log_level",
        "info",
        "What goes into logs/ctg.log: debug (each request too), info, warning, error, or none.",
        choices=LEVELS,
    ),
    Setting("log_mb", 10, "So large a log file may become before another is begun."),
    Setting("log_files", 5, "So many older log files are kept.", least=0),
    Setting(
        "retain_withdrawn",
        0,
        "Days after its withdrawal when a report is listed for erasure by `ctg retention`; 0: never.",
        least=0,
    ),
    Setting("retain_exports", 0, "The same for files of data/coded, since they were written.", least=0),
    Setting("retain_logs", 90, "The same for lines of the log.", least=0),
    Setting("retain_backups", 0, "The same for backups that `ctg backup` made.", least=0),
    Setting(
        "retain_rebuilds",
        0,
        "Days after which kept states of the tables are listed; they are never erased by themselves.",
        least=0,
    ),
)


@dataclass(frozen=True, slots=True)
class Home:
    """One project's folder and its settings; `framework` is loaded and valid."""

    root: Path
    framework: Framework
    framework_source: Path
    database: str
    source: str
    register: Path
    passwords: Path
    workers: int
    slice: int
    dask: str
    dask_unencrypted: bool
    seconds_per_report: int
    memory_mb: int
    pages_per_report: int
    ocr: bool
    ocr_language: str
    seconds_per_scanned_page: int
    seconds_for_scans: int
    retrain_after: int
    embeddings: Path | None
    language_model: str
    language_model_name: str
    language_model_remote: bool
    language_model_seconds: int
    upload_mb: int
    quantifiers: str
    gap_maps: str
    dataset_forms: str
    pictures_mb: int
    disclosure_minimum: int
    disclosure_round: int
    reliability_least: int
    reliability_good: int
    response_good: int
    undecided_caution: int
    undecided_most: int
    schedule: str
    schedule_timezone: str
    watch: Path | None
    watch_seconds: int
    notify_webhook: str
    notify_empty: bool
    log_level: str
    log_mb: int
    log_files: int
    retain_withdrawn: int
    retain_exports: int
    retain_logs: int
    retain_backups: int
    retain_rebuilds: int

    @property
    def at_once(self) -> int:
        """How many reports are under way at the same time: with Dask a slice, which it shares out."""
        return self.slice if self.dask else self.workers

    @property
    def raw(self) -> Path:
        """The folder of submitted files."""
        return self.root / "data" / "raw"

    @property
    def narrative(self) -> Path:
        """The text of the report, whose figures are checked (it need not exist)."""
        return self.root / "narrative.md"

    @property
    def coded(self) -> Path:
        """The folder of exports."""
        return self.root / "data" / "coded"

    @property
    def dataset(self) -> Path:
        """The folder of the dataset that each run writes."""
        return self.coded / "dataset"

    @property
    def models(self) -> Path:
        """The folder of models."""
        return self.root / "models"

    @property
    def logs(self) -> Path:
        """The folder of the log."""
        return self.root / "logs"

    @property
    def converted(self) -> Path:
        """The folder of PDFs made from Word files."""
        return self.root / "data" / "converted"

    @property
    def vectors(self) -> Path:
        """The folder of what came of the vectors of definitions and examples."""
        return self.root / "data" / "vectors"

    @property
    def pictures(self) -> Path:
        """The folder of pictures of pages, which can all be made again."""
        return self.root / "data" / "pictures"


def is_home(root: Path) -> bool:
    """Whether the folder holds a project."""
    return (root / FILE).is_file()


def open_home(root: Path) -> Home:
    """The home at a folder. Raises `HomeError` where there is none or a setting is wrong, and
    `FrameworkError` where its framework is."""
    root = root.resolve()
    path = root / FILE
    if not path.is_file():
        raise HomeError(
            f"{root} is not the home of a project: it has no {FILE}. "
            f"Make one with: ctg --home {shlex.quote(str(root))} init"
        )
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise HomeError(f"{path} cannot be read: {error}.") from error
    values = {s.name: _checked(path, s, given.pop(s.name, s.default)) for s in SETTINGS}
    if given:
        names, wrong = [s.name for s in SETTINGS], sorted(given)
        meant = difflib.get_close_matches(wrong[0], names, n=1)
        cure = f"was {meant[0]} meant?" if meant else f"known are {', '.join(names)}."
        raise HomeError(f"{path} has the unknown setting {', '.join(wrong)}; {cure}")
    for name, reason in (
        ("source", wrong_with_source(values["source"], root)),
        ("dask", wrong_with_dask(values["dask"], values["dask_unencrypted"])),
    ):
        if reason:
            raise HomeError(f"{path}: {name} cannot be used: {reason}.")
    return _home(root, values)


def _checked(path: Path, setting: Setting, value: Any) -> Any:
    if type(value) is not type(setting.default):
        kind = {str: "a text in quotes", int: "a whole number", bool: "true or false"}[type(setting.default)]
        raise HomeError(f"{path}: {setting.name} is {value!r}; it must be {kind}.")
    if isinstance(value, int) and value > _MOST:
        raise HomeError(f"{path}: {setting.name} is {value}; it can be {_MOST} at most.")
    if wrong := wrong_with(value):
        raise HomeError(f"{path}: {setting.name} cannot be used: {wrong}.")
    if isinstance(value, int) and not isinstance(value, bool) and value < setting.least:
        raise HomeError(f"{path}: {setting.name} is {value}; it must be at least {setting.least}.")
    if setting.choices and value not in setting.choices:
        raise HomeError(
            f"{path}: {setting.name} is {value!r}; it must be one of {', '.join(setting.choices)}."
        )
    return value


def _home(root: Path, values: dict[str, Any]) -> Home:
    name = values["framework"]
    source = Path(name) if name in BUNDLED else root / name
    framework = load_framework(source)
    made = {
        "root": root,
        "framework": framework,
        "framework_source": source,
        "database": values["database"] or f"sqlite:///{root / 'ctg.sqlite'}",
        "register": root / values["register"],
        "passwords": root / values["passwords"],
        "embeddings": root / values["embeddings"] if values["embeddings"] else None,
        "watch": root / values["watch"] if values["watch"] else None,
    }
    rest = {f.name: values[f.name] for f in fields(Home) if f.name not in made}
    return Home(**made, **rest)


def make_home(root: Path, framework: str = "ctg") -> Home:
    """Make a folder the home of a project and return it. What is there already is left alone.

    The framework may be a bundled id or a path; a path is kept as given relative to the home, or absolute.
    Raises `HomeError` where the folder is a home already or cannot be written, `FrameworkError` where
    the framework is not valid.
    """
    root = root.resolve()
    if is_home(root):
        shown = shlex.quote(str(root))
        raise HomeError(
            f"{root} is the home of a project already; look at it with: ctg --home {shown} status"
        )
    source = framework if framework in BUNDLED else _relative(Path(framework).resolve(), root)
    load_framework(framework)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)  # reports are confidential
        for folder in ("data/raw", "data/coded", "models"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / FILE).write_text(_settings_file(source), encoding="utf-8")
    except OSError as error:
        raise HomeError(f"{root} cannot be made a home: {error.strerror}: {error.filename}.") from error
    return open_home(root)


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _settings_file(framework: str) -> str:
    lines = ["# Settings of this project. Lines with # show the defaults.", ""]
    for s in SETTINGS:
        value = framework if s.name == "framework" else s.default
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
        mark = "" if s.name == "framework" else "# "
        lines += [f"# {s.sentence}", f"{mark}{s.name} = {shown}", ""]
    return "\n".join(lines)
