"""What proves that every page a deck shows is the one that was filed, and the check that proves it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageChops

from vks_plugin.cases.models import CaseDocument
from vks_plugin.court.deck.contents import Deck, DeckPage, DeckStill, DeckVideo
from vks_plugin.court.deck.inside import Inside, read_pdf, read_pptx
from vks_plugin.court.deck.models import DeckExport, Video
from vks_plugin.court.deck.rendering import Area, file_sha256, opened, render
from vks_plugin.custody.queries import sealed_files
from vks_plugin.custody.signing import SUFFIX, OfficeKey, detached
from vks_plugin.errors import BadInput
from vks_plugin.filing.signatures import NotRead, Verdict, is_installed, read_apart, read_detached
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf
from vks_plugin.text import one_line

FORMAT = "vks-deck/1"
NAME = "manifest.json"
SIGNATURE = NAME + SUFFIX
_DIFFERENCE, _SPECKS = 80, 12
"""How far, of 255, the shade of a pixel may be off, and how many may be off further: another edition of the library
that draws pages may set an edge a little differently, but no letter."""
_LARGEST = 64 * 1024 * 1024


def page_entry(page: DeckPage, file: str, image_sha256: str, source_sha256: str) -> dict[str, Any]:
    """Return what the manifest says of a page.

    Args:
        page: the page.
        file: where its picture lies within the deck; empty where the deck is one file that keeps pictures its own way.
        image_sha256: of that picture.
        source_sha256: of the file it was drawn from.
    """
    return {
        "key": page.key,
        "file": file,
        "folio": page.folio,
        "document": page.document_id,
        "version": page.version_id,
        "page": page.page,
        "crop": list(page.crop) if page.crop is not None else None,
        "filed_sha256": page.filed_sha256,
        "source_sha256": source_sha256,
        # the copy that is shown, and the file of the document it was made of
        "redaction": page.redaction or None,
        "original_sha256": page.original_sha256 or source_sha256,
        # the document's file, where it is one that was sealed
        "sealed_sha256": (page.original_sha256 or source_sha256) if page.sealed else None,
        "image_sha256": image_sha256,
    }


def video_entry(video: DeckVideo) -> dict[str, Any]:
    """Return what the manifest says of a video."""
    return {
        "key": video.key,
        "file": video.file,
        "video": video.id,
        "document": video.document_id,
        "filed_sha256": video.filed_sha256,
        "sha256": video.sha256,
    }


def still_entry(still: DeckStill, video: DeckVideo) -> dict[str, Any]:
    """Return what the manifest says of a picture that stands for a video: what it is bound to, and that it is no page."""
    return {
        "what": still.words,
        "file": still.file,
        "sha256": still.sha256,
        "second": still.second,
        "video": video.key,
        "video_sha256": video.sha256,
    }


def manifest_of(
    deck: Deck, entries: Iterable[dict[str, Any]], folder: Path | None = None, key: OfficeKey | None = None
) -> dict[str, Any]:
    """Return the manifest.

    Args:
        deck: what was written.
        entries: see `page_entry`.
        folder: where it was written, for the hashes of its files; none where the deck is one file.
        key: who is going to sign it; without one it says nothing of signatures.
    """
    files: dict[str, str] = {}
    for path in sorted(folder.rglob("*")) if folder is not None else ():
        if path.is_file() and path.name not in {NAME, SIGNATURE}:
            files[path.relative_to(folder or path).as_posix()] = sha256_of(path)
    return {
        "format": FORMAT,
        "program": f"vks-plugin {_version()}",
        "case": deck.case_code,
        "presentation": deck.number,
        "title": deck.title,
        "made_on": deck.made_on.isoformat(),
        "package": deck.package,
        "expires_on": deck.expires_on.isoformat() if deck.expires_on is not None else None,
        "slides": [
            {
                "number": slide.number,
                "kind": slide.kind,
                "state": slide.state,
                "citation": slide.citation,
                "ground": slide.ground,
                "pages": list(slide.pages),
                "video": slide.video.key if slide.video is not None else None,
                "plays": [slide.video.plays_from, slide.video.plays_to] if slide.video is not None else None,
                "still": still_entry(slide.still, slide.video) if slide.still and slide.video else None,
            }
            for slide in deck.slides
        ],
        "pages": sorted(entries, key=lambda entry: entry["key"]),
        "videos": [video_entry(video) for video in deck.videos],
        "files": files,
        # so that a signature that was taken away is missed
        **({"signer": key.name} if key is not None else {}),
    }


def signature_of(text: str, key: OfficeKey | None) -> bytes | None:
    """Return the signature of a manifest that lies beside it; None without a key."""
    return detached(text.encode(), key) if key is not None else None


def as_text(manifest: dict[str, Any]) -> str:
    """Return the manifest as the file `manifest.json` has it."""
    return json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"


def digest_of_manifest(manifest: dict[str, Any]) -> str:
    """Return the SHA-256 of the file `manifest.json`."""
    return hashlib.sha256(as_text(manifest).encode()).hexdigest()


def contents_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a package to read logs of it: its slides, and the folio of each page by its key."""
    return {"slides": manifest["slides"], "pages": {entry["key"]: entry["folio"] for entry in manifest["pages"]}}


def _version() -> str:
    try:
        return version("vks-plugin")
    except PackageNotFoundError:
        return "0"


# --- the check -----------------------------------------------------------------------------------

Pictures = Callable[[dict[str, Any]], bytes]
"""Returns the picture of a page in a deck, by what the manifest says of the page.

Raises:
    OSError: it is not there.
"""


def _reader(path: Path) -> Callable[[str], bytes]:
    """Return a function that reads a file of a deck, which is a folder or a ZIP."""
    if path.is_dir():

        def from_folder(name: str) -> bytes:
            if ".." in PurePosixPath(name).parts or name.startswith("/"):
                raise BadInput(_("Danh mục của gói trình chiếu bị hỏng: hãy lập lại gói."))
            return (path / name).read_bytes()

        return from_folder
    archive = zipfile.ZipFile(path)
    names = {info.filename.split("/", 1)[-1]: info for info in archive.infolist()}

    def from_archive(name: str) -> bytes:
        info = names.get(name)
        if info is None or info.file_size > _LARGEST:
            raise FileNotFoundError(name)
        return archive.read(info)

    return from_archive


class Judged(NamedTuple):
    """What a deck comes to."""

    problems: list[str]
    """What does not fit, in sentences."""
    signed: list[str]
    """Who signed it, when, and whether that holds, in sentences; none: nobody did."""


def check(path: Path) -> list[str]:
    """Return what does not fit of a deck, in sentences; see `judge`."""
    return judge(path).problems


def judge(path: Path, roots: Path | None = None) -> Judged:
    """Compare a deck with its manifest and with what is filed now, and look at who signed it.

    Every source is hashed, and every page is drawn again and compared with the picture in the deck. Of a folder or ZIP every
    file is hashed; a PowerPoint file or a PDF may show no picture its manifest does not name, and is compared with the file
    that was made.

    Args:
        path: the deck.
        roots: certificates that are trusted, as `read_signatures` takes them.

    Raises:
        BadInput: it is no deck.
    """
    with contextlib.suppress(OSError, zipfile.BadZipFile):
        if path.is_file() and path.open("rb").read(5) == b"%PDF-":
            inside = read_pdf(path)
            judged = _single(path, inside, roots)
            signed, broken = _file_signatures(path, roots)
            return Judged(judged.problems + broken, signed + judged.signed)
        if path.is_file() and "[Content_Types].xml" in zipfile.ZipFile(path).namelist():
            return _single(path, read_pptx(path), roots)
    try:
        read = _reader(path)
        text = read(NAME)
        manifest = json.loads(text)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(_("Đây không phải gói trình chiếu: không đọc được manifest.json.")) from error
    _known(manifest)
    found: list[str] = []
    with _sound_manifest():
        for name, expected in manifest["files"].items():
            if _hash(read, name) != expected:
                found.append(_("Tệp %(name)s của gói đã bị đổi hoặc thiếu.") % {"name": name})
        for entry in manifest["pages"]:
            found += _page(lambda each: read(each["file"]), entry)
        for entry in manifest.get("videos", ()):
            found += _video(manifest["files"][entry["file"]], entry)
        found += _stills(
            manifest, {entry["file"]: manifest["files"].get(entry["file"]) for entry in _stills_in(manifest)}
        )
    try:
        signature: bytes | None = read(SIGNATURE)
    except OSError:
        signature = None
    signed, broken = _signature(manifest, text, signature, roots)
    return Judged(found + broken, signed)


def _signature(
    manifest: dict[str, Any], text: bytes, signature: bytes | None, roots: Path | None
) -> tuple[list[str], list[str]]:
    """Return who signed a manifest, and what is wrong with that."""
    signer = one_line(str(manifest.get("signer") or ""))[:200]
    if signature is None:
        lost = _("Danh mục ghi %(signer)s ký nhưng trong gói không có chữ ký (manifest.json.p7s).") % {"signer": signer}
        return [], [lost] if signer else []
    if not is_installed():
        unread = _("Có chữ ký của danh mục; máy này chưa cài phần đọc (vks-plugin[signatures]).")
        return [unread], []
    try:
        seen = read_detached(text, signature, roots)
    except NotRead as refusal:
        return [], [_("Chữ ký của danh mục: %(why)s") % {"why": refusal}]
    sentence = _("Danh mục do %(who)s.") % {"who": seen.words}
    if seen.verdict is Verdict.INVALID:
        return [], [sentence]
    if signer and seen.signer != signer:
        other = _("Danh mục ghi %(signer)s ký nhưng chữ ký là của %(other)s.")
        return [sentence], [other % {"signer": signer, "other": seen.signer or "?"}]
    return [sentence], []


def _file_signatures(path: Path, roots: Path | None) -> tuple[list[str], list[str]]:
    """Return who signed a PDF itself, and what is wrong with that."""
    if not is_installed():
        return [], []
    try:
        found = read_apart(path, roots)
    except NotRead as refusal:
        return [], [_("Chữ ký của tệp PDF: %(why)s") % {"why": refusal}]
    signed: list[str] = []
    broken: list[str] = []
    for each in found:
        sentence = _("Tệp PDF do %(who)s.") % {"who": each.words}
        (broken if each.verdict is Verdict.INVALID else signed).append(sentence)
    return signed, broken


def _known(manifest: Any) -> None:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BadInput(_("Gói trình chiếu thuộc định dạng chương trình này không biết."))


@contextlib.contextmanager
def _sound_manifest() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadInput(_("Danh mục của gói trình chiếu bị hỏng: hãy lập lại gói.")) from error


def _single(path: Path, inside: Inside, roots: Path | None) -> Judged:
    """Return what a deck that is one file comes to."""
    text, shown = inside.manifest, inside.shown
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise BadInput(_("Danh mục của gói trình chiếu bị hỏng: hãy lập lại gói.")) from error
    _known(manifest)
    found: list[str] = []
    with _sound_manifest():
        package = _uuid(manifest["package"])
        export = DeckExport.objects.filter(pk=package).first() if package is not None else None
        if export is None or export.sha256 != sha256_of(path):
            found.append(
                _(
                    "Tệp không còn đúng từng byte như khi xuất: chữ và hình vẽ trong đó có thể đã bị sửa, chỉ hình của các bút lục được đối chiếu."
                )
            )
        if export is not None and export.manifest_sha256 != hashlib.sha256(text).hexdigest():
            found.append(_("Danh mục trong tệp không phải danh mục đã lập khi xuất."))
        stills = {entry["sha256"] for entry in _stills_in(manifest)}
        known = {entry["image_sha256"] for entry in manifest["pages"]} | stills
        pictures = {hashlib.sha256(picture).hexdigest(): picture for each in shown for picture in each}
        for place, each in enumerate(shown, 1):
            if any(hashlib.sha256(picture).hexdigest() not in known for picture in each):
                found.append(
                    _("Trang %(place)d của tệp có hình không phải bút lục nào trong danh mục.") % {"place": place}
                )

        def picture_of(entry: dict[str, Any]) -> bytes:
            if entry["image_sha256"] not in pictures:
                raise FileNotFoundError(entry["key"])
            return pictures[entry["image_sha256"]]

        for entry in manifest["pages"]:
            found += _page(picture_of, entry)
        for entry in manifest.get("videos", ()):
            found += _video(entry["sha256"], entry)
        found += _stills(
            manifest, {entry["file"]: entry["sha256"] for entry in _stills_in(manifest) if entry["sha256"] in pictures}
        )
    signed, broken = _signature(manifest, text, inside.signature, roots)
    return Judged(found + broken, signed)


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _hash(read: Callable[[str], bytes], name: str) -> str:
    try:
        return hashlib.sha256(read(name)).hexdigest()
    except OSError:
        return ""


def _video(inside: str, entry: dict[str, Any]) -> list[str]:
    """Return what does not fit of a video, whose file in the package has the hash `inside`."""
    kept = Video.objects.filter(pk=entry["video"], case_document__document_id=entry["document"]).first()
    if kept is None or not kept.sha256 == entry["sha256"] == inside:
        return [_("Video %(name)s trong gói không phải video đã nạp vào vụ án.") % {"name": entry["key"]}]
    return []


def _stills_in(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the pictures that stand for videos, as a manifest tells of them; packages made before there were any say nothing."""
    return [slide["still"] for slide in manifest["slides"] if slide.get("still")]


def _stills(manifest: dict[str, Any], there: Mapping[str, str | None]) -> list[str]:
    """Return what does not fit of the pictures that stand for videos.

    Args:
        there: the hash of each that is in the package, by its name.
    """
    videos = {entry["key"]: entry["sha256"] for entry in manifest.get("videos", ())}
    found = []
    for slide in manifest["slides"]:
        still = slide.get("still")
        if still and not (
            there.get(still["file"]) == still["sha256"] and videos.get(still["video"]) == still["video_sha256"]
        ):
            found.append(
                _("Trang %(slide)s: ảnh đại diện của video không phải ảnh ghi trong danh mục.")
                % {"slide": slide["number"]}
            )
    return found


def _page(picture_of: Pictures, entry: dict[str, Any]) -> list[str]:
    shown = {"folio": entry["folio"]}
    filed = CaseDocument.objects.filter(document_id=entry["document"]).select_related("document").first()
    if filed is None:
        return [_("BL %(folio)s: tài liệu không còn trong hồ sơ.") % shown]
    if filed.sha256 != entry["filed_sha256"]:
        return [_("BL %(folio)s: tài liệu đã nộp không phải tài liệu ghi trong gói.") % shown]
    source = readable_pdf(filed.document)
    try:
        # packages made before copies could be shown say nothing of them
        if file_sha256(source) != entry.get("original_sha256", entry["source_sha256"]):
            return [_("BL %(folio)s: hồ sơ nay có bản khác của tài liệu này.") % shown]
        sealed = entry.get("sealed_sha256")
        if sealed is not None and sealed not in sealed_files([filed.document_id]).get(filed.document_id, frozenset()):
            return [_("BL %(folio)s: tài liệu không phải bản đã niêm phong ghi trong gói.") % shown]
        if entry.get("redaction"):
            copy = filed.redactions.filter(pk=entry["redaction"], source_sha256=entry["original_sha256"]).first()
            if copy is None or not entry["source_sha256"] == copy.sha256 == file_sha256(copy.path):
                return [_("BL %(folio)s: bản đã che trong hồ sơ không phải bản ghi trong gói.") % shown]
            source = copy.path
        crop: Area | None = tuple(entry["crop"]) if entry["crop"] else None
        with opened(source) as pdf:
            again = render(pdf, entry["page"], crop=crop).jpeg
        there = picture_of(entry)
        alike = there == again or _alike(there, again)
    except (OSError, ValidationError):
        return [_("BL %(folio)s: không đọc được tài liệu hoặc hình của trang.") % shown]
    return [] if alike else [_("BL %(folio)s: hình trong gói không phải trang này của tài liệu.") % shown]


def _alike(one: bytes, other: bytes) -> bool:
    there, again = (Image.open(io.BytesIO(each)).convert("L") for each in (one, other))
    if there.size != again.size:
        return False
    shades = ImageChops.difference(there, again).histogram()
    return sum(shades[_DIFFERENCE:]) <= _SPECKS
