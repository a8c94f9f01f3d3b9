"""Videos: read by their structure, refused by name, and never a crash, whatever somebody hands in."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vks_plugin.court.deck.video import VideoFacts, examine
from vks_plugin.errors import BadInput

FILES = Path(__file__).parent / "files"
"""Four seconds of a test picture and a tone, written by FFmpeg."""
MP4, WEBM = (FILES / name for name in ("h264.mp4", "vp8.webm"))


def told(content: bytes) -> str:
    with pytest.raises(BadInput) as refused:
        examine(io.BytesIO(content))
    assert refused.value.field == "file"
    return str(refused.value.message)


def test_what_every_browser_plays_is_taken() -> None:
    assert examine(io.BytesIO(MP4.read_bytes())) == VideoFacts("mp4", "H.264, AAC", 4.0, 160, 120)
    webm = examine(io.BytesIO(WEBM.read_bytes()))
    assert (webm.container, webm.codecs, webm.width, webm.height) == ("webm", "VP8, Opus", 160, 120)
    assert webm.seconds == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ((FILES / "h265.mp4").read_bytes(), "H.265 (HEVC)"),
        ((FILES / "mpeg4.avi").read_bytes(), "AVI"),
        ((FILES / "h264.mkv").read_bytes(), "MKV (Matroska)"),
        (MP4.read_bytes().replace(b"avc1", b"av01"), "AV1"),
        (MP4.read_bytes().replace(b"avc1", b"encv"), "DRM"),
        (MP4.read_bytes().replace(b"mp4a", b"ac-3"), "AC-3"),
        (MP4.read_bytes().replace(b"ftypisom", b"ftypqt  "), "MOV (QuickTime)"),
        (MP4.read_bytes().replace(b"avcC\x01\x4d", b"avcC\x01\x7a"), "H.264 High 10/4:2:2"),
        (WEBM.read_bytes().replace(b"V_VP8", b"V_AV1"), "AV1"),
        (b"\x30\x26\xb2\x75" + b"x" * 90, "WMV (Windows Media)"),
        (b"\x00\x00\x01\xba" + b"x" * 90, "MPEG (VOB)"),
    ],
)
def test_what_may_not_play_is_refused_by_its_name(content: bytes, kind: str) -> None:
    sentence = told(content)
    assert f"Video này là {kind}" in sentence
    assert "MP4 (H.264, AAC)" in sentence


def test_what_is_no_video_or_only_a_part_of_one_is_told_so() -> None:
    assert "không phải video" in told(b"%PDF-1.7 " + b"x" * 100)
    assert "không phải video" in told(b"")
    for whole in (MP4.read_bytes(), WEBM.read_bytes()):
        assert "bị hỏng" in told(whole[: len(whole) // 2])
    assert "không ghi độ dài" in told(WEBM.read_bytes().replace(b"\x44\x89\x88", b"\x44\x8a\x88"))
    assert "không có hình" in told(MP4.read_bytes().replace(b"vide", b"text"))


@settings(max_examples=150)
@given(
    st.sampled_from([MP4, WEBM]), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8), st.data()
)
def test_a_damaged_file_is_refused_or_read_and_nothing_else(
    path: Path, changes: list[tuple[int, int]], data: st.DataObject
) -> None:
    content = bytearray(path.read_bytes())
    # the tables of this MP4 stand behind its pictures
    behind = len(content) - 2100 if path == MP4 else 0
    for place, value in changes:
        content[behind + place] = value
    content = content[: data.draw(st.integers(1, len(content)))]
    try:
        facts = examine(io.BytesIO(bytes(content)))
    except BadInput:
        return
    assert facts.seconds > 0
    assert facts.width > 0
