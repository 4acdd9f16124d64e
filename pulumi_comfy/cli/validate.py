"""`pulumi-comfy validate`: one workflow document, looked at before any platform sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_comfy.cli.servers import EXAMPLE_SERVER, ask, shown
from pulumi_comfy.cli.workflow_files import EXISTING_FILE, text_of

if TYPE_CHECKING:
    from pulumi_comfy.cli.servers import Nodes
    from pulumi_comfy.workflows import Document, WorkflowError

_LONGEST_DEFAULT = 48


@click.command(short_help="Check a workflow before a platform sees it.")
@click.argument("file", type=EXISTING_FILE)
@click.option("--api", "api_file", type=EXISTING_FILE, help="The API prompt, when FILE holds only the editor's graph.")
@click.option("--server", metavar="URL", help=f"A live ComfyUI server to compare with, e.g. {EXAMPLE_SERVER}.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
def validate(file: Path, api_file: Path | None, server: str | None, as_json: bool) -> None:
    """Check the workflow in FILE: an editor's graph, an API prompt, or both in one.

    Exits with 1 and one line for each problem: a document that cannot be read, a graph without its prompt, a graph and
    a prompt that disagree, dangling links, credentials inside, nothing to run, and with --server unknown node classes
    and missing models. With --server a graph alone is enough: what it converts to is checked.
    """
    from pulumi_comfy.core.plain_text import plain

    report = examine(file, api_file, server)
    click.echo(json.dumps(report, indent=2, ensure_ascii=False) if as_json else plain(as_text(report)))
    if not report["ok"]:
        raise SystemExit(1)


def examine(file: Path, api_file: Path | None, server: str | None) -> dict[str, Any]:
    """Everything there is to say about a workflow file, as a JSON object.

    Keys: `file`, `ok`, `problems` (sentences), `server`, and of a readable document `documents`, `digest`, `nodes`,
    `inputs` (one object each) and `models`.
    """
    from pulumi_comfy.workflows import WorkflowError, parse_leniently

    report: dict[str, Any] = {"file": str(file), "ok": False, "problems": [], "server": server and shown(server)}
    try:
        document, faults = parse_leniently(text_of(file), text_of(api_file) if api_file is not None else None)
    except WorkflowError as error:
        report["problems"].append(str(error))
        return report
    prompt, problems = _examined(document, faults, server)
    if not faults:
        report |= _contents(document, prompt)
    report["problems"] = list(dict.fromkeys([*map(str, faults), *problems]))
    report["ok"] = not report["problems"]
    return report


def _contents(document: Document, prompt: Mapping[str, Any]) -> dict[str, Any]:
    from pulumi_comfy.workflows import external_inputs, model_files

    graph = document.graph or {}
    return {
        "documents": [name for name, part in (("graph", document.graph), ("prompt", document.prompt)) if part],
        "digest": document.digest,
        "nodes": len(document.prompt or graph.get("nodes") or ()),
        "inputs": [asdict(offered) for offered in external_inputs(prompt)],
        "models": [asdict(model) for model in model_files(prompt)],
    }


def _examined(
    document: Document, faults: list[WorkflowError], server: str | None
) -> tuple[Mapping[str, Any], list[str]]:
    """The prompt, converted where only the graph was given, and what is wrong with the document besides its faults.

    Nothing is compared of which half is missing.
    """
    from pulumi_comfy.workflows import find_secrets, pair_problems

    is_whole = all(fault.code == "dangling-link" for fault in faults)
    pair = pair_problems(document) if is_whole else []
    secrets = [
        f"{place}: holds what looks like a credential, and every picture embeds it" for place in find_secrets(document)
    ]
    prompt, run = _run_problems(document, server) if is_whole else (document.prompt or {}, [])
    return prompt, [*pair, *secrets, *run]


def _run_problems(document: Document, server: str | None) -> tuple[Mapping[str, Any], list[str]]:
    """The prompt, and what stands against a run of it: on a platform, or on this server."""
    from pulumi_comfy.workflows import WorkflowError, require_prompt, run_problems, validate_against

    nodes = ask(server) if server is not None else None
    if isinstance(nodes, str):
        return document.prompt or {}, [nodes]
    if nodes is not None and document.graph is not None and document.prompt is None:
        return _converted(document.graph, nodes)
    try:
        prompt = require_prompt(document)
    except WorkflowError as error:
        return {}, [f"{error} Here that is --api FILE, or --server URL of a server that knows its nodes."]
    if nodes is None:
        return prompt, run_problems(prompt)
    return prompt, validate_against(nodes.classes, prompt, replaced=nodes.replaced)


def _converted(graph: Mapping[str, Any], nodes: Nodes) -> tuple[Mapping[str, Any], list[str]]:
    from pulumi_comfy.workflows import ConversionError, convert, validate_against

    try:
        prompt = convert(graph, nodes.classes, replaced=nodes.replaced)
    except ConversionError as error:
        return {}, list(error.problems)
    return prompt, validate_against(nodes.classes, prompt, replaced=nodes.replaced)


def as_text(report: dict[str, Any]) -> str:
    """A report for people: what is in the document, then `problem:` lines."""
    lines = [f"{report['file']}: {_headline(report)}"]
    if "digest" in report:
        lines += [f"  digest  {report['digest']}"]
        lines += _inputs_table(report["inputs"])
        if report["models"]:
            lines += ["", "Models it loads:"]
            lines += [f"  {model['name']}  ({model['class_type']} #{model['node_id']})" for model in report["models"]]
    lines += ["", *(f"problem: {problem}" for problem in report["problems"])] if report["problems"] else []
    if report["ok"]:
        against = f", and {report['server']} can run it" if report["server"] else ""
        lines += ["", f"No problem found{against}."]
    return "\n".join(lines)


def _headline(report: dict[str, Any]) -> str:
    if "digest" not in report:
        return "cannot be used"
    names = {"graph": "the editor's graph", "prompt": "the API prompt"}
    parts = " and ".join(names[name] for name in report["documents"])
    return f"{parts}, {report['nodes']} {'node' if report['nodes'] == 1 else 'nodes'}"


def _inputs_table(inputs: list[dict[str, Any]]) -> list[str]:
    if not inputs:
        return []
    rows = [("input", "type", "default", "node")]
    for offered in inputs:
        default = "" if offered["default_value"] is None else json.dumps(offered["default_value"], ensure_ascii=False)
        if len(default) > _LONGEST_DEFAULT:
            default = default[: _LONGEST_DEFAULT - 3] + "..."
        rows.append((offered["input_id"], offered["type"], default, f"{offered['class_type']} #{offered['node_id']}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return ["", "What a run may be given:", *(f"  {line}" for line in table)]
