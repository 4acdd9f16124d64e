"""What SARIF 2.1.0 asks of the parts of a log that we write, read by hand off its schema; and the schema itself.

The schema is OASIS's and not ours to ship: where `SARIF_SCHEMA` names a copy of it and `jsonschema` is installed, logs
are held against the whole of it too.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEVELS = {"none", "note", "warning", "error"}
KINDS = {"notApplicable", "pass", "fail", "review", "open", "informational"}
KEYS = {
    "log": {"$schema", "version", "runs"},
    "run": {"tool", "results"},
    "driver": {"name", "version", "informationUri", "rules"},
    "rule": {"id", "shortDescription", "helpUri", "defaultConfiguration"},
    "result": {"ruleId", "ruleIndex", "kind", "level", "message", "locations", "partialFingerprints"},
    "location": {"physicalLocation", "logicalLocations"},
}
"""The parts that we write, each by keys that its `additionalProperties: false` knows."""


def faults_of(log: dict[str, Any]) -> list[str]:
    """Say what is wrong with a log."""
    return [*_by_hand(log), *_by_schema(log)]


def _by_hand(log: dict[str, Any]) -> Iterator[str]:
    yield from _keys("log", log)
    if log["version"] != "2.1.0":
        yield "version"
    for run in log["runs"]:
        yield from _keys("run", run)
        driver = run["tool"]["driver"]
        yield from _keys("driver", driver)
        for rule in driver["rules"]:
            yield from _keys("rule", rule)
            if rule["defaultConfiguration"]["level"] not in LEVELS or set(rule["shortDescription"]) != {"text"}:
                yield f"rule {rule['id']}"
        for result in run["results"]:
            yield from _result(result, driver["rules"])


def _result(result: dict[str, Any], rules: list[dict[str, Any]]) -> Iterator[str]:
    yield from _keys("result", result)
    if result["kind"] not in KINDS or result["level"] not in LEVELS:
        yield "kind or level"
    if result["kind"] != "fail" and result["level"] != "none":
        yield "a level of what is no failure"
    if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
        yield "ruleIndex"
    if not all(isinstance(one, str) for one in result["partialFingerprints"].values()):
        yield "partialFingerprints"
    for location in result["locations"]:
        yield from _keys("location", location)
        if location["physicalLocation"]["region"]["startLine"] < 1:
            yield "startLine"


def _keys(part: str, value: dict[str, Any]) -> Iterator[str]:
    yield from (f"{part}.{key}" for key in sorted(value.keys() - KEYS[part]))


def _by_schema(log: dict[str, Any]) -> list[str]:
    place = os.environ.get("SARIF_SCHEMA")
    if not place or importlib.util.find_spec("jsonschema") is None:
        return []
    jsonschema = importlib.import_module("jsonschema")
    schema = json.loads(Path(place).read_text("utf-8"))
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(log)]
