"""Writing one PDF from its first byte to its last, object after object, out of many others.

What is written is forgotten: of an object there remain the eight bytes that say where it lies, of an open source the
new numbers of its objects. A library that joins files holds every object of the whole until the whole is written,
about five kilobytes each. How a file is laid out is ISO 32000-1, 7.5; nothing in it depends on when or where it is made.
"""

from __future__ import annotations

import copy
import hashlib
import os
import re
import sys
import zlib
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from typing import Any, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

_HEAD = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
_PACKED_TOGETHER = 100
"""Objects compressed in one piece (7.5.7); a reader unpacks all of them to see one."""
_KIDS = 32
"""Pages, or groups of pages, that hang on one node of the tree of pages: a reader finds any in a few steps."""
_BLOCK = 1024 * 1024
_LARGE = 16 * 1024
"""Bytes from which something is written by itself."""
_LYING, _PACKED = 1 << 56, 2 << 56
"""The first byte of an entry of the table of objects: it lies in the file by itself, or packed with others."""
_REFERENCE = re.compile(rb"\([^\\)]*(?:\\.[^\\)]*)*\)|(\d+) (\d+) R", re.DOTALL)
"""A string, whose content is nobody's reference, or a reference; as qpdf writes them, which escapes every bracket."""
_SPACE_WASTING = frozenset({"/ASCIIHexDecode", "/ASCII85Decode", "/LZWDecode", "/RunLengthDecode"})
_REPLACED = frozenset(
    {"/Parent", "/MediaBox", "/CropBox", "/TrimBox", "/BleedBox", "/ArtBox", "/Contents", "/Resources"}
)
"""Entries of a page that are written anew, or say what no longer holds once it has grown."""
_OF_A_WHOLE_FILE = frozenset({"/Page", "/Pages", "/Catalog"})


@dataclass(frozen=True)
class Bookmark:
    """An entry of the outline; what stands below it is shown."""

    text: str
    page: int
    """The page's object."""
    children: Sequence[Bookmark] = ()


def destination(page: int) -> bytes:
    """Return where a link to the page with this object leads; nulls keep the reader's own position and zoom."""
    return b"[ %d 0 R /XYZ null null null ]" % page


class Output:
    """A PDF being written."""

    def __init__(self, stream: FileIO) -> None:
        self._stream = stream
        self._block = bytearray()
        self._digest = hashlib.sha256()
        self._at = 0
        # object 0 is none (7.5.4)
        self._places = array("Q", [0])
        self._together: list[tuple[int, bytes]] = []
        self._levels: list[tuple[int, int]] = []
        self._put(_HEAD)

    def _put(self, data: bytes | memoryview) -> None:
        self._at += len(data)
        if len(data) >= _LARGE:
            # a picture goes out from where it lies: to put it together with others would copy it once more
            self._send(data)
            return
        self._block += data
        if len(self._block) >= _BLOCK:
            self._send()

    def _send(self, more: bytes | memoryview = b"") -> None:
        """Write what has gathered, and this.

        Hashed here and not in a thread beside: handing over costs as much processor time as it gains, and more on a busy machine.
        """
        block, self._block = self._block, bytearray()
        self._digest.update(block)
        self._digest.update(more)
        left = [memoryview(block), memoryview(more)]
        while left:
            written = os.writev(self._stream.fileno(), left)
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if left:
                left[0] = left[0][written:]

    def reserve(self, count: int = 1) -> int:
        """Return the first of so many new numbers; a number never written is that of no object."""
        first = len(self._places)
        self._places.extend([0] * count)
        return first

    def reserve_pages(self, count: int) -> int:
        """Set the number of pages, once; return the object of the first, behind which those of the others follow."""
        self._levels = [(self.reserve(count), count)]
        while len(self._levels) == 1 or count > 1:
            count = -(-count // _KIDS)
            self._levels.append((self.reserve(count), count))
        return self._levels[0][0]

    def parent_of(self, page: int) -> int:
        """Return the node of the tree of pages on which the page with this object hangs."""
        return self._levels[1][0] + (page - self._levels[0][0]) // _KIDS

    def add(self, body: bytes, number: int = 0) -> int:
        """Write an object that is no stream, under a reserved number or a new one, and return the number."""
        number = number or self.reserve()
        self._together.append((number, body))
        if len(self._together) == _PACKED_TOGETHER:
            self._pack()
        return number

    def add_stream(self, entries: bytes, data: bytes | memoryview, number: int = 0) -> int:
        """Write a stream: its entries but for the length, and its data as they are; return the number."""
        number = number or self.reserve()
        self._places[number] = _LYING | self._at << 8
        self._put(b"%d 0 obj\n<< %s /Length %d >>\nstream\n" % (number, entries, len(data)))
        self._put(data)
        self._put(b"\nendstream\nendobj\n")
        return number

    def add_drawing(self, commands: bytes) -> int:
        """Write drawing commands, compressed, and return the number."""
        return self.add_stream(b"/Filter /FlateDecode", _briefly(commands))

    def _pack(self) -> None:
        """Write the objects that wait, compressed in one piece."""
        if not self._together:
            return
        number = self.reserve()
        where, at = [], 0
        for index, (inside, body) in enumerate(self._together):
            self._places[inside] = _PACKED | number << 8 | index
            where.append(b"%d %d" % (inside, at))
            at += len(body) + 1
        head = b" ".join(where) + b"\n"
        data = zlib.compress(head + b"\n".join(body for _number, body in self._together))
        entries = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(self._together), len(head))
        self._together = []
        self.add_stream(entries, data, number)

    def add_outline(self, bookmarks: Sequence[Bookmark]) -> int:
        """Write the outline and return its object."""
        number = self.reserve()
        first, last = self._siblings(bookmarks, number)
        count = sum(1 + len(each.children) for each in bookmarks)
        return self.add(b"<< /Type /Outlines /Count %d /First %d 0 R /Last %d 0 R >>" % (count, first, last), number)

    def _siblings(self, bookmarks: Sequence[Bookmark], parent: int) -> tuple[int, int]:
        first = self.reserve(len(bookmarks))
        last = first + len(bookmarks) - 1
        for number, each in enumerate(bookmarks, start=first):
            body = b"<< /Title %s /Dest %s /Parent %d 0 R" % (
                String(each.text).unparse(),
                destination(each.page),
                parent,
            )
            if number > first:
                body += b" /Prev %d 0 R" % (number - 1)
            if number < last:
                body += b" /Next %d 0 R" % (number + 1)
            if each.children:
                inside = self._siblings(each.children, number)
                body += b" /First %d 0 R /Last %d 0 R /Count %d" % (*inside, len(each.children))
            self.add(body + b" >>", number)
        return first, last

    def _add_tree_of_pages(self) -> int:
        beneath = 1
        for level in range(1, len(self._levels)):
            (kids, kid_count), (first, count) = self._levels[level - 1 : level + 1]
            for at in range(count):
                below = range(kids + at * _KIDS, min(kids + (at + 1) * _KIDS, kids + kid_count))
                pages = min(self._levels[0][1], (at + 1) * beneath * _KIDS) - at * beneath * _KIDS
                body = b"<< /Type /Pages /Count %d /Kids [ %s ]" % (pages, b" ".join(b"%d 0 R" % kid for kid in below))
                if level + 1 < len(self._levels):
                    body += b" /Parent %d 0 R" % (self._levels[level + 1][0] + at // _KIDS)
                self.add(body + b" >>", first + at)
            beneath *= _KIDS
        return self._levels[-1][0]

    def finish(self, catalogue: bytes, information: Dictionary) -> str:
        """Write what a reader begins with, and return the SHA-256 of the whole file.

        The identifier (14.4) is made from all that stands before it.

        Args:
            catalogue: entries of the catalogue besides its type and its pages.
            information: title, author and the like.
        """
        pages = self._add_tree_of_pages()
        root = self.add(b"<< /Type /Catalog /Pages %d 0 R %s >>" % (pages, catalogue))
        told = self.add(information.unparse())
        self._pack()
        start, number = self._at, self.reserve()
        # its own place stands in it
        self._places[number] = _LYING | start << 8
        size = len(self._places)
        self._send()
        identifier = self._digest.hexdigest()[:32].encode("ascii")
        if sys.byteorder == "little":
            self._places.byteswap()
        # numbers that differ little: trying harder takes ten times as long and saves a tenth
        squeeze = zlib.compressobj(1)
        table = memoryview(self._places).cast("B")
        data = b"".join(squeeze.compress(table[at : at + _BLOCK]) for at in range(0, len(table), _BLOCK))
        data += squeeze.flush()
        entries = b"/Type /XRef /Size %d /W [ 1 6 1 ] /Root %d 0 R /Info %d 0 R /ID [ <%s> <%s> ] /Filter /FlateDecode"
        self.add_stream(entries % (size, root, told, identifier, identifier), data, number)
        self._put(b"startxref\n%d\n%%%%EOF\n" % start)
        self._send()
        return self._digest.hexdigest()


class Overlay(NamedTuple):
    """What a page gets that it did not have, by numbers of objects of the output."""

    box: bytes
    """What is shown of it now."""
    font: bytes
    """An entry for its fonts."""
    before: Sequence[int]
    after: Sequence[int]
    """Drawing commands that come before and after its own."""
    notes: int = 0
    """A list of notes in place of its own; 0 for none."""


class Carrier:
    """Carries objects of one open PDF into the one being written; what many refer to is carried once."""

    def __init__(self, source: pikepdf.Pdf, output: Output) -> None:
        self._source = source
        self._output = output
        self._numbers: dict[tuple[int, int], int] = {}
        self._waiting: deque[tuple[int, int]] = deque()

    def stand_for(self, thing: pikepdf.Object, number: int) -> None:
        """Have references to this object of the source become references to an object of the output."""
        self._numbers[thing.objgen] = number

    def carry(self, thing: pikepdf.Object) -> int:
        """Write an object and all it refers to; return its number."""
        number = self._number(thing.objgen)
        self._write_waiting()
        return number

    def carry_page(self, page: pikepdf.Object, number: int, over: Overlay) -> None:
        """Write a page under its reserved number with what is laid over it, and all it refers to but other pages.

        Its dictionaries are put together as text: sources share them between pages, and copies of each would take longer than all the rest.
        """
        own = page.get("/Contents")
        contents = list(own) if isinstance(own, Array) else [own]
        drawn = [self._number(each.objgen) for each in contents if isinstance(each, Stream)]
        resources = self._resources(page.get("/Resources"), over.font)
        for key in page.keys() & (_REPLACED | {"/Annots"} if over.notes else _REPLACED):
            del page[key]
        body = b"<< /Parent %d 0 R /MediaBox %s /CropBox %s /Contents [ %s ] /Resources %s%s %s" % (
            self._output.parent_of(number),
            over.box,
            over.box,
            b" ".join(b"%d 0 R" % each for each in (*over.before, *drawn, *over.after)),
            resources,
            b" /Annots %d 0 R" % over.notes if over.notes else b"",
            self._renumbered(page.unparse(resolved=True)).removeprefix(b"<<").lstrip(),
        )
        self._output.add(body, number)
        self._write_waiting()

    def _resources(self, resources: Any, font: bytes) -> bytes:
        """Return what a page draws with, and one font more."""
        if not isinstance(resources, Dictionary):
            return b"<< /Font << %s >> >>" % font
        text = resources.unparse(resolved=True)
        others = b">>"
        if b"/Font" in text:
            fonts: Any = resources.get("/Font")
            resources = copy.copy(resources)
            if fonts is not None:
                del resources["/Font"]
            if isinstance(fonts, Dictionary):
                others = self._renumbered(fonts.unparse(resolved=True)).removeprefix(b"<<").lstrip()
            text = resources.unparse(resolved=True)
        rest = self._renumbered(text).removeprefix(b"<<").lstrip()
        return b"<< /Font << %s %s %s" % (font, others, rest)

    def _number(self, key: tuple[int, int]) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._output.reserve()
            self._waiting.append(key)
        return number

    def _replaced(self, found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            return found[0]
        return b"%d 0 R" % self._number((int(found[1]), int(found[2])))

    def _renumbered(self, text: bytes) -> bytes:
        return _REFERENCE.sub(self._replaced, text) if b" R" in text else text

    def _write_waiting(self) -> None:
        while self._waiting:
            key = self._waiting.popleft()
            thing: Any = self._source.get_object(*key)
            if isinstance(thing, Stream):
                entries, data = _packed(thing)
                inside = entries.unparse().removeprefix(b"<<").removesuffix(b">>")
                self._output.add_stream(self._renumbered(inside), data, self._numbers[key])
            else:
                self._output.add(self._renumbered(_text(thing)), self._numbers[key])


def _text(thing: Any) -> bytes:
    """Return an object that is no stream as it is written."""
    if not isinstance(thing, pikepdf.Object):
        # numbers and the like come as Python's own
        return Array([thing]).unparse().removeprefix(b"[ ").removesuffix(b" ]")
    if isinstance(thing, Dictionary) and str(thing.get("/Type", "")) in _OF_A_WHOLE_FILE:
        # a page that is none of the source's, or its catalogue: half a file would come along
        return b"null"
    return thing.unparse(resolved=True)


def _packed(stream: Stream) -> tuple[Any, bytes | memoryview]:
    """Return the entries and data of a stream as they are, or compressed if they were not, or only spelt longer.

    The stream loses its entries for that: it is written once and its source closed.
    """
    entries: Any = stream.stream_dict
    filters = entries.get("/Filter")
    names = {str(each) for each in filters} if isinstance(filters, Array) else {str(filters)} if filters else set()
    data: bytes | memoryview | None = None
    if not names or (names & _SPACE_WASTING and names <= _SPACE_WASTING | {"/FlateDecode"}):
        try:
            data = zlib.compress(stream.read_bytes())
        except pikepdf.PdfError:
            data = None
        else:
            entries.Filter = Name.FlateDecode
            if "/DecodeParms" in entries:
                del entries["/DecodeParms"]
    if data is None:
        data = memoryview(stream.get_raw_stream_buffer())
    if "/Length" in entries:
        del entries["/Length"]
    return entries, data


def _briefly(data: bytes) -> bytes:
    """Compress a few lines; most of the time it takes otherwise goes into making room for many."""
    squeeze = zlib.compressobj(wbits=12, memLevel=4)
    return squeeze.compress(data) + squeeze.flush()
