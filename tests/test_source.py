"""Submitted files at an address: what is new there comes into data/raw, and nothing here is lost over it."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bench.crash_home import sentences, write_pdf
from ctg_nlp import remote_files
from ctg_nlp.clock import utc_now
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.errors import HomeError, MissingTool
from ctg_nlp.fetching import UNFINISHED, fetch
from ctg_nlp.plain import run_plain
from ctg_nlp.remote_files import PASSWORD
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.summary import Summary
from ctg_nlp.summary import sentences as summary_sentences

from .command_line import call
from .remote_servers import FolderPlace, RemotePlace, S3Place, SftpPlace


def pdf(folder: Path, number: int) -> bytes:
    path = folder / f"made-{number}.pdf"
    write_pdf(path, sentences(number))
    return path.read_bytes()


def home_at(folder: Path, address: str) -> Home:
    made = make_home(folder)
    path = made.root / "ctg.toml"
    settings = f'source = "{address}"\nocr = false\n' + path.read_text(encoding="utf-8")
    path.write_text(settings, encoding="utf-8")
    open_store(made.database, create=True).close()
    return open_home(made.root)


def run(home: Home, *, verify: bool = False) -> Summary:
    return run_plain(home, home.raw, run_id=utc_now(), clock=utc_now, verify=verify)


def lying(home: Home) -> dict[str, bytes]:
    return {p.relative_to(home.raw).as_posix(): p.read_bytes() for p in home.raw.rglob("*") if p.is_file()}


def test_what_is_new_at_an_address_is_fetched_and_read_once(
    tmp_path: Path, remote_place: RemotePlace
) -> None:
    first, second, third = (pdf(tmp_path, n) for n in (0, 3, 6))
    remote_place.put("G001 report.pdf", first)
    remote_place.put("north/Größe & Co #2 +1%20.pdf", second)
    home = home_at(tmp_path / "home", remote_place.address)
    summary = run(home)
    assert (summary.fetched, summary.read, summary.failed) == (2, 2, ())
    assert lying(home) == {"G001 report.pdf": first, "north/Größe & Co #2 +1%20.pdf": second}
    again = run(home)
    assert (again.fetched, again.read, again.known) == (0, 0, 2)
    remote_place.put("later.pdf", third)
    assert (run(home).fetched, len(lying(home))) == (1, 3)
    remote_place.delete("later.pdf")
    gone = run(home)
    assert (gone.fetched, gone.failed, len(lying(home))) == (0, (), 3)  # what was received stays
    assert run(home, verify=True).fetched == 0


def test_a_file_that_was_changed_there_comes_beside_the_earlier_one(
    tmp_path: Path, remote_place: RemotePlace
) -> None:
    first, second = pdf(tmp_path, 0), pdf(tmp_path, 3)
    remote_place.put("report.pdf", first)
    home = home_at(tmp_path / "home", remote_place.address)
    run(home)
    time.sleep(1.1)  # S3 tells times to the second
    remote_place.put("report.pdf", second, 1_700_000_500)
    assert (run(home).fetched, run(home).fetched) == (1, 0)
    assert lying(home) == {"report.pdf": first, "report (2).pdf": second}


def test_a_file_that_has_only_a_new_time_there_is_not_doubled(
    tmp_path: Path, remote_place: RemotePlace
) -> None:
    content = pdf(tmp_path, 0)
    remote_place.put("report.pdf", content)
    home = home_at(tmp_path / "home", remote_place.address)
    run(home)
    time.sleep(1.1)
    remote_place.put("report.pdf", content, 1_700_000_500)
    assert (run(home).fetched, len(lying(home))) == (0, 1)


def test_files_that_lie_here_are_never_overwritten(tmp_path: Path, folder_place: FolderPlace) -> None:
    ours, theirs = pdf(tmp_path, 0), pdf(tmp_path, 3)
    home = home_at(tmp_path / "home", folder_place.address)
    (home.raw / "report.pdf").write_bytes(ours)
    folder_place.put("report.pdf", theirs)
    assert run(home).read == 2
    assert lying(home) == {"report.pdf": ours, "report (2).pdf": theirs}


def test_hidden_and_unfinished_files_stay_where_they_are_and_are_counted(
    tmp_path: Path, folder_place: FolderPlace
) -> None:
    for name in (".hidden.pdf", "report.pdf.part", "Thumbs.db"):
        folder_place.put(name, b"x")
    home = home_at(tmp_path / "home", folder_place.address)
    summary = run(home)
    assert (summary.fetched, summary.passed_over, lying(home)) == (0, 3, {})


def test_a_file_that_is_still_being_written_is_left_to_the_next_run(
    tmp_path: Path, sftp_place: SftpPlace
) -> None:
    sftp_place.put("half.pdf", b"%PDF-1.7 half", time.time())
    home = home_at(tmp_path / "home", sftp_place.address)
    summary = run(home)
    assert (summary.fetched, summary.failed, lying(home)) == (0, (), {})
    assert ("half.pdf", "still being written there, as it seems. The next run takes it.") in summary.problems
    sftp_place.put("half.pdf", pdf(tmp_path, 0))
    assert (run(home).fetched, list(lying(home))) == (1, ["half.pdf"])


def test_names_that_no_file_can_have_here_cost_themselves_alone(tmp_path: Path, s3_place: S3Place) -> None:
    good = pdf(tmp_path, 0)
    bad = ("../../outside.pdf", "a//b.pdf", "x" * 300 + ".pdf", "./dot.pdf")
    for name in (*bad, "good.pdf"):
        s3_place.put(name, good)
    home = home_at(tmp_path / "home", s3_place.address)
    summary = run(home)
    assert (lying(home), summary.read, summary.failed) == ({"good.pdf": good}, 1, ())
    assert len([name for name, why in summary.problems if "Rename it there" in why]) == 4
    assert not list(tmp_path.rglob("outside.pdf"))


@pytest.mark.parametrize("kind", ["folder_place", "sftp_place"])
def test_names_that_are_no_text_or_steer_a_terminal_are_taken_and_shown_safely(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    place = request.getfixturevalue(kind)
    odd = os.fsdecode(b"caf\xe9\x1b[31m.pdf")
    place.put(odd, pdf(tmp_path, 0))
    place.put(f"closed {odd}/x", b"")
    (place.folder / f"link {odd}").symlink_to("nowhere")
    home = home_at(tmp_path / "home", place.address)
    said = call("--home", str(home.root), "run", "--dry-run").stdout
    said += call("--home", str(home.root), "run", "--plain").stdout
    assert "\x1b" not in said and "caf\\udce9\\x1b[31m.pdf" in said
    assert odd in lying(home)
    assert run(home).fetched == 0


def test_an_address_that_does_not_answer_holds_up_nothing_that_lies_here(
    tmp_path: Path, sftp_place: SftpPlace
) -> None:
    sftp_place.put("report.pdf", pdf(tmp_path, 0))
    home = home_at(tmp_path / "home", sftp_place.address)
    run(home)
    (home.raw / "by hand.pdf").write_bytes(pdf(tmp_path, 3))
    port = sftp_place.server.port
    sftp_place.server.stop()
    summary = run(home)
    sftp_place.server.__init__(sftp_place.folder.parent, sftp_place.keys, "x")  # for the end of the test
    assert (summary.read, summary.failed, summary.files) == (1, (home.source,), 2)
    said = call("--home", str(home.root), "run", "--plain", code=10).stderr
    assert f"Nothing could be fetched from {home.source}; the next run tries again." in said
    assert "1 thing at the address" in call("--home", str(home.root), "status").stdout
    assert any(str(port) in name and "cannot be read" in why for name, why in summary.problems)


def test_a_folder_there_that_may_not_be_looked_into_is_told_and_the_rest_is_taken(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    folder_place: FolderPlace,
) -> None:
    from ctg_nlp.remote_files import RemoteFolder

    folder_place.put("closed/secret.pdf", pdf(tmp_path, 0))
    folder_place.put("open.pdf", pdf(tmp_path, 3))
    listed = RemoteFolder._listed

    def refusing(self: RemoteFolder, name: str) -> object:
        if name.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return listed(self, name)

    monkeypatch.setattr(RemoteFolder, "_listed", refusing)
    home = home_at(tmp_path / "home", folder_place.address)
    summary = run(home)
    assert (summary.fetched, summary.failed) == (1, ("closed/",))
    assert (
        "closed/",
        "the folder cannot be looked into: it refuses access to this user, key or password",
    ) in summary.problems


def test_links_and_the_like_there_are_told_and_not_followed(tmp_path: Path, sftp_place: SftpPlace) -> None:
    (sftp_place.folder / "link.pdf").symlink_to("/etc/hostname")
    (sftp_place.folder / "round").symlink_to(".")
    sftp_place.put("report.pdf", pdf(tmp_path, 0))
    home = home_at(tmp_path / "home", sftp_place.address)
    summary = run(home)
    assert list(lying(home)) == ["report.pdf"]
    assert summary.failed == ()
    assert {name for name, why in summary.problems if "links are not followed" in why} == {
        "link.pdf",
        "round",
    }


def test_a_host_that_is_not_known_is_not_believed(tmp_path: Path, sftp_place: SftpPlace) -> None:
    sftp_place.put("report.pdf", pdf(tmp_path, 0))
    (sftp_place.keys / "known_hosts").write_text("", encoding="utf-8")
    summary = run(home_at(tmp_path / "home", sftp_place.address))
    assert summary.fetched == 0 and len(summary.failed) == 1
    assert any("known_hosts" in why for _, why in summary.problems)


def test_a_password_for_sftp_comes_from_the_environment(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sftp_place: SftpPlace,
) -> None:
    sftp_place.put("report.pdf", pdf(tmp_path, 0))
    (sftp_place.keys / "id_ed25519").unlink()
    home = home_at(tmp_path / "home", sftp_place.address)
    assert any("refuses access to this user, key or password" in why for _, why in run(home).problems)
    monkeypatch.setenv(PASSWORD, "open sesame")
    assert run(home).fetched == 1


def test_an_erased_report_does_not_come_back_and_is_told_of(
    tmp_path: Path, remote_place: RemotePlace
) -> None:
    remote_place.put("report.pdf", pdf(tmp_path, 0))
    home = home_at(tmp_path / "home", remote_place.address)
    run(home)
    store = open_store(home.database)
    withdraw_report(store, "report.pdf", now=utc_now(), who="ann", why="asked")
    erase_report(store, home, "report.pdf", now=utc_now(), who="ann", why="asked")
    (home.raw / "report.pdf").unlink()
    summary = run(home)
    assert (summary.fetched, summary.read, summary.failed, lying(home)) == (0, 0, (), {})
    assert any(name == "report.pdf" and "Delete it there" in why for name, why in summary.problems)
    store.close()


def test_what_a_killed_run_was_fetching_is_told_by_the_doctor(
    tmp_path: Path, folder_place: FolderPlace
) -> None:
    home = home_at(tmp_path / "home", folder_place.address)
    left = home.raw / "north" / f"{UNFINISHED}0a1b2c3d"
    left.parent.mkdir()
    left.write_bytes(b"%PDF-1.7 half")
    os.utime(left, (1_700_000_000, 1_700_000_000))
    assert run(home).read == 0
    assert left.name in call("--home", str(home.root), "doctor", code=15).stdout
    call("--home", str(home.root), "doctor", "--mend", code=0)
    assert not left.exists()


def test_a_copy_that_was_lost_here_is_fetched_again(tmp_path: Path, folder_place: FolderPlace) -> None:
    folder_place.put("report.pdf", pdf(tmp_path, 0))
    home = home_at(tmp_path / "home", folder_place.address)
    run(home)
    (home.raw / "report.pdf").unlink()
    told = call("--home", str(home.root), "doctor", code=15).stdout
    assert "the next run fetches it" in told
    again = run(home)
    assert (again.fetched, again.read, again.known, list(lying(home))) == (1, 0, 1, ["report.pdf"])


def test_erasing_tells_that_the_file_lies_at_the_address_too(
    tmp_path: Path, folder_place: FolderPlace
) -> None:
    folder_place.put("report.pdf", pdf(tmp_path, 0))
    home = home_at(tmp_path / "home", folder_place.address)
    run(home)
    call("--home", str(home.root), "reports", "withdraw", "report.pdf", "--why", "asked")
    told = call("--home", str(home.root), "reports", "erase", "report.pdf", "--why", "asked", "--yes").stdout
    assert f"If it came from {folder_place.address}, it lies there too" in told


def test_a_full_bucket_is_listed_in_pieces(tmp_path: Path, s3_place: S3Place) -> None:
    for n in range(1005):  # S3 lists a thousand at a time
        s3_place.put(f"{n:04}.txt", b"%d" % n)
    home = home_at(tmp_path / "home", s3_place.address)
    store = open_store(home.database)
    assert (fetch(store, home, home.raw).count, fetch(store, home, home.raw).count) == (1005, 0)
    store.close()


def test_the_command_tells_beforehand_and_afterwards_what_it_fetches(
    tmp_path: Path, folder_place: FolderPlace
) -> None:
    folder_place.put("G001 report.pdf", pdf(tmp_path, 0))
    home = home_at(tmp_path / "home", folder_place.address)
    said = call("--home", str(home.root), "run", "--dry-run").stdout
    assert (
        f"From {folder_place.address} a run would fetch 1 file;" in said
        and "to fetch: G001 report.pdf" in said
    )
    assert lying(home) == {}
    assert json.loads(call("--home", str(home.root), "run", "--dry-run", "--json").stdout)["to_fetch"] == [
        "G001 report.pdf"
    ]
    said = call("--home", str(home.root), "run", "--plain").stdout
    assert said.startswith("1 new file fetched into data/raw.")
    assert folder_place.address in call("--home", str(home.root), "status").stdout


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("folder/of/files", "must be an address"),
        ("sftp:///folder", "must be written as"),
        ("file://mnt/share", "with three /"),
        ("/mnt/share", "must be an address"),
        (" s3://bucket/in", "a blank"),
        ("sftp://ann:hush@host/in", "holds a password"),
        ("sftp://ann:12/hush@host/in", "holds a password"),
        ("sftp://host:port/in", "host or port"),
        ("s3://bucket/a?b=c", "must end with a folder"),
        ("zip://x.zip::s3://bucket/x", "host or port|must be an address"),
        ("s3://127.0.0.1:9000/bucket", "AWS_ENDPOINT_URL"),
        ("https://host/in", "must be an address"),
        ("gs://bucket/in", "must be an address"),
        ("file:///", "holds the project, or lies in it"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_its_password_not_repeated(
    tmp_path: Path, said: str, told: str
) -> None:
    with pytest.raises(HomeError, match=told) as caught:
        home_at(tmp_path / "home", said)
    assert "hush" not in str(caught.value)


def test_an_address_given_to_the_command_is_told_to_be_a_setting(tmp_path: Path) -> None:
    make_home(tmp_path / "home")
    call("--home", str(tmp_path / "home"), "run", "s3://bucket/x", code=3, said="is a setting: source =")


@pytest.mark.parametrize(("address", "package"), [("s3://bucket/x", "s3fs"), ("sftp://host/x", "sshfs")])
def test_a_kind_that_needs_one_more_package_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    home = home_at(tmp_path / "home", address)
    with pytest.raises(MissingTool, match=r"need one more package: pip install 'ctg_nlp\[s"):
        run(home)


def test_a_run_over_another_folder_fetches_nothing(tmp_path: Path, folder_place: FolderPlace) -> None:
    folder_place.put("report.pdf", pdf(tmp_path, 0))
    home = home_at(tmp_path / "home", folder_place.address)
    other = tmp_path / "other"
    other.mkdir()
    summary = run_plain(home, other, run_id="other", clock=utc_now)
    assert (summary.fetched, lying(home)) == (0, {})


def test_an_interrupted_run_gives_up_what_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sftp_place: SftpPlace
) -> None:
    async def stands_still(self: object, rpath: str, lpath: str) -> None:
        Path(lpath).write_bytes(b"%PDF")
        if rpath.endswith("b.pdf"):
            os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C does
        await asyncio.sleep(3600)

    monkeypatch.setattr("sshfs.SSHFileSystem._get_file", stands_still)
    for name in ("a.pdf", "b.pdf"):
        sftp_place.put(name, pdf(tmp_path, 0))
    home = home_at(tmp_path / "home", sftp_place.address)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(home)
    assert time.monotonic() - began < 20 and lying(home) == {}


def test_a_file_of_which_nothing_comes_any_more_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sftp_place: SftpPlace
) -> None:
    get_file = importlib.import_module("sshfs").SSHFileSystem._get_file

    async def one_stands_still(self: object, rpath: str, lpath: str) -> None:
        if rpath.endswith("b.pdf"):
            await asyncio.sleep(3600)
        await get_file(self, rpath, lpath)

    monkeypatch.setattr("sshfs.SSHFileSystem._get_file", one_stands_still)
    monkeypatch.setattr(remote_files, "_ANSWER_SECONDS", 3)
    monkeypatch.setattr(remote_files, "_LOOK_SECONDS", 0.1)
    for name in ("a.pdf", "b.pdf"):
        sftp_place.put(name, pdf(tmp_path, 0))
    summary = run(home_at(tmp_path / "home", sftp_place.address))
    assert (summary.fetched, summary.failed) == (1, ("b.pdf",))
    assert any("does not answer in time" in why for _, why in summary.problems)


def test_the_summary_says_what_was_fetched() -> None:
    values = {"run_id": "x", "files": 1, "read": 0, "known": 1, "copies": 0, "verdicts": {}, "suggested": 0,
              "problems": (), "failed": (), "passed_over": 0, "erased": 0, "model_id": "m", "framework_id": "f",
              "seconds": 1.0}  # fmt: skip
    assert summary_sentences(Summary(**values, fetched=2))[0] == "2 new files fetched into data/raw."
