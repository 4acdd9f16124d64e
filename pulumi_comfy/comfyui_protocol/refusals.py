"""A server's refusal of a prompt, and what broke a run, as a person wants to read them: each with its node.

Facts: docs/comfyui-protocol.md 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_comfy.core.http.answers import detail_of
from pulumi_comfy.core.model import Json
from pulumi_comfy.workflows.bounds import first_few
from pulumi_comfy.workflows.prompt import label, natural_order


def refusal_words(body: Json) -> list[str]:
    """Say what a refused prompt has, one sentence a fault, by node; empty where the body is no such refusal."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping) or not isinstance(error.get("type"), str):
        return []
    return node_error_words(body.get("node_errors")) or [_whole(error)]


def node_error_words(node_errors: Json) -> list[str]:
    """Say what `node_errors` hold, in the natural order of the nodes: the server's own differs from run to run."""
    if not isinstance(node_errors, Mapping):
        return []
    rows = sorted(node_errors.items(), key=lambda row: natural_order(str(row[0])))
    return first_few((words for node_id, row in rows for words in _of_node(str(node_id), row)), "problems")


def _of_node(node_id: str, row: Json) -> Iterator[str]:
    told = row if isinstance(row, Mapping) else {}
    place = label(str(told.get("class_type") or "node"), node_id)
    errors = told.get("errors")
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, Mapping):
            yield f"{place}: {_fault(error)}"


def _fault(error: Mapping[str, Any]) -> str:
    extra = error["extra_info"] if isinstance(error.get("extra_info"), Mapping) else {}
    name, received = extra.get("input_name"), extra.get("received_value")
    if error.get("type") == "required_input_missing":
        return f"required input {name} is missing"
    if error.get("type") == "value_not_in_list":  # the text may name every choice
        return f"{name} {_short(received)} is not one of the server's choices"
    return _short(": ".join(filter(None, (_text(error.get("message")), _text(error.get("details"))))))


def _whole(error: Mapping[str, Any]) -> str:
    extra = error["extra_info"] if isinstance(error.get("extra_info"), Mapping) else {}
    if error["type"] == "missing_node_type" and extra.get("class_type"):  # its message names the title (2.1)
        place = label(str(extra["class_type"]), str(extra.get("node_id")))
        return f"{place}: the server does not know this class"
    words = filter(None, (_text(error.get("message")), _text(error.get("details"))))
    return _short(" ".join(dict.fromkeys(words)) or error["type"])


def failure_words(error: Json) -> str:
    """Say what broke a run: the node, the kind of exception, its message; empty where nothing is told."""
    if not isinstance(error, Mapping):
        return _short(error) if isinstance(error, str) and error else ""
    node_id, kind = error.get("node_id"), _text(error.get("node_type"))
    place = label(kind or "node", str(node_id)) if node_id is not None else ""
    message = _text(error.get("exception_message"))
    words = (place, _text(error.get("exception_type")), _short(message) if message else "")
    return ": ".join(filter(None, words))


def _short(value: Json) -> str:
    return detail_of({"detail": value if isinstance(value, str) else str(value)})


def _text(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""
