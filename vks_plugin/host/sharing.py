"""Links by which anybody, without signing in, reads a document of the host."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Q


def _model(name: str) -> Any:
    """Return the host's model, or None: the stand-in shares nothing."""
    return apps.get_app_config("documents").models.get(name)


def _of(document_ids: Iterable[int], path: str) -> Q:
    """Match links to these documents or to a version of one of them."""
    chosen = list(document_ids)
    return Q(**{f"{path}__in": chosen}) | Q(**{f"{path}__root_document_id__in": chosen})


def shared_documents(document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents somebody can read through a link, alone or in a bundle of links."""
    chosen = set(document_ids)
    found: set[int] = set()
    for name, path in (("sharelink", "document"), ("sharelinkbundle", "documents")):
        model = _model(name)
        if model is None:
            continue
        rows = model.objects.filter(_of(chosen, path)).values_list(
            f"{path}_id" if path == "document" else path, flat=True
        )
        roots = model.objects.filter(_of(chosen, path)).values_list(f"{path}__root_document_id", flat=True)
        found |= {pk for pk in (*rows, *roots) if pk in chosen}
    return found


def opened_by(slug: str) -> set[int]:
    """Return which documents a link or a bundle of this name opens."""
    link, bundle = _model("sharelink"), _model("sharelinkbundle")
    found = set(link.objects.filter(slug=slug).values_list("document_id", flat=True))
    return found | set(bundle.objects.filter(slug=slug, documents__isnull=False).values_list("documents", flat=True))


def revoke_links(document_ids: Iterable[int]) -> int:
    """Take away every link to these documents and every bundle that holds one; return how many there were.

    A bundle of links is a finished archive of files: one that holds a case document goes as a whole,
    its file once the present transaction commits.
    """
    chosen = list(document_ids)
    link, bundle = _model("sharelink"), _model("sharelinkbundle")
    revoked = 0
    if link is not None:
        # past its own trash: a link that could be restored is not revoked
        rows = link.global_objects.filter(_of(chosen, "document"))
        revoked += rows.count()
        rows.hard_delete()
    if bundle is not None:
        for each in list(bundle.objects.filter(_of(chosen, "documents")).distinct()):
            file = each.absolute_file_path
            # the model's own delete takes the file at once, before it is certain that the row goes
            bundle.objects.filter(pk=each.pk).delete()
            if file is not None:
                transaction.on_commit(partial(file.unlink, missing_ok=True))
            revoked += 1
    return revoked
