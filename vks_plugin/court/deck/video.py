"""What is in a video, read from the structure of its file: whether a browser without anything installed plays it.

Nothing is decoded. Only boxes (MP4, ISO 14496-12) and elements (WebM, RFC 9559) that tell of tracks are read; the pictures
themselves are passed over. Refused is whatever is not on the short list that every browser of the last eight years plays.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from vks_plugin.errors import BadInput
from vks_plugin.text import Sentence
from vks_plugin.text import gettext_noop as _

MP4, WEBM = "mp4", "webm"
_PICTURES = {"avc1": "H.264", "avc3": "H.264", "V_VP8": "VP8", "V_VP9": "VP9"}
_SOUNDS = {"mp4a": "AAC", "A_OPUS": "Opus", "A_VORBIS": "Vorbis"}
_KNOWN = {
    "hvc1": "H.265 (HEVC)",
    "hev1": "H.265 (HEVC)",
    "av01": "AV1",
    "V_AV1": "AV1",
    "vp08": "VP8",
    "vp09": "VP9",
    "mp4v": "MPEG-4 Part 2",
    "s263": "H.263",
    "mjpg": "Motion JPEG",
    "apcn": "ProRes",
    "encv": "DRM",
    "enca": "DRM",
    "ac-3": "AC-3",
    "ec-3": "E-AC-3",
    "samr": "AMR",
    "sowt": "PCM",
    "twos": "PCM",
    "alac": "ALAC",
}
"""Names of what is refused, as people and programs that convert videos know them."""
_PROFILES = frozenset({66, 77, 88, 100})
"""Of H.264: 8 bits, 4:2:0. What cameras for studios write beyond them no browser plays."""
_TOO_DEEP, _QUICKTIME = "H.264 High 10/4:2:2", "MOV (QuickTime)"
_AAC = frozenset({0x40, 0x66, 0x67, 0x68})
_MOST_PARTS = 20_000
_DEEPEST = 6


@dataclass(frozen=True)
class VideoFacts:
    """A video that can be shown."""

    container: str
    """`mp4` or `webm`; the ending of its file, too."""
    codecs: str
    """Of pictures and sound: `H.264, AAC`."""
    seconds: float
    width: int
    height: int


class _Track(NamedTuple):
    codec: str
    """As the file writes it."""
    detail: int
    """Profile of H.264, kind of an MPEG-4 sound; 0: not told."""
    width: int
    height: int
    sound: bool = False


def examine(stream: BinaryIO) -> VideoFacts:
    """Tell what a video is.

    Raises:
        BadInput: it is none, is cut off, or is of a kind that may not play at court; the sentence names the kind.
    """
    try:
        stream.seek(0, io.SEEK_END)
        size = stream.tell()
        stream.seek(0)
        head = stream.read(64)
        if head[4:8] == b"ftyp":
            return _mp4(stream, size, head[8:12])
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return _webm(stream, size)
        raise _refused(_named_by(head))
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        raise BadInput(_DAMAGED, field="file") from error


_DAMAGED = _("Tệp video bị hỏng hoặc bị cắt mất một phần: hãy chép lại từ nguồn rồi nạp lại.")
_WILL_NOT_PLAY = _(
    "Video này là %(kind)s: trình duyệt ở phòng xử án có thể không phát được. Hãy chuyển sang MP4 (H.264, AAC) hoặc WebM (VP8, VP9; Opus, Vorbis) rồi nạp lại; giữ tệp gốc."
)


def _refused(kind: str) -> BadInput:
    if not kind:
        return BadInput(_("Tệp này không phải video MP4 hoặc WebM."), field="file")
    return BadInput(Sentence(_WILL_NOT_PLAY, kind=kind), field="file")


def _named_by(head: bytes) -> str:
    """Return what the first bytes of other containers say; empty when they say nothing."""
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI"
    if head[4:8] in {b"moov", b"mdat", b"wide", b"skip"}:
        return _QUICKTIME
    for start, name in (
        (b"\x30\x26\xb2\x75", "WMV (Windows Media)"),
        (b"\x00\x00\x01\xba", "MPEG (VOB)"),
        (b"\x00\x00\x01\xb3", "MPEG"),
        (b"FLV", "FLV"),
        (b"OggS", "OGG"),
        (b"\x47", "MPEG-TS (MTS)"),
    ):
        if head.startswith(start):
            return name
    return ""


def _told(container: str, tracks: list[_Track], seconds: float) -> VideoFacts:
    pictures = [each for each in tracks if not each.sound]
    if not pictures:
        raise BadInput(_("Tệp này không có hình, chỉ có tiếng hoặc dữ liệu khác."), field="file")
    names = []
    for each in tracks:
        name = (_SOUNDS if each.sound else _PICTURES).get(each.codec)
        if name == "H.264" and each.detail not in _PROFILES:
            raise _refused(_TOO_DEEP)
        if name == "AAC" and each.detail not in _AAC:
            name = None
        if name is None:
            raise _refused(_KNOWN.get(each.codec, f"{container.upper()} ({each.codec or '?'})"))
        if name not in names:
            names.append(name)
    if not 0 < seconds < _LONGEST:
        raise BadInput(
            _("Tệp video không ghi độ dài nên không chọn được đoạn chiếu: hãy xuất lại bằng phần mềm dựng rồi nạp."),
            field="file",
        )
    first = max(pictures, key=lambda each: each.width * each.height)
    return VideoFacts(container, ", ".join(names), round(seconds, 2), first.width or 1280, first.height or 720)


_LONGEST = 7 * 24 * 3600.0

# --- MP4


class _Box(NamedTuple):
    kind: bytes
    start: int
    """Of what is in it."""
    end: int


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """Yield the boxes between two places."""
    for _count in range(_MOST_PARTS):
        if start + 8 > end:
            return
        stream.seek(start)
        size, kind = struct.unpack(">I4s", stream.read(8))
        inside = start + 8
        if size == 1:
            (size,) = struct.unpack(">Q", stream.read(8))
            inside += 8
        elif size == 0:
            size = end - start
        if size < inside - start or start + size > end:
            raise BadInput(_DAMAGED, field="file")
        yield _Box(kind, inside, start + size)
        start += size


def _content(stream: BinaryIO, box: _Box, most: int = 4096) -> bytes:
    stream.seek(box.start)
    return stream.read(min(box.end - box.start, most))


def _mp4(stream: BinaryIO, size: int, brand: bytes) -> VideoFacts:
    if brand == b"qt  ":
        raise _refused(_QUICKTIME)
    whole = list(_boxes(stream, 0, size))
    kinds = {box.kind for box in whole}
    movie = next((box for box in whole if box.kind == b"moov"), None)
    if movie is None or b"mdat" not in kinds:
        raise BadInput(_DAMAGED, field="file")
    tracks: list[_Track] = []
    seconds = 0.0
    for box in _boxes(stream, movie.start, movie.end):
        if box.kind == b"mvhd":
            seconds = _duration(_content(stream, box))
        elif box.kind == b"trak":
            tracks += _track(stream, box)
    return _told(MP4, tracks, seconds)


def _duration(header: bytes) -> float:
    if header[0] == 1:
        scale, units = struct.unpack(">IQ", header[20:32])
    else:
        scale, units = struct.unpack(">II", header[12:20])
    # all ones: not known
    unknown = units in {2**32 - 1, 2**64 - 1}
    return 0.0 if unknown or not scale else units / scale


def _inner(stream: BinaryIO, box: _Box, *path: bytes) -> _Box | None:
    for kind in path:
        found = next((each for each in _boxes(stream, box.start, box.end) if each.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _track(stream: BinaryIO, track: _Box) -> Iterator[_Track]:
    """Yield what a track is of; tracks of subtitles, times and hints are passed over."""
    handler = _inner(stream, track, b"mdia", b"hdlr")
    table = _inner(stream, track, b"mdia", b"minf", b"stbl", b"stsd")
    if handler is None or table is None:
        return
    kind = _content(stream, handler)[8:12]
    if kind not in {b"vide", b"soun"}:
        return
    for entry in _boxes(stream, table.start + 8, table.end):
        codec = entry.kind.decode("latin-1").strip()
        codec = codec if codec.isalnum() or codec in _KNOWN else "?"
        if kind == b"soun":
            yield _Track(codec, _sound_kind(stream, entry) if codec == "mp4a" else 0, 0, 0, sound=True)
        else:
            width, height = struct.unpack(">HH", _content(stream, entry)[24:28])
            profile = 0
            if codec in _PICTURES:
                settings = next(
                    (each for each in _boxes(stream, entry.start + 78, entry.end) if each.kind == b"avcC"), None
                )
                profile = _content(stream, settings)[1] if settings is not None else 0
            yield _Track(codec, profile, width, height)


def _sound_kind(stream: BinaryIO, entry: _Box) -> int:
    """Return the object type of an MPEG-4 sound: in the descriptor 4 within the descriptor 3 of its box `esds`."""
    # version 0 is what MP4 files have; QuickTime's later ones are longer
    box = next((each for each in _boxes(stream, entry.start + 28, entry.end) if each.kind == b"esds"), None)
    if box is None:
        return 0
    content = _content(stream, box)[4:]
    place = _behind_length(content, 1) + 3
    if content[0] != 3 or content[place - 1] & 0xE0:
        return 0
    if content[place] != 4:
        return 0
    return content[_behind_length(content, place + 1)]


def _behind_length(content: bytes, place: int) -> int:
    while content[place] & 0x80:
        place += 1
    return place + 1


# --- WebM

_SEGMENT, _INFO, _TRACKS, _ENTRY, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675
_VIDEO_OF, _DOCTYPE, _TYPE, _CODEC, _WIDTH, _HEIGHT = 0xE0, 0x4282, 0x83, 0x86, 0xB0, 0xBA
_SCALE, _DURATION = 0x2AD7B1, 0x4489
_HOLDING = frozenset({_SEGMENT, _INFO, _TRACKS, _ENTRY, _VIDEO_OF, 0x1A45DFA3})


def _number(stream: BinaryIO, *, marked: bool) -> tuple[int, int]:
    """Return a number of variable length and how many bytes it takes; `marked` keeps the mark of its length."""
    (first,) = stream.read(1)
    length = 9 - first.bit_length() if first else 9
    if length > 8:
        raise ValueError
    value = first if marked else first & ((1 << (8 - length)) - 1)
    rest = stream.read(length - 1)
    if len(rest) != length - 1:
        raise ValueError
    for each in rest:
        value = value << 8 | each
    return value, length


def _elements(stream: BinaryIO, start: int, end: int, depth: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield ids and contents of the elements that tell of tracks, up to the first cluster; those that hold others first."""
    for _count in range(_MOST_PARTS):
        if start >= end:
            return
        stream.seek(start)
        key, taken = _number(stream, marked=True)
        size, more = _number(stream, marked=False)
        inside = start + taken + more
        unknown = size == (1 << (7 * more)) - 1
        upto = end if unknown else inside + size
        if key == _CLUSTER:
            yield key, b""
            return
        if upto > end:
            raise BadInput(_DAMAGED, field="file")
        if key in _HOLDING and depth < _DEEPEST:
            yield key, b""
            yield from _elements(stream, inside, upto, depth + 1)
        elif size <= 256:
            stream.seek(inside)
            yield key, stream.read(size)
        start = upto


def _webm(stream: BinaryIO, size: int) -> VideoFacts:
    kind, scale, duration = "", 1_000_000, 0.0
    found: list[dict[int, bytes]] = []
    pictures = False
    for key, content in _elements(stream, 0, size):
        if key == _ENTRY:
            found.append({})
        elif key == _DOCTYPE:
            kind = content.rstrip(b"\0").decode("ascii", "replace")
        elif key == _SCALE:
            scale = int.from_bytes(content, "big")
        elif key == _DURATION:
            (duration,) = struct.unpack(">f" if len(content) == 4 else ">d", content)
        elif key == _CLUSTER:
            pictures = True
        elif found and key in {_TYPE, _CODEC, _WIDTH, _HEIGHT}:
            found[-1][key] = content
    if kind != WEBM:
        raise _refused("MKV (Matroska)" if kind == "matroska" else "")
    if not pictures:
        raise BadInput(_DAMAGED, field="file")
    tracks = []
    for each in found:
        track_type = int.from_bytes(each.get(_TYPE, b""), "big")
        if track_type not in {1, 2}:
            continue
        codec = each.get(_CODEC, b"").rstrip(b"\0").decode("ascii", "replace")[:20]
        width, height = (int.from_bytes(each.get(key, b""), "big") % 2**16 for key in (_WIDTH, _HEIGHT))
        tracks.append(_Track(codec, 0, width, height, sound=track_type == 2))
    return _told(WEBM, tracks, duration * scale / 1e9)
