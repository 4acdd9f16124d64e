"""Findings as SARIF 2.1.0, which code hosts show beside a change."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from pulumi_comfy._version import __version__
from pulumi_comfy.core.redaction import redact
from pulumi_comfy.policy.rule import Finding, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
PAGE = "https://github.com/pulumi-comfy/pulumi-comfy/blob/main/docs/policies.md"
_URN = re.compile(r'"urn":\s*("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")')


def sarif(rules: Sequence[Rule], findings: Sequence[Finding], file: str, text: str) -> dict[str, Any]:
    """Give the SARIF log of one check.

    Args:
        rules: those that were asked.
        findings: what they found.
        file: the URI of the state, as the reader of the log finds it.
        text: what stands in it, by which a finding gets its line.
    """
    places = {rule.id: index for index, rule in enumerate(rules)}
    driver = {
        "name": "pulumi-comfy",
        "version": __version__,
        "informationUri": PAGE,
        "rules": [_rule(rule) for rule in rules],
    }
    lines = _lines_of(text)
    results = [_result(one, places[one.rule], file, lines.get(one.urn, 1)) for one in findings]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(rule: Rule) -> dict[str, Any]:
    level = {"mandatory": "error", "advisory": "warning", "disabled": "none"}[rule.level]
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.description},
        "helpUri": f"{PAGE}#{rule.id}",
        "defaultConfiguration": {"level": level},
    }


def _result(finding: Finding, index: int, file: str, line: int) -> dict[str, Any]:
    level = "error" if finding.level == "mandatory" else "warning"
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": line}},
    }
    if finding.urn:
        name, urn = redact(finding.name), redact(finding.urn)
        place["logicalLocations"] = [{"name": name, "fullyQualifiedName": urn, "kind": "resource"}]
    mark = hashlib.sha256(f"{finding.rule} {redact(finding.urn)} {finding.message}".encode()).hexdigest()
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "kind": "open" if finding.is_undecided else "fail",
        "level": "none" if finding.is_undecided else level,
        "message": {"text": finding.message},
        "locations": [place],
        "partialFingerprints": {"finding/v1": mark},
    }


def _lines_of(text: str) -> dict[str, int]:
    """Give the line of a state that begins each resource, by its URN, however JSON spells that."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):  # and no other character ends a line for who reads it
        for spelt in _URN.findall(line):
            found.setdefault(json.loads(spelt), number)
    return found
