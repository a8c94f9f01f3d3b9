"""Doors of the real host; without it there is nothing here to open, nor to import."""

from tests.plugin import HOST

collect_ignore_glob = [] if HOST == "paperless" else ["*.py"]
