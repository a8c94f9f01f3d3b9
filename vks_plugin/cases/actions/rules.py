"""What the rules of validation mean for an act: a finding that blocks is its refusal."""

from __future__ import annotations

from vks_plugin.cases.validation import Findings
from vks_plugin.errors import BadInput, VksError
from vks_plugin.language import spoken


def refusal(findings: Findings, kind: type[VksError] = BadInput) -> VksError | None:
    """Return the refusal these findings make, with everything that blocks in one answer; None when nothing does."""
    blocking = [each for each in findings if each.severity == "block"]
    if not blocking:
        return None
    sentences = " ".join(spoken(each.sentence) for each in blocking)
    return kind(sentences, field=blocking[0].field or None)


def enforce(findings: Findings, kind: type[VksError] = BadInput) -> None:
    """Refuse where one of the findings blocks.

    Raises:
        VksError: of the kind asked for, with the sentences.
    """
    error = refusal(findings, kind)
    if error is not None:
        raise error
