"""Prints what the stand-in host promises, as the running host keeps it.

    python -m tests.host.introspect --host=paperless > tests/host/contract.json

What to look at is read from the stand-in's own sources and from what the plugin imports of the
host; what is printed about it comes from the host that runs. So the committed contract says what
Paperless-ngx has, and the stand-in may hold a part of it but nothing else.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import functools
import importlib
import inspect
import json
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.plugin import LITE, ROOT

CONTRACT = Path(__file__).parent / "contract.json"
_PACKAGES = ("documents", "paperless")
# names alone: what they hold is this machine's folders and switches
_VALUES_DIFFER = "paperless.settings"
_WIDTH = 120
# of a model's field: what is said to people, and how a form checks it
_UNTOLD = {"verbose_name", "help_text", "validators", "error_messages"}

Names = dict[str, dict[str, set[str]]]
"""For each module its public names, and for each of those that is a class its own public members."""


class Route(NamedTuple):
    """An address of the host and what answers there."""

    path: str
    name: str | None
    view: str
    methods: tuple[str, ...]


# --- what to look at ---------------------------------------------------------------------------


def _module_name(path: Path) -> str:
    parts = path.relative_to(LITE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _sources() -> dict[str, ast.Module]:
    """Return the parsed modules of the stand-in, migrations left out."""
    return {
        _module_name(path): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(LITE.rglob("*.py"))
        if path.parent != LITE and "migrations" not in path.parts
    }


def _bound(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Name what statements define, those in branches too."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name, statement
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                for node in ast.walk(target):
                    if isinstance(node, ast.Name):
                        yield node.id, statement
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            yield from _bound(statement.body)
            yield from _bound(getattr(statement, "orelse", []))


def _public(name: str) -> bool:
    return not name.startswith("_")


def _members(definition: ast.stmt) -> set[str]:
    if not isinstance(definition, ast.ClassDef):
        return set()
    return {name for name, _ in _bound(definition.body) if (_public(name) and name != "Meta") or name == "__init__"}


def stand_in_names() -> Names:
    """Return every public name of the stand-in, as its sources define them."""
    found: Names = {}
    for module, tree in _sources().items():
        names = {name: _members(definition) for name, definition in _bound(tree.body) if _public(name)}
        exported = [value for name, value in _bound(tree.body) if name == "__all__"]
        for statement in exported:
            assert isinstance(statement, ast.Assign)
            names |= {name: set() for name in ast.literal_eval(statement.value) if name not in names}
        found[module] = names
    return found


def loaded_names() -> Names:
    """Return the same of the stand-in as it is loaded, with whatever came into its modules since."""
    found = stand_in_names()
    for module, tree in _sources().items():
        imported = {
            (alias.asname or alias.name).partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        loaded = importlib.import_module(module)
        for name, value in vars(loaded).items():
            if not _public(name) or isinstance(value, types.ModuleType) or name in imported - found[module].keys():
                continue
            members = found[module].setdefault(name, set())
            if inspect.isclass(value):
                # one of the library below it that is asked through a function of ours is no name of the stand-in
                members |= {
                    key
                    for key, each in vars(value).items()
                    if _public(key) and isinstance(each, types.FunctionType) and not _is_inherited(value, key, each)
                }
    return found


def _is_inherited(value: type, key: str, function: types.FunctionType) -> bool:
    wrapped = getattr(function, "__wrapped__", None)
    return wrapped is not None and any(vars(base).get(key) is wrapped for base in value.__mro__[1:])


def imported_names() -> Names:
    """Return every public name that the plugin itself takes from the host."""
    found: Names = {}
    folder = ROOT / "vks_plugin"
    for path in sorted(folder.rglob("*.py")):
        if LITE in path.parents:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules: dict[str, str] = {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or (node.module or "").partition(".")[0] not in _PACKAGES:
                continue
            for alias in node.names:
                if node.module in _PACKAGES:
                    # `from documents import views`: what is used of it counts
                    modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                else:
                    found.setdefault(str(node.module), {}).setdefault(alias.name, set())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                found.setdefault(modules[node.value.id], {}).setdefault(node.attr, set())
    return {
        module: {name: members for name, members in names.items() if _public(name) or name.startswith("__")}
        for module, names in found.items()
    }


def _joined(*several: Names) -> Names:
    whole: Names = {}
    for names in several:
        for module, inside in names.items():
            for name, members in inside.items():
                whole.setdefault(module, {}).setdefault(name, set()).update(members)
    return whole


# --- what there is -----------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """Return a value as JSON: classes and functions by name, what has no short form by its type."""
    from django.utils.functional import Promise

    if isinstance(value, enum.Enum):
        return f"{type(value).__qualname__}.{value.name}"
    if isinstance(value, Promise):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, set | frozenset):
        return sorted((_plain(each) for each in value), key=str)
    if isinstance(value, list | tuple):
        # what the plugin adds to a list of the host is not the host's
        return [_plain(each) for each in value if not getattr(each, "__module__", "").startswith("vks_plugin")]
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(each) for key, each in sorted(value.items(), key=lambda pair: str(pair[0]))}
    if inspect.isclass(value) or inspect.isroutine(value):
        return value.__qualname__
    return f"{type(value).__qualname__}(...)"


def _default(value: Any) -> str:
    shown = _plain(value)
    if isinstance(shown, str) and not isinstance(value, str):
        return shown
    return repr(shown)


def _signature(function: Callable[..., Any], *, bound: bool = False) -> str:
    """Return the parameters as Python writes them, without annotations."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return "(*args, **kwargs)"
    if bound:
        parameters = parameters[1:]
    shown = [
        parameter.replace(
            annotation=parameter.empty,
            default=parameter.empty if parameter.default is parameter.empty else _Shown(_default(parameter.default)),
        )
        for parameter in parameters
    ]
    return str(inspect.Signature(shown))


class _Shown(str):
    """A text that is its own representation."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _field(field: Any) -> dict[str, Any]:
    _name, _path, arguments, keywords = field.deconstruct()
    told = {key: _plain(value) for key, value in keywords.items() if key not in _UNTOLD}
    if "choices" in keywords:
        told["choices"] = [_plain(value) for value, _label in field.flatchoices]
    if "expression" in keywords:
        told["expression"] = repr(keywords["expression"])
    if arguments:
        told["arguments"] = _plain(arguments)
    return {"class": type(field).__name__, **dict(sorted(told.items()))}


def _model(model: Any) -> dict[str, Any]:
    meta = model._meta
    fields = [*meta.local_fields, *meta.local_many_to_many] if not meta.abstract else [*meta.get_fields()]
    inherited = [field for field in meta.get_fields() if field.concrete and not field.auto_created]
    return {
        "fields": {field.name: _field(field) for field in sorted({*fields, *inherited}, key=lambda each: each.name)},
        "meta": {
            "abstract": meta.abstract,
            "app_label": meta.app_label,
            "constraints": sorted(f"{type(each).__name__} {each.name}" for each in meta.constraints),
            "db_table": meta.db_table,
            "default_manager": meta.default_manager.name if not meta.abstract else None,
            "indexes": sorted(f"{', '.join(each.fields)} {each.name}" for each in meta.indexes),
            "managers": sorted(manager.name for manager in meta.managers),
            "model_name": meta.model_name,
            "ordering": _plain(meta.ordering),
        },
    }


def _constant(value: Any) -> dict[str, Any]:
    shown = _plain(value)
    return {} if isinstance(shown, str) and shown.endswith("(...)") else {"value": shown}


def _member(value: Any) -> Any:
    if isinstance(value, staticmethod):
        return f"static {_signature(value.__func__)}"
    if isinstance(value, classmethod):
        return f"class {_signature(value.__func__, bound=True)}"
    if isinstance(value, property | functools.cached_property):
        return "property"
    if inspect.isroutine(value):
        return f"method {_signature(value, bound=True)}"
    return _constant(value)


def _class(value: type, members: Iterable[str]) -> dict[str, Any]:
    from django.db.models import Model
    from django_filters import FilterSet
    from rest_framework.serializers import BaseSerializer

    told: dict[str, Any] = {
        "kind": "class",
        "bases": [
            base.__name__ for base in value.__mro__[1:-1] if _public(base.__name__) and base.__name__ != "Generic"
        ],
    }
    if issubclass(value, Model):
        told["model"] = _model(value)
    if issubclass(value, enum.Enum):
        return told | {"values": {each.name: _plain(each.value) for each in value}}
    if dataclasses.is_dataclass(value) or "__init__" in members:
        told["signature"] = _signature(value)
    if hasattr(value, "__total__"):
        return told | {"keys": sorted(value.__annotations__)}
    if issubclass(value, FilterSet):
        return told | {"filters": sorted(value.base_filters)}  # type: ignore[attr-defined]
    if issubclass(value, BaseSerializer):
        listed = getattr(getattr(value, "Meta", None), "fields", ())
        told["fields"] = sorted({*getattr(value, "_declared_fields", ()), *listed})
    missing = object()
    shown = {}
    fields = told.get("model", {}).get("fields", {})
    for name in sorted(members):
        found = inspect.getattr_static(value, name, missing)
        if found is not missing and name != "__init__" and name not in fields and name not in told.get("fields", ()):
            shown[name] = _member(found)
    if shown:
        told["members"] = shown
    return told


def _described(value: Any, members: Iterable[str], *, value_too: bool) -> dict[str, Any]:
    if inspect.isclass(value):
        return _class(value, members)
    if hasattr(value, "apply_async") and hasattr(value, "run"):
        return {"kind": "task", "signature": _signature(value.run)}
    if inspect.isroutine(value):
        return {"kind": "function", "signature": _signature(value)}
    return {"kind": "constant", **(_constant(value) if value_too else {})}


def names_of(wanted: Names) -> dict[str, Any]:
    """Describe those of the names that the running host has, by dotted name."""
    from django.utils import translation

    found: dict[str, Any] = {}
    with translation.override("en"):
        for module, names in sorted(wanted.items()):
            try:
                loaded = importlib.import_module(module)
            except ImportError:
                continue
            found |= {
                f"{module}.{name}": _described(
                    getattr(loaded, name),
                    members,
                    value_too=module != _VALUES_DIFFER and name != "websocket_urlpatterns",
                )
                for name, members in sorted(names.items())
                if hasattr(loaded, name) and name != "urlpatterns"
            }
    return found


def absent(wanted: Names, found: Mapping[str, Any]) -> list[str]:
    """Return what was looked for and is not there: names, and members of classes."""
    lacking = []
    for module, names in wanted.items():
        for name, members in names.items():
            told = found.get(f"{module}.{name}")
            if told is None:
                if name != "urlpatterns":
                    lacking.append(f"{module}.{name}")
                continue
            known = {"__init__"}
            for key in ("members", "values", "filters", "fields", "keys"):
                known |= set(told.get(key, ()))
            known |= set(told.get("model", {}).get("fields", ()))
            if told["kind"] == "class" and "signature" in told:
                known |= set(inspect.signature(getattr(importlib.import_module(module), name)).parameters)
            lacking += [f"{module}.{name}.{member}" for member in members - known]
    return sorted(lacking)


def _walk(patterns: Iterable[Any], before: str = "") -> Iterator[Route]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, path)
            continue
        view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        methods = getattr(pattern.callback, "actions", None) or {}
        shown = view.__name__ if view is not None else getattr(pattern.callback, "__name__", "")
        # the framework adds `head` once it has answered a request
        yield Route(path, pattern.name, shown, tuple(sorted(set(methods) - {"head"})))


def _stand_in_routes() -> tuple[set[str], set[str], set[str]]:
    """Return names, unnamed addresses and view classes of the stand-in, as its sources say."""
    sources = _sources()
    names, unnamed = set(), set()
    for node in ast.walk(sources["paperless.urls"]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"path", "re_path"}:
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            if isinstance(given.get("name"), ast.Constant):
                names.add(given["name"].value)  # type: ignore[attr-defined]
            elif isinstance(node.args[0], ast.Constant):
                unnamed.add(str(node.args[0].value))
    views = {name for name, node in _bound(sources["documents.views"].body) if isinstance(node, ast.ClassDef)}
    return names, unnamed, views


def routes() -> dict[str, Any]:
    """Return the running host's addresses of the views the stand-in has, and of the names it uses."""
    names, unnamed, views = _stand_in_routes()
    found = {}
    for route in _walk(importlib.import_module("paperless.urls").urlpatterns):
        wanted = route.name in names or route.view in views or any(route.path == f"^api/{end}" for end in unnamed)
        if wanted and "format" not in route.path and not route.path.startswith("admin/"):
            found[route.path.replace("^", "").replace("$", "")] = {
                "name": route.name,
                **({"methods": list(route.methods)} if route.methods else {}),
            }
    return dict(sorted(found.items()))


def last_migrations() -> dict[str, str]:
    """Return the last migration of each app of the host, which migrations of other apps depend on."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    return {app: name for app, name in sorted(loader.graph.leaf_nodes()) if app in _PACKAGES}


def _rest() -> dict[str, Any]:
    from django.conf import settings
    from paperless.version import __version__ as version
    from paperless.views import StandardPagination

    rest = settings.REST_FRAMEWORK
    return {
        "version": list(version),
        "versioning": {key: rest[key] for key in ("ALLOWED_VERSIONS", "DEFAULT_VERSION", "DEFAULT_VERSIONING_CLASS")},
        "pages": {
            key: getattr(StandardPagination, key)
            for key in ("max_page_size", "page_query_param", "page_size", "page_size_query_param")
        },
        "schema": rest["DEFAULT_SCHEMA_CLASS"],
    }


def static_part(wanted: Names | None = None) -> dict[str, Any]:
    """Return what can be told without asking anything of the host's database."""
    names = _joined(wanted if wanted is not None else stand_in_names(), imported_names())
    return {
        "migrations": last_migrations(),
        "names": names_of(names),
        "rest": _rest(),
        "routes": routes(),
    }


def contract() -> dict[str, Any]:
    """Return the whole contract; needs an empty database whose transactions commit."""
    from tests.host.questions import answers
    from vks_plugin.host.contract import past_doors

    return static_part() | {"answers": answers(), "past_doors": past_doors()}


# --- writing it --------------------------------------------------------------------------------


def dumps(value: Any, indent: int = 0) -> str:
    """Return JSON that is read line by line: what fits a line stays on it."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    space = " " * (indent + 1)
    if isinstance(value, dict):
        inner = [
            f"{space}{json.dumps(key, ensure_ascii=False)}: {dumps(each, indent + 1)}" for key, each in value.items()
        ]
        return "{\n" + ",\n".join(inner) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(space + dumps(each, indent + 1) for each in value) + "\n" + " " * indent + "]"


def main() -> None:
    """Print the contract as the host named by `--host` keeps it."""
    import contextlib

    import django

    with contextlib.redirect_stdout(sys.stderr):
        django.setup()
        from django.test.utils import setup_databases, setup_test_environment, teardown_databases

        setup_test_environment()
        databases = setup_databases(verbosity=0, interactive=False)
        try:
            text = dumps(contract())
        finally:
            teardown_databases(databases, verbosity=0)
    print(text)


if __name__ == "__main__":
    main()
