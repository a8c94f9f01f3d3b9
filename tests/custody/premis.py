"""Reads a PREMIS record as the schema of version 3.0 has it, for the elements that our packages use.

Written from the data dictionary and the schema of the Library of Congress (premis-v3-0.xsd, 18 January 2016), by hand; the
schema itself is no part of the project. Whatever is not in the table is not allowed here.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

SPACE = "{http://www.loc.gov/premis/v3}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

_IDENTIFIED = ("object", "event", "agent", "linkingAgent", "linkingObject", "relatedObject", "relatedEvent")
SEQUENCES: dict[str, str] = {
    # + at least one, ? none or one, * any number, else exactly one; in this order
    "premis": "object+ event* agent*",
    "object": "objectIdentifier+ objectCharacteristics+ originalName? relationship* linkingEventIdentifier*",
    "objectCharacteristics": "compositionLevel? fixity* size? format+",
    "fixity": "messageDigestAlgorithm messageDigest messageDigestOriginator?",
    "format": "formatDesignation formatNote*",
    "formatDesignation": "formatName formatVersion?",
    "relationship": "relationshipType relationshipSubType relatedObjectIdentifier+ relatedEventIdentifier*",
    "event": "eventIdentifier eventType eventDateTime eventDetailInformation* eventOutcomeInformation* "
    "linkingAgentIdentifier* linkingObjectIdentifier*",
    "eventDetailInformation": "eventDetail?",
    "eventOutcomeInformation": "eventOutcome",
    "agent": "agentIdentifier+ agentName* agentType?",
    **{f"{name}Identifier": f"{name}IdentifierType {name}IdentifierValue" for name in _IDENTIFIED},
}
SEQUENCES["linkingAgentIdentifier"] += " linkingAgentRole*"
SEQUENCES["linkingObjectIdentifier"] += " linkingObjectRole*"


def faults(root: ET.Element) -> list[str]:
    """Return what the schema would refuse, each with the element it is in; and references to what is not there."""
    found = [] if (root.tag, root.get("version")) == (f"{SPACE}premis", "3.0") else ["no record of version 3.0"]
    for element in root.iter():
        name = element.tag.removeprefix(SPACE)
        children = [child.tag.removeprefix(SPACE) for child in element]
        if name not in SEQUENCES:
            if children or not (element.text or "").strip():
                found.append(f"{name}: has to have a text and nothing else")
            continue
        if (element.text or "").strip():
            found.append(f"{name}: has a text")
        found += _disorder(name, children)
    for each in root.iterfind(f"{SPACE}object"):
        if each.get(TYPE) != "premis:file":
            found.append(f"object: is a {each.get(TYPE)}")
    for size in root.iter(f"{SPACE}size"):
        if not (size.text or "").isdecimal():
            found.append(f"size: {size.text}")
    for of in ("object", "event", "agent"):
        known = [_identified(each, of) for each in root.iterfind(f"{SPACE}{of}/{SPACE}{of}Identifier")]
        if len(known) != len(set(known)):
            found.append(f"{of}: two with one identifier")
        for link in (f"linking{of.title()}", f"related{of.title()}"):
            named = {_identified(each, link) for each in root.iter(f"{SPACE}{link}Identifier")}
            found += [f"{link}: {each} is not in the record" for each in sorted(named - set(known))]
    return found


def _identified(element: ET.Element, name: str) -> tuple[str, str]:
    kind, value = (element.findtext(f"{SPACE}{name}Identifier{what}", "") for what in ("Type", "Value"))
    return kind, value


def _disorder(name: str, children: list[str]) -> list[str]:
    left = list(children)
    for wanted in SEQUENCES[name].split():
        plain, times = wanted.rstrip("+?*"), 0
        while left and left[0] == plain:
            left.pop(0)
            times += 1
        if (times == 0 and wanted[-1] not in "?*") or (times > 1 and wanted[-1] not in "+*"):
            return [f"{name}: {times} of {plain}"]
    return [f"{name}: {left[0]} is out of place"] if left else []
