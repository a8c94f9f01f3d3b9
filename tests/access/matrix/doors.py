"""Every address of host and plugin with every method, and what is asked there.

What an address is about is told by its first match in `_ABOUT`. An address whose parameters nobody here knows, or which
stands neither in `tests/host/doors/table.py` nor in `OURS`, is unknown, and the matrix fails.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.urls import Resolver404, resolve

from tests.access.matrix.world import (
    ABSENT_CODE,
    ABSENT_KEY,
    ABSENT_NUMBER,
    DECISION,
    EVERYWHERE,
    REASON,
    WITH_ALL,
    World,
)
from tests.host.doors import table
from tests.host.routes import ANY, doors, our_doors

SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Call:
    """One request that anybody may try."""

    door: str
    """The address as the URL configuration has it."""
    method: str
    path: str
    about: str = ""
    """`paper:KEY`, `case:KEY`, what it lets somebody do in an office (`judge.ONLY`), or nothing in particular."""
    body: Any = None
    form: str = "json"
    flags: frozenset[str] = frozenset()
    """Of `HIDDEN`, `ALIKE`, `FORBIDDEN`, `OPEN_TO_READERS`, `ONLY_WHO_FILES`."""
    expect: str = ""
    """What the answer has to say to who may know it; see `judge.EXPECTED`."""
    absent: tuple[tuple[str, str], ...] = ()
    """What to put in place of what, for the same request about something that does not exist."""
    askers: tuple[str, ...] = ()
    """Who alone tries it; empty: everybody."""

    @property
    def name(self) -> str:
        """The request in one line."""
        told = "" if self.body in (None, {}) else f" {str(self.body)[:90]}"
        return f"{self.method} {self.path}{told}"


HIDDEN = "hidden"
"""Who may not know of the thing is answered as if it did not exist."""
ALIKE = "alike"
"""The same of a request that is granted all the same, since it is not for the thing but for what is found by it."""
FORBIDDEN = "forbidden"
"""Nobody gets this done, superusers included."""
OPEN_TO_READERS = "open"
"""Something is written by who may only read or know."""
ONLY_WHO_FILES = "files"
"""Refused to whoever may not file in the case."""


def methods_of(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return addresses and methods as they are asked: a function that decides for itself is sent both."""
    asked = {pair for pair in found if pair[1] not in {ANY, "WEBSOCKET"}}
    return asked | {(address, verb) for address, method in found if method == ANY for verb in ("GET", "POST")}


def unknown() -> list[tuple[str, str]]:
    """Return the addresses and methods that the matrix does not know; there should be none."""
    known = {(address, method) for address, methods, _why in table.DOORS for method in methods.split()}
    strange = []
    for address, method in sorted(doors()):
        parts = address.split("/", 3)
        row = "/".join(parts[1:3])
        page = parts[3] if len(parts) > 3 else ""
        administration = address in table.ADMIN_OTHERS or (row in table.ADMIN_ROWS and page in table.ADMIN_PAGES)
        if (address, method) not in known and not administration:
            strange.append((address, method))
    ours = {(address, method) for address, methods in ours_by_hand().items() for method in methods.split()}
    strange += sorted(our_doors() - ours)
    return strange


@cache
def ours_by_hand() -> dict[str, str]:
    """Return each address of ours with its methods, as somebody wrote them down."""
    from tests.access.matrix.ours import OURS

    return {address: methods for methods, addresses in OURS.items() for address in addresses.split()}


def calls(world: World) -> Iterator[Call]:
    """Return every request there is to try."""
    yield from _of_papers(world)
    yield from _of_cases(world)
    yield from _lists(world)
    yield from _rest(world)


# --- documents at the host's doors ---------------------------------------------------------------

_PAPER = "api/documents/{pk}"
_FEW = ("own/hsva", "own/hsks", "restricted/hsva", "other/hsva", "sealed/hsva", "mine", "own/version")
"""Documents that everybody tries at doors that change something."""
_OTHERS = (
    "reviewed/hsva",
    "transferred/hsva",
    "archived/hsva",
    "binned/hsva",
    "inbox",
    "shared",
    "everybodys",
)
"""Documents on loan, of a case that was transferred, in the archive, in the bin, and in no case, tried there by people who
differ in kind."""
_DIFFER = (
    "nobody",
    "outsider",
    "staff",
    "superuser",
    "chief_province",
    "reviewer_p1",
    "chief_kv1",
    "lead_kv1",
    "colleague_kv1",
    "scanner_kv1",
    "clerk_kv1",
    "archivist_kv1",
    "chief_kv3",
    "trial_kv3",
    "clerk_kv3",
)
"""Who they are: of each post and bond one, borrower and owner among them."""
_FROZEN = frozenset({"sealed", "archived"})
"""Cases of which the papers of the case file stay as they are."""
_TEMPLATE = "{{ title }} {{ document.content }} {{ document.checksum }} {{ document.original_filename }}"
"""Of a path that is tried: all that the host fills in of a document itself."""
_TELLS = {"": "title", "notes": "note", "metadata": "checksum", "preview": "file", "download": "file", "thumb": "file"}


def _paper_path(number: int, page: str) -> str:
    return f"/api/documents/{number}/{page}/" if page else f"/api/documents/{number}/"


def _exists(host_doors: set[tuple[str, str]], address: str, method: str) -> bool:
    return (address, method) in host_doors


def _of_papers(world: World) -> Iterator[Call]:
    there = methods_of(doors())
    for key, paper in world.facts.papers.items():
        number = world.papers[key].pk
        absent = ((str(number), str(ABSENT_NUMBER)),)
        about = f"paper:{key}"
        quiet = paper.version_of or paper.binned
        for address, method in sorted(there):
            if not address.startswith(_PAPER) or method != "GET" or "{version_id}" in address:
                continue
            page = address.removeprefix(_PAPER).strip("/")
            if page not in _TELLS and key not in _FEW and not paper.inbox_of and key != "mine":
                continue
            expect = "" if quiet else _TELLS.get(page, "")
            path = _paper_path(number, page)
            yield Call(address, "GET", path, about, flags=frozenset({HIDDEN}), expect=expect, absent=absent)
            if page in {"", "download"}:
                yield Call(address, "HEAD", path, about, flags=frozenset({HIDDEN}), absent=absent)
                if key in _FEW:
                    yield Call(address, "OPTIONS", path, about, absent=absent)
            if page == "download":
                yield Call(address, "GET", f"{path}?original=true", about, expect=expect, absent=absent)
        if key in _FEW:
            yield from _changes_of(world, key, there)
        elif key in _OTHERS:
            for call in _changes_of(world, key, there):
                yield replace(call, askers=_DIFFER)
    binned = world.papers["binned/hsva"].pk
    if ("api/trash", "POST") in there:
        for action in ("restore", "empty"):
            body = {"action": action, "documents": [binned]}
            yield Call(
                "api/trash",
                "POST",
                "/api/trash/",
                "paper:binned/hsva",
                body,
                flags=frozenset({FORBIDDEN, HIDDEN}),
                absent=((str(binned), str(ABSENT_NUMBER)),),
            )


def _changes_of(world: World, key: str, there: set[tuple[str, str]]) -> Iterator[Call]:
    paper, number = world.facts.papers[key], world.papers[key].pk
    about, absent = f"paper:{key}", ((str(number), str(ABSENT_NUMBER)),)
    kept = frozenset({HIDDEN, FORBIDDEN} if paper.case else {HIDDEN})
    hidden = frozenset({HIDDEN})
    frozen = kept if paper.case in _FROZEN else hidden
    me = world.accounts["trial_kv3"].pk
    changes: list[tuple[dict[str, Any], frozenset[str]]] = [
        ({"owner": me}, kept),
        ({"set_permissions": {"view": {"users": [me], "groups": []}, "change": {"users": [me], "groups": []}}}, kept),
        ({"storage_path": 999_999}, hidden),
        ({"title": "Tên khác"}, frozen),
        ({"tags": []}, hidden),
        ({"custom_fields": []}, hidden),
        ({"content": "Nội dung khác"}, frozen),
    ]
    for body, flags in changes:
        for method in ("PATCH", "PUT") if body is changes[0][0] else ("PATCH",):
            if _exists(there, _PAPER, method):
                yield Call(_PAPER, method, _paper_path(number, ""), about, body, flags=flags, absent=absent)
    if _exists(there, _PAPER, "DELETE"):
        yield Call(_PAPER, "DELETE", _paper_path(number, ""), about, flags=kept, absent=absent)
    letter = {"addresses": "x@example.org", "subject": "x", "message": "y", "documents": number}
    note = {"note": "Ghi"}
    pages: list[tuple[str, str, Any, str, frozenset[str]]] = [
        ("notes", "POST", note, "json", hidden),
        ("notes", "DELETE", None, "json", hidden),
        ("email", "POST", letter, "form", kept),
        ("update_version", "POST", {"document": "FILE"}, "form", kept),
        ("versions/{version_id}", "DELETE", None, "json", kept),
        ("versions/{version_id}", "PATCH", {"version_label": "x"}, "json", kept),
    ]
    version = world.papers["own/version"].pk
    for page, method, body, form, flags in pages:
        address = f"{_PAPER}/{page}"
        if _exists(there, address, method):
            path = _paper_path(number, page).replace("{version_id}", str(version))
            yield Call(address, method, path, about, body, form, flags=flags, absent=absent)
    yield from _in_bulk(world, key, there)


def _in_bulk(world: World, key: str, there: set[tuple[str, str]]) -> Iterator[Call]:
    """Doors where documents are named in the request."""
    paper, number = world.facts.papers[key], world.papers[key].pk
    about, absent = f"paper:{key}", ((str(number), str(ABSENT_NUMBER)),)
    hidden = frozenset({HIDDEN})
    kept = frozenset({FORBIDDEN, HIDDEN}) if paper.case else hidden
    me = world.accounts["trial_kv3"].pk
    grants = {"view": {"users": [me], "groups": []}, "change": {"users": [me], "groups": []}}
    tag = world.others["tag"]
    bulk: list[tuple[str, dict[str, Any], frozenset[str]]] = [
        ("set_permissions", {"set_permissions": grants, "owner": me, "merge": False}, kept),
        ("set_storage_path", {"storage_path": None}, kept),
        ("set_document_type", {"document_type": world.others["type"]}, kept if paper.case in _FROZEN else hidden),
        ("set_correspondent", {"correspondent": None}, hidden),
        ("add_tag", {"tag": tag}, hidden),
        ("modify_tags", {"add_tags": [], "remove_tags": [tag]}, hidden),
        (
            "modify_custom_fields",
            {"add_custom_fields": [world.others["field"]], "remove_custom_fields": []},
            hidden,
        ),
        ("delete", {}, kept),
        ("reprocess", {}, kept),
        ("rotate", {"degrees": 90}, kept),
        ("merge", {}, kept),
        ("split", {"pages": "1"}, kept),
        ("delete_pages", {"pages": [1]}, kept),
    ]
    for name, parameters, flags in bulk:
        body = {"documents": [number], "method": name, "parameters": parameters}
        if ("api/documents/bulk_edit", "POST") in there:
            path = "/api/documents/bulk_edit/"
            yield Call("api/documents/bulk_edit", "POST", path, about, body, flags=flags, absent=absent)
    named = {"documents": [number]}
    letter = {"addresses": "x@example.org", "subject": "x", "message": "y"}
    operations = [{"page": 1, "rotate": 0, "doc": 0}]
    single: list[tuple[str, dict[str, Any], frozenset[str]]] = [
        ("documents/bulk_download", named, hidden),
        ("documents/selection_data", named, hidden),
        ("documents/delete", named, kept),
        ("documents/reprocess", named, kept),
        ("documents/rotate", named | {"degrees": 90}, kept),
        ("documents/merge", named, kept),
        ("documents/edit_pdf", named | {"operations": operations}, kept),
        ("documents/remove_password", named | {"password": "x"}, kept),
        ("documents/email", named | letter, kept),
        ("documents/chat", {"document_id": number, "q": "gì?"}, hidden),
        ("share_links", {"document": number, "file_version": "original"}, kept),
        ("share_link_bundles", {"document_ids": [number], "file_version": "original"}, kept),
        ("storage_paths/test", {"document": number, "path": _TEMPLATE}, hidden),
        ("trash", {"action": "restore", "documents": [number]}, kept if paper.binned else hidden),
    ]
    for place, body, flags in single:
        if (f"api/{place}", "POST") in there:
            yield Call(f"api/{place}", "POST", f"/api/{place}/", about, body, flags=flags, absent=absent)


# --- cases ---------------------------------------------------------------------------------------

_FEW_CASES = ("own", "restricted", "transferred")
"""Cases that everybody tries at doors that change something."""
_OTHER_CASES = ("sealed", "archived", "reviewed")
"""Cases that people who differ in kind try there: what is frozen, what the archive has, what is lent."""
_SOME_CASES = (*_FEW_CASES, "province", "archived")
"""Cases that are looked at through every page; the others through the main ones."""
_OPEN_DOORS = (
    "bundle",
    "bundles",
    "assign",
    "assignments",
    "end",
    "transfer",
    "trial-unit",
    "oversee",
    "oversight",
    "explain",
    "appeal",
)
"""Last words of the addresses by which who leads above, or only reads, writes something of its own."""
_PLACES = {"person": "people", "exhibit": "exhibits", "withheld": "withheld"}
_CASE_EXPECTS = {
    "api/vks/cases/{code}": "code",
    "vks/cases/{code}": "code",
    "api/vks/cases/{code}/documents": "papers",
    "api/vks/cases/{code}/people": "person",
    "api/vks/cases/{code}/exhibits": "exhibit",
    "api/vks/cases/{code}/measures": "measure",
    "api/vks/cases/{code}/withheld": "withheld",
}


def _url_name(path: str) -> str:
    try:
        return str(resolve(path.partition("?")[0]).url_name)
    except Resolver404:
        return ""


def _bodies(world: World) -> Callable[[str, str, str], Any]:
    """Return a function that gives a body which would be accepted from somebody who may."""
    from tests.api.conftest import new_row
    from tests.api.test_access import PARTS

    def body(address: str, method: str, key: str) -> Any:
        last = address.rstrip("/").rsplit("/", 1)[-1]
        place = next((part for part in PARTS if f"/{part}" in address), "")
        if method == "DELETE":
            return {"reason": "Nhập nhầm"}
        if place and method == "PATCH":
            return {"note": "Sửa"}
        if place and last == place and address.startswith("api/"):
            return new_row(place, world.rows[key]["accused"])
        inspector = world.accounts["colleague_kv1"]
        api = address.startswith("api/")
        return {
            "assignments": {"user": "colleague_kv1", "role": "inspector"},
            "assign": {"user": str(inspector.pk), "role": "inspector"},
            "transfer": {"to": "QN-KV3", "decision": DECISION},
            "trial-unit": {"unit": "QN-KV3", "decision": DECISION},
            "oversight": {"reason": REASON},
            "oversee": {"reason": REASON},
            "events": {"event": "ket_luan_dieu_tra", "happened_on": "2026-03-10", "number": "5/KL"},
            "withdraw": {"reason": "Ghi nhầm"},
            "remove": {"reason": "Ghi nhầm"},
            "replace": {"text": "173.3", "charged_on": "2026-05-04"},
            "appeal": {"name": "Vụ phúc thẩm"},
            "split": {"decision_no": "903/QĐ", "decided_on": "2026-05-04", "agency": "Công an tỉnh", "name": "Vụ tách"},
            "merge": {"target": world.codes["plain"], "decision_no": "902/QĐ", "decided_on": "2026-05-04"},
            "upload": {"document_type": "BBHC", "file": "FILE"},
            "volume-proposal": {"volumes": [{"folio_from": 1, "folio_to": 1}]},
            "folio-explanations": {"finding": "gap", "folio_from": 7, "folio_to": 9, "text": "Đánh nhầm."},
            "number-folios": {"profile": "VKS-TRUYTO"},
            "{code}": {"note": "Sửa"} if api else {},
            "bundles": {},
            "digitisation": {"part": "hsks"},
            "steps": {"step": "tiep_nhan", "pages": 6},
            "move": {"move": "start"},
            "findings": {"document": world.papers[f"{key}/hsva"].pk, "kind": "mo"},
            "resolve": {"finding": 1},
        }.get(last, {})

    return body


def _of_cases(world: World) -> Iterator[Call]:
    body = _bodies(world)
    for address, method in sorted(methods_of(our_doors())):
        if "{code}" not in address or "/units/" in address or "/document-types/" in address:
            continue
        seen = world.codes if address in _CASE_EXPECTS else _SOME_CASES
        if address.endswith("/appeal"):
            # the only one in which there is something to open
            yield from _of_case(world, address, method, "appealed", body)
        everybodys = seen if method in SAFE else _FEW_CASES
        for key in everybodys:
            yield from _of_case(world, address, method, key, body)
        for key in _OTHER_CASES:
            if key not in everybodys:
                for call in _of_case(world, address, method, key, body):
                    yield replace(call, askers=_DIFFER)


def _recorded(address: str) -> bool:
    """Tell whether an address of the API is one of rows in the record of a case."""
    return address.startswith("api/") and any(
        f"/{part}" in address for part in ("accused", "people", "charges", "measures", "exhibits", "withheld")
    )


def _fill(world: World, address: str, key: str) -> Iterator[str]:
    """Yield the addresses of a case's own things."""
    rows, code = world.rows[key], world.codes[key]
    found = address.replace("{code}", code).replace("{act}", "start").replace("{seq}", "0")
    if "{section}" in found:
        yield from (found.replace("{section}", each) for each in ("people", "charges", "withheld"))
        return
    if "{part}" in found:
        for part, place in _PLACES.items():
            yield found.replace("{part}", part).replace("{pk}", str(rows[place]))
        return
    if "{document_id}" in found:
        for part in ("hsva", "hsks"):
            yield found.replace("{document_id}", str(world.papers[f"{key}/{part}"].pk)).replace("{number}", "1")
        return
    place = next((each for each in rows if f"/{each}/" in found), "")
    if "/intake/" in found:
        yield found.replace("{pk}", rows.get("intake", ABSENT_KEY))
    elif "/charge/" in found:
        yield found.replace("{pk}", str(rows["charges"]))
    elif "/inventories/" in found:
        yield found.replace("{number}", "1").replace("{pk}", "1")
    elif "/videos/" in found:
        yield found.replace("{pk}", rows.get("videos", ABSENT_KEY))
    elif "/presentations/" in found or "/sessions/" in found:
        yield re.sub(r"\{\w+\}", "1", found.replace("{pk}", str(rows.get("slides", 1))))
    elif "/folio-explanations/" in found:
        yield found.replace("{pk}", "1").replace("{id}", "1")
    else:
        yield re.sub(r"\{(pk|id)\}", str(rows.get(place, 1)), found)


def _of_case(world: World, address: str, method: str, key: str, body: Callable[..., Any]) -> Iterator[Call]:
    code = world.codes[key]
    last = address.rstrip("/").rsplit("/", 1)[-1]
    flags = {HIDDEN} | ({OPEN_TO_READERS} if last in _OPEN_DOORS else set())
    if key == "archived" and method not in SAFE and _recorded(address):
        # what the archive has is taken out of it first
        flags.add(FORBIDDEN)
    for found in _fill(world, address, key):
        path = f"/{found}/"
        said = body(address, method, key) if method not in SAFE else None
        form = "form" if not address.startswith("api/") or last == "upload" else "json"
        yield Call(
            address,
            method,
            path,
            f"case:{key}",
            said,
            form,
            frozenset(flags),
            _CASE_EXPECTS.get(address, "") if method == "GET" else "",
            ((code, ABSENT_CODE),) if key in {"own", "restricted"} or address in _CASE_EXPECTS else (),
        )
        if last == "explain" and method == "GET":
            yield Call(address, method, f"{path}?user=lead_kv1", f"case:{key}", absent=((code, ABSENT_CODE),))
        if "inventories/" in path and "{number}" in address:
            for ending in ("xlsx", "docx", "pdf"):
                yield Call(address, method, f"{path}?format={ending}", f"case:{key}", absent=((code, ABSENT_CODE),))


# --- lists, searches, counts ---------------------------------------------------------------------


def _lists(world: World) -> Iterator[Call]:
    there = methods_of(doors()) | methods_of(our_doors())
    for call in _all_lists(world):
        if (call.door, call.method) in there:
            yield call


def _all_lists(world: World) -> Iterator[Call]:
    from documents import views

    everything = ",".join(str(each.pk) for each in world.papers.values())
    documents, most = "api/documents", "page_size=1000"
    for query in (
        most,
        f"{most}&query={EVERYWHERE.split()[0]}",
        f"{most}&text=cong van",
        f"{most}&title__icontains={EVERYWHERE.split()[0]}",
        f"{most}&id__in={everything}",
    ):
        yield Call(documents, "GET", f"/{documents}/?{query}", expect="every paper")
    yield Call(documents, "GET", f"/{documents}/?{most}&include_selection_data=true&full_perms=true")
    for query in ("owner__username=vks-records", "ordering=owner", "fields=id,title,content,notes"):
        yield Call(documents, "GET", f"/{documents}/?{most}&{query}")
    for key, code in world.codes.items():
        asked = json.dumps([world_field(), "exact", code])
        for query in (f"custom_field_query={asked}", f"custom_fields__icontains={code}", f"query={code}"):
            yield Call(documents, "GET", f"/{documents}/?{most}&{query}")
        yield Call("api/vks/cases", "GET", f"/api/vks/cases/?q={code}", f"case:{key}", expect="found case")
        yield Call("vks", "GET", f"/vks/?q={code}", f"case:{key}", expect="found case")
        for what in ("cases", "people"):
            yield Call(
                "vks/suggest/{what}",
                "GET",
                f"/vks/suggest/{what}/?q={code[:12]}&case={code}",
                f"case:{key}",
                absent=((code, ABSENT_CODE),),
            )
        name = next(each.word for each in world.secrets if each.of == key and each.what == "name")
        yield Call("api/vks/cases", "GET", f"/api/vks/cases/?q={name}", f"case:{key}", expect="found case")
    for key, paper in world.papers.items():
        about = f"paper:{key}"
        for what in ("title", "content"):
            word, finds = paper.words[what], "found paper"
            yield Call(documents, "GET", f"/{documents}/?{most}&query={word}", about, expect=finds)
            yield Call("api/search/autocomplete", "GET", f"/api/search/autocomplete/?term={word[:6]}&limit=50", about)
        if world.facts.papers[key].case == "reviewed":
            # somebody only borrows this one, and is to try no words on it
            narrowed = [f"title_search={paper.words['title']}"]
            if hasattr(views, "_get_more_like_id"):
                # the stand-in looks for neither in texts
                narrowed += [f"search={paper.words['content']}", f"content__icontains={paper.words['content']}"]
            for query in narrowed:
                yield Call(documents, "GET", f"/{documents}/?{most}&{query}", about, expect="found paper")
        for what in ("content", "title"):
            path = f"/api/search/autocomplete/?term={paper.words[what][:6]}&limit=50"
            yield Call("api/search/autocomplete", "GET", path, about, expect="completed" if what == "content" else "")
        word = paper.words["content"]
        for query in (f"query={word}", f"query={paper.words['title']}&db_only=true"):
            yield Call("api/search", "GET", f"/api/search/?{query}", about, expect="searched")
        yield Call(documents, "GET", f"/{documents}/?{most}&checksum__iexact={paper.words['checksum']}", about)
        if hasattr(views, "_get_more_like_id"):
            # the stand-in does not know the question, and answers with the list
            like = f"/{documents}/?{most}&more_like_id={paper.pk}"
            absent = ((f"={paper.pk}", f"={ABSENT_NUMBER}"),)
            yield Call(documents, "GET", like, about, flags=frozenset({HIDDEN}), absent=absent)
    yield Call("api/correspondents", "GET", "/api/correspondents/?page_size=100&last_correspondence=1")
    for name in ("tags", "document_types", "storage_paths", "custom_fields"):
        yield Call(f"api/{name}", "GET", f"/api/{name}/?page_size=100", expect="count" if name == "tags" else "")
    yield Call("api/statistics", "GET", "/api/statistics/", expect="statistics")
    yield Call("api/vks/cases", "GET", "/api/vks/cases/?page_size=1000", expect="every case")
    yield Call("vks", "GET", "/vks/?size=100", expect="every case on the page")
    for ending in ("csv", "xlsx"):
        yield Call("vks/cases/export", "GET", f"/vks/cases/export/?format={ending}")
        yield Call("api/vks/cases/export", "GET", f"/api/vks/cases/export/?format={ending}")
    everybody = {"all": True, "filters": {}}
    for place in ("bulk_download", "selection_data"):
        yield Call(f"api/documents/{place}", "POST", f"/api/documents/{place}/", "", everybody)
    if hasattr(views, "_get_more_like_id"):
        # a paper of one's own that names hidden ones in a field; the stand-in has no such filter
        for key in ("own/hsva", "restricted/hsva"):
            number = world.papers[key].pk
            query = json.dumps(["Liên quan", "contains", [number]], ensure_ascii=False)
            found = {"all": True, "filters": {"custom_field_query": query}}
            absent = ((f"[{number}]", f"[{ABSENT_NUMBER}]"),)
            door = "api/documents/bulk_download"
            yield Call(door, "POST", f"/{door}/", f"paper:{key}", found, flags=frozenset({ALIKE}), absent=absent)
    for key in WITH_ALL:
        for address, method in sorted(methods_of(our_doors())):
            yield from _of_thing(world, key, address, method)
    for key, paper in world.papers.items():
        absent = ((str(paper.pk), str(ABSENT_NUMBER)),)
        for address, method in sorted(methods_of(our_doors())):
            if not address.startswith("api/vks/documents/{"):
                continue
            path = "/" + re.sub(r"\{\w+\}", str(paper.pk), address) + "/"
            said: Any = {"title": "Tên khác"} if method not in SAFE else None
            if address.endswith("/file"):
                said = {"case": world.codes["plain"], "document_type": "BBHC"}
            yield Call(address, method, path, f"paper:{key}", said, flags=frozenset({HIDDEN}), absent=absent)
    yield from _codes_written(world)


_THINGS = {
    "bundles/{": ("bundle", "case", ABSENT_KEY),
    "redaction-works/{": ("redaction_work", "case", ABSENT_KEY),
    "api/vks/redactions/{": ("redaction", "case", ABSENT_KEY),
    "vks/redactions/{": ("redaction_work", "case", ABSENT_KEY),
    "intake/{": ("intake", "case", ABSENT_KEY),
    "court-sessions/{": ("session", "case", str(ABSENT_NUMBER)),
    "vks/custody/{": ("hand_over", "hand-over", str(ABSENT_NUMBER)),
    "hand-overs/{": ("hand_over", "hand-over", str(ABSENT_NUMBER)),
    "loans/{": ("loan", "loan", str(ABSENT_NUMBER)),
}
"""What hangs on a case and has an address without it: its row, of what sort it is, and a key that nothing has."""


def _of_thing(world: World, key: str, address: str, method: str) -> Iterator[Call]:
    found = next((each for place, each in _THINGS.items() if place in address and "{code}" not in address), None)
    if found is None:
        return
    row, sort, nothing = found
    number = str(world.rows[key][row])
    path = "/" + re.sub(r"\{\w+\}", number, re.sub(r"\{(act|what)\}", "return", address)) + "/"
    yield Call(
        address,
        method,
        path,
        f"{sort}:{key}",
        {} if method not in SAFE else None,
        flags=frozenset({HIDDEN, OPEN_TO_READERS}),
        # the whole place in the address: a short number stands in other places too
        absent=((f"/{number}/", f"/{nothing}/"),),
    )


def world_field() -> str:
    """Return the name of the field of the case code."""
    from vks_plugin.host.provision import CASE_CODE_FIELD

    return CASE_CODE_FIELD


def _codes_written(world: World) -> Iterator[Call]:
    """Write the code of a case into a document of one's own, or into one that is being handed in."""
    field_id = world.others["field"]
    mine = world.papers["mine"].pk
    flags = frozenset({ONLY_WHO_FILES})
    for key, code in world.codes.items():
        absent = ((code, ABSENT_CODE),)
        about = f"case:{key}"
        said = {"custom_fields": [{"field": field_id, "value": code}]}
        yield Call(_PAPER, "PATCH", _paper_path(mine, ""), about, said, flags=flags, absent=absent)
        if key not in _FEW_CASES:
            continue
        upload = {"document": "FILE", "custom_fields": json.dumps({field_id: code})}
        door = "api/documents/post_document"
        yield Call(door, "POST", f"/{door}/", about, upload, "form", flags, absent=absent)
        many = {
            "documents": [mine],
            "method": "modify_custom_fields",
            "parameters": {"add_custom_fields": {str(field_id): code}, "remove_custom_fields": []},
        }
        door = "api/documents/bulk_edit"
        yield Call(door, "POST", f"/{door}/", about, many, flags=flags, absent=absent)


# --- everything else -----------------------------------------------------------------------------

_KEPT_THINGS = {
    "api/custom_fields/{pk}": "field",
    "api/storage_paths/{pk}": "storage_path",
    "api/document_types/{pk}": "type",
}


def _rest(world: World) -> Iterator[Call]:
    """Every address that is about no document and no case: with what is there, or with a number."""
    done = {"api/documents", "api/search/autocomplete", "api/search", "api/statistics"}
    for address, method in sorted(methods_of(doors()) | methods_of(our_doors())):
        of_paper = address.startswith((_PAPER, "api/vks/documents/{"))
        of_case = "{code}" in address and "/units/" not in address and "/document-types/" not in address
        if of_paper or of_case or (address in done and method == "GET"):
            continue
        if address.startswith("admin/") and address.count("/") > 2:
            yield from _administration(world, address, method)
            continue
        path, known = _some(world, address)
        flags = frozenset({FORBIDDEN}) if address in _KEPT_THINGS and method == "DELETE" else frozenset[str]()
        said: Any = None if method in SAFE else {}
        if address in {"api/custom_fields/{pk}", "api/storage_paths/{pk}"} and method in {"PATCH", "PUT"}:
            said, flags = {"name": "Tên khác", "path": "khac"}, frozenset({FORBIDDEN})
        form = "json" if address.startswith("api/") else "form"
        yield Call(address, method, path, "", said, form, flags)
        if method == "GET" and known and address.startswith("api/"):
            yield Call(address, "OPTIONS", path)
    yield from _of_offices(world)
    yield from _kept_by_the_host(world)


_NEW_OFFICE = {
    "code": "QN-KV9",
    "name": "Viện kiểm sát nhân dân khu vực 9 – Quảng Ninh",
    "short_name": "KV9",
    "kind": "regional",
    "parent": "QN",
    "valid_from": "2026-01-01",
}


def _of_offices(world: World) -> Iterator[Call]:
    """What lets people in or puts them out, with what gets it done: who may not is refused, whatever else is right."""
    account, waiting = world.accounts["outsider"].get_username(), world.others["temporary"]
    there = methods_of(our_doors())
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    for address, method, path, about, body in (
        ("api/vks/temporary-access/{pk}/approve", "POST", waiting, "answers:QN-KV1", {}),
        ("api/vks/temporary-access/{pk}/decline", "POST", waiting, "answers:QN-KV1", {}),
        ("vks/temporary-access/{pk}/approve", "POST", waiting, "answers:QN-KV1", {}),
        (
            "api/vks/appointments",
            "POST",
            "",
            "appoints:QN-KV1",
            {"user": account, "unit": "QN-KV1", "role": "prosecutor", "starts_on": today},
        ),
        ("api/vks/appointments/{pk}/end", "POST", world.others["appointment"], "appoints:QN-KV1", {}),
        ("api/vks/units/{code}", "PATCH", "QN-KV1", "organizes:QN", {"short_name": "KV1 khác"}),
        ("api/vks/units", "POST", "", "organizes:QN", _NEW_OFFICE),
    ):
        assert (address, method) in there, (address, method)
        form = "json" if address.startswith("api/") else "form"
        yield Call(address, method, f"/{re.sub(r'{[a-z]+}', str(path), address)}/", about, body, form)


def _kept_by_the_host(world: World) -> Iterator[Call]:
    """What a person who runs the host could otherwise use to let himself in."""
    there = methods_of(doors())
    ours = world.accounts["chief_kv1"].groups.get().pk
    leader, staff = world.accounts["chief_kv1"].pk, world.accounts["staff"].pk
    flags = frozenset({FORBIDDEN})
    for address, method, path, body in (
        ("api/users/{pk}", "PATCH", f"/api/users/{staff}/", {"groups": [ours]}),
        ("api/users/{pk}", "PATCH", f"/api/users/{leader}/", {"groups": []}),
        ("api/groups/{pk}", "PATCH", f"/api/groups/{ours}/", {"name": "vks:khac"}),
        ("api/groups/{pk}", "DELETE", f"/api/groups/{ours}/", None),
        ("api/groups", "POST", "/api/groups/", {"name": "vks:QN-KV1:moi", "permissions": []}),
        (
            "api/bulk_edit_objects",
            "POST",
            "/api/bulk_edit_objects/",
            {"objects": [world.others["type"]], "object_type": "document_types", "operation": "delete"},
        ),
        (
            "api/bulk_edit_objects",
            "POST",
            "/api/bulk_edit_objects/",
            {"objects": [world.others["storage_path"]], "object_type": "storage_paths", "operation": "delete"},
        ),
    ):
        if (address, method) in there:
            yield Call(address, method, path, "", body, flags=flags)
    root, coming = world.accounts["superuser"].pk, world.accounts["coming_kv1"].pk
    password = "x9!Kq-another"
    twice = {"usable_password": "true", "password1": password, "password2": password}
    for address, method, path, about, said in (
        ("api/users/{pk}", "PATCH", f"/api/users/{coming}/", "coming_kv1", {"password": password}),
        ("api/users/{pk}", "PATCH", f"/api/users/{coming}/", "coming_kv1", {"username": "khac"}),
        ("admin/auth/user/{id}/password", "POST", f"/admin/auth/user/{coming}/password/", "coming_kv1", twice),
        (
            "admin/auth/user/{object_id}/delete",
            "POST",
            f"/admin/auth/user/{root}/delete/",
            "superuser",
            {"post": "yes"},
        ),
    ):
        if (address, method) in there:
            form = "json" if address.startswith("api/") else "form"
            yield Call(address, method, path, f"governs:{about}", said, form)
    if ("share/{slug}", "GET") in there:
        flags = frozenset({FORBIDDEN})
        for slug in ("sharelink7", "sharelinkbundle7"):
            yield Call("share/{slug}", "GET", f"/share/{slug}/", "paper:own/hsva", flags=flags)
        bundle = world.others["sharelinkbundle"]
        yield Call(
            "api/share_link_bundles/{pk}/rebuild",
            "POST",
            f"/api/share_link_bundles/{bundle}/rebuild/",
            "",
            {},
            flags=flags,
        )
        yield Call("api/share_link_bundles/{pk}", "GET", f"/api/share_link_bundles/{bundle}/")


def _some(world: World, address: str) -> tuple[str, bool]:
    """Return an address with something in place of its parameters, and whether that exists."""
    address = address.replace("{act}", "return")
    for begins, value in (
        ("api/vks/units/", "QN-KV1"),
        ("api/vks/document-types/", "BBHC"),
        ("api/vks/case-imports/", str(world.others["import"])),
        ("api/vks/saved-filters/", str(world.others["filter"])),
        ("api/vks/temporary-access/", str(world.others["temporary"])),
        ("api/vks/loans/", str(world.others["loan"])),
        ("vks/loans/", str(world.others["loan"])),
        ("api/vks/accessions/", str(world.others["accession"])),
        ("vks/archive/accessions/", str(world.others["accession"])),
        ("api/vks/disposals/", str(world.others["disposal"])),
        ("vks/archive/disposals/", str(world.others["disposal"])),
        ("api/vks/calendar-days/", "2027-02-13"),
        ("api/vks/kinds/", "criminal"),
        ("vks/filters/", str(world.others["filter"])),
        ("vks/cases/import/", str(world.others["import"])),
        ("vks/temporary-access/", str(world.others["temporary"])),
        ("api/custom_fields/", str(world.others["field"])),
        ("api/storage_paths/", str(world.others["storage_path"])),
        ("api/document_types/", str(world.others["type"])),
        ("api/tags/", str(world.others["tag"])),
        ("api/correspondents/", str(world.others.get("correspondent", 1))),
        ("api/users/", str(world.accounts["lead_kv1"].pk)),
        ("api/tasks/{pk}", str(world.others.get("paperlesstask", 1))),
        ("api/logs/", "paperless"),
        ("api/saved_views/", str(world.others.get("savedview", 1))),
        ("api/share_links/", str(world.others.get("sharelink", 1))),
        ("api/share_link_bundles/", str(world.others.get("sharelinkbundle", 1))),
    ):
        if address.startswith(begins):
            return "/" + re.sub(r"\{\w+\}", value, address) + "/", True
    found = re.sub(r"\{\w+\}", "1", address.replace(".*", "khong-co"))
    return f"/{found}/" if found else "/", "{" not in address


_ADMIN_OF_PAPERS = {"documents/document": "pk", "documents/note": "note", "documents/customfieldinstance": "value"}


def _administration(world: World, address: str, method: str) -> Iterator[Call]:
    """The host's administration pages: rows of documents one by one, of others one of them."""
    _admin, app, model, *page = address.split("/")
    kept = frozenset[str]()
    keys: list[tuple[str, str]] = [("", "1")]
    if f"{app}/{model}" == "documents/document" and any("{object" in part for part in page):
        chosen = world.papers if method == "GET" and page[-1] in {"change", "history"} else _FEW
        keys = [(f"paper:{key}", str(world.papers[key].pk)) for key in chosen]
        kept = frozenset({FORBIDDEN}) if method == "POST" and page[-1] in {"change", "delete"} else kept
    elif model in world.others:
        keys = [("", str(world.others[model]))]
    for about, number in keys:
        path = re.sub(r"\{(object_id|object_pk|id)\}", number, address)
        path = re.sub(r"\{user_id\}", str(world.accounts["trial_kv3"].pk), path)
        path = "/" + re.sub(r"\{\w+\}", "1", path) + "/"
        of_case = bool(about) and bool(world.facts.papers[about.partition(":")[2]].case)
        said: Any = None
        if method == "POST":
            said = {"post": "yes", "title": "Tên khác", "content": "Khác", "submit": "x"}
        yield Call(address, method, path, about, said, "form", kept if of_case else frozenset())
