"""Folders, disk, tools, fonts and pages: taken away, and put back as the sentence says."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.compress import Compressor

import vks_plugin
from tests.doctor.treatment import Ward, treats
from tests.people import FiledCase
from vks_plugin.conf import configuration
from vks_plugin.doctor import surroundings
from vks_plugin.papers import fonts as shipped

OTHER_ACCOUNT = 65534
STATIC = Path(vks_plugin.__file__).parent / "static"


@pytest.fixture
def folders(ward: Ward, tmp_path: Path) -> Path:
    """Give the installation folders of its own."""
    for name, place in {
        "DATA_DIR": "data",
        "MEDIA_ROOT": "media",
        "CONSUMPTION_DIR": "consume",
        "SCRATCH_DIR": "scratch",
        "LOGGING_DIR": "data/log",
        "INDEX_DIR": "data/index",
    }.items():
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        setattr(ward.settings, name, tmp_path / place)
    for name in ("intake", "bundles"):
        (tmp_path / "data" / "vks" / name).mkdir(parents=True, mode=0o700)
    return tmp_path


@pytest.fixture
def as_the_real_host(monkeypatch: pytest.MonkeyPatch, ward: Ward) -> None:
    """Ask about what only the real host uses, on the stand-in too."""
    monkeypatch.setattr(surroundings, "is_stand_in", lambda: False)
    if ward.host == "lite":
        ward.settings.CONVERT_BINARY = "convert"


def _closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Close a folder to this account; root is stopped by nothing, so for root the system is made to say so."""
    folder.chmod(0o500)
    if os.geteuid() == 0:
        real = os.access

        def access(path: Any, mode: int, **more: Any) -> bool:
            owner = stat.S_IMODE(Path(path).stat().st_mode) >> 6
            return real(path, mode, **more) and owner & mode == mode

        monkeypatch.setattr(os, "access", access)


@treats("host-folders")
@pytest.mark.parametrize("name", ["media", "consume", "scratch", "data/log"])
def test_folder_of_the_host_is_gone_or_closed(
    ward: Ward, folders: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ward.sound("host-folders")
    shutil.rmtree(folders / name)
    result = ward.sick("host-folders", "error")
    assert str(folders / name) in result.mend
    ward.follow(result)
    ward.sound("host-folders")
    _closed(folders / name, monkeypatch)
    ward.follow(ward.sick("host-folders", "error"))
    ward.sound("host-folders")


@treats("own-folder")
def test_own_folder_is_closed_a_file_or_open_to_others(
    ward: Ward, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = configuration().data_dir
    ward.sound("own-folder")
    (own / "intake").chmod(0o755)
    ward.follow(ward.sick("own-folder", "error"))
    ward.sound("own-folder")
    assert stat.S_IMODE((own / "intake").stat().st_mode) == 0o700
    _closed(own, monkeypatch)
    ward.follow(ward.sick("own-folder", "error"))
    ward.sound("own-folder")
    shutil.rmtree(own)
    # made when first needed
    ward.sound("own-folder")
    own.write_text("not a folder", encoding="utf-8")
    ward.follow(ward.sick("own-folder", "error"))
    ward.sound("own-folder")


class _Stat(NamedTuple):
    st_uid: int
    st_mode: int


@treats("same-owner")
@pytest.mark.parametrize("place", ["data/vks/bundles", "data/index", "media"])
def test_folder_that_root_made_by_hand(ward: Ward, folders: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    ward.sound("same-owner")
    strange = folders / place
    hands: dict[str, Callable[[str], Any]] = {}
    if os.geteuid() == 0:
        os.chown(strange, OTHER_ACCOUNT, -1)
    else:
        real = Path.stat
        owner = [OTHER_ACCOUNT]

        def told(path: Path, **more: Any) -> Any:
            found = real(path, **more)
            return _Stat(owner[0], found.st_mode) if path == strange else found

        monkeypatch.setattr(Path, "stat", told)
        hands = {"chown": lambda step: owner.__setitem__(0, int(step.split()[2]))}
    result = ward.sick("same-owner", "error")
    assert str(strange) in result.mend
    ward.follow(result, by_hand=hands)
    ward.sound("same-owner")


def test_command_run_by_another_account(ward: Ward, folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: OTHER_ACCOUNT)
    result = ward.sick("same-owner", "warning")
    ward.follow(
        result, by_hand={f"sudo -u '#{owner}'": lambda _step: monkeypatch.setattr(os, "geteuid", lambda: owner)}
    )
    ward.sound("same-owner")


@treats("disk-space")
@pytest.mark.parametrize(("free", "level"), [(100 * 1024**2, "error"), (5 * 1024**3, "warning")])
def test_full_disk(ward: Ward, folders: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    room = [free]
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 0, room[0]))
    result = ward.sick("disk-space", level)
    ward.follow(result, by_hand={"du -xh": lambda _step: room.__setitem__(0, 50 * 1024**3)})
    ward.sound("disk-space")
    room[0] = 20 * 1024**3
    ward.settings.VKS_MAX_UPLOAD_BYTES = str(12 * 1024**3)
    ward.sick("disk-space", "error")


@treats("fonts")
@pytest.mark.parametrize("damage", ["gone", "cut", "other", "latin"])
def test_fonts_gone_or_damaged(ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    ward.sound("fonts")
    copy = tmp_path / "fonts"
    shutil.copytree(shipped.FONTS, copy)
    sound = shipped.FONTS
    monkeypatch.setattr(shipped, "FONTS", copy)
    font = copy / "LiberationSerif-Bold.ttf"
    if damage == "gone":
        font.unlink()
    elif damage == "cut":
        font.write_bytes(font.read_bytes()[:200])
    elif damage == "other":
        font.write_bytes(b"not a font")
    else:
        from fontTools import subset
        from fontTools.ttLib import TTFont

        cutter = subset.Subsetter()
        cutter.populate(text="Le procureur")
        with TTFont(font) as whole:
            cutter.subset(whole)
            whole.save(font)
    result = ward.sick("fonts", "error")
    assert font.name in result.sentence
    ward.follow(result, by_hand={"pip install --force-reinstall": lambda _step: shutil.copy(sound / font.name, font)})
    ward.sound("fonts")


def _program(folder: Path, name: str, says: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="ascii")
    path.chmod(0o755)
    return path


@treats("tools", "recognition-data", "thumbnails")
def test_tools_of_recognition(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_the_real_host: None
) -> None:
    ward.settings.OCR_LANGUAGE = "vie+eng"
    monkeypatch.setenv("PATH", str(tmp_path))
    result = ward.sick("tools", "error")
    assert "tesseract" in result.sentence
    ward.absent("recognition-data")
    told = "List of languages (2):\neng\nosd"
    names = {package: program for program, package in surroundings._TOOLS.items()}

    def install(step: str) -> None:
        for package in step.split()[2:]:
            if package in names:
                _program(tmp_path, names[package], told)
            elif package.startswith("tesseract-ocr-"):
                _program(tmp_path, "tesseract", f"{told}\n{package.rpartition('-')[2]}")
            else:
                assert package == "imagemagick"

    ward.follow(result, by_hand={"apt-get install": install})
    ward.sound("tools")
    result = ward.sick("recognition-data", "error")
    assert "tesseract-ocr-vie" in result.mend
    ward.follow(result, by_hand={"apt-get install": install})
    ward.sound("recognition-data")

    ward.sick("thumbnails", "error")
    _program(tmp_path, "convert", "a currency converter")
    result = ward.sick("thumbnails", "error")
    there = _program(tmp_path, "convert-of-debian", "Version: ImageMagick 6.9")
    ward.follow(
        result,
        by_hand={
            "apt-get install": install,
            "PAPERLESS_CONVERT_BINARY=": lambda _step: setattr(ward.settings, "CONVERT_BINARY", str(there)),
        },
    )
    ward.sound("thumbnails")


def test_tool_that_hangs_costs_no_more_than_was_said(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_the_real_host: None
) -> None:
    import time

    monkeypatch.setattr(surroundings, "PATIENCE", 0.2)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "convert").write_text("#!/bin/sh\nexec sleep 30\n", encoding="ascii")
    (tmp_path / "convert").chmod(0o755)
    started = time.monotonic()
    ward.sick("thumbnails", "error")
    assert time.monotonic() - started < 5


def test_stand_in_needs_no_tools(ward: Ward) -> None:
    for check_id in ("tools", "thumbnails", "recognition-data", "host-pages"):
        skipped = ward.ask(check_id).status == "skipped"
        assert skipped == (ward.host == "lite"), check_id


@treats("index")
@pytest.mark.django_db(transaction=True)
def test_index_without_its_folder(ward: Ward, filed_case: FiledCase) -> None:
    from documents.search import reset_backend

    ward.sound("index")
    shutil.rmtree(django_settings.INDEX_DIR)
    # as after a restart
    reset_backend()
    result = ward.sick("index", "error")
    ward.follow(result)
    ward.sound("index")


@pytest.mark.django_db(transaction=True)
def test_index_that_lost_documents(ward: Ward, filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch) -> None:
    from documents.search import get_backend, reset_backend

    with get_backend().batch_update() as batch:
        batch.remove(filed_case.host_ids[0])
    reset_backend()
    result = ward.sick("index", "error")
    assert "3" in result.sentence
    ward.follow(result)
    ward.sound("index")
    _closed(Path(django_settings.INDEX_DIR), monkeypatch)
    ward.follow(ward.sick("index", "error"))
    ward.sound("index")


@pytest.mark.django_db(transaction=True)
def test_index_that_the_host_will_throw_away(ward: Ward, filed_case: FiledCase) -> None:
    from documents.search import reset_backend

    if ward.host == "lite":
        # it never rebuilds by itself
        from documents import search

        assert not hasattr(search, "needs_rebuild")
        return
    ward.settings.SEARCH_LANGUAGE = "en"
    ward.follow(ward.sick("index", "error"))
    ward.sound("index")
    reset_backend()


@pytest.fixture
def collected(ward: Ward, tmp_path: Path) -> Path:
    """Serve static files from a folder, as a production server does."""
    ward.settings.WHITENOISE_USE_FINDERS = False
    ward.settings.STATIC_ROOT = str(tmp_path / "static")
    # the host's own files are many, and compressing all of them takes minutes; our fonts take ten seconds each time
    ward.settings.STATICFILES_FINDERS = ["tests.doctor.test_surroundings.OwnFilesFinder"]
    ward.settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "ttf")
    ward.settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
    }
    return tmp_path / "static"


class OwnFilesFinder(FileSystemFinder):
    """Finds what the package ships and nothing else."""

    def __init__(self, *_args: Any, **_more: Any) -> None:
        self.locations = [("", str(STATIC))]
        self.storages = {str(STATIC): FileSystemStorage(location=str(STATIC))}


@treats("static-files", "static-compressed")
def test_static_files_missing_old_or_badly_compressed(ward: Ward, collected: Path) -> None:
    result = ward.sick("static-files", "error")
    ward.follow(result)
    ward.sound("static-files")
    ward.sound("static-compressed")

    style = collected / "vks" / "vks.css"
    style.write_text("/* an older version */", encoding="utf-8")
    ward.follow(ward.sick("static-files", "error"))
    ward.sound("static-files")

    small = style.with_name("vks.css.gz")
    small.write_bytes(gzip.compress(b"/* an older version */"))
    ward.follow(ward.sick("static-compressed", "error"))
    ward.sound("static-compressed")
    assert gzip.decompress(small.read_bytes()) == style.read_bytes()

    for path in collected.rglob("*.gz"):
        path.unlink()
    ward.follow(ward.sick("static-compressed", "warning"))
    ward.sound("static-compressed")


def test_server_that_finds_files_itself_needs_none_collected(ward: Ward, tmp_path: Path) -> None:
    ward.settings.STATIC_ROOT = str(tmp_path / "nothing")
    ward.settings.WHITENOISE_USE_FINDERS = True
    ward.sound("static-files")
    ward.sound("static-compressed")


@treats("host-pages")
def test_interface_of_the_host_was_not_compiled(ward: Ward, collected: Path, as_the_real_host: None) -> None:
    result = ward.sick("host-pages", "warning")

    def collect(_step: str) -> None:
        page = collected / "frontend" / "en-US" / "main.js"
        page.parent.mkdir(parents=True)
        page.write_text("", encoding="utf-8")

    ward.follow(result, by_hand={"python manage.py collectstatic": collect})
    ward.sound("host-pages")
