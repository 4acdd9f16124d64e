"""External input nodes: what a run of a prompt may be given.

Facts: docs/workflow-documents.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pulumi_comfy.workflows.bounds import MOST, first_few
from pulumi_comfy.workflows.prompt import SEED_NAMES, link_of, natural_order
from pulumi_comfy.workflows.suggestions import Suggestions, closest

__all__ = ["ExternalInput", "InputType", "check_run_inputs", "external_inputs", "seed_inputs"]

InputType = Literal["string", "float", "integer", "boolean", "binary"]

_PREFIX = "ComfyUIDeployExternal"
_TYPES: Mapping[str, InputType] = {
    f"{_PREFIX}Number": "float",
    f"{_PREFIX}NumberSlider": "float",
    f"{_PREFIX}NumberInt": "integer",
    f"{_PREFIX}NumberSliderInt": "integer",
    f"{_PREFIX}Seed": "integer",
    f"{_PREFIX}Boolean": "boolean",
    "ComfyDeployWebscoketImageInput": "binary",  # spelled so by the platform
}
"""Types of the input classes that are not texts; texts, URLs, files and choices all travel as strings."""

_SEED = f"{_PREFIX}Seed"
_LISTS = frozenset({f"{_PREFIX}ImageBatch"})


@dataclass(frozen=True)
class ExternalInput:
    """One input that a run may be given.

    Attributes:
        input_id: The name that a run gives the value under; several nodes may share it.
        type: The platform's word for its type.
        class_type: The node's class.
        default_value: What runs without it use; None when there is none or another node makes it.
        min_value: Smallest allowed number, None when not limited.
        max_value: Largest allowed number, None when not limited.
        options: The allowed texts of an `Enum`, None for every other class.
        display_name: The title that the platform's forms show.
        description: The help text that the platform's forms show.
        node_id: The node in the prompt.
    """

    input_id: str
    type: InputType
    class_type: str
    default_value: str | int | float | bool | list[Any] | None
    min_value: int | float | None
    max_value: int | float | None
    options: tuple[str, ...] | None
    display_name: str
    description: str
    node_id: str


def external_inputs(prompt: Mapping[str, Any]) -> list[ExternalInput]:
    """The inputs that a prompt offers to runs, in the natural order of their nodes.

    A node without an `input_id` offers none. Platforms list no `Seed`, `Color` and `FaceModel` nodes, though
    runs reach them; they are listed here.
    """
    return [
        _external_input(node_id, prompt[node_id]["class_type"], prompt[node_id]["inputs"])
        for node_id in sorted(prompt, key=natural_order)
        if _offers_input(prompt[node_id])
    ]


def _offers_input(node: Mapping[str, Any]) -> bool:
    input_id = node["inputs"].get("input_id")
    known = node["class_type"].startswith(_PREFIX) or node["class_type"] in _TYPES
    return known and isinstance(input_id, str) and bool(input_id)


def _external_input(node_id: str, class_type: str, inputs: Mapping[str, Any]) -> ExternalInput:
    default = inputs.get("default_value")
    return ExternalInput(
        input_id=inputs["input_id"],
        type=_TYPES.get(class_type, "string"),
        class_type=class_type,
        default_value=None if link_of(default) is not None or isinstance(default, dict) else default,
        min_value=_number(inputs.get("min_value")),
        max_value=_number(inputs.get("max_value")),
        options=_options(inputs.get("options")) if class_type == f"{_PREFIX}Enum" else None,
        display_name=_text(inputs.get("display_name")),
        description=_text(inputs.get("description")),
        node_id=node_id,
    )


def _number(value: object) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _options(written: object) -> tuple[str, ...] | None:
    """The choices of an `Enum` node, which keeps them as JSON text; None when they cannot be read."""
    try:
        options = json.loads(written) if isinstance(written, str) else written
    except (ValueError, RecursionError):
        return None
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        return None
    return tuple(options)


def seed_inputs(prompt: Mapping[str, Any]) -> list[str]:
    """The input ids that set a seed: seed nodes, and number inputs linked to a `seed` or `noise_seed`, each once."""
    feeding = {
        link[0]
        for node in prompt.values()
        for name, value in node["inputs"].items()
        if name in SEED_NAMES and (link := link_of(value)) is not None
    }
    found = [
        offered.input_id
        for offered in external_inputs(prompt)
        if offered.class_type == _SEED or (offered.type in {"integer", "float"} and offered.node_id in feeding)
    ]
    return list(dict.fromkeys(found))


def check_run_inputs(prompt_inputs: Sequence[ExternalInput], given: Mapping[str, Any]) -> list[str]:
    """What is wrong with the inputs of a run, one sentence each; empty when nothing is.

    The platform ignores unknown keys, and its nodes fall back to their defaults on unusable values (3.1), so
    a mistake here would pass as a run of something else. A number may be written as text, as seeds beyond 2^53 must be
    in a Pulumi program. Given texts are never repeated; the first few problems are told, and how many more there are.

    Args:
        prompt_inputs: What the prompt offers, from `external_inputs`.
        given: Input id to value.
    """
    by_id: dict[str, list[ExternalInput]] = {}
    for known in prompt_inputs:
        by_id.setdefault(known.input_id, []).append(known)
    return first_few(_run_problems(by_id, given), "problems")


def _run_problems(by_id: Mapping[str, list[ExternalInput]], given: Mapping[str, Any]) -> Iterator[str]:
    names = sorted(by_id)
    suggestions = Suggestions()
    for input_id, value in sorted(given.items()):
        if input_id in by_id:
            found = (_problem(known, value) for known in by_id[input_id])
            yield from dict.fromkeys(f"input {_quoted(input_id)} {text}" for text in found if text)
        elif names:
            near = suggestions.nearest(input_id, names, "inputs")
            hint = f"did you mean {_quoted(near[0])}?" if near else f"it has {_listed(names)}"
            yield f"{_quoted(input_id)} is not an input of the workflow; {hint}"
        else:
            yield f"{_quoted(input_id)} is not an input of the workflow, which has no inputs"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST
    return ", ".join(map(_quoted, names[:MOST])) + (f" and {more} more" if more > 0 else "")


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _problem(known: ExternalInput, value: object) -> str:
    if value is None or isinstance(value, Mapping):
        return f"must be {_wanted(known)}; the platform accepts neither null nor an object"
    if known.type == "boolean":
        return "" if isinstance(value, bool) else f"must be true or false, not {_kind(value)}"
    if known.type in {"integer", "float"}:
        return _number_problem(known, value)
    if known.class_type in _LISTS and isinstance(value, (list, tuple)):
        return "" if all(isinstance(item, str) for item in value) else "must be a list of texts"
    if not isinstance(value, str):
        return f"must be {_wanted(known)}, not {_kind(value)}"
    if known.options is not None and value not in known.options:
        near = closest(value, known.options)
        hint = f"; did you mean {_quoted(near[0])}?" if near else ""
        return f"must be one of {_listed(known.options)}{hint}"
    return ""


def _number_problem(known: ExternalInput, value: object) -> str:
    number = _read_number(value)
    if number is None:
        return f"must be {_wanted(known)}, not {_kind(value)}"
    if known.type == "integer" and isinstance(number, float):
        return f"must be a whole number, not {number:g}"
    if known.class_type == _SEED:
        return ""  # out of range means: draw one
    if known.min_value is not None and number < known.min_value:
        return f"must be at least {known.min_value}, not {number}"
    if known.max_value is not None and number > known.max_value:
        return f"must be at most {known.max_value}, not {number}"
    return ""


def _read_number(value: object) -> int | float | None:
    """The number meant, whole ones as int (Pulumi hands every number over as a float); None when it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and "_" in value:
        return None  # a Python spelling that the nodes do not read
    try:
        number = int(value) if isinstance(value, (int, str)) else value
    except ValueError:
        try:
            number = float(value)
        except ValueError:
            return None
    if isinstance(number, int):
        return number
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _wanted(known: ExternalInput) -> str:
    if known.class_type in _LISTS:
        return "a list of texts or a text"
    return {"integer": "a whole number", "float": "a number", "boolean": "true or false"}.get(known.type, "a text")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, (list, tuple)) else "a number"
