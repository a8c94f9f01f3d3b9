"""The host's administration pages, which ask neither owner nor grants: what they show and what they let change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry  # type: ignore[import-untyped]
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone
from documents import views
from guardian.shortcuts import assign_perm
from rest_framework.authtoken.models import Token

from tests.host.doors.conftest import TITLE, Kept, Secret, Visitor, host_model
from tests.people import PASSWORD
from vks_plugin.cases.models import CatalogueType
from vks_plugin.host.models import CustomField, CustomFieldInstance, Document
from vks_plugin.host.provision import case_code_field_id, storage_path_id
from vks_plugin.organization.actions import service_account_id

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]
Tell = Callable[[], Kept]


def test_what_they_show(secret: Secret, as_person: SignIn) -> None:
    """Staff of the host who are no superusers see there whatever the API refuses them."""
    codenames = ("view_document", "change_document", "view_note", "view_customfieldinstance", "view_logentry")
    staff = User.objects.create_user("nhan_vien", is_staff=True)
    visitor = as_person(staff, *codenames)
    visitor.upload(title="x")
    mine = Document.objects.create(
        title="Sổ trực", mime_type="application/pdf", checksum="0" * 64, owner=staff, page_count=1
    )
    waiting = Document.objects.create(
        title="Giấy chờ vào hồ sơ", mime_type="application/pdf", checksum="1" * 64, owner_id=service_account_id()
    )
    entries = LogEntry.objects.get_for_objects(Document.objects.filter(pk__in=secret.ids)).values_list("pk", flat=True)
    assert entries
    pages = (
        "documents/document/",
        f"documents/document/{secret.statement}/change/",
        f"documents/document/{secret.statement}/permissions/",
        f"documents/document/?q={TITLE.split()[0]}",
        f"documents/document/{mine.pk}/change/",
        "documents/note/",
        "documents/customfieldinstance/",
        "auditlog/logentry/",
        *(f"auditlog/logentry/{pk}/change/" for pk in entries),
    )
    for page in pages:
        answer = visitor.get(f"/admin/{page}")
        assert secret.told_by(answer) == [], page
    shown = visitor.get("/admin/documents/document/").content.decode()
    assert mine.title in shown
    # in no case yet, but in the inbox of an office
    assert waiting.title not in shown
    assert (
        waiting.title
        not in visitor.get(f"/admin/documents/document/{waiting.pk}/change/", follow=True).content.decode()
    )
    superuser = as_person(User.objects.create_superuser("toan_quyen"))
    told = {word for page in pages for word in secret.told_by(superuser.get(f"/admin/{page}"))}
    assert told >= {"Văn Ánh", "khai nhận", "đổi lời khai", secret.case.code}


def test_offices_posts_and_stages_are_kept_on_our_pages_alone(superuser: Visitor) -> None:
    """A stage given there would open cases without a word in the ledger and without the grants that follow from it."""
    ours = apps.get_app_config("vks").get_models()
    assert not set(ours) & admin.site._registry.keys()
    for model in ("procuracyunit", "department", "appointment"):
        assert superuser.get(f"/admin/vks/{model}/").status_code == 404


def test_titles_beside_a_number_or_in_a_list_to_choose_from(secret: Secret, as_person: SignIn) -> None:
    """Forms of things that hang on documents, and the page that says why an account cannot be deleted."""
    visitor = as_person(
        User.objects.create_user("nhan_vien", is_staff=True),
        *(
            f"{action}_{name}"
            for name in ("note", "sharelink", "sharelinkbundle")
            for action in ("add", "change", "view")
        ),
        "delete_user",
        "view_user",
    )
    author = User.objects.get(username="prosecutor_kv1")
    for page in (
        f"documents/note/add/?document={secret.statement}",
        f"documents/sharelink/add/?document={secret.statement}",
        "documents/sharelinkbundle/add/",
        f"auth/user/{author.pk}/delete/",
    ):
        answer = visitor.get(f"/admin/{page}")
        assert answer.status_code == 200, page
        assert secret.told_by(answer) == [], page
    assert "khóa tài khoản" in visitor.get(f"/admin/auth/user/{author.pk}/delete/").content.decode()
    mine = Document.objects.create(title="Sổ trực", mime_type="application/pdf", checksum="0" * 64)
    assert mine.title in visitor.get("/admin/documents/sharelinkbundle/add/").content.decode()


@pytest.fixture
def superuser(secret: Secret, as_person: SignIn) -> Visitor:
    """Return somebody whom the host's pages let do everything."""
    return as_person(User.objects.create_superuser("toan_quyen", password=PASSWORD))


def _form(visitor: Visitor, page: str, **changed: Any) -> Any:
    """Send a page's form back as a browser would, with some of it changed."""
    answer = visitor.get(page)
    assert answer.status_code == 200, page
    form = answer.context["adminform"].form
    values: dict[str, Any] = {}
    for field in form:
        value = field.value()
        parts = getattr(field.field.widget, "widgets", None)
        if parts is not None:
            # day and hour in two boxes
            for name, part in zip(field.field.widget.widgets_names, field.field.widget.decompress(value), strict=True):
                values[f"{field.html_name}{name}"] = part.isoformat() if part is not None else None
            continue
        several = isinstance(value, list | tuple) or hasattr(value, "all")
        values[field.html_name] = [getattr(each, "pk", each) for each in value] if several else value
    values = {key: value for key, value in (values | changed).items() if value not in (None, "", False)}
    return visitor.post(page, values)


def test_documents_are_not_changed_there(
    secret: Secret, kept: Tell, superuser: Visitor, people: dict[str, User]
) -> None:
    before = kept()
    address = f"/admin/documents/document/{secret.statement}/"
    friend = people["prosecutor_kv3"].pk
    group = Group.objects.create(name="Tổ công tác").pk
    view = Permission.objects.get(codename="view_document").codename
    for change in ({"title": "Tên khác"}, {"owner": str(friend)}):
        answer = _form(superuser, f"{address}change/", **change)
        assert answer.status_code == 403, change
        assert "không sửa ở trang quản trị" in answer.content.decode()
    chosen = {"action": "delete_selected", "_selected_action": [str(secret.statement)], "post": "yes"}
    requests: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"{address}delete/", {"post": "yes"}),
        # the host reads a number that is written otherwise, too
        (f"/admin/documents/document/%20{secret.statement}/change/", {"title": "Tên khác"}),
        (f"/admin/documents/document/_2B{secret.statement}/delete/", {"post": "yes"}),
        ("/admin/documents/document/", chosen | {"_selected_action": [f"+{secret.statement}"]}),
        (f"{address}permissions/user-manage/{friend}/", {"permissions": [view]}),
        (f"{address}permissions/group-manage/{group}/", {"permissions": [view]}),
        ("/admin/documents/document/", chosen),
        ("/admin/documents/document/", chosen | {"select_across": "1"}),
    )
    for page, body in requests:
        assert superuser.post(page, body).status_code == 403, page
        assert kept() == before, page
    assert Document.objects.get(pk=secret.statement).title == TITLE
    # what is in no case is changed there as ever
    mine = Document.objects.create(title="Sổ trực", mime_type="application/pdf", checksum="0" * 64, page_count=1)
    page = f"/admin/documents/document/{mine.pk}/change/"
    answer = _form(superuser, page, title="Sổ trực tháng 3")
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert superuser.post(f"/admin/documents/document/{mine.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Document.objects.filter(pk=mine.pk).exists()


def test_the_question_before_a_field_is_deleted_says_nothing_of_its_values(secret: Secret, as_person: SignIn) -> None:
    page, field = "/admin/documents/customfield/", case_code_field_id()
    chosen = {"action": "delete_selected", "_selected_action": [str(field)]}
    visitor = as_person(
        User.objects.create_user("nhan_vien", is_staff=True),
        *(
            f"{action}_{name}"
            for name in ("customfield", "customfieldinstance", "tag")
            for action in ("view", "delete")
        ),
    )
    for answer in (visitor.get(f"{page}{field}/delete/"), visitor.post(page, chosen, follow=True)):
        assert secret.told_by(answer) == []
    assert "Mã vụ án" in visitor.get(f"{page}{field}/delete/").content.decode()
    # and that before a tag nothing of how many documents have it
    tags = host_model("Tag").objects
    tag = tags.create(name="Hỏa tốc")
    below = tags.create(name="Trong ngày", tn_parent=tag)
    page, chosen = "/admin/documents/tag/", {"action": "delete_selected", "_selected_action": [str(tag.pk)]}
    told = []
    for documents in ([], secret.ids):
        for pk in documents:
            Document.objects.get(pk=pk).tags.add(tag, below)
        answers = (visitor.get(f"{page}{tag.pk}/delete/"), visitor.post(page, chosen))
        told.append([re.sub(r"[A-Za-z0-9]{64}", "", each.content.decode()) for each in answers])
    assert told[0] == told[1]
    assert all("Hỏa tốc" in each and "Trong ngày" in each for each in told[0])


def test_what_hangs_on_documents(secret: Secret, superuser: Visitor) -> None:
    code = CustomFieldInstance.objects.get(document_id=secret.statement)
    link = {"document": secret.statement, "slug": "x", "file_version": "original", "created_0": "2026-01-01"}
    bundle = {"documents": secret.ids, "slug": "x", "file_version": "original", "status": "pending"}
    requests: tuple[tuple[str, dict[str, Any]], ...] = (
        ("documents/sharelink/add/", link | {"created_1": "00:00:00"}),
        ("documents/sharelinkbundle/add/", bundle),
        (f"documents/customfieldinstance/{code.pk}/delete/", {"post": "yes"}),
        (
            "documents/customfieldinstance/",
            {"action": "delete_selected", "_selected_action": [str(code.pk)], "post": "yes"},
        ),
        (f"documents/customfield/{case_code_field_id()}/delete/", {"post": "yes"}),
        (f"documents/customfield/{case_code_field_id()}/change/", {"name": "Mã"}),
        (f"documents/storagepath/{storage_path_id()}/delete/", {"post": "yes"}),
        (f"documents/storagepath/{storage_path_id()}/change/", {"name": "Khác", "path": "{{ title }}"}),
    )
    for page, body in requests:
        answer = superuser.post(f"/admin/{page}", body)
        assert answer.status_code == 403, (page, answer.content)
        assert "hồ sơ vụ án" in answer.content.decode(), page
    assert CustomFieldInstance.objects.get(pk=code.pk).value == secret.case.code
    assert host_model("ShareLink").objects.count() == host_model("ShareLinkBundle").objects.count() == 0
    # notes stay open
    note = host_model("Note").objects.get(document_id=secret.statement)
    assert _form(superuser, f"/admin/documents/note/{note.pk}/change/", note="Đã đối chiếu").status_code == 302
    # a list that is edited in place would ask no rule
    assert b'name="form-0-path"' not in superuser.get("/admin/documents/storagepath/").content


@pytest.mark.parametrize(
    "sent",
    [
        {"select_across": "true", "_selected_action": ["0"]},
        {"select_across": "2", "_selected_action": ["0"]},
        {"select_across": "on", "_selected_action": ["0"]},
        {"action": ["delete_selected", ""]},
        {"action": ["", "delete_selected"], "index": "1"},
        {"action": ["delete_selected", ""], "index": "-2"},
    ],
)
def test_what_is_chosen_in_a_list_is_kept_however_the_form_says_so(
    secret: Secret, superuser: Visitor, sent: dict[str, Any]
) -> None:
    """The host's pages read a box and a button in more ways than a browser sends them."""
    code = CustomFieldInstance.objects.get(document_id=secret.statement)
    before = list(CustomFieldInstance.objects.order_by("pk").values_list("pk", "value_text"))
    for page, pk in (
        ("document", secret.statement),
        ("customfieldinstance", code.pk),
        ("storagepath", storage_path_id()),
        ("customfield", case_code_field_id()),
    ):
        chosen = {"action": "delete_selected", "_selected_action": [str(pk)], "post": "yes"} | sent
        answer = superuser.post(f"/admin/documents/{page}/", chosen)
        assert answer.status_code == 403, page
        assert "hồ sơ vụ án" in answer.content.decode(), page
    assert Document.objects.filter(pk=secret.statement, storage_path_id=storage_path_id()).exists()
    assert list(CustomFieldInstance.objects.order_by("pk").values_list("pk", "value_text")) == before
    # what no case needs goes as ever
    other = CustomField.objects.create(name="Số điện thoại", data_type="string")
    chosen = {"action": "delete_selected", "_selected_action": [str(other.pk)], "post": "yes"}
    assert superuser.post("/admin/documents/customfield/", chosen).status_code == 302
    assert not CustomField.objects.filter(pk=other.pk).exists()


def test_a_number_in_a_form_is_not_written_as_in_an_address(
    secret: Secret, superuser: Visitor, people: dict[str, User]
) -> None:
    """Of 1_23 the host makes 1# in an address, and 123 in a form."""
    ours, friend = Group.objects.create(pk=123, name="vks:QN-KV1:new"), people["prosecutor_kv3"]
    own = list(friend.groups.values_list("pk", flat=True))
    page = f"/admin/auth/user/{friend.pk}/change/"
    assert _form(superuser, page, groups=[*own, "1_23"]).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": ["1_23"], "post": "yes"}
    assert superuser.post("/admin/auth/group/", chosen).status_code == 403
    assert list(friend.groups.values_list("pk", flat=True)) == own
    assert Group.objects.filter(pk=ours.pk).exists()


def test_who_may_only_add_or_only_delete_is_told_the_rules_too(secret: Secret, as_person: SignIn) -> None:
    """Django lets somebody add or delete who is not let see the list."""
    root = User.objects.create_superuser("goc", password=PASSWORD)
    adds = as_person(User.objects.create_user("them", is_staff=True), "add_group")
    deletes = as_person(User.objects.create_user("xoa", is_staff=True), "delete_user", "delete_customfield")
    for name in ("vks:QN-KV1:new", "  vks:QN-KV1:new "):
        answer = adds.post("/admin/auth/group/add/", {"name": name})
        assert (answer.status_code, "Nhóm vks:" in answer.content.decode()) == (403, True), name
    assert not Group.objects.filter(name="vks:QN-KV1:new").exists()
    for page in (f"auth/user/{root.pk}", f"documents/customfield/{case_code_field_id()}"):
        answer = deletes.post(f"/admin/{page}/delete/", {"post": "yes"})
        assert (answer.status_code, "hãy" in answer.content.decode()) == (403, True), page
    assert User.objects.filter(pk=root.pk).exists()
    assert CustomField.objects.filter(name="Mã vụ án").exists()
    # nor is anything said of it to who may do nothing there
    answer = adds.post(f"/admin/documents/customfield/{case_code_field_id()}/delete/", {"post": "yes"})
    assert (answer.status_code, "hồ sơ vụ án" in answer.content.decode()) == (403, False)


def test_document_types_of_case_documents(
    secret: Secret, superuser: Visitor, catalogue: dict[str, CatalogueType]
) -> None:
    for code, status in (("BBHC", 403), ("QDKTVA", 302)):
        kind = catalogue[code].host_type_id
        page = f"/admin/documents/documenttype/{kind}/delete/"
        assert superuser.post(page, {"post": "yes"}).status_code == status, code


def test_accounts_and_groups(secret: Secret, superuser: Visitor, as_person: SignIn, people: dict[str, User]) -> None:
    leaders = Group.objects.get(name="vks:QN-KV1:leaders")
    friend, keeper = people["prosecutor_kv3"], User.objects.get(pk=service_account_id())
    own = list(friend.groups.values_list("pk", flat=True))
    person = as_person(
        User.objects.create_user("nhan_vien", is_staff=True), "view_user", "change_user", "view_group", "change_group"
    )
    passwords = {"usable_password": "true", "password1": "x9!Kq-another", "password2": "x9!Kq-another"}
    before = (friend.password, friend.email)
    for visitor in (superuser, person):
        page = f"/admin/auth/user/{friend.pk}/change/"
        for groups in ([*own, leaders.pk], []):
            assert _form(visitor, page, groups=groups, last_name="Khác").status_code == 403, groups
        page = f"/admin/auth/group/{leaders.pk}/change/"
        assert _form(visitor, page, name="Khác").status_code == 403
        page = f"/admin/auth/user/{keeper.pk}/change/"
        assert _form(visitor, page, is_active=True).status_code == 403
        assert visitor.post(f"/admin/auth/user/{keeper.pk}/password/", passwords).status_code == 403
    assert _form(person, f"/admin/auth/user/{friend.pk}/change/", email="toi@example.org").status_code == 403
    assert person.post(f"/admin/auth/user/{friend.pk}/password/", passwords).status_code == 403
    friend.refresh_from_db()
    keeper.refresh_from_db()
    assert (friend.password, friend.email) == before
    assert friend.last_name != "Khác"
    assert not keeper.is_active
    assert list(friend.groups.values_list("pk", flat=True)) == own
    for page in (f"auth/group/{leaders.pk}/delete/", f"auth/user/{people['chief_kv1'].pk}/delete/"):
        assert superuser.post(f"/admin/{page}", {"post": "yes"}).status_code == 403, page
    # what is neither a post nor a group of an office
    other = Group.objects.create(name="Tổ công tác")
    page = f"/admin/auth/user/{friend.pk}/change/"
    assert _form(superuser, page, groups=[*own, other.pk], last_name="Phan Thị").status_code == 302
    assert set(friend.groups.values_list("pk", flat=True)) == {*own, other.pk}
    assert superuser.post(f"/admin/auth/user/{friend.pk}/password/", passwords).status_code == 302
    assert superuser.post(f"/admin/auth/group/{other.pk}/delete/", {"post": "yes"}).status_code == 302


def test_staff_learn_of_no_filed_document_by_what_is_refused(secret: Secret, as_person: SignIn) -> None:
    visitor = as_person(
        User.objects.create_user("nhan_vien", is_staff=True),
        *("view_document", "change_document", "delete_document", "add_sharelink", "view_sharelink"),
    )
    for page in ("documents/document/{}/change/", "documents/document/{}/delete/"):
        answers = [visitor.post(f"/admin/{page.format(pk)}", {"post": "yes"}) for pk in (secret.statement, 999999)]
        assert len({answer.status_code for answer in answers}) == 1, page
        assert all("hồ sơ vụ án" not in answer.content.decode() for answer in answers), page
    answers = [visitor.post("/admin/documents/sharelink/add/", {"document": pk}) for pk in (secret.statement, 999999)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (
        answers[0].context["adminform"].form.errors["document"]
        == answers[1].context["adminform"].form.errors["document"]
    )


def test_what_goes_with_a_group_names_no_document(secret: Secret, superuser: Visitor, as_person: SignIn) -> None:
    """Asked before it deletes, Django lists every row that goes too: each grant with the title of its document."""
    plain = Group.objects.create(name="Tổ công tác")
    assign_perm("view_document", plain, Document.objects.get(pk=secret.statement))
    visitor = as_person(
        User.objects.create_user("nhan_vien", is_staff=True),
        *("view_group", "delete_group", "view_document"),
    )
    filed = Group.objects.filter(
        name__startswith="vks:", groupobjectpermission__object_pk=str(secret.statement)
    ).first()
    assert filed is not None
    for group in (plain, filed):
        for page in (
            visitor.get(f"/admin/auth/group/{group.pk}/delete/"),
            visitor.post("/admin/auth/group/", {"action": "delete_selected", "_selected_action": [plain.pk]}),
        ):
            assert secret.told_by(page) == [], group
    assert "do phần hồ sơ vụ án quản lý" in visitor.get(f"/admin/auth/group/{filed.pk}/delete/").content.decode()
    assert superuser.post(f"/admin/auth/group/{plain.pk}/delete/", {"post": "yes"}).status_code == 302


def test_ways_to_sign_in_as_somebody(
    secret: Secret, superuser: Visitor, as_person: SignIn, people: dict[str, User]
) -> None:
    """With another's token one is that other; with another address one gets another password."""
    Token.objects.create(user=people["prosecutor_kv1"])
    staff = User.objects.create_user("nhan_vien", is_staff=True)
    staff.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["account", "authtoken", "mfa", "socialaccount"])
    )
    visitor = as_person(staff)
    for rows in ("account/emailaddress", "authtoken/tokenproxy", "mfa/authenticator", "socialaccount/socialaccount"):
        assert visitor.get(f"/admin/{rows}/").status_code == 403, rows
        assert visitor.get(f"/admin/{rows}/add/").status_code == 403, rows
        assert superuser.get(f"/admin/{rows}/").status_code == 200, rows
    assert visitor.post("/admin/authtoken/tokenproxy/add/", {"user": people["chief_kv1"].pk}).status_code == 403
    assert not Token.objects.filter(user=people["chief_kv1"]).exists()


@pytest.fixture
def search_kept(secret: Secret, as_person: SignIn) -> int:
    """Return a search that the case's own prosecutor kept, with a name and a code in it."""
    answer = as_person("prosecutor_kv1").ask(
        "post",
        "/api/saved_views/",
        {
            "name": "Việc của Nguyễn Văn Ánh",
            "sort_field": "created",
            "sort_reverse": False,
            "filter_rules": [{"rule_type": 0, "value": "khai nhận"}, {"rule_type": 20, "value": secret.case.code}],
        },
    )
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def test_searches_that_others_kept(
    secret: Secret, search_kept: int, superuser: Visitor, as_person: SignIn, people: dict[str, User]
) -> None:
    """Who looks after the host's pages learns from them neither whom nor which case somebody is after."""
    staff = User.objects.create_user("nhan_vien", is_staff=True)
    visitor = as_person(staff, *(f"{action}_savedview" for action in ("view", "add", "change", "delete")))
    page, door = "/admin/documents/savedview/", f"/api/saved_views/{search_kept}/"
    pages = [f"{page}{search_kept}/{each}/" for each in ("change", "delete", "history", "permissions")]
    pages += [f"{page}{search_kept}/permissions/user-manage/{staff.pk}/", page, f"{page}?owner__id__exact=1"]
    pages += [
        "/api/saved_views/",
        f"/api/saved_views/?owner={people['prosecutor_kv1'].pk}",
        door,
        "/api/search/?query=Việc",
    ]
    for address in pages:
        assert secret.told_by(visitor.get(address, follow=True)) == [], address
    chosen = {"action": "delete_selected", "_selected_action": [str(search_kept)]}
    forms = (
        (page, chosen),
        (page, chosen | {"post": "yes"}),
        (pages[0], {"name": "x", "owner": staff.pk}),
        (pages[1], {"post": "yes"}),
        (pages[4], {"permissions": ["view_savedview"]}),
    )
    for address, body in forms:
        assert secret.told_by(visitor.post(address, body, follow=True)) == [], address
    assert visitor.ask("patch", door, {"owner": staff.pk}).status_code == 404
    told = {word for address in (pages[0], door) for word in secret.told_by(superuser.get(address))}
    assert told == {"Văn Ánh", "khai nhận", secret.case.code}
    kept = host_model("SavedView").objects.get(pk=search_kept)
    assert (kept.owner, kept.filter_rules.count()) == (people["prosecutor_kv1"], 2)
    # one's own is changed there as ever, and a new one is not everybody's by oversight
    mine = host_model("SavedView").objects.create(name="Sổ trực", sort_field="created", owner=staff)
    assert visitor.get(f"{page}add/").context["adminform"].form["owner"].value() == staff.pk
    rows = {"filter_rules-TOTAL_FORMS": "0", "filter_rules-INITIAL_FORMS": "0"}
    answer = _form(visitor, f"{page}{mine.pk}/change/", name="Sổ trực tháng 3", **rows)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert "Sổ trực tháng 3" in visitor.get(page).content.decode()
    # and what its owner shares is read where he shares it
    group = Group.objects.create(name="Tổ công tác")
    people["prosecutor_kv3"].groups.add(group)
    shared = {"set_permissions": {"view": {"users": [], "groups": [group.pk]}, "change": {"users": [], "groups": []}}}
    assert as_person("prosecutor_kv1").ask("patch", door, shared).status_code == 200
    assert "Việc của" in as_person("prosecutor_kv3").get(door).json()["name"]
    assert as_person("other_prosecutor_kv1").get(door).status_code == 404


def _named_by(owner: User, word: str) -> dict[str, Any]:
    """Return what somebody keeps under a name that tells, one of each kind."""
    more: dict[str, dict[str, Any]] = {"StoragePath": {"path": "x"}}
    return {
        name: host_model(name).objects.create(name=f"{word} {name}", owner=owner, **more.get(name, {}))
        for name in ("Tag", "Correspondent", "DocumentType", "StoragePath")
    }


def test_names_that_others_keep(as_person: SignIn, people: dict[str, User]) -> None:
    """Who looks after the host's pages reads on them no tag, correspondent, type or path that somebody keeps for himself."""
    word = "Ánhbímật"
    kept, open_tag = _named_by(people["prosecutor_kv1"], word), host_model("Tag").objects.create(name="Chung")
    account = host_model("MailAccount", app="paperless_mail").objects.create(
        name=f"{word} MailAccount", imap_server="localhost", username="x", owner=people["prosecutor_kv1"]
    )
    staff = User.objects.create_user("nhan_vien", is_staff=True)
    staff.user_permissions.add(
        *Permission.objects.filter(content_type__app_label__in=["documents", "paperless_mail", "auditlog"])
    )
    his = type(account).objects.create(name="Riêng", imap_server="localhost", username="y", owner=staff)
    host_model("MailRule", app="paperless_mail").objects.create(name="Của mình", account=his, owner=staff)
    rule = host_model("MailRule", app="paperless_mail").objects.create(name="Thư", account=account, folder="INBOX")
    letter = host_model("ProcessedMail", app="paperless_mail").objects.create(
        rule=rule, folder="INBOX", uid="1", subject="Công văn", received=timezone.now()
    )
    mine: Any = Document.objects.create(
        title="Sổ", mime_type="application/pdf", checksum="0" * 64, owner=staff, page_count=1
    )
    mine.tags.add(kept["Tag"], open_tag)
    mine.correspondent, mine.title = kept["Correspondent"], "Sổ trực"
    mine.save()
    host_model("Note").objects.create(document=mine, note="x", user=staff)
    host_model("ShareLink").objects.create(document=mine, slug="x", owner=staff)
    field = CustomField.objects.create(name="Số sổ", data_type="string")
    value = CustomFieldInstance.objects.create(document=mine, field=field, value_text="x")
    trail = LogEntry.objects.filter(content_type__model="document", object_id=mine.pk)
    visitor, superuser = as_person(staff), as_person(User.objects.create_superuser("toan_quyen"))
    own, rules = f"/admin/documents/document/{mine.pk}/change/", "/admin/paperless_mail/mailrule/"
    lists = [f"/admin/documents/{name.lower()}/" for name in kept]
    pages = [
        *lists,
        *(f"{page}{each.pk}/change/" for page, each in zip(lists, kept.values(), strict=True)),
        f"/admin/documents/tag/?q={word[:3]}",
        "/admin/documents/tag/add/",
        own,
        own.replace("change", "permissions"),
        own.replace("change", "delete"),
        *(f"/admin/documents/{name}/" for name in ("document", "note", "sharelink", "customfieldinstance")),
        f"/admin/documents/customfieldinstance/{value.pk}/change/",
        rules,
        f"{rules}{rule.pk}/change/",
        f"{rules}add/?assign_correspondent={kept['Correspondent'].pk}",
        "/admin/paperless_mail/processedmail/",
        f"/admin/paperless_mail/processedmail/{letter.pk}/change/",
        "/admin/auditlog/logentry/",
        *(f"/admin/auditlog/logentry/{pk}/change/" for pk in trail.exclude(action=0).values_list("pk", flat=True)),
    ]
    told = {page for page in pages if word in superuser.get(page, follow=True).content.decode()}
    assert told >= set(pages) - {"/admin/documents/tag/?q=Ánh"}
    for page in pages:
        assert word not in visitor.get(page, follow=True).content.decode(), page
    found = f"/admin/documents/document/?q={word}"
    assert [mine.title in each.get(found).content.decode() for each in (superuser, visitor)] == [True, False]
    found = f"/admin/auditlog/logentry/?q={word}"
    assert [each.get(found).context["cl"].result_count > 0 for each in (superuser, visitor)] == [True, False]
    # what it carries of others stays on it, whoever changes the rest
    assert "Chung" in visitor.get(own).content.decode()
    answer = _form(visitor, own, title="Sổ trực tháng 3", created="2026-03-01", added_0="", added_1="")
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    mine.refresh_from_db()
    assert (mine.title, mine.correspondent) == ("Sổ trực tháng 3", kept["Correspondent"])
    assert set(mine.tags.all()) == {kept["Tag"], open_tag}
    # nor is another's account of mail read by a rule of theirs
    change = f"{rules}{rule.pk}/change/"
    assert visitor.post(change, {"name": "Lấy thư", "account": account.pk, "folder": "INBOX"}).status_code == 403
    answer = visitor.ask("patch", f"/api/mail_rules/{rule.pk}/", {"filter_subject": "Ánh", "owner": staff.pk})
    assert (answer.status_code, "hộp thư" in answer.json()["detail"]) == (403, True)
    values = {"order": "0", "name": "Lấy", "account": account.pk, "folder": "INBOX", "maximum_age": "30"}
    values |= {"action": "3", "attachment_type": "1", "consumption_scope": "1", "assign_title_from": "1"}
    answer = visitor.post(f"{rules}add/", values | {"assign_correspondent_from": "1", "pdf_layout": "0"})
    assert set(answer.context["adminform"].form.errors) == {"account"}
    rule.refresh_from_db()
    assert (rule.name, rule.owner, type(rule).objects.count()) == ("Thư", None, 2)
    # nor is what was written of a document read once that is gone
    assert trail.exists()
    mine.hard_delete()
    for each, count in ((superuser, trail.count()), (visitor, 0)):
        rows = each.get(f"/admin/auditlog/logentry/?q=&resource_type={trail[0].content_type_id}").context["cl"]
        assert len([row for row in rows.queryset if row.object_id == value.document_id]) == count
    # one's own is as ever
    type(account).objects.filter(pk=account.pk).update(owner=staff)
    assert visitor.ask("patch", f"/api/mail_rules/{rule.pk}/", {"filter_subject": "Công văn"}).status_code == 200


def test_settings_that_let_texts_out_are_the_superusers(as_person: SignIn) -> None:
    """The permission to change the host's settings may be given to others, for its name and its logo."""
    staff = User.objects.create_user("nhan_vien", is_staff=True)
    staff.user_permissions.add(*Permission.objects.filter(content_type__model="applicationconfiguration"))
    visitor, superuser = as_person(staff), as_person(User.objects.create_superuser("toan_quyen"))
    row = host_model("ApplicationConfiguration", app="paperless").objects.get()
    address = f"/api/config/{row.pk}/"
    before = superuser.get(address).json()
    for change in (
        {"ai_enabled": True, "app_title": "Khác"},
        {"llm_model": "x"},
        {"barcodes_enabled": True},
        {"user_args": '{"plugins": ["x"]}'},
    ):
        answer = visitor.ask("patch", address, change)
        assert (answer.status_code, "siêu quản trị" in answer.json().get("detail", "")) == (403, True), answer.content
        assert superuser.get(address).json() == before
    # the host's own form sends everything
    assert visitor.ask("patch", address, {"app_title": "VKS", "ai_enabled": False}).status_code == 200
    assert superuser.ask("patch", address, {"barcodes_enabled": True}).status_code == 200


def test_suggestions_are_kept_for_who_asked(
    as_person: SignIn, people: dict[str, User], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are made from what the asker may read beside the document, and the host would tell them to the next one."""
    settings.AI_ENABLED = True
    monkeypatch.setattr(
        views, "get_ai_document_classification", lambda _document, user, *_more: {"title": f"cho {user.username}"}
    )
    shared = Document.objects.create(
        title="Công văn", mime_type="application/pdf", checksum="0" * 64, owner=people["prosecutor_kv1"]
    )
    for action in ("view_document", "change_document"):
        assign_perm(action, people["prosecutor_kv3"], shared)
    for who in ("prosecutor_kv1", "prosecutor_kv1", "prosecutor_kv3", "prosecutor_kv1"):
        answer = as_person(who, "change_document").get(f"/api/documents/{shared.pk}/ai_suggestions/")
        assert (answer.status_code, answer.json().get("title")) == (200, f"cho {people[who].username}"), answer.content
        assert "vks_for" not in answer.json()


def test_what_a_deleted_account_kept_stays_as_private_as_it_was(
    secret: Secret, superuser: Visitor, as_person: SignIn, people: dict[str, User]
) -> None:
    """The host takes the owner off searches and tags then, and shows what has none to everybody."""
    names = ("SavedView", "Tag", "Correspondent")
    leaves = []
    for number in (1, 2):
        guest = User.objects.create_user(f"khach_{number}")
        for name in names:
            more = {"sort_field": "created"} if name == "SavedView" else {}
            row = host_model(name).objects.create(name="Việc của Nguyễn Văn Ánh", owner=guest, **more)
            assign_perm(f"view_{name.lower()}", people["prosecutor_kv1"], row)
            leaves.append(row)
        assert superuser.delete(f"/api/users/{guest.pk}/").status_code == 204
    for name, places in zip(names, ("saved_views", "tags", "correspondents"), strict=True):
        for who in ("prosecutor_kv3", "clerk_kv1"):
            assert secret.told_by(as_person(who).get(f"/api/{places}/?page_size=100")) == [], (who, places)
        friend = as_person("prosecutor_kv1").get(f"/api/{places}/?page_size=100").json()["results"]
        assert len([row for row in friend if "Văn Ánh" in row["name"]]) == 2, name
    for row in leaves:
        row.refresh_from_db()
        assert row.owner_id == service_account_id()
