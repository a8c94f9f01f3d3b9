"""Finding and unpacking a host: only the right version, and nothing outside its place."""

from __future__ import annotations

import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from vks_plugin.demonstration import environment, hosts
from vks_plugin.demonstration.hosts import HostError

RIGHT = "__version__: Final[tuple[int, int, int]] = (3, 0, 5)\n"
OTHER = "__version__: Final[tuple[int, int, int]] = (2, 20, 1)\n"

Members = dict[str, bytes]

GOOD: Members = {
    "paperless-ngx/src/paperless/version.py": RIGHT.encode(),
    "paperless-ngx/src/manage.py": b"# the host's own\n",
    "paperless-ngx/LICENSE": b"GPL",
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep away from the machine's own host; return where an unpacked one would go."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PAPERLESS_SRC", raising=False)
    monkeypatch.setattr(hosts, "IMAGE", tmp_path / "no-image")
    return hosts.cache_folder()


def as_zip(path: Path, members: Members) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def as_tar(path: Path, members: Members, *, how: str = "w:xz") -> Path:
    with tarfile.open(path, how) as packed:  # type: ignore[call-overload]
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    "pack",
    [
        lambda path, members: as_zip(path.with_suffix(".zip"), members),
        lambda path, members: as_tar(path.with_suffix(".tar.xz"), members),
        lambda path, members: as_tar(path.with_suffix(".tar.gz"), members, how="w:gz"),
        lambda path, members: as_tar(path.with_suffix(".tar"), members, how="w"),
    ],
    ids=["zip", "tar.xz", "tar.gz", "tar"],
)
def test_a_release_is_unpacked_into_its_place(
    pack: Callable[[Path, Members], Path], tmp_path: Path, own_cache: Path
) -> None:
    archive = pack(tmp_path / "paperless-ngx-v3.0.5", GOOD)
    host = hosts.unpack(archive)
    assert host == hosts.Host("paperless", own_cache / "src", archive.name)
    assert (own_cache / "src/manage.py").read_bytes() == b"# the host's own\n"
    # from now on it is found without naming it
    assert hosts.find_paperless() == hosts.Host("paperless", own_cache / "src", "thư mục cache")
    # and a second stick puts it in place again
    assert hosts.unpack(archive) == host
    assert [path.name for path in own_cache.parent.iterdir()] == [own_cache.name]


def test_a_release_without_a_folder_around_it_is_taken_too(tmp_path: Path, own_cache: Path) -> None:
    members = {name.removeprefix("paperless-ngx/"): content for name, content in GOOD.items()}
    assert hosts.unpack(as_zip(tmp_path / "a.zip", members)).source == own_cache / "src"


def _link_in_a_tar(path: Path) -> Path:
    with tarfile.open(path, "w:xz") as packed:
        link = tarfile.TarInfo("paperless-ngx/src")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        packed.addfile(link)
    return path


def _device_in_a_tar(path: Path) -> Path:
    with tarfile.open(path, "w:xz") as packed:
        device = tarfile.TarInfo("paperless-ngx/src/device")
        device.type = tarfile.CHRTYPE
        packed.addfile(device)
    return path


def _link_in_a_zip(path: Path) -> Path:
    as_zip(path, GOOD)
    with zipfile.ZipFile(path, "a") as packed:
        link = zipfile.ZipInfo("paperless-ngx/src/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    return path


def _cut(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def _spoiled(path: Path) -> Path:
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 3, len(data) // 3 + 24):
        data[place] ^= 0xFF
    path.write_bytes(data)
    return path


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _long() -> Members:
    # enough that a fault in the middle lies within the packed bytes
    return {**GOOD, "paperless-ngx/src/long.bin": bytes(range(256)) * 400}


def _locked(path: Path) -> Path:
    data = bytearray(as_zip(path, GOOD).read_bytes())
    # the flag that says "a password is needed", in both headers of every member
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + offset] |= 1
            start = data.find(mark, start + 4)
    path.write_bytes(data)
    return path


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nothing there": (lambda folder: folder / "x.zip", "Không có tệp"),
    "a folder": (lambda folder: folder, "Không có tệp"),
    "no archive": (lambda folder: _written(folder / "a.tar.xz", b"not an archive"), "không phải tệp nén hợp lệ"),
    "an empty file": (lambda folder: _written(folder / "a.zip", b""), "không phải tệp nén hợp lệ"),
    "a tar cut off": (lambda folder: _cut(as_tar(folder / "a.tar.xz", _long())), "không phải tệp nén hợp lệ"),
    "a tar.gz cut off": (
        lambda folder: _cut(as_tar(folder / "a.tar.gz", _long(), how="w:gz")),
        "không phải tệp nén hợp lệ",
    ),
    "a tar.xz spoiled": (lambda folder: _spoiled(as_tar(folder / "a.tar.xz", _long())), "không phải tệp nén hợp lệ"),
    "a tar.gz spoiled": (
        lambda folder: _spoiled(as_tar(folder / "a.tar.gz", _long(), how="w:gz")),
        "không phải tệp nén hợp lệ",
    ),
    "a zip cut off": (lambda folder: _cut(as_zip(folder / "a.zip", _long())), "không phải tệp nén hợp lệ"),
    "a zip spoiled": (lambda folder: _spoiled(as_zip(folder / "a.zip", _long())), "không phải tệp nén hợp lệ"),
    "a locked zip": (lambda folder: _locked(folder / "a.zip"), "không phải tệp nén hợp lệ"),
    "another program": (lambda folder: as_zip(folder / "a.zip", {"x/src/y.py": b""}), "không chứa Paperless-ngx"),
    "an older version": (
        lambda folder: as_tar(folder / "a.tar.xz", GOOD | {"paperless-ngx/src/paperless/version.py": OTHER.encode()}),
        "là Paperless-ngx 2.20.1, cần 3.0.5",
    ),
    "a way out of a zip": (
        lambda folder: as_zip(folder / "a.zip", GOOD | {"paperless-ngx/../../../escaped": b"x"}),
        "không an toàn",
    ),
    "a root in a zip": (lambda folder: as_zip(folder / "a.zip", GOOD | {"/escaped": b"x"}), "không an toàn"),
    "a link in a zip": (lambda folder: _link_in_a_zip(folder / "a.zip"), "không an toàn"),
    "a way out of a tar": (
        lambda folder: as_tar(folder / "a.tar.xz", GOOD | {"paperless-ngx/../../../escaped": b"x"}),
        "không an toàn",
    ),
    "a link out of a tar": (lambda folder: _link_in_a_tar(folder / "a.tar.xz"), "không an toàn"),
    "a device in a tar": (lambda folder: _device_in_a_tar(folder / "a.tar.xz"), "không an toàn"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_archive_is_refused_and_what_was_there_stays(what: str, tmp_path: Path, own_cache: Path) -> None:
    make, words = BAD[what]
    hosts.unpack(as_zip(tmp_path / "good.zip", GOOD))
    (tmp_path / "bad").mkdir()
    archive = make(tmp_path / "bad")
    with pytest.raises(HostError, match=words):
        hosts.unpack(archive)
    assert (own_cache / "src/manage.py").read_bytes() == b"# the host's own\n"
    assert [path.name for path in own_cache.parent.iterdir()] == [own_cache.name]
    assert not list(tmp_path.rglob("escaped"))
    assert not Path("/escaped").exists()


@pytest.mark.parametrize("suffix", [".zip", ".tar.xz"])
def test_an_archive_with_too_much_in_it_is_refused(
    suffix: str, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "_LARGEST_ARCHIVE", 50_000)
    pack = as_zip if suffix == ".zip" else as_tar
    with pytest.raises(HostError, match="quá lớn"):
        hosts.unpack(pack(tmp_path / f"a{suffix}", _long()))
    assert not own_cache.exists()


@pytest.mark.parametrize(
    ("version", "read"),
    [
        (RIGHT, (3, 0, 5)),
        ("__version__ = (3, 0, 5)\n", (3, 0, 5)),
        (OTHER, (2, 20, 1)),
        ("__version__ = '3.0.5'\n", None),
        ("", None),
        (None, None),
    ],
)
def test_the_version_is_read_without_running_anything(
    version: str | None, read: tuple[int, ...] | None, tmp_path: Path
) -> None:
    (tmp_path / "paperless").mkdir()
    if version is not None:
        (tmp_path / "paperless/version.py").write_text(version, encoding="utf-8")
    assert hosts.version_of(tmp_path) == read


def test_a_place_that_is_named_must_hold_the_right_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLESS_SRC", str(tmp_path))
    with pytest.raises(HostError, match="không chứa Paperless-ngx"):
        hosts.choose("auto")
    (tmp_path / "paperless").mkdir()
    (tmp_path / "paperless/version.py").write_text(OTHER, encoding="utf-8")
    with pytest.raises(HostError, match=r"2\.20\.1"):
        hosts.choose("paperless")
    # the stand-in needs no host at all
    assert hosts.choose("lite").source == hosts.LITE


def test_without_a_host_the_stand_in_says_why_it_is_there() -> None:
    host = hosts.choose("auto")
    assert host.kind == "lite"
    assert host.reason == "không có Paperless-ngx 3.0.5 trên máy"
    with pytest.raises(HostError, match=r"Không tìm thấy Paperless-ngx 3\.0\.5"):
        hosts.choose("paperless")


def test_without_its_libraries_the_host_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts.unpack(as_zip(tmp_path / "good.zip", GOOD))
    assert hosts.choose("auto").kind == "paperless"
    monkeypatch.setattr(hosts, "_NEEDS", ("django", "khong_co_thu_vien_nay"))
    assert hosts.choose("auto").reason == "thiếu thư viện khong_co_thu_vien_nay"
    with pytest.raises(HostError, match="hãy cài"):
        hosts.choose("paperless")


# --- the folder of the data ------------------------------------------------------------------------------------------


LITE = hosts.Host("lite", hosts.LITE, "")


def test_a_folder_remembers_its_host_and_its_secret(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    first = environment.prepare(folder, LITE, port=8123)
    assert environment.remembered(folder) == "lite"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "secret-key").stat().st_mode & 0o077 == 0
    assert len(first["PAPERLESS_SECRET_KEY"]) >= 40
    assert environment.prepare(folder, LITE, port=8123) == first
    assert first["PAPERLESS_URL"] == "http://127.0.0.1:8123"
    # all of it in this folder
    for name, value in first.items():
        if name.endswith(("_DIR", "_ROOT", "STATICDIR")):
            assert Path(value).is_relative_to(folder), name


def test_two_installations_have_two_secrets(tmp_path: Path) -> None:
    secrets = {environment.prepare(tmp_path / name, LITE)["PAPERLESS_SECRET_KEY"] for name in ("a", "b")}
    assert len(secrets) == 2


def test_data_of_one_host_is_not_opened_with_the_other(tmp_path: Path) -> None:
    environment.prepare(tmp_path / "a", LITE)
    with pytest.raises(HostError, match="được tạo với --host lite"):
        environment.host_for(tmp_path / "a", "paperless")
    assert environment.host_for(tmp_path / "a", "auto").kind == "lite"
    assert environment.host_for(tmp_path / "a", "lite").kind == "lite"
    assert environment.host_for(tmp_path / "new", "lite").kind == "lite"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"host": "other"}', '"lite"'])
def test_a_folder_that_forgot_its_host_is_not_guessed_at(content: str, tmp_path: Path) -> None:
    (tmp_path / "vks-host.json").write_text(content, encoding="utf-8")
    with pytest.raises(HostError, match="không cho biết"):
        environment.host_for(tmp_path, "auto")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "thư.txt").write_text("riêng", encoding="utf-8")
    with pytest.raises(HostError, match="không trống"):
        environment.prepare(home, LITE)
    assert [path.name for path in home.iterdir()] == ["thư.txt"]
    assert home.stat().st_mode & 0o777 == 0o755


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    environment.prepare(tmp_path / "empty", LITE)
    assert json.loads((tmp_path / "empty/vks-host.json").read_text(encoding="utf-8")) == {"host": "lite"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(HostError, match="Không dùng được"):
        environment.prepare(tmp_path / "file", LITE)
    with pytest.raises(HostError, match="Không dùng được"):
        environment.prepare(tmp_path / "file" / "below", LITE)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"
