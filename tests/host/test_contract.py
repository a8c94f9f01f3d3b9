"""The stand-in is a part of the host and nothing else; the contract is what the host really has.

On the stand-in every name, parameter, field and address is looked up in the committed contract, and
every answer compared. On the real host the contract is printed anew and must be what is committed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from documents import permissions
from documents.models import Document

from tests.host import introspect
from tests.host.comparison import differences
from tests.host.questions import answers
from vks_plugin.host.contract import PAST_DOORS, REAL_ONLY, SPARED, past_doors, unseen_ways
from vks_plugin.host.queued import _TASKS
from vks_plugin.host.workflows import _ACTS, _STEPS

_HOW = "python -m tests.host.introspect --host=paperless > tests/host/contract.json"


def committed() -> Any:
    return json.loads(introspect.CONTRACT.read_text(encoding="utf-8"))


def differences_with(host: str, module: str, name: str, member: str = "") -> list[str]:
    """Compare with something planted; on the stand-in it must be noticed without being named."""
    names = introspect.loaded_names() if host == "lite" else introspect.stand_in_names()
    if host == "paperless":
        names[module].setdefault(name, set()).update({member} - {""})
    return differences(committed(), introspect.static_part(names))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_contract_is_kept(host: str) -> None:
    if host == "paperless":
        printed = introspect.dumps(introspect.contract()) + "\n"
        assert printed == introspect.CONTRACT.read_text(encoding="utf-8"), f"print it again: {_HOW}"
    else:
        found = introspect.static_part(introspect.loaded_names()) | {"answers": answers()}
        assert differences(committed(), found) == []


def test_stand_in_names_are_all_the_hosts(host: str) -> None:
    """Names of the stand-in that the contract lacks were invented, or the contract is older than they are."""
    names = introspect.stand_in_names()
    found = introspect.static_part()["names"] if host == "paperless" else committed()["names"]
    assert introspect.absent(names, found) == [], f"not in the host; if it is, print the contract again: {_HOW}"


def test_everything_the_plugin_imports_is_in_the_contract() -> None:
    wanted = introspect.imported_names()
    assert "permitted_document_ids" in wanted["documents.permissions"]
    assert introspect.absent(wanted, committed()["names"]) == []


# --- an invention is found ---------------------------------------------------------------------


def test_an_invented_function_is_found(host: str, monkeypatch: pytest.MonkeyPatch) -> None:

    def close_case(document: Document) -> None:
        """Do what the host cannot."""

    monkeypatch.setattr(permissions, "close_case", close_case, raising=False)
    assert differences_with(host, "documents.permissions", "close_case") == [
        "documents.permissions.close_case: not in the host"
    ]


def test_an_invented_parameter_is_found(host: str, monkeypatch: pytest.MonkeyPatch) -> None:

    def permitted_document_ids(user: Any, case: Any = None) -> Any:
        """Take one parameter too many."""

    monkeypatch.setattr(permissions, "permitted_document_ids", permitted_document_ids)
    assert differences_with(host, "documents.permissions", "permitted_document_ids") == [
        "documents.permissions.permitted_document_ids: parameter case is not in the host"
    ]


def test_an_invented_method_is_found(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Document, "seal", lambda self: None, raising=False)
    assert differences_with(host, "documents.models", "Document", "seal") == [
        "documents.models.Document: seal is not in the host"
    ]


def test_another_rule_is_found(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from documents import views

    monkeypatch.setattr(views.DocumentViewSet, "filter_backends", ())
    assert [each.partition(",")[0] for each in differences_with(host, "documents.views", "DocumentViewSet")] == [
        "documents.views.DocumentViewSet: filter_backends: []"
    ]


def _lacks(changed: Any) -> None:
    del changed["names"]["documents.models.Document"]["model"]["fields"]["owner"]


def _other_null(changed: Any) -> None:
    changed["names"]["documents.models.Document"]["model"]["fields"]["owner"]["null"] = False


def _other_address(changed: Any) -> None:
    changed["routes"]["api/documents/"]["name"] = "papers"


def _other_migration(changed: Any) -> None:
    changed["migrations"]["documents"] = "0023_next"


def _needs_more(changed: Any) -> None:
    changed["names"]["documents.permissions.has_perms_owner_aware"]["signature"] = "(user, perms, obj, why)"


def _other_order(changed: Any) -> None:
    changed["names"]["documents.permissions.has_perms_owner_aware"]["signature"] = "(obj, user, perms)"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (_lacks, "field owner is not in the host"),
        (_other_null, "field owner: "),
        (_other_address, "address api/documents/"),
        (_other_migration, "migrations of documents"),
        (_needs_more, "lacks the parameter why"),
        (_other_order, "another order"),
    ],
)
def test_a_host_that_changed_is_noticed(change: Callable[[Any], None], word: str) -> None:
    """Compared as the contract stands: each change of the host makes exactly the difference it is."""
    kept, changed = committed(), committed()
    change(changed)
    assert [each for each in differences(changed, kept) if word in each] == differences(changed, kept)
    assert len(differences(changed, kept)) == 1


@pytest.mark.parametrize("door", ["list", "completions", "preview"])
def test_another_answer_is_noticed(door: str) -> None:
    kept, laxer = committed(), committed()
    laxer["answers"]["doors"]["without grants"][door] = ["owned", "unowned"]
    assert next(iter(differences(kept, laxer))).partition(":")[0].endswith(f"without grants / {door}")


def test_no_way_past_the_doors_is_unseen(host: str) -> None:
    """A kind of action, a task or a step of a newer host fails here until somebody says what keeps it off case documents."""
    present = past_doors() if host == "paperless" else committed()["past_doors"]
    assert list(unseen_ways(present)) == []
    for kind, name in (
        ("workflow_actions", "ARCHIVE"),
        ("tasks", "documents.tasks.shred"),
        ("consume_steps", "StampPlugin"),
    ):
        assert list(unseen_ways(present | {kind: [*present[kind], name]})) == [f"{kind}(+{name})"]
        assert list(unseen_ways(present | {kind: present[kind][1:]})) == [f"{kind}({present[kind][0]})"]


def test_what_is_said_to_be_spared_is() -> None:
    """What stands between the host and case documents, and what is said of it, name the same."""
    ways = {kind: {name for name, why in known.items() if why == SPARED} for kind, known in PAST_DOORS.items()}
    assert ways["tasks"] == {f"{module}.{name}" for module, name, _wrap in _TASKS}
    assert ways["consume_steps"] == set(_STEPS)
    called = PAST_DOORS["workflow_actions"].values()
    assert sorted(called) == sorted(f"documents.signals.handlers.{name}" for name in _ACTS)
    assert {each.path for each in REAL_ONLY} >= set(called)


def test_a_new_task_is_read_from_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a package defines anywhere in it; what tests of the host define is no way of the host's."""
    folder = tmp_path / "later_host"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").touch()
    task = "from celery import shared_task\n\n\n@shared_task(bind=True)\ndef shred(self, pk): ...\n"
    (folder / "shredder.py").write_text(task)
    (folder / "tests" / "trial.py").write_text(task)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("vks_plugin.host.contract._HOST_PACKAGES", ("later_host",))
    monkeypatch.setattr("vks_plugin.host.contract.resolve", lambda _path: ())
    assert past_doors()["tasks"] == ["later_host.shredder.shred"]


def test_contract_says_something() -> None:
    """A contract that lost its contents would agree with anything."""
    kept = committed()
    assert kept["rest"]["version"] == [3, 0, 5]
    assert len(kept["names"]) > 120
    doors = kept["answers"]["doors"]
    assert doors["without grants"]["list"] == doors["without grants"]["completions"] == ["unowned"]
    assert doors["superuser"]["count"] == 6
