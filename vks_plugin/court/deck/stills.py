"""Pictures that stand for videos (ảnh đại diện): drawn by the browser of whoever composes a slide, checked and written anew here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import math
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from PIL import Image

from vks_plugin.acts import tell
from vks_plugin.conf import MEBIBYTE
from vks_plugin.court.deck.models import Slide, VideoStill
from vks_plugin.errors import BadInput, TooLarge

LARGEST = MEBIBYTE
"""Bytes of a picture as it is sent."""
LONGEST = 4 * -(-LARGEST // 3) + 64
"""Letters of the same in base64, with what may stand before it (`data:image/jpeg;base64,`)."""
WIDEST = 1280
"""Pixels of the longer side, as it is kept."""
_LARGEST_SIDE, _SMALLEST_SIDE = 4096, 16
_QUALITY = 85
_NEAR = 0.05
"""Seconds: a browser stops at the frame next to the moment it was told."""


def still_of(slide: Slide) -> VideoStill | None:
    """Return the picture that stands for the video of a slide (one query; none for other slides)."""
    if slide.kind != Slide.Kind.VIDEO or slide.pk is None:
        return None
    return VideoStill.objects.filter(slide=slide, video=slide.video_id).first()


def told_of_still(slide: Slide) -> list[Any]:
    """Return what tells two pictures apart, as plain data; nothing where there is none (one query)."""
    if slide.kind != Slide.Kind.VIDEO or slide.pk is None:
        return []
    found = VideoStill.objects.filter(slide=slide, video=slide.video_id)
    return [list(each) for each in found.values_list("sha256", "second")]


def put_still(actor: User, slide: Slide, values: Mapping[str, Any]) -> None:
    """Keep, replace or take away the picture of a slide that was just saved, in the caller's transaction.

    Args:
        actor: who took it.
        slide: as it is now; of a slide without a video, or with another one, the picture goes.
        values: what was entered for the slide: under `still` a mapping of `picture` (JPEG in base64) and `second`, or None,
            which takes it away; without `still` it stays.

    Raises:
        BadInput: it is no JPEG that can be used, or was taken outside of the part that is played.
        TooLarge: it is.
    """
    video = slide.video
    there = VideoStill.objects.filter(slide=slide)
    if video is None:
        there.delete()
        return
    if values.get("still") is not None:
        made = _read(values["still"])
        there.delete()
        made.slide, made.video, made.taken_by = slide, video, actor
        made.save(force_insert=True)
        tell(
            "video_still_taken",
            actor=actor,
            case=slide.presentation.case,
            presentation=slide.presentation.number,
            video=str(video.pk),
            video_sha256=video.sha256,
            # an entry holds no fractions
            milliseconds=round(1000 * made.second),
            sha256=made.sha256,
        )
    elif "still" in values:
        there.delete()
    there.exclude(video=video).delete()
    first, last = slide.plays_from or 0.0, slide.plays_to if slide.plays_to is not None else video.seconds + 1
    for second in there.values_list("second", flat=True):
        if not first - _NEAR <= second <= last + _NEAR:
            raise BadInput(
                _(
                    "Ảnh đại diện lấy ở giây %(second)s, ngoài đoạn được chiếu: hãy lấy lại ảnh trong đoạn đó, hoặc bỏ ảnh."
                )
                % {"second": f"{second:g}"},
                field="still",
            )


def _read(given: Any) -> VideoStill:
    """Return a picture, unsaved, written anew: nothing of what was sent but what is seen stays in it."""
    wrong = BadInput(
        _("Ảnh đại diện gửi lên không phải hình JPEG dùng được: hãy mở video và lấy lại hình."), field="still"
    )
    if not isinstance(given, Mapping):
        raise wrong
    second, text = given.get("second"), given.get("picture")
    if not isinstance(second, int | float) or isinstance(second, bool) or not math.isfinite(second) or second < 0:
        raise wrong
    if not isinstance(text, str):
        raise wrong
    if len(text) > LONGEST:
        raise TooLarge(_("Ảnh đại diện lớn hơn %(limit)d MB.") % {"limit": LARGEST // MEBIBYTE}, field="still")
    try:
        content = base64.b64decode(text.removeprefix("data:image/jpeg;base64,"), validate=True)
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as opened:
            # looked at before anything is unpacked
            if not all(_SMALLEST_SIDE <= side <= _LARGEST_SIDE for side in opened.size):
                raise wrong
            picture = opened.convert("RGB")
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise wrong from error
    # a comment, a profile of colours, what a camera wrote
    picture.info.clear()
    picture.thumbnail((WIDEST, WIDEST))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    jpeg = buffer.getvalue()
    return VideoStill(
        second=round(float(second), 2),
        jpeg=jpeg,
        sha256=hashlib.sha256(jpeg).hexdigest(),
        width=picture.width,
        height=picture.height,
    )
