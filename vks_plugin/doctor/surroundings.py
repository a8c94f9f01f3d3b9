"""Checks of what lies around the programs: folders, disk, fonts, tools, pages."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

import vks_plugin
from vks_plugin.conf import configuration
from vks_plugin.doctor.results import Result, Scope, error, ok, skipped, some, warning
from vks_plugin.host import probes
from vks_plugin.host.version import is_stand_in
from vks_plugin.papers import fonts as shipped

GIBIBYTE = 1024**3
LITTLE, LEAST = 10 * GIBIBYTE, GIBIBYTE
"""Free space below which the doctor warns, and below which it is an error."""

PATIENCE = 0.7
"""How long a tool is given to tell its version, in seconds."""

_INDEX_STAND_IN = (
    "python manage.py shell -c 'from vks_plugin.host.models import Document; from vks_plugin.host.search import reindex; "
    'reindex(Document.objects.values_list("pk", flat=True))\''
)
_LETTERS = "ĂÂĐÊÔƠƯăâđêôơưẠẶẬẸỆỊỌỘỢỤỰỴạặậẹệịọộợụựỵ"
_TOOLS = {
    "tesseract": "tesseract-ocr",
    "gs": "ghostscript",
    "pdftotext": "poppler-utils",
    "qpdf": "qpdf",
    "unpaper": "unpaper",
    "pngquant": "pngquant",
}
"""Programs the host starts, and Debian's package for each."""


def _quoted(paths: Iterable[Path]) -> str:
    return " ".join(f"'{path}'" if " " in str(path) else str(path) for path in paths)


def _host_folders() -> list[Path]:
    named = (
        settings.DATA_DIR,
        settings.MEDIA_ROOT,
        settings.CONSUMPTION_DIR,
        settings.SCRATCH_DIR,
        settings.LOGGING_DIR,
    )
    return [Path(each) for each in named]


def _writable(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def _nearest(folder: Path) -> Path:
    """Return the folder itself, or the closest one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def host_folders(_scope: Scope) -> Result:
    """The host's folders are there and can be written."""
    folders = _host_folders()
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        return error(
            f"Thiếu thư mục {some([str(each) for each in missing])}: máy chủ không nhận được tệp.",
            "folders of the host are missing",
            mend=f"Chạy `mkdir -p {_quoted(missing)}` bằng tài khoản chạy máy chủ (as the account the host runs under).",
        )
    closed = [folder for folder in folders if not _writable(folder)]
    if closed:
        return error(
            f"Không ghi được vào {some([str(each) for each in closed])}.",
            "folders of the host cannot be written",
            mend=f"Chạy `chmod u+rwx {_quoted(closed)}` bằng chủ của thư mục (as the owner of the folder).",
        )
    return ok()


def own_folder(_scope: Scope) -> Result:
    """Where uploads wait and bundles lie: writable, and closed to other accounts of the machine."""
    folder = configuration().data_dir
    nearest = _nearest(folder)
    if folder.exists() and not folder.is_dir():
        return error(
            f"{folder} không phải là thư mục.",
            "this is not a folder",
            mend=f"Chuyển tệp đó đi: `mv {_quoted([folder])} {_quoted([folder.with_suffix('.moved')])}` (move it away).",
        )
    if not _writable(nearest):
        return error(
            f"Không ghi được vào {nearest}: không nộp được tệp, không lập được tập hồ sơ.",
            "the plugin's folder cannot be written",
            mend=f"Chạy `chmod u+rwx {_quoted([nearest])}` bằng chủ của thư mục (as the owner of the folder).",
        )
    inside = [
        each
        for each in (folder / name for name in ("intake", "bundles", "decks", "redactions", "videos", "access-log"))
        if each.is_dir()
    ]
    opened = [each for each in inside if stat.S_IMODE(each.stat().st_mode) & 0o077]
    if opened:
        return error(
            f"Tài khoản khác trên máy đọc được {some([str(each) for each in opened])}.",
            "other accounts of the machine can read waiting files and bundles",
            mend=f"Chạy `chmod 700 {_quoted(opened)}` (close them).",
        )
    return ok()


def same_owner(_scope: Scope) -> Result:
    """One account owns everything: what root made by hand, the host cannot write."""
    owner = _nearest(Path(settings.DATA_DIR)).stat().st_uid
    folder = configuration().data_dir
    looked_at = [
        *_host_folders(),
        Path(settings.INDEX_DIR),
        folder,
        folder / "intake",
        folder / "bundles",
        folder / "decks",
        folder / "redactions",
        folder / "videos",
    ]
    strange = [each for each in looked_at if each.exists() and each.stat().st_uid != owner]
    if strange:
        return error(
            f"{some([str(each) for each in strange])} thuộc tài khoản khác với {settings.DATA_DIR}: máy chủ không ghi được.",
            "folders belong to different accounts",
            mend=f"Chạy `chown -R {owner} {_quoted(strange)}` bằng root (as root).",
        )
    if os.geteuid() != owner:
        return warning(
            f"Lệnh này đang chạy bằng tài khoản số {os.geteuid()}, thư mục dữ liệu thuộc tài khoản số {owner}: kết quả về "
            "quyền ghi không nói gì về máy chủ, và lệnh khác chạy như vậy sẽ tạo tệp máy chủ không ghi được.",
            "this command runs under another account than the one that owns the data",
            mend=f"Chạy lại bằng đúng tài khoản: `sudo -u '#{owner}' python manage.py vks_doctor` (run it as that account).",
        )
    return ok()


def disk_space(_scope: Scope) -> Result:
    """Intake needs room for the file, its archive copy and the pages being recognised."""
    free = {
        each: shutil.disk_usage(_nearest(each)).free
        for each in (
            Path(settings.DATA_DIR),
            Path(settings.MEDIA_ROOT),
            Path(settings.SCRATCH_DIR),
            configuration().data_dir,
        )
    }
    folder = min(free, key=lambda each: free[each])
    least = max(LEAST, 2 * configuration().max_upload_bytes)
    if free[folder] >= max(LITTLE, least):
        return ok()
    room = f"{free[folder] / GIBIBYTE:.1f} GB"
    tell = error if free[folder] < least else warning
    return tell(
        f"Đĩa của {folder} chỉ còn {room}: nhận tệp và lập tập hồ sơ sẽ dừng khi hết chỗ.",
        f"only {room} left",
        mend=f"Thêm đĩa hoặc dọn chỗ; xem chỗ nào lớn bằng `du -xh --max-depth=2 {_quoted([folder])}` "
        "(free some space).",
    )


def fonts(_scope: Scope) -> Result:
    """Stamps and covers are set in fonts that come with the package."""
    from fontTools.ttLib import TTFont, TTLibError  # noqa: PLC0415 - takes a while, and only this check needs it

    bad = []
    for name in shipped.FILES.values():
        try:
            with TTFont(shipped.FONTS / name, lazy=True) as font:
                known = font.getBestCmap() or {}
            if any(ord(letter) not in known for letter in _LETTERS):
                bad.append(name)
        except (OSError, TTLibError):
            bad.append(name)
    if not bad:
        return ok()
    return error(
        f"Phông chữ {some(bad)} thiếu, hỏng hoặc không có chữ tiếng Việt: không lập được tập hồ sơ.",
        "fonts of the package are missing or damaged",
        mend="Cài lại gói: `pip install --force-reinstall --no-deps vks-plugin` (install the package again).",
    )


def tools(_scope: Scope) -> Result:
    """Programs by which the host reads and shows files."""
    if is_stand_in():
        return skipped("máy chủ thay thế không nhận dạng chữ", "the stand-in recognises no text")
    missing = {program: package for program, package in _TOOLS.items() if shutil.which(program) is None}
    if missing:
        return error(
            f"Thiếu chương trình {some(sorted(missing))}: không nhận dạng được bản quét.",
            "programs needed for recognition are missing",
            mend=f"Chạy `apt-get install {' '.join(sorted(set(missing.values())))}` (install them).",
        )
    return ok()


def _told_by(*words: str) -> str | None:
    """Return what a program prints; None when it does not run or takes too long."""
    try:
        done = subprocess.run(list(words), capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def thumbnails(_scope: Scope) -> Result:
    """Another program called `convert` makes no thumbnails."""
    if is_stand_in():
        return skipped("máy chủ thay thế không dùng chương trình này", "the stand-in does not use this program")
    name = str(probes.value("CONVERT_BINARY"))
    program = shutil.which(name)
    if program is not None and "ImageMagick" in (_told_by(program, "-version") or ""):
        return ok()
    return error(
        f"“{name}” không phải ImageMagick hoặc không có: không tạo được ảnh thu nhỏ.",
        "convert is not ImageMagick",
        mend="Cài bằng `apt-get install imagemagick` rồi "
        "đặt `PAPERLESS_CONVERT_BINARY=/usr/bin/convert` trong paperless.conf hoặc docker-compose.env và khởi động lại "
        "(install it and name it).",
    )


def recognition_data(_scope: Scope) -> Result:
    """Tesseract knows Vietnamese."""
    if is_stand_in():
        return skipped("máy chủ thay thế không nhận dạng chữ", "the stand-in recognises no text")
    program = shutil.which("tesseract")
    if program is None:
        return skipped("chưa cài tesseract, xem “tools”", "tesseract is not installed, see tools")
    languages = set((_told_by(program, "--list-langs") or "").split())
    wanted = set((probes.stored_configuration().get("language") or settings.OCR_LANGUAGE or "vie").split("+")) | {"vie"}
    missing = sorted(wanted - languages)
    if not missing:
        return ok()
    return error(
        f"Tesseract không có dữ liệu ngôn ngữ {', '.join(missing)}: bản quét không nhận dạng được.",
        "tesseract lacks language data",
        mend=f"Chạy `apt-get install {' '.join(f'tesseract-ocr-{each}' for each in missing)}`; máy không có mạng: chép tệp "
        ".traineddata vào thư mục tessdata (install the data).",
    )


def index_folder(_scope: Scope) -> Result:
    """Without its folder the index lives in memory and is gone with the process."""
    folder = Path(settings.INDEX_DIR)
    rebuild = _INDEX_STAND_IN if is_stand_in() else "python manage.py document_index reindex"
    if not folder.is_dir():
        return error(
            f"Thiếu thư mục chỉ mục {folder}: tài liệu mới sẽ biến mất khỏi tìm kiếm khi khởi động lại.",
            "the index folder is missing; the index lives in memory",
            mend=f"Chạy `mkdir -p {_quoted([folder])}`, khởi động lại web và tác vụ nền, rồi `{rebuild}` "
            "(make it, restart, index again).",
        )
    if not _writable(folder):
        return error(
            f"Không ghi được vào thư mục chỉ mục {folder}.",
            "the index folder cannot be written",
            mend=f"Chạy `chmod u+rwx {_quoted([folder])}` bằng chủ của thư mục (as the owner of the folder).",
        )
    facts = probes.index_facts(folder)
    if facts.outdated:
        return error(
            "Chỉ mục được lập với cấu hình khác: lần mở tới máy chủ sẽ xóa hết và tìm kiếm trống rỗng.",
            "the index was made with other settings and will be thrown away",
            mend=f"Chạy ngay `{rebuild}` (index again).",
        )
    if facts.entries < facts.documents:
        return error(
            f"Chỉ mục có {facts.entries} mục cho {facts.documents} tài liệu: {facts.documents - facts.entries} tài liệu "
            "tìm không ra.",
            "documents are missing from the index",
            mend=f"Chạy `{rebuild}` (index again).",
        )
    return ok()


def _own_files() -> list[str]:
    """Return what a page of ours loads, by its name below `static/`."""
    root = Path(vks_plugin.__file__).parent / "static"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.suffix in {".css", ".js"})


def _uses_finders() -> bool:
    return bool(getattr(settings, "WHITENOISE_USE_FINDERS", False)) or settings.DEBUG


def static_files(_scope: Scope) -> Result:
    """Style and scripts of our pages, collected where the server looks for them, at this version."""
    if _uses_finders():
        return ok()
    root = Path(settings.STATIC_ROOT)
    source = Path(vks_plugin.__file__).parent / "static"
    names = _own_files()
    missing = [name for name in names if not (root / name).is_file()]
    stale = [
        name for name in names if name not in missing and (root / name).read_bytes() != (source / name).read_bytes()
    ]
    if not missing and not stale:
        return ok()
    return error(
        f"{len(missing)} tệp giao diện chưa được thu thập, {len(stale)} tệp thuộc phiên bản cũ: trang không có kiểu chữ "
        "hoặc chạy sai.",
        "style and scripts were not collected, or belong to an older version",
        # collectstatic leaves alone what is newer than its source, whatever is in it
        mend="Chạy "
        + (f"`rm -f {_quoted(root / name for name in stale)}`, " if stale else "")
        + "`python manage.py collectstatic --noinput` rồi khởi động lại web (collect them, restart).",
    )


def static_compressed(_scope: Scope) -> Result:
    """A compressed copy that is older than its file is what browsers get."""
    if _uses_finders():
        return ok()
    root = Path(settings.STATIC_ROOT)
    present = [root / name for name in _own_files() if (root / name).is_file()]
    stale, compressed = [], 0
    for path in present:
        small = path.with_name(path.name + ".gz")
        if not small.is_file():
            continue
        compressed += 1
        try:
            same = gzip.decompress(small.read_bytes()) == path.read_bytes()
        except OSError:
            same = False
        if not same:
            stale.append(path)
    if stale:
        copies = [path.with_name(path.name + ending) for path in stale for ending in (".gz", ".br")]
        return error(
            f"{len(stale)} bản nén không khớp với tệp gốc: trình duyệt nhận được giao diện cũ.",
            "compressed copies are older than their files; browsers get the old ones",
            mend=f"Chạy `rm -f {_quoted(copies)}` rồi `python manage.py collectstatic --noinput` (compress again).",
        )
    if not compressed and "Compressed" in settings.STORAGES["staticfiles"]["BACKEND"]:
        return warning(
            "Tệp giao diện chưa được nén: trang tải chậm hơn trên đường truyền hẹp.",
            "files are served uncompressed",
            mend="Chạy `python manage.py collectstatic --noinput --clear` (collect and compress again).",
        )
    return ok()


def host_pages(_scope: Scope) -> Result:
    """The host's own interface is compiled, and not part of its source."""
    if is_stand_in():
        return skipped("máy chủ thay thế không có giao diện của Paperless-ngx", "the stand-in has no such interface")
    name = "frontend/en-US/main.js"
    if (Path(settings.STATIC_ROOT) / name).is_file() or (_uses_finders() and finders.find(name)):
        return ok()
    return warning(
        "Thiếu giao diện đã biên dịch của Paperless-ngx: chỉ các trang /vks/, trang quản trị và API mở được.",
        "the host's compiled interface is missing",
        mend="Dùng tệp phát hành chính thức (không phải mã nguồn), rồi chạy `python manage.py collectstatic --noinput` "
        "(use a release archive, then collect).",
    )
