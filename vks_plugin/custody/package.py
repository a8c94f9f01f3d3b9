"""The package of a case for the archive: BagIt (RFC 8493) with documents, PREMIS events, the ledger's extract and seals.

Files are copied as streams and hashed on the way; what a run that was cut off has copied already is not copied again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import bagit

from vks_plugin.hashing import sha256_of

NAMESPACE = "http://www.loc.gov/premis/v3"
_CHUNK = 1024 * 1024

# it names every file it writes
logging.getLogger("bagit").setLevel(logging.ERROR)


class PackedFile(NamedTuple):
    """A file of the payload."""

    name: str
    """Path below the payload."""
    sha256: str
    size: int


class PackedEvent(NamedTuple):
    """Something that happened to the case or to files of it."""

    number: int
    kind: str
    at: str
    agent: str
    """Who acted: an account's number, or the system."""
    hash: str = ""
    """SHA-256 of the entry of the ledger."""
    told_by: str = "ledger"
    """What counts the number."""
    outcome: str = ""
    sources: tuple[str, ...] = ()
    """Files of the payload it began with."""
    outcomes: tuple[str, ...] = ()
    """Files of the payload it made."""


def copied(source: Path, target: Path) -> str:
    """Copy a file unless that was done before; return the SHA-256 of what lies there."""
    if target.is_file():
        return sha256_of(target)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(target.name + ".part")
    digest = hashlib.sha256()
    with source.open("rb") as reading, partial.open("wb") as writing:
        while block := reading.read(_CHUNK):
            digest.update(block)
            writing.write(block)
    # whole, or not there under its name
    partial.replace(target)
    return digest.hexdigest()


def _sub(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    if text:
        made.text = text
    return made


def _related(found: ET.Element, source: str, act: PackedEvent | None) -> None:
    """Say of a file that it was made from another one, and by which act if one is known."""
    relation = _sub(found, "relationship")
    _sub(relation, "relationshipType", "derivation")
    _sub(relation, "relationshipSubType", "has source")
    other = _sub(relation, "relatedObjectIdentifier")
    _sub(other, "relatedObjectIdentifierType", "path")
    _sub(other, "relatedObjectIdentifierValue", source)
    if act is not None:
        event = _sub(relation, "relatedEventIdentifier")
        _sub(event, "relatedEventIdentifierType", act.told_by)
        _sub(event, "relatedEventIdentifierValue", str(act.number))


def premis(
    files: Iterable[PackedFile], acts: Iterable[PackedEvent], *, copies: Mapping[str, str] | None = None
) -> bytes:
    """Return the PREMIS 3 record: each file with its hash and what it was made from, each act, each agent once.

    Args:
        files: of the payload.
        acts: what happened, oldest first.
        copies: which file was made from which by the host, such as a copy with recognised words, by path.
    """
    events = list(acts)
    made: dict[str, list[tuple[str, PackedEvent | None]]] = defaultdict(list)
    for name, source in (copies or {}).items():
        made[name].append((source, None))
    for act in events:
        for outcome in act.outcomes:
            made[outcome] += [(source, act) for source in act.sources if source != outcome]
    ET.register_namespace("premis", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}premis", {"version": "3.0"})
    schema = "http://www.w3.org/2001/XMLSchema-instance"
    for each in files:
        found = _sub(root, "object")
        found.set(f"{{{schema}}}type", "premis:file")
        identifier = _sub(found, "objectIdentifier")
        _sub(identifier, "objectIdentifierType", "path")
        _sub(identifier, "objectIdentifierValue", each.name)
        characteristics = _sub(found, "objectCharacteristics")
        fixity = _sub(characteristics, "fixity")
        _sub(fixity, "messageDigestAlgorithm", "SHA-256")
        _sub(fixity, "messageDigest", each.sha256)
        _sub(characteristics, "size", str(each.size))
        kind = _sub(characteristics, "format")
        designation = _sub(kind, "formatDesignation")
        _sub(designation, "formatName", Path(each.name).suffix.removeprefix(".") or "bin")
        for source, by in made[each.name]:
            _related(found, source, by)
    agents: dict[str, None] = {}
    for act in events:
        found = _sub(root, "event")
        identifier = _sub(found, "eventIdentifier")
        _sub(identifier, "eventIdentifierType", act.told_by)
        _sub(identifier, "eventIdentifierValue", str(act.number))
        _sub(found, "eventType", act.kind)
        _sub(found, "eventDateTime", act.at)
        if act.hash:
            detail = _sub(found, "eventDetailInformation")
            _sub(detail, "eventDetail", f"sha256:{act.hash}")
        if act.outcome:
            _sub(_sub(found, "eventOutcomeInformation"), "eventOutcome", act.outcome)
        agent = _sub(found, "linkingAgentIdentifier")
        _sub(agent, "linkingAgentIdentifierType", "account")
        _sub(agent, "linkingAgentIdentifierValue", act.agent)
        agents[act.agent] = None
        for names, role in ((act.sources, "source"), (act.outcomes, "outcome")):
            for name in names:
                linked = _sub(found, "linkingObjectIdentifier")
                _sub(linked, "linkingObjectIdentifierType", "path")
                _sub(linked, "linkingObjectIdentifierValue", name)
                _sub(linked, "linkingObjectRole", role)
    for name in agents:
        found = _sub(root, "agent")
        identifier = _sub(found, "agentIdentifier")
        _sub(identifier, "agentIdentifierType", "account")
        _sub(identifier, "agentIdentifierValue", name)
        _sub(found, "agentType", "software" if name == "system" else "person")
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def make_package(
    payload: Path,
    target: Path,
    *,
    name: str,
    info: Mapping[str, str],
    sign: Callable[[Path], object] | None = None,
) -> tuple[str, int]:
    """Turn a folder of files into one file; the folder is gone afterwards.

    Args:
        payload: what is to be kept.
        target: the file; appears whole or not at all.
        name: of the folder inside.
        info: what `bag-info.txt` says.
        sign: writes the signature of a file beside it; given the list that covers all others.

    Returns:
        its SHA-256 and its size in bytes.
    """
    bag = payload.with_name(f"{payload.name}.bag")
    shutil.rmtree(bag, ignore_errors=True)
    payload.rename(bag)
    partial = target.with_name(target.name + ".part")
    try:
        made = bagit.make_bag(str(bag), dict(info), checksums=["sha256"])
        if sign is not None:
            sign(bag / "tagmanifest-sha256.txt")
        # read again: what the manifest says is what lies there
        made.validate()
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED, allowZip64=True, strict_timestamps=False) as packed:
            for path in sorted(bag.rglob("*")):
                if path.is_file():
                    packed.write(path, f"{name}/{path.relative_to(bag).as_posix()}")
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
        shutil.rmtree(bag, ignore_errors=True)
    return sha256_of(target), target.stat().st_size


def files_below(folder: Path) -> Sequence[Path]:
    """Return every file below a folder, in a definite order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def remove(path: Path) -> None:
    """Remove what is left of a package that nobody wants."""
    for each in (path, path.with_name(path.name + ".part")):
        each.unlink(missing_ok=True)
    for folder in (path.with_suffix(""), path.with_suffix(".bag")):
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)
