"""Whatever somebody does to what the program keeps is told to the ledger, or stands here with the reason why not."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from tests.plugin import ROOT

_LAYERS = ("access", "cases", "court", "custody", "disposal", "exchange", "filing", "organization")
_WRITES = frozenset(
    {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
)
_TELLS = frozenset({"vks_plugin.acts.tell", "vks_plugin.acts.tell_each"})
_NO_ROWS = frozenset({"vks_plugin.court.redaction._taken_at_its_letters"})
"""What looks like writing rows and changes a set in memory."""

_PREPARED = "what is prepared to be shown; the ledger has what is handed out, confirmed and shown"
_DRAFT = "a draft: `hand_over_sent` says what was handed over in the end"
_STOPPED = "stops long work that was asked for; what it would have made is not there"
UNTOLD = {
    "access.actions.set_calendar_day": "a day off of the whole province, in no case and no file",
    "access.actions.remove_calendar_day": "a day off of the whole province, in no case and no file",
    "court.actions.cancel_bundle": _STOPPED,
    "court.deck.actions.create_presentation": _PREPARED,
    "court.deck.actions.change_presentation": _PREPARED,
    "court.deck.actions.remove_presentation": _PREPARED,
    "court.deck.actions.move_slide": _PREPARED,
    "court.deck.actions.remove_slide": _PREPARED,
    "court.deck.actions.add_mark": _PREPARED,
    "court.deck.actions.remove_mark": _PREPARED,
    "court.redaction_works.cancel_work": _STOPPED,
    "custody.actions.fixity.stop_check": _STOPPED,
    "custody.actions.hand_overs.amend": _DRAFT,
    "custody.actions.hand_overs.amend_parts": _DRAFT,
    "exchange.actions.discard": "a list that was handed in and never loaded; `list_imported` says what was",
    "filing.actions.file_upload": "on its way: `document_filed` is told once a worker has taken it in",
    "filing.actions.retry_failed": "on its way: `document_filed` is told once a worker has taken it in",
    "filing.actions.discard_failed": "a file that never came into the case",
    "filing.records.hand_in_record": "on its way: `document_filed` is told once a worker has taken it in",
    "filing.pages.recognise_again": "neither the file nor its hash changes, only the copy that is read and searched",
}
"""Actions that write and tell nothing."""


class Program:
    """The functions of the program, and which of them name which: what a function names it may call, now or later."""

    def __init__(self) -> None:
        self.functions: dict[str, ast.FunctionDef | ast.ClassDef] = {}
        self._known: dict[str, dict[str, str]] = {}
        for layer in _LAYERS:
            for path in (ROOT / "vks_plugin" / layer).rglob("*.py"):
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                self._read(module, ast.parse(path.read_text()))

    def _read(self, module: str, tree: ast.Module) -> None:
        known = self._known[module] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vks_plugin"):
                known.update({each.asname or each.name: f"{node.module}.{each.name}" for each in node.names})
        for each in tree.body:
            if isinstance(each, ast.FunctionDef | ast.ClassDef):
                known[each.name] = f"{module}.{each.name}"
                self.functions[f"{module}.{each.name}"] = each

    def _defined(self, name: str) -> str:
        """Follow a name through the modules that hand it on to where it is defined."""
        module, _, last = name.rpartition(".")
        onward = self._known.get(module, {}).get(last, name)
        return name if name in self.functions or onward == name else self._defined(onward)

    def _named(self, function: str) -> set[str]:
        known, found = self._known[function.rpartition(".")[0]], set()
        for node in ast.walk(self.functions[function]):
            if isinstance(node, ast.Name) and node.id in known:
                found.add(self._defined(known[node.id]))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
                found.add(self._defined(f"{known[node.value.id]}.{node.attr}"))
        return found

    @cached_property
    def _named_by(self) -> dict[str, set[str]]:
        by: dict[str, set[str]] = defaultdict(set)
        for function in self.functions:
            for named in self._named(function):
                by[named].add(function)
        return by

    def come_to(self, these: Iterable[str]) -> set[str]:
        """Return the functions that may come to one of these, directly or through others, and these."""
        found: set[str] = set()
        left = list(these)
        while left:
            each = left.pop()
            if each not in found:
                found.add(each)
                left += self._named_by.get(each, ())
        return found

    def writers(self) -> set[str]:
        """Return the functions in whose own body rows are written."""
        return {
            name
            for name, node in self.functions.items()
            if isinstance(node, ast.FunctionDef)
            and any(
                isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in _WRITES
                for each in ast.walk(node)
            )
        } - _NO_ROWS

    def acts(self) -> set[str]:
        """Return what somebody does who is named (`actor`)."""
        return {
            name
            for name, node in self.functions.items()
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and "actor" in {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
        }


def test_every_act_that_writes_is_told_or_says_why_not() -> None:
    program = Program()
    acts = program.acts() & program.come_to(program.writers())
    # the rule looks where there is something to find
    assert {"vks_plugin.filing.actions.describe", "vks_plugin.custody.actions.loans.issue_loan"} <= acts
    assert len(acts) > 100
    untold = {name.removeprefix("vks_plugin.") for name in acts - program.come_to(_TELLS)}
    assert untold == set(UNTOLD)
