"""The history has words for whatever stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import CaseChange
from vks_plugin.cases.record import field_label
from vks_plugin.language import speaking

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_vietnamese() -> Iterator[None]:
    """Speak Vietnamese, whatever was asked for last."""
    with speaking("vi"):
        yield


def test_what_a_case_is_registered_with_has_its_label(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    case = register(
        actor=people["chief_kv1"],
        unit=units["QN-KV1"],
        accused=[AccusedInput("Đinh Một", 1980, charges=[ChargeInput(text="173.2")])],
    )
    access.edit_case(actor=people["chief_kv1"], case=case, values={"crime_place": "Hồng Gai"})
    labels = {
        field_label(change.subject, name)
        for change in CaseChange.objects.filter(case=case)
        for name, _before, _after in change.values
    }
    assert {"Tội danh", "Bị can, bị cáo", "Nơi phạm tội"} <= labels
    assert not {label for label in labels if "_" in label}


def test_an_event_has_the_labels_of_its_fields() -> None:
    assert (field_label("event", "happened_on"), field_label("event", "number")) == ("Ngày", "Số")
    assert field_label("event", "long_gone") == "long_gone"
    assert field_label("nothing", "x") == "x"
