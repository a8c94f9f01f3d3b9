"""Where the stand-in says something the contract does not: what it may hold is a part of the host."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

# of an answer: which keys a JSON object has; the stand-in may leave some out
_KEYS = ("list", "row", "hit", "detail")
# rules, not offers: the stand-in has every one of them
_WHOLE = ("permission_classes", "filter_backends")


class _Parameter(NamedTuple):
    kind: str
    default: str | None


def differences(contract: Mapping[str, Any], stand_in: Mapping[str, Any]) -> list[str]:
    """Return every name, parameter, field or address the stand-in has and the host does not, and every other answer."""
    found: list[str] = []
    for name, told in stand_in["names"].items():
        if name not in contract["names"]:
            found.append(f"{name}: not in the host")
        else:
            found += [f"{name}: {each}" for each in _of_name(contract["names"][name], told)]
    for app, last in stand_in["migrations"].items():
        if contract["migrations"].get(app) != last:
            found.append(f"migrations of {app}: {last}, the host's last is {contract['migrations'].get(app)}")
    for path, told in stand_in["routes"].items():
        known = contract["routes"].get(path)
        if known is None or known["name"] != told["name"]:
            found.append(f"address {path}: {told['name']} is not in the host")
        elif extra := set(told.get("methods", ())) - set(known.get("methods", ())):
            found.append(f"address {path}: {', '.join(sorted(extra))} not in the host")
    found += _unequal("rest", contract["rest"], stand_in["rest"])
    if "answers" in stand_in:
        found += _of_answers(contract["answers"], stand_in["answers"])
    return found


def _of_name(host: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    if host["kind"] != told["kind"]:
        yield f"a {told['kind']}, in the host a {host['kind']}"
        return
    if "signature" in told:
        yield from _of_signature(host.get("signature"), told["signature"])
    for key in ("bases", "keys", "filters", "fields"):
        extra = [each for each in told.get(key, ()) if each not in host.get(key, ())]
        if extra:
            yield f"{key} {', '.join(extra)} not in the host"
    if "value" in told and not _holds(host.get("value"), told["value"]):
        yield f"{told['value']!r}, in the host {host.get('value')!r}"
    for name, value in told.get("values", {}).items():
        if host.get("values", {}).get(name) != value:
            yield f"{name} = {value!r} is not in the host"
    for name, member in told.get("members", {}).items():
        yield from _of_member(name, host.get("members", {}).get(name), member)
    if "model" in told:
        yield from _of_model(host.get("model", {}), told["model"])


def _of_member(name: str, host: Any, told: Any) -> Iterator[str]:
    if host is None:
        yield f"{name} is not in the host"
    elif isinstance(told, str) and isinstance(host, str):
        kind, _space, signature = told.partition(" ")
        host_kind, _space, host_signature = host.partition(" ")
        if kind != host_kind:
            yield f"{name}: a {kind}, in the host a {host_kind}"
        elif signature:
            yield from (f"{name}: {each}" for each in _of_signature(host_signature, signature))
    elif isinstance(told, str) or isinstance(host, str):
        yield f"{name}: {told}, in the host {host}"
    elif "value" in told:
        same = told["value"] == host.get("value") if name in _WHOLE else _holds(host.get("value"), told["value"])
        if not same:
            yield f"{name}: {told['value']!r}, in the host {host.get('value')!r}"


def _of_model(host: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    for name, field in told["fields"].items():
        known = host.get("fields", {}).get(name)
        if known is None:
            yield f"field {name} is not in the host"
            continue
        choices = field.get("choices", [])
        if {**field, "choices": []} != {**known, "choices": []} or not _holds(known.get("choices", []), choices):
            yield f"field {name}: {field}, in the host {known}"
    for key, value in told["meta"].items():
        known = host.get("meta", {}).get(key)
        if not (_holds(known, value) if key in {"constraints", "indexes", "managers"} else known == value):
            yield f"{key} {value!r}, in the host {known!r}"


def _parameters(signature: str) -> dict[str, _Parameter]:
    arguments = ast.parse(f"def f{signature}: pass").body[0].args  # type: ignore[attr-defined]
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + [ast.unparse(each) for each in arguments.defaults]
    found = {each.arg: _Parameter("positional", default) for each, default in zip(positional, defaults, strict=True)}
    if arguments.vararg:
        found[arguments.vararg.arg] = _Parameter("*", "()")
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found[each.arg] = _Parameter("keyword", ast.unparse(default) if default is not None else None)
    if arguments.kwarg:
        found[arguments.kwarg.arg] = _Parameter("**", "{}")
    return found


def _of_signature(host: str | None, told: str) -> Iterator[str]:
    if host is None:
        yield f"{told} has no such signature in the host"
        return
    known, own = _parameters(host), _parameters(told)
    for name, parameter in own.items():
        if name not in known:
            yield f"parameter {name} is not in the host"
        elif known[name] != parameter:
            yield f"parameter {name}: {parameter}, in the host {known[name]}"
    for name, parameter in known.items():
        if name not in own and parameter.default is None:
            yield f"lacks the parameter {name}, which the host needs"
    order = [name for name, parameter in own.items() if parameter.kind == "positional" and name in known]
    if order != [name for name, parameter in known.items() if parameter.kind == "positional"][: len(order)]:
        yield f"{told} is in another order than {host}"


def _holds(host: Any, told: Any) -> bool:
    """Tell whether a value is the host's, or for lists and mappings a part of it in the same order."""
    if isinstance(told, dict) and isinstance(host, dict):
        return all(key in host and host[key] == value for key, value in told.items())
    if isinstance(told, list) and isinstance(host, list):
        rest = iter(host)
        return all(any(each == other for other in rest) for each in told)
    return bool(host == told)


def _unequal(path: str, host: Any, told: Any) -> Iterator[str]:
    if isinstance(host, dict) and isinstance(told, dict):
        for key in [*host, *(key for key in told if key not in host)]:
            yield from _unequal(f"{path} / {key}", host.get(key), told.get(key))
    elif host != told:
        yield f"{path}: {told!r}, in the host {host!r}"


def _of_answers(host: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    for key in _KEYS:
        known, own = host["keys"].get(key, {}), told["keys"].get(key, {})
        yield from (
            f"key {name} of {key}: {kind}, in the host {known.get(name)}"
            for name, kind in own.items()
            if known.get(name) != kind
        )

    def others(answers: Mapping[str, Any]) -> dict[str, Any]:
        return {**answers, "keys": {key: value for key, value in answers["keys"].items() if key not in _KEYS}}

    yield from _unequal("answers", others(host), others(told))
