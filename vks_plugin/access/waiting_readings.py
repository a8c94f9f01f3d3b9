"""Readings between the answer and the access log: in a file before the answer leaves, in the database right after it.

Whoever opens a paper does not wait for the database, and nothing is handed out that is written nowhere: each process of the
server has a file of its own in `access-log` of our data folder, in which a reading stands before the first byte of it goes
out. The file outlives the process, however that ends; what one left behind is written by the task that runs every five
minutes. Refusals, exports and lists are written before the answer, as their sentences and counts come from the database.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import json
import logging
import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from django.db import DataError, IntegrityError, close_old_connections
from django.db import Error as DatabaseFault

from vks_plugin.access.log import Reader, Reading, any_filed, is_in_the_log, news, write_reading
from vks_plugin.conf import configuration

logger = logging.getLogger("paperless.vks.access_log")

_MOST_WAITING = 200
"""Readings that may wait before one that comes waits for the database itself."""
_ENDING = ".jsonl"
_UNREADABLE = ".unreadable"
NEVER_TAKEN = (DataError, IntegrityError)
"""What the database says to a row that it would not take later either."""


def _folder() -> Path:
    return configuration().data_dir / "access-log"


# made once: making it takes longer than a line of it, and a line stands between a reader and the answer
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _line(reading: Reading) -> bytes:
    return _ENCODER.encode(reading.as_kept()).encode() + b"\n"


class _Waiting:
    """What this process has answered and not yet written."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._readings: list[Reading] = []
        self._file: int | None = None
        self._failed = False
        self._keeping = threading.Lock()
        self._writing = threading.Lock()

    def after_fork(self) -> None:
        """Leave file and readings to the process they are of."""
        if self._file is not None:
            os.close(self._file)
        self._begin()

    def __bool__(self) -> bool:
        return bool(self._readings)

    def keep(self, reading: Reading) -> None:
        """Write a reading into the file; where readings can no longer be written on, into the database at once.

        Raises:
            OSError: the file cannot be written.
            DatabaseFault: what waits cannot be written into the database.
        """
        if self._failed or len(self._readings) >= _MOST_WAITING:
            self.write()
        line = _line(reading)
        with self._keeping:
            file = self._opened()
            before = os.fstat(file).st_size
            if os.write(file, line) != len(line):
                # a full disk: the next line must not begin in the middle of this one
                os.ftruncate(file, before)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._readings.append(reading)

    def _opened(self) -> int:
        """Return our file, held until this process ends; another one where somebody took it away."""
        while self._file is None or not os.fstat(self._file).st_nlink:
            if self._file is not None:
                os.close(self._file)
                self._file = None
            folder = _folder()
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            place = folder / f"{uuid4().hex}{_ENDING}"
            self._file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            # who looks for files without a process may have it at this very moment, and takes it away
            fcntl.flock(self._file, fcntl.LOCK_EX)
            for each in self._readings:
                # what waits stood in the file that is gone
                os.write(self._file, _line(each))
        return self._file

    def write(self) -> None:
        """Write what waits into the database, and empty the file.

        Raises:
            DatabaseFault: the database did not take it; it waits on.
        """
        with self._writing:
            self._write_all()

    def write_if_free(self) -> None:
        """Do the same, unless another thread is at it, which then writes what came meanwhile, too: nobody waits for it.

        Raises:
            DatabaseFault: as `write`.
        """
        while self._readings and self._writing.acquire(blocking=False):
            try:
                stuck = self._write_all()
            finally:
                self._writing.release()
            if len(self._readings) <= stuck:
                return

    def _write_all(self) -> int:
        """Write what waits, and return how many of it the database never takes and the disk does not now."""
        try:
            stuck = 0
            while len(self._readings) > stuck:
                reading = self._readings[stuck]
                try:
                    write_reading(reading)
                except NEVER_TAKEN as error:
                    if not self._set_aside(reading, error):
                        # it waits here and in the file, and those behind it do not wait for it
                        stuck += 1
                        continue
                with self._keeping:
                    self._readings.remove(reading)
                    if not self._readings and self._file is not None:
                        os.ftruncate(self._file, 0)
        except DatabaseFault:
            self._failed = True
            raise
        self._failed = False
        return stuck

    @staticmethod
    def _set_aside(reading: Reading, error: DatabaseFault) -> bool:
        """Keep a reading that the database will never take where the doctor sees it; tell whether the disk took it."""
        logger.error("a reading cannot be written into the access log: %s", type(error).__name__)
        place = _folder() / f"{uuid4().hex}{_UNREADABLE}"
        try:
            with place.open("wb") as file:
                file.write(_line(reading))
        except OSError as fault:
            logger.error("nor can it be set aside: %s", fault.strerror)
            with suppress(OSError):
                # half of it is of no use: it is tried again
                place.unlink(missing_ok=True)
            return False
        return True


_waiting = _Waiting()
os.register_at_fork(after_in_child=_waiting.after_fork)


def keep_documents(reader: Reader, act: str, document_ids: Iterable[int]) -> None:
    """Keep that documents are read or handed out, to be written once the answer is out.

    Where no file can be written it is in the database before the answer.

    Raises:
        DatabaseFault: it can be neither kept nor written.
    """
    asked = news(reader, act, document_ids)
    if not asked:
        return
    reading = Reading.now(reader, act, asked)
    try:
        _waiting.keep(reading)
    except OSError as error:
        logger.error("a reading cannot be kept in a file: %s", error.strerror)
        write_reading(reading)
    except DatabaseFault:
        # what is in no case is nobody's business
        if any_filed(asked):
            raise


def write_waiting() -> None:
    """Write what this process has answered; what the database does not take waits for the next answer."""
    try:
        _waiting.write_if_free()
    except DatabaseFault as error:
        # the class alone: messages may quote what was asked for
        logger.error("readings wait to be written into the access log: %s", type(error).__name__)


def write_at_the_end(**_signal: object) -> None:
    """Write what is left when a request is over, such as the reading of a browser that went away.

    The framework has given the request's connection back by then: one that is opened for this is given back, too.
    """
    if _waiting:
        try:
            write_waiting()
        finally:
            close_old_connections()


def write_left() -> int:
    """Write what processes that have ended left in their files; return how many readings that were.

    One that had been written, though the process ended before it said so, is not written again.
    """
    written = sum(_write_file(place) for place in sorted(_folder().glob(f"*{_ENDING}")))
    if written:
        logger.warning("%d readings were written for a process that had ended", written)
    return written


def _write_file(place: Path) -> int:
    written, unread = 0, False
    try:
        # to be written to, though nothing is: on a network's disk a lock for oneself asks for that
        file = place.open("r+b")
    except FileNotFoundError:
        # somebody else's turn came first
        return 0
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # its process is at work
            return 0
        for line in file:
            try:
                reading = Reading.from_kept(json.loads(line))
                if not is_in_the_log(reading):
                    write_reading(reading)
                    written += 1
            except (ValueError, TypeError, *NEVER_TAKEN):
                # the last line may be of a process that ended while it wrote: nothing was handed out
                unread |= line.endswith(b"\n")
        if unread:
            logger.error("readings that a process left cannot be read: %s", place.name)
            place.rename(place.with_suffix(_UNREADABLE))
        else:
            place.unlink(missing_ok=True)
    return written


def left_since(moment: dt.datetime) -> int:
    """Count the files in which readings wait since before a moment, or that cannot be read."""
    number = 0
    for place in _folder().glob("*"):
        try:
            found = place.stat()
        except FileNotFoundError:
            continue
        number += bool(found.st_size) and (place.suffix != _ENDING or found.st_mtime < moment.timestamp())
    return number
