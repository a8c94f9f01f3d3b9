"""Links by which anybody reads a document, made before it was filed or past every door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from documents.models import Document, ShareLink, ShareLinkBundle  # type: ignore[attr-defined]

from tests.host.doors.conftest import Visitor
from tests.people import FiledCase, pdf_bytes
from vks_plugin.errors import VksError
from vks_plugin.filing.actions import adopt
from vks_plugin.host.sharing import shared_documents

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def papers(people: dict[str, User]) -> list[Document]:
    """Return two documents of the clerk's with a file each; both are shared with the whole world, in two ways."""
    made = []
    for number in (1, 2):
        document = Document.objects.create(
            title=f"Công văn {number}",
            mime_type="application/pdf",
            checksum=f"{number:064x}",
            filename=f"cong-van-{number}.pdf",
            page_count=1,
            owner=people["prosecutor_kv1"],
        )
        document.source_path.parent.mkdir(parents=True, exist_ok=True)
        document.source_path.write_bytes(pdf_bytes(1, f"Công văn {number}"))
        ShareLink.objects.create(
            document=document, slug=f"lienket{number}", file_version=ShareLink.FileVersion.ORIGINAL
        )
        made.append(document)
    folder = Path(settings.SHARE_LINK_BUNDLE_DIR)  # type: ignore[misc]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "goi.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    bundle = ShareLinkBundle.objects.create(slug="goi", status=ShareLinkBundle.Status.READY, file_path="goi.zip")
    bundle.documents.set(made)
    return made


def _opens(slug: str) -> bool:
    return Client().get(f"/share/{slug}").status_code == 200


def test_filing_closes_them(filed_case: FiledCase, people: dict[str, User], papers: list[Document]) -> None:
    assert all(_opens(slug) for slug in ("lienket1", "lienket2", "goi"))
    assert shared_documents([each.pk for each in papers]) == {each.pk for each in papers}
    adopt(actor=people["prosecutor_kv1"], case=filed_case.case, document=papers[0])
    assert [_opens(slug) for slug in ("lienket1", "lienket2", "goi")] == [False, True, False]
    assert not (Path(settings.SHARE_LINK_BUNDLE_DIR) / "goi.zip").exists()  # type: ignore[misc]
    # not merely in the host's trash, from where it could come back
    assert not ShareLink.global_objects.filter(document=papers[0]).exists()
    assert shared_documents([each.pk for each in papers]) == {papers[1].pk}


def test_a_refused_filing_leaves_them(filed_case: FiledCase, people: dict[str, User], papers: list[Document]) -> None:
    with pytest.raises(VksError):
        adopt(actor=people["prosecutor_kv1"], case=filed_case.case, document=papers[0], folio_from=1, folio_to=1)
    assert all(_opens(slug) for slug in ("lienket1", "lienket2", "goi"))


def test_a_bundle_does_not_come_to_hold_them(
    filed_case: FiledCase, people: dict[str, User], papers: list[Document], as_person: Callable[..., Visitor]
) -> None:
    """One's own bundle, made before, is neither filled up with a case document nor packed again with one."""
    powers = [f"{action}_sharelinkbundle" for action in ("add", "change", "delete", "view")]
    visitor = as_person("prosecutor_kv1", *powers)
    own = ShareLinkBundle.objects.get(slug="goi")
    address = f"/api/share_link_bundles/{own.pk}/"
    inside = [filed_case.documents[0].document_id]
    for method in ("patch", "put"):
        answer = visitor.ask(method, address, {"document_ids": inside, "file_version": "original"})
        assert answer.status_code == 403, method
        assert "không chia sẻ" in answer.json()["detail"], method
    assert visitor.ask("post", f"{address}rebuild/").status_code == 200
    # as the host's shell would put it in
    own.documents.add(filed_case.documents[0].document)
    assert visitor.ask("post", f"{address}rebuild/").status_code == 403
    assert visitor.ask("delete", address).status_code == 204


def test_one_that_was_made_while_the_document_was_being_filed_opens_nothing(
    filed_case: FiledCase, papers: list[Document]
) -> None:
    filed = filed_case.documents[0].document
    for document, slug in ((filed, "muon"), (papers[1], "rieng")):
        ShareLink.objects.create(document=document, slug=slug, file_version=ShareLink.FileVersion.ORIGINAL)
    ShareLinkBundle.objects.get(slug="goi").documents.add(filed)
    assert [_opens(slug) for slug in ("muon", "rieng", "goi", "lienket1")] == [False, True, False, True]
    # as one that does not exist
    assert Client().get("/share/muon").headers["Location"] == Client().get("/share/khongco").headers["Location"]
