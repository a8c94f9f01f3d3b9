"""Every address of the running host and the methods it takes, in one plain form."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

_VERBS = ("DELETE", "GET", "PATCH", "POST", "PUT")
ANY = "ANY"
"""The method of a view that is a function and decides for itself, as Django's pages of administration."""


def _plain(path: str) -> str:
    """Return an address without the syntax of its pattern; the ending that names a format is no address of its own."""
    path = re.sub(r"\\?\.\(\?P<format>[^)]*\)/\?|<drf_format_suffix:format>", "", path)
    path = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", path)
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
    for mark in ("^", "$", "(?:", ")?", "/?"):
        path = path.replace(mark, "")
    return path.rstrip("/")


def _walk(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, path)
            continue
        view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        actions = getattr(pattern.callback, "actions", None)
        if actions:
            methods = {name.upper() for name in actions} & set(_VERBS)
        elif view is not None:
            methods = {verb for verb in _VERBS if hasattr(view, verb.lower())}
        else:
            methods = {ANY}
        yield from ((_plain(path), method) for method in methods)


def doors() -> set[tuple[str, str]]:
    """Return every address with each of its methods; those of websockets too."""
    urls = importlib.import_module("paperless.urls")
    sockets = {(_plain(str(each.pattern)), "WEBSOCKET") for each in urls.websocket_urlpatterns}
    return set(_walk(urls.urlpatterns)) | sockets


def our_doors() -> set[tuple[str, str]]:
    """Return every address of the plugin's own, with each of its methods."""
    urls = importlib.import_module("vks_plugin.urls")
    ours = [each for each in urls.urlpatterns if str(each.pattern)]
    return set(_walk(ours))
