"""Telling whether a file is another one with nothing added to it but signatures."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pikepdf

Named = tuple[int, int]
"""Number and generation of an object."""

_BLOCK = 1024 * 1024
_REFERENCE = re.compile(rb"(?<!\d)(\d{1,9}) (\d{1,5}) R\b")
_HYBRID = re.compile(
    b"/" + b"".join(b"(?:%c|#%02x|#%02X)" % (each, each, each) for each in b"XRefStm"),
)
"""The name by which a table leads to a second one, which readers follow in different orders, however it is escaped."""

_OF_SIGNATURES = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Perms", "/Version"})
"""What somebody who signs writes anew in the catalogue of a file."""
_OF_FORMS = frozenset({"/DA", "/DR", "/Fields", "/NeedAppearances", "/SigFlags"})
_OF_FIELDS = frozenset({"/AP", "/AS", "/DA", "/F", "/Ff", "/Lock", "/M", "/MK", "/P", "/V"})
"""What he writes into the form of a file, and into a field that was left for his signature."""
_MISCOUNTED = "reported number of objects"
_ACTING = ("/A", "/AA")
_NOTES = frozenset({"/Annots"})
_OF_TABLES = frozenset({"/Info", "/Root"})


def continues(path: Path, before: Path) -> bool:
    """Tell whether a file begins with every byte of another one: something was only added, as by whoever signs it."""
    size = before.stat().st_size
    if path.stat().st_size <= size:
        return False
    with path.open("rb") as longer, before.open("rb") as shorter:
        while block := shorter.read(_BLOCK):
            if longer.read(len(block)) != block:
                return False
    return True


def only_signed(path: Path, before: Path) -> bool:
    """Tell whether a file is another one with nothing added but signatures: byte by byte that file, and showing the same.

    A file may begin with every byte of another and still show something else: what stands behind takes the place of what
    stood before. So every object that the file before has, or names, is compared with what it is now. A file that only
    opens once it is repaired proves nothing: another reader repairs it in another way.
    """
    if not continues(path, before) or _has_second_table(path, before.stat().st_size):
        return False
    try:
        with _as_written(path) as after, _as_written(before) as former:
            same = _shows_the_same(after, former)
            # the objects are read by now, and with them whatever is wrong with them
            return same and _warnings(after, path) <= _warnings(former, before)
    except (pikepdf.PdfError, OSError, ValueError, RuntimeError, TypeError, AttributeError):
        # a file made up of what no reader expects
        return False


def _as_written(path: Path) -> pikepdf.Pdf:
    """Open a file without what the library would do to it: each object is what the file says, under the number it has.

    What pages inherit would be written to each of them, as objects with numbers that an honest signature takes.
    """
    return pikepdf.open(path, inherit_page_attributes=False, attempt_recovery=False, suppress_warnings=True)


def _warnings(pdf: pikepdf.Pdf, path: Path) -> Counter[str]:
    """Return what the library found wrong with a file, but for a sum that is off by what it calls missing objects."""
    found = (str(each).replace(str(path), "") for each in pdf.get_warnings())
    return Counter(each for each in found if _MISCOUNTED not in each)


def _has_second_table(path: Path, size: int) -> bool:
    """Tell whether what was added leads to a second table of objects: nobody who signs writes one."""
    with path.open("rb") as stream:
        stream.seek(size)
        kept = b""
        while block := stream.read(_BLOCK):
            if _HYBRID.search(kept + block):
                return True
            # a name that lies across the end of a block
            kept = block[-64:]
    return False


def _shows_the_same(after: pikepdf.Pdf, former: pikepdf.Pdf) -> bool:
    if _told(former.Root, _OF_SIGNATURES) != _told(after.Root, _OF_SIGNATURES):
        return False
    objects = {each.objgen: each for each in former.objects if isinstance(each, pikepdf.Object)}
    # numbers that stand by themselves are handed out as those of Python: found where others name them; what is named
    # and is not there shows nothing, and has to stay so
    named = Counter(_name(match) for each in objects.values() for match in _REFERENCE.findall(_naming(each)))
    free = _free(former, named)
    if not _form_is_kept(former, after):
        return False
    # what was the catalogue may be something else as well
    root = after.get_object(*former.Root.objgen)
    if not isinstance(root, pikepdf.Dictionary) or _told(former.Root, _OF_SIGNATURES) != _told(root, _OF_SIGNATURES):
        return False
    free |= {
        field.objgen
        for field in filter(_awaits, _fields_of(former))
        if field.is_indirect and _is_filled_in(field, after.get_object(*field.objgen))
    }
    for page in _pages(former):
        now = after.get_object(*page.objgen)
        if not isinstance(now, pikepdf.Dictionary) or _told(page, _NOTES) != _told(now, _NOTES):
            return False
        notes = page.get("/Annots", pikepdf.Array())
        if not _new_ones_sign(notes, now.get("/Annots", pikepdf.Array())):
            return False
        free.add(page.objgen)
        if notes.is_indirect:
            if not _new_ones_sign(notes, after.get_object(*notes.objgen)):
                return False
            free.add(notes.objgen)
    return all(
        each in free or _content(former.get_object(*each), named) == _content(after.get_object(*each), named)
        for each in objects.keys() | {pair for pair in named if pair[0]}
    )


def _free(former: pikepdf.Pdf, named: Counter[Named]) -> set[Named]:
    """Return the objects whose change shows nowhere: what describes the file, unless something else in it is made of it."""
    free = {former.Root.objgen}
    for each, times in (
        (former.trailer.get("/Info"), 0),
        (former.Root.get("/Metadata"), 1),
        (former.Root.get("/AcroForm"), 1),
    ):
        if isinstance(each, pikepdf.Object) and each.is_indirect and named[each.objgen] == times:
            free.add(each.objgen)
    return free


def _pages(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    """Return the pages of a file that are objects of their own; one within another object is compared with that."""
    pages: list[pikepdf.Object] = []
    seen: set[Named] = set()
    ahead: list[Any] = [pdf.Root.get("/Pages")]
    while ahead:
        node = ahead.pop()
        if not isinstance(node, pikepdf.Dictionary) or (node.is_indirect and node.objgen in seen):
            continue
        seen.add(node.objgen)
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            ahead += list(kids)
        elif node.is_indirect:
            pages.append(node)
    return pages


def _form_is_kept(former: pikepdf.Pdf, after: pikepdf.Pdf) -> bool:
    """Tell whether the form of a file got nothing but fields for signatures."""
    old, new = (pdf.Root.get("/AcroForm", pikepdf.Dictionary()) for pdf in (former, after))
    if not isinstance(old, pikepdf.Dictionary) or not isinstance(new, pikepdf.Dictionary):
        return False
    if bool(new.get("/NeedAppearances", False)) > bool(old.get("/NeedAppearances", False)):
        return False
    fields = [each.get("/Fields", pikepdf.Array()) for each in (old, new)]
    return _told(old, _OF_FORMS) == _told(new, _OF_FORMS) and "/XFA" not in new and _new_ones_sign(*fields)


def _fields_of(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    form = pdf.Root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    return list(fields) if isinstance(fields, pikepdf.Array) else []


def _is_signature(field: object) -> bool:
    if not isinstance(field, pikepdf.Dictionary) or any(name in field for name in _ACTING):
        return False
    if field.get("/Subtype", pikepdf.Name.Widget) != pikepdf.Name.Widget:
        return False
    # a field may stand in several places, each a note of its own below it
    above = field.get("/Parent")
    given = field.get("/FT", above.get("/FT") if isinstance(above, pikepdf.Dictionary) else None)
    return bool(given == pikepdf.Name.Sig)


def _awaits(field: object) -> bool:
    """Tell whether a field was left for a signature."""
    if not isinstance(field, pikepdf.Dictionary) or not _is_signature(field):
        return False
    above = field.get("/Parent")
    return "/V" not in field and not (isinstance(above, pikepdf.Dictionary) and "/V" in above)


def _is_filled_in(field: pikepdf.Object, now: object) -> bool:
    """Tell whether a field is the one that was left for a signature, in its place, and has it."""
    return _is_signature(now) and not _awaits(now) and _told(field, _OF_FIELDS) == _told(now, _OF_FIELDS)


def _new_ones_sign(before: object, after: object) -> bool:
    """Tell whether every field or note that was there still is, in its place, and every one behind them is a signature's."""
    if not isinstance(before, pikepdf.Array) or not isinstance(after, pikepdf.Array):
        return False
    kept = [_written(each) for each in before] == [_written(each) for each in list(after)[: len(before)]]
    # nobody answers for what is seen where nobody has signed
    return kept and all(
        _is_signature(each) and not ("/AP" in each and _awaits(each)) for each in list(after)[len(before) :]
    )


def _name(found: tuple[bytes, bytes]) -> Named:
    return int(found[0]), int(found[1])


def _told(said: Any, leaving: frozenset[str]) -> dict[str, bytes]:
    return {name: _written(value) for name, value in said.items() if name not in leaving}


def _written(value: object) -> bytes:
    # numbers and truth values are handed out as those of Python
    return value.unparse() if isinstance(value, pikepdf.Object) else repr(value).encode()


def _said(each: object) -> bytes:
    """Return what an object says, a stream without its bytes."""
    if isinstance(each, pikepdf.Stream):
        return b" ".join(name.encode() + b" " + _written(value) for name, value in sorted(each.items()))
    return each.unparse(resolved=True) if isinstance(each, pikepdf.Object) else repr(each).encode()


def _naming(each: pikepdf.Object) -> bytes:
    """Return what an object says, of a table of objects without what it says for the file: where it begins."""
    if isinstance(each, pikepdf.Stream) and each.get("/Type") == pikepdf.Name.XRef:
        return b" ".join(_told(each, _OF_TABLES).values())
    return _said(each)


def _content(each: object, named: Counter[Named]) -> tuple[bytes, bytes]:
    """Return what an object is; of what only tells where objects lie, and is written anew each time, nothing."""
    if not isinstance(each, pikepdf.Stream):
        return _said(each), b""
    # what another object names is shown, whatever it says of itself
    if each.get("/Type") in (pikepdf.Name.XRef, pikepdf.Name.ObjStm) and not named[each.objgen]:
        return b"", b""
    return _said(each), each.read_raw_bytes()
