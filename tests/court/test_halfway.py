"""What a killed worker had finished of a bundle is taken on, and nothing else; what comes out is the same to the byte."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path

import pytest

from tests.court.papers import paper, plan_of, planned
from vks_plugin.court import bundle
from vks_plugin.court.bundle import unfinished, write_bundle
from vks_plugin.court.halfway import Halfway
from vks_plugin.court.plan import BundleDocument, BundlePlan, VolumeLimits


@pytest.fixture
def papers(tmp_path: Path) -> list[BundleDocument]:
    """Return six papers of one page each: with volumes of four pages they fill three."""
    source = paper(tmp_path / "a.pdf")
    return [planned(source, title=f"Tài liệu {number}", folio=number, key=str(number)) for number in range(1, 7)]


def in_volumes(papers: list[BundleDocument]) -> BundlePlan:
    """Lay these papers out."""
    return plan_of(papers, limits=VolumeLimits(pages=4))


def killed_at(plan: BundlePlan, target: Path, page: int) -> None:
    """Let a process write a bundle, and kill it when it has written this page."""
    child = os.fork()
    if child == 0:
        try:
            write_bundle(
                plan,
                target,
                progress=lambda done, _total: os.kill(os.getpid(), signal.SIGKILL) if done >= page else None,
                halfway=Halfway(target),
            )
        finally:
            os._exit(1)
    _child, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("changed", ["", "a title", "a source", "a finished volume"])
def test_a_volume_that_was_finished_is_taken_on_only_as_long_as_nothing_changed(
    papers: list[BundleDocument], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    monkeypatch.setattr(bundle, "_REPORT_EVERY", 1)
    target = tmp_path / "tap.pdf"
    plan = in_volumes(papers)
    assert len(plan.volumes) > 2
    killed_at(plan, target, plan.volumes[1].first_page + 1)
    first, second = (unfinished(tmp_path / f"tap-{number}.pdf") for number in (1, 2))
    assert first.is_file()
    assert second.is_file()
    assert not (tmp_path / "tap-1.pdf").exists()
    made = first.stat().st_mtime_ns
    if changed == "a title":
        plan = in_volumes([dataclasses.replace(papers[0], title="Tên khác"), *papers[1:]])
    elif changed == "a source":
        paper(papers[0].path, drawing=b"0 0 100 100 re f")
    elif changed == "a finished volume":
        first.write_bytes(first.read_bytes()[:-2] + b"X\n")
    halfway = Halfway(target)
    seen: list[int] = []
    result = write_bundle(plan, target, progress=lambda done, _total: seen.append(done), halfway=halfway)
    halfway.forget()
    if changed:
        assert seen[0] == 1
    else:
        assert seen[0] == plan.volumes[0].last_page
        assert (tmp_path / "tap-1.pdf").stat().st_mtime_ns == made
    whole = tmp_path / "whole"
    whole.mkdir()
    afresh = write_bundle(plan, whole / "tap.pdf")
    assert [each.sha256 for each in result.volumes] == [each.sha256 for each in afresh.volumes]
    for each in result.volumes:
        assert each.path.read_bytes() == (whole / each.path.name).read_bytes()
    assert not list(tmp_path.glob(".*"))
