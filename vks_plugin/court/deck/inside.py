"""The manifest within a deck that is one file, and its signature: put there, and read back with the pictures the file shows.

PowerPoint keeps a custom XML part through every change somebody saves; a PDF has an attachment.
"""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import pikepdf
import pptx
from django.utils.translation import gettext as _
from pptx.exc import PythonPptxError
from pptx.media import SPEAKER_IMAGE_BYTES
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI

from vks_plugin.custody.signing import SUFFIX
from vks_plugin.errors import BadInput

NAME = "manifest.json"
_SPACE, _SIGNATURE_SPACE = "urn:vks-plugin:deck-manifest", "urn:vks-plugin:deck-signature"
_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_LARGEST_PART, _LARGEST = 64 * 1024 * 1024, 4 * 1024 * 1024 * 1024
"""Bytes of a part that is read as text, and of all parts together, unpacked."""

Shown = list[list[bytes]]
"""By slide or sheet, in their order, the pictures that stand on it, as JPEG or whatever they are."""


class Inside(NamedTuple):
    """What is within a deck that is one file."""

    manifest: bytes
    shown: Shown
    signature: bytes | None
    """Of the manifest (CMS); None: nobody signed it."""


def put_into_pptx(file: Any, text: str, signature: bytes | None = None) -> None:
    """Put a manifest, and its signature, into a presentation that is being written."""
    parts = [(_SPACE, "manifest", escape(text))]
    if signature is not None:
        parts.append((_SIGNATURE_SPACE, "signature", base64.b64encode(signature).decode("ascii")))
    for number, (space, name, content) in enumerate(parts, 1):
        blob = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{space}">{content}</{name}>'.encode()
        part = Part(PackURI(f"/customXml/item{number}.xml"), "application/xml", file.part.package, blob)
        file.part.relate_to(part, _CUSTOM)


def put_into_pdf(path: Path, text: str, signature: bytes | None = None) -> None:
    """Put a manifest, and its signature, into a PDF that was written."""
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        attached = pikepdf.AttachedFileSpec(pdf, text.encode(), filename=NAME, mime_type="application/json")
        pdf.attachments[NAME] = attached
        if signature is not None:
            beside = pikepdf.AttachedFileSpec(
                pdf, signature, filename=NAME + SUFFIX, mime_type="application/pkcs7-signature"
            )
            pdf.attachments[NAME + SUFFIX] = beside
        pdf.save(path, static_id=True)


def _no_deck(error: BaseException | None = None) -> BadInput:
    made = BadInput(_("Đây không phải gói trình chiếu: trong tệp không có danh mục các trang."))
    made.__cause__ = error
    return made


def read_pptx(path: Path) -> Inside:
    """Return the manifest of a PowerPoint file, its signature, and the pictures on its slides.

    Raises:
        BadInput: it is none of ours, or cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    texts = [each.file_size for each in parts if each.filename.endswith((".xml", ".rels"))]
    if sum(each.file_size for each in parts) > _LARGEST or max(texts, default=0) > _LARGEST_PART:
        raise _no_deck()
    try:
        file = pptx.Presentation(str(path))
        text = _part_of(file, f"{{{_SPACE}}}manifest")
        if text is None:
            raise _no_deck()
        signature = _part_of(file, f"{{{_SIGNATURE_SPACE}}}signature")
        shown = [list(_pictures(slide)) for slide in file.slides]
        return Inside(text, shown, base64.b64decode(signature) if signature is not None else None)
    except (PythonPptxError, KeyError, ValueError, AttributeError, zipfile.BadZipFile, SyntaxError) as error:
        raise _no_deck(error) from error


def _part_of(file: Any, tag: str) -> bytes | None:
    """Return what the custom XML part with this element says; None: there is none."""
    for relation in file.part.rels.values():
        if relation.reltype == _CUSTOM and not relation.is_external:
            # the parser of the library expands no entity
            root = pptx.oxml.parse_xml(relation.target_part.blob)
            if root.tag == tag:
                return (root.text or "").encode()
    return None


def _pictures(slide: Any) -> Iterator[bytes]:
    for blip in slide._element.iter("{*}blip"):  # noqa: SLF001 - also grounds and what lies in groups
        holder = blip.getparent().getparent()
        film = any(True for _each in holder.iter("{*}videoFile"))
        if blip.get(_EMBED) is None:
            continue
        picture = slide.part.related_part(blip.get(_EMBED)).blob
        # the loudspeaker of the library that stands for a video without a picture
        if not (film and picture == SPEAKER_IMAGE_BYTES):
            yield picture


def read_pdf(path: Path) -> Inside:
    """Return the manifest of a PDF, its signature, and the pictures on its sheets.

    Raises:
        BadInput: it is none of ours, asks for its password, or cannot be read.
    """
    try:
        with pikepdf.open(path) as pdf:
            if NAME not in pdf.attachments:
                raise _no_deck()
            text = pdf.attachments[NAME].get_file().read_bytes()
            beside = pdf.attachments[NAME + SUFFIX].get_file() if NAME + SUFFIX in pdf.attachments else None
            shown = [list(_drawn(page)) for page in pdf.pages]
            return Inside(text, shown, beside.read_bytes() if beside is not None else None)
    except pikepdf.PasswordError as error:
        raise BadInput(
            _("Tệp PDF có mật khẩu: hãy mở bằng mật khẩu rồi lưu một bản không mã hóa để đối chiếu.")
        ) from error
    except (pikepdf.PdfError, ValueError, KeyError, TypeError) as error:
        raise _no_deck(error) from error


def _drawn(page: Any) -> Iterator[bytes]:
    """Yield the pictures a sheet draws, whatever else its resources name."""
    for said in pikepdf.parse_content_stream(page):
        if str(said.operator) != "Do":
            # also one that is written into the sheet itself
            if str(said.operator) == "INLINE IMAGE":
                yield b"inline"
            continue
        drawn = page.resources["/XObject"][str(said.operands[0])]
        if drawn.get("/Subtype") != "/Image":
            # a form could hide a picture
            yield b"form"
            continue
        content = drawn.read_raw_bytes()
        filters = drawn.get("/Filter")
        names = [str(each) for each in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
        yield base64.a85decode(content.strip(), adobe=True) if names[0] == "/ASCII85Decode" else content
