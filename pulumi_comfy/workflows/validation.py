"""Checking a prompt against the nodes and models of a live server, before anything is queued (reference 3.1, 3.5).

The server stops at the first unknown class and says little about the rest; this reports everything at once. It is no
stricter than the server. A node class may turn checks of its values off, which `object_info` does not reveal, so a
problem with a value is likely, not certain.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_comfy.workflows.prompt import is_model_file, label, link_of, natural_order, output_node_ids, unwrapped
from pulumi_comfy.workflows.secrets import holds_secret
from pulumi_comfy.workflows.strict_json import dump_compactly

__all__ = ["hopeless_loop", "run_problems", "validate_against"]

_UPLOADS = ("image_upload", "video_upload", "audio_upload", "file_upload", "remote")
_ANNOTATED = ("[input]", "[output]", "[temp]")
_NO_OUTPUT = "the prompt has no output node, so there is nothing to run; add one such as SaveImage"
_DYNAMIC = "COMFY_"
"""Types of the newer node interface whose inputs appear under other names in the prompt."""


def validate_against(object_info: Mapping[str, Any], prompt: Mapping[str, Any]) -> list[str]:
    """What a server would refuse or could not do, one sentence each, in the natural order of the nodes.

    Args:
        object_info: The server's answer to `GET /object_info`.
        prompt: The API prompt.

    Returns:
        Sentences such as `CheckpointLoaderSimple #4: ckpt_name "a.safetensors" is not on the server`. Empty means
        that nothing stands against a run. A listed model file proves only its name.
    """
    unknown = [
        f"{label(kind, node_id)}: the server does not know this class{_near(kind, object_info)}"
        for node_id, kind in ((node_id, node["class_type"]) for node_id, node in _in_order(prompt))
        if not isinstance(object_info.get(kind), Mapping)
    ]
    loop = _loop_problems(prompt)
    if loop:
        return [*unknown, *loop]
    outputs = output_node_ids(prompt, object_info)
    if not outputs:
        return unknown or [_NO_OUTPUT]  # with unknown classes about, one of them may well be the output
    reached = _reached_from(outputs, prompt)
    problems = [
        problem
        for node_id, node in _in_order(prompt)
        if node_id in reached and isinstance(object_info.get(node["class_type"]), Mapping)
        for problem in _NodeCheck(object_info, prompt, node_id).problems()
    ]
    return unknown + problems


def run_problems(prompt: Mapping[str, Any]) -> list[str]:
    """What every server would refuse, whatever nodes it knows, one sentence each.

    Args:
        prompt: The API prompt. A class that is not known may be an output.
    """
    return [*_loop_problems(prompt), *([] if output_node_ids(prompt) else [_NO_OUTPUT])]


def hopeless_loop(prompt: Mapping[str, Any]) -> str:
    """Say which loop keeps every server from running anything of a prompt; empty when something of it may run.

    A server runs the outputs that it can and leaves the others out, and any node that feeds nothing may be an output.
    """
    loop = _loop_problems(prompt)
    feeding = {origin for node_id in prompt for origin in _origins(prompt, node_id)}
    outputs = {*output_node_ids(prompt), *(prompt.keys() - feeding)} if loop else set()
    needed = [{node_id: prompt[node_id] for node_id in _reached_from([output], prompt)} for output in outputs]
    return f"{loop[0]}, which no output can do without" if loop and all(map(_loop, needed)) else ""


def _loop_problems(prompt: Mapping[str, Any]) -> list[str]:
    loop = _loop(prompt)
    return [f"nodes {' -> '.join('#' + node_id for node_id in loop)} form a loop"] if loop else []


def _in_order(prompt: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(prompt.items(), key=lambda item: natural_order(item[0]))


def _near(name: str, known: Iterable[str]) -> str:
    names = difflib.get_close_matches(name, list(known), n=2)
    return f"; did you mean {' or '.join(names)}?" if names else ""


def _origins(prompt: Mapping[str, Any], node_id: str) -> list[str]:
    links = (link_of(value) for value in prompt[node_id]["inputs"].values())
    return [link[0] for link in links if link is not None and link[0] in prompt]


def _reached_from(outputs: list[str], prompt: Mapping[str, Any]) -> set[str]:
    """The nodes that an output needs; the server validates no others."""
    reached: set[str] = set()
    waiting = list(outputs)
    while waiting:
        node_id = waiting.pop()
        if node_id not in reached:
            reached.add(node_id)
            waiting += _origins(prompt, node_id)
    return reached


def _loop(prompt: Mapping[str, Any]) -> list[str]:
    """One loop of links, first node repeated at the end; empty when there is none."""
    done: set[str] = set()
    for start in prompt:
        path: list[str] = []
        waiting = [iter([start])]
        while waiting:
            node_id = next(waiting[-1], None)
            if node_id is None:
                waiting.pop()
                done.update(path[-1:])
                path = path[:-1]
            elif node_id in path:
                return [*path[path.index(node_id) :], node_id][::-1]
            elif node_id not in done:
                path.append(node_id)
                waiting.append(iter(_origins(prompt, node_id)))
    return []


@dataclass(frozen=True)
class _NodeCheck:
    object_info: Mapping[str, Any]
    prompt: Mapping[str, Any]
    node_id: str

    def problems(self) -> list[str]:
        node = self.prompt[self.node_id]
        declared = self.object_info[node["class_type"]].get("input")
        required, optional = (_specs(declared, part) for part in ("required", "optional"))
        given: Mapping[str, Any] = node["inputs"]
        words = []
        for name, spec in {**required, **optional}.items():
            if name in given:
                words.append(self._input_problem(name, given[name], spec))
            elif name in required and not spec.kind.startswith(_DYNAMIC):
                strangers = [key for key in given if key not in required and key not in optional]
                words.append(f"required input {name} is missing{_near(name, strangers)}")
        return [f"{label(node['class_type'], self.node_id)}: {text}" for text in words if text]

    def _input_problem(self, name: str, value: Any, spec: _Spec) -> str:
        link = link_of(value)
        if link is not None:
            return self._link_problem(name, link, spec)
        if isinstance(value, list):
            return f'{name} is a list, which the server takes for a link; write {{"__value__": [...]}}'
        if spec.options is not None:
            return _choice_problem(name, unwrapped(value), spec)
        return _literal_problem(name, unwrapped(value), spec)

    def _link_problem(self, name: str, link: tuple[str, int], spec: _Spec) -> str:
        origin, slot = link
        if origin not in self.prompt:
            return f"{name} is linked to node #{origin}, which does not exist"
        kind = self.prompt[origin]["class_type"]
        info = self.object_info.get(kind)
        if not isinstance(info, Mapping):
            return ""  # an unknown class has been reported
        outputs = info.get("output") or []
        if not 0 <= slot < len(outputs):
            return f"{name} is linked to output {slot} of {label(kind, origin)}, which has {len(outputs)}"
        if not _types_meet(outputs[slot], spec.kind):
            return f"{name} takes {spec.kind}, but {label(kind, origin)} delivers {outputs[slot]} there"
        return ""


@dataclass(frozen=True)
class _Spec:
    """An input's declaration: its type, the choices when these are known, the rest."""

    kind: str
    options: list[Any] | None
    rest: Mapping[str, Any]


def _specs(declared: object, part: str) -> dict[str, _Spec]:
    inputs = declared.get(part) if isinstance(declared, Mapping) else None
    return {name: _spec(written) for name, written in inputs.items()} if isinstance(inputs, Mapping) else {}


def _spec(written: object) -> _Spec:
    items = written if isinstance(written, list) and written else ["*"]
    rest = items[1] if len(items) > 1 and isinstance(items[1], Mapping) else {}
    if isinstance(items[0], list):
        return _Spec("COMBO", items[0], rest)
    options = rest.get("options")
    return _Spec(str(items[0]), options if items[0] == "COMBO" and isinstance(options, list) else None, rest)


def _types_meet(delivered: object, taken: str) -> bool:
    """Whether an output fits an input: `*` fits everything, `A,B` is either (reference 3.5)."""
    if isinstance(delivered, list):
        delivered = "COMBO"  # an output that is a choice
    ours, theirs = set(str(delivered).split(",")), set(taken.split(","))
    return "*" in ours | theirs or bool(ours & theirs) or taken.startswith(_DYNAMIC)


def _choice_problem(name: str, value: Any, spec: _Spec) -> str:
    options = spec.options or []
    if any(spec.rest.get(key) for key in _UPLOADS) or (isinstance(value, str) and value.endswith(_ANNOTATED)):
        return ""  # such a node looks for the file itself
    chosen = value if isinstance(value, list) else [value]
    missing = [item for item in chosen if item not in options]
    if not missing:
        return ""
    near = _near(str(missing[0]), [option for option in options if isinstance(option, str)])
    is_file = isinstance(missing[0], str) and is_model_file(name, missing[0])
    where = "is not on the server" if is_file else "is not one of the server's choices"
    return f"{name} {_shown(name, missing[0])} {where}{near}"


def _literal_problem(name: str, value: Any, spec: _Spec) -> str:
    """Numbers as the server reads them: text and booleans are converted first (reference 3.1)."""
    if spec.kind not in {"INT", "FLOAT"}:
        return ""
    try:
        number = int(value) if spec.kind == "INT" else float(value)
    except (TypeError, ValueError, OverflowError):
        return f"{name} {_shown(name, value)} is no {'whole number' if spec.kind == 'INT' else 'number'}"
    low, high = (_limit(spec.rest.get(key)) for key in ("min", "max"))
    if low is not None and number < low:
        return f"{name} {number} is smaller than the smallest allowed, {low}"
    if high is not None and number > high:
        return f"{name} {number} is bigger than the biggest allowed, {high}"
    return "" if math.isfinite(number) else f"{name} is not finite"


def _limit(value: object) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _shown(name: str, value: object) -> str:
    if holds_secret(name, value):
        return "(hidden)"
    text = dump_compactly(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
