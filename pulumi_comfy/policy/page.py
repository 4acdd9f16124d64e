"""`python -m pulumi_comfy.policy.page [--check]`: write the rules into `docs/policies.md`.

What stands above the mark in that page is written by hand and left alone. `--check` says what to run and exits with 1
when the rules have drifted. The example of each rule is what it is given in `examples/policy-pack`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pulumi_comfy.policy.catalog import RULES
from pulumi_comfy.policy.rule import Rule

ROOT = Path(__file__).resolve().parents[2]
"""The repository's root: generating is for whoever works in a checkout."""
PAGE = "docs/policies.md"
EXAMPLE = "examples/policy-pack/policy-config.json"
MARK = "<!-- Written by `python -m pulumi_comfy.policy.page` from here on. -->\n"
COMMAND = "python -m pulumi_comfy.policy.page"


def rules_text(example: dict[str, Any]) -> str:
    """Give the generated part: a table of all rules, then a section for each.

    Args:
        example: a configuration that names each rule.
    """
    rows = [f"| [{rule.id}](#{rule.id}) | {rule.level} | {_asked(rule)} | {rule.description} |" for rule in RULES]
    table = ["| rule | level | asked of | what must be |", "| --- | --- | --- | --- |", *rows]
    return "\n".join([*table, "", *(_section(rule, example[rule.id]) for rule in RULES)])


def _asked(rule: Rule) -> str:
    return "each resource" if rule.of_resource is not None else "the stack"


def _section(rule: Rule, given: Any) -> str:
    parts = [f"### {rule.id}", f"{rule.description} {rule.note}".strip()]
    properties = rule.settings.model_json_schema().get("properties", {})
    if properties:
        rows = [f"| `{name}` | {_kind(one)} | {_meaning(one)} |" for name, one in properties.items()]
        parts.append("\n".join(["| setting | type | meaning |", "| --- | --- | --- |", *rows]))
    parts.append(f"```json\n{json.dumps({rule.id: given})}\n```")
    return "\n\n".join(parts) + "\n"


def _kind(spec: dict[str, Any]) -> str:
    if "anyOf" in spec:
        return " or ".join(_kind(one) for one in spec["anyOf"] if one.get("type") != "null")
    if spec["type"] == "array":
        return f"list of {_kind(spec['items'])}"
    if spec["type"] == "object":
        return f"object of {_kind(spec['additionalProperties'])}"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "boolean"}[spec["type"]]


def _meaning(spec: dict[str, Any]) -> str:
    text: str = spec["description"]
    if "Default" not in text and spec.get("default") not in (None, [], {}):
        text += f" Default: `{json.dumps(spec['default'])}`."
    return text.replace("|", "\\|")


def page_text(current: str, example: dict[str, Any]) -> str:
    """Give the page with its hand-written head and fresh rules.

    Raises:
        ValueError: the page lacks the mark.
    """
    head, mark, _ = current.partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE} lacks the line {MARK.strip()}")
    return f"{head}{mark}\n{rules_text(example)}"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run it in the checkout at `root`; says nothing unless the page changed or drifted."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"usage: {COMMAND} [--check]\n")
        return 2
    place = root / PAGE
    current = place.read_text(encoding="utf-8")
    fresh = page_text(current, json.loads((root / EXAMPLE).read_text(encoding="utf-8")))
    if fresh == current:
        return 0
    if arguments:
        sys.stdout.write(f"{PAGE} has drifted; run {COMMAND}\n")
        return 1
    place.write_text(fresh, encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
