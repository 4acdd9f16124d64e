"""`pulumi-comfy validate`: one workflow document, looked at before any platform sees it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import httpx

    from pulumi_comfy.workflows import Document, WorkflowError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LONGEST_DEFAULT = 48
_SERVER_SECONDS = 30.0
_OK, _NOT_FOUND = 200, 404
_NO_NODES = "something that is no list of nodes"
_EXAMPLE_SERVER = "http://127.0.0.1:8188"


@click.command(short_help="Check a workflow before a platform sees it.")
@click.argument("file", type=_FILE)
@click.option("--api", "api_file", type=_FILE, help="The API prompt, when FILE holds only the editor's graph.")
@click.option("--server", metavar="URL", help=f"A live ComfyUI server to compare with, e.g. {_EXAMPLE_SERVER}.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
def validate(file: Path, api_file: Path | None, server: str | None, as_json: bool) -> None:
    """Check the workflow in FILE: an editor's graph, an API prompt, or both in one.

    Exits with 1 and one line for each problem: a document that cannot be read, a graph without its prompt, a graph and
    a prompt that disagree, dangling links, credentials inside, nothing to run, and with --server unknown node classes
    and missing models.
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

    report: dict[str, Any] = {"file": str(file), "ok": False, "problems": [], "server": server and _shown(server)}
    try:
        document, faults = parse_leniently(_text_of(file), _text_of(api_file) if api_file is not None else None)
    except WorkflowError as error:
        report["problems"].append(str(error))
        return report
    if not faults:
        report |= _contents(document)
    report["problems"] = list(dict.fromkeys([*map(str, faults), *_problems(document, faults, server)]))
    report["ok"] = not report["problems"]
    return report


def _text_of(file: Path) -> str:
    from pulumi_comfy.workflows import WorkflowError

    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WorkflowError("not-json", f"{file} is no UTF-8 text, so it is no JSON.") from None
    except OSError as error:
        raise WorkflowError("not-json", f"{file} cannot be read: {error.strerror}.") from None


def _contents(document: Document) -> dict[str, Any]:
    from pulumi_comfy.workflows import external_inputs, model_files

    prompt = document.prompt or {}
    graph = document.graph or {}
    return {
        "documents": [name for name, part in (("graph", document.graph), ("prompt", document.prompt)) if part],
        "digest": document.digest,
        "nodes": len(prompt) or len(graph.get("nodes") or ()),
        "inputs": [asdict(offered) for offered in external_inputs(prompt)],
        "models": [asdict(model) for model in model_files(prompt)],
    }


def _problems(document: Document, faults: list[WorkflowError], server: str | None) -> list[str]:
    """What is wrong with a document besides its faults; nothing is compared of which half is missing."""
    from pulumi_comfy.workflows import find_secrets, pair_problems

    is_whole = all(fault.code == "dangling-link" for fault in faults)
    return [
        *(pair_problems(document) if is_whole else []),
        *(
            f"{place}: holds what looks like a credential, and every picture embeds it"
            for place in find_secrets(document)
        ),
        *(_run_problems(document, server) if is_whole else []),
    ]


def _run_problems(document: Document, server: str | None) -> list[str]:
    """What stands against a run: on a platform, or on this server."""
    from pulumi_comfy.workflows import WorkflowError, require_prompt, run_problems, validate_against

    try:
        prompt = require_prompt(document)
    except WorkflowError as error:
        return [f"{error} Here that is --api FILE."]
    if server is None:
        return run_problems(prompt)
    told = _ask(server)
    if isinstance(told, str):
        return [told]
    known, replaced = told
    return validate_against(known, prompt, replaced=replaced)


def _ask(server: str) -> tuple[dict[str, Any], list[str]] | str:
    """The server's node classes and those that it replaces by others, or why there are none."""
    import httpx

    from pulumi_comfy.core.http.transport import in_words

    base, shown = server.rstrip("/"), _shown(server)
    no_url = f"{shown} cannot be asked for its nodes: it is no URL; give one such as {_EXAMPLE_SERVER}"
    if not base.startswith(("http://", "https://")):
        return no_url
    try:
        with httpx.Client(timeout=_SERVER_SECONDS, follow_redirects=True) as client:
            answer = _get(client, base, "object_info")
            if answer.status_code != httpx.codes.OK:
                return f"{shown} answered {answer.status_code} when asked for its nodes; is it a ComfyUI server?"
            known = _object_of(answer)
            replaced = list(_object_of(_get(client, base, "node_replacements"))) if known else []
    except httpx.InvalidURL:  # its text may hold a part of a password
        return no_url
    except httpx.HTTPError as error:
        reason = f"no answer within {_SERVER_SECONDS:g} s" if isinstance(error, httpx.ReadTimeout) else in_words(error)
        return (
            f"{shown} cannot be asked for its nodes: {reason}; is this a running ComfyUI's URL, as {_EXAMPLE_SERVER}?"
        )
    return (known, replaced) if known else f"{shown} answered with {_NO_NODES}; is it a ComfyUI server?"


def _get(client: httpx.Client, base: str, route: str) -> httpx.Response:
    """Ask a server: every one knows its routes by their bare names but for some of the newest, which want `/api`."""
    answer = client.get(f"{base}/{route}")
    return client.get(f"{base}/api/{route}") if answer.status_code == _NOT_FOUND else answer


def _object_of(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object that was answered; empty for anything else, as an older server's 404."""
    try:
        value = answer.json() if answer.status_code == _OK else {}
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}


def _shown(server: str) -> str:
    """A server's URL without the user, the password and the query in it."""
    return re.sub("(?<=//).*@", "[secret]@", server).partition("?")[0]


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
