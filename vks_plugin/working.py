"""What a worker does with what goes wrong."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext

from vks_plugin.errors import VksError
from vks_plugin.language import speaking


@contextmanager
def held_alone(path: Path) -> Iterator[bool]:
    """Hold a lock that ends with this process, however it ends; give False where another process holds it.

    Args:
        path: a file of ours that stands for the work; it is made where it is not there, and removed afterwards.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # whoever held it before may have removed the file between opening and locking it here
            mine = path.stat().st_ino == os.fstat(lock.fileno()).st_ino
        except OSError:
            mine = False
        if not mine:
            yield False
            return
        try:
            yield True
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def failure_kept(keep: Callable[[str], object], *, crashed: str, what: str, logger: logging.Logger) -> Iterator[None]:
    """Within, a refusal is kept as its sentence, and anything else as one that says to call the administrators.

    Both are in Vietnamese: a worker has no reader whose language it could follow, and the sentence is kept for all of
    them. What was no refusal goes on to the queue, so that it is seen there too.

    Args:
        keep: keeps the sentence where people look.
        crashed: the sentence for what was no refusal, untranslated.
        what: is named in the log, beside the class of the error alone: messages may quote documents.
        logger: of the concept.
    """
    with speaking("vi"):
        try:
            yield
        except VksError as error:
            keep(error.message)
        except Exception as error:
            logger.error("%s failed: %s", what, type(error).__name__)
            keep(gettext(crashed))
            raise
