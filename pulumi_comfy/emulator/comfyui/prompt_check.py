"""What a ComfyUI server says to a prompt before it queues it: who is at fault, in its own shapes and order.

The graph is read as the server reads it, with plain subscriptions: what breaks there breaks here, with the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.emulator.comfyui.dynamic_inputs import inputs_of
from pulumi_comfy.emulator.comfyui.node_specs import NodeClass, Spec

_LISTED = 20
_CONVERTED: dict[str, Callable[[Any], Any]] = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}
_UPLOADS = {"image_upload": "image", "video_upload": "video", "audio_upload": "audio", "file_upload": "file"}
_MATCHED = "COMFY_MATCHTYPE_V3"

Problem = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What the server says; `error` is None when something of the prompt runs."""

    error: Problem | None
    outputs: list[str] = field(default_factory=list)
    node_errors: dict[str, Problem] = field(default_factory=dict)


def problem(kind: str, message: str, details: str = "", **extra: Any) -> Problem:
    """One error as the server writes it."""
    return {"type": kind, "message": message, "details": details, "extra_info": extra}


@dataclass(frozen=True)
class PromptCheck:
    """One server's rules.

    Args:
        classes: What it knows, as its `object_info` has it.
        is_newer: It is of late 2025 or after.
        has_file: Whether an upload of this name, perhaps with `[output]` behind it, is there.
    """

    classes: Mapping[str, NodeClass]
    is_newer: bool
    has_file: Callable[[str], bool]

    def __call__(self, prompt: Any, targets: list[str] | None = None) -> Verdict:
        """Judge a prompt, of whose outputs only `targets` are wanted when that is given.

        The values of its nodes are converted in place, as the server does.

        Raises:
            Exception: What the server itself answers with a bare 500.
        """
        outputs = []
        for node_id in prompt:
            unknown = self._unknown(prompt, node_id)
            if unknown is not None:
                return Verdict(unknown)
            is_output = self.classes[prompt[node_id]["class_type"]]["output_node"]
            if is_output and (targets is None or node_id in targets):
                outputs.append(node_id)
        if not outputs:
            return Verdict(problem("prompt_no_outputs", "Prompt has no outputs"))
        return _Judging(self, prompt).judge(outputs)

    def _unknown(self, prompt: Any, node_id: Any) -> Problem | None:
        node = prompt[node_id]
        place = f"Node ID '#{node_id}'"
        if "class_type" in node and node["class_type"] in self.classes:
            return None
        if not self.is_newer:
            if "class_type" not in node:
                return problem(
                    "invalid_prompt", "Cannot execute because a node is missing the class_type property.", place
                )
            text = f"Cannot execute because node {node['class_type']} does not exist."
            return problem("invalid_prompt", text, place)
        name = node.get("class_type")
        title = node.get("_meta", {}).get("title", name or f"Node {node_id}")
        missing = "has no class_type. The workflow may be corrupted or a custom node is missing."
        text = f"Node '{title}' {missing if name is None else 'not found. The custom node may not be installed.'}"
        return problem("missing_node_type", text, place, node_id=node_id, class_type=name, node_title=title)


class _Judging:
    """One prompt being judged."""

    def __init__(self, check: PromptCheck, prompt: dict[str, Any]) -> None:
        self._check = check
        self._prompt = prompt
        # Node to whether it is fine, and what is wrong with itself; None while it is being looked at.
        self._found: dict[str, tuple[bool, list[Problem]] | None] = {}

    def judge(self, outputs: list[str]) -> Verdict:
        good, details = [], []
        node_errors: dict[str, Problem] = {}
        for output in outputs:
            try:
                is_fine, own = self._judged(output)
            except Exception as broken:  # noqa: BLE001 (whatever the server's own code trips over)
                is_fine, own = False, [_exception("exception_during_validation", "node", broken)]
                self._found[output] = (False, own)
            if is_fine:
                good.append(output)
                continue
            details += [f"{one['message']}: {one['details']}" for one in own]
            self._blame(output, node_errors)
        if good:
            return Verdict(None, good, node_errors)
        text = "\n".join(details)
        failed = problem("prompt_outputs_failed_validation", "Prompt outputs failed validation", text)
        return Verdict(failed, [], node_errors)

    def _blame(self, output: str, node_errors: dict[str, Problem]) -> None:
        """Enter every node that was found at fault so far; what is downstream of one has no errors of its own."""
        for node_id, found in self._found.items():
            if found is None or found[0] or not found[1]:
                continue
            row = {"errors": found[1], "dependent_outputs": [], "class_type": self._prompt[node_id]["class_type"]}
            node_errors.setdefault(node_id, row)["dependent_outputs"].append(output)

    def _judged(self, node_id: str) -> tuple[bool, list[Problem]]:
        if node_id in self._found:
            found = self._found[node_id]
            # It depends on itself: the server gives up on all of the loop, and has nothing to say.
            return (False, []) if found is None else found
        inputs = self._prompt[node_id]["inputs"]
        told = self._check.classes[self._prompt[node_id]["class_type"]]
        self._found[node_id] = None
        problems: list[Problem] = []
        is_fine = True
        try:
            for name, (kind, spec) in inputs_of(told, inputs).items():
                if name in inputs:
                    is_fine = self._judged_input(inputs, name, spec, problems) and is_fine
                elif kind == "required":
                    problems.append(
                        problem("required_input_missing", "Required input is missing", name, input_name=name)
                    )
        except BaseException:
            del self._found[node_id]
            raise
        answer = (is_fine and not problems, problems)
        self._found[node_id] = answer
        return answer

    def _judged_input(self, inputs: dict[str, Any], name: str, spec: Spec, problems: list[Problem]) -> bool:
        """Whether nothing upstream of the input is at fault; what is wrong with itself joins `problems`."""
        kind, options = spec[0], spec[1] if len(spec) > 1 else {}
        about = {"input_name": name, "input_config": [kind, options]}
        value = inputs[name]
        if isinstance(value, list):
            return self._judged_link(name, about, value, problems)
        wrong = self._converted(inputs, name, about) or self._value_problem(inputs[name], about)
        problems += [] if wrong is None else [wrong]
        return True

    def _judged_link(self, name: str, about: dict[str, Any], link: list[Any], problems: list[Problem]) -> bool:
        if len(link) != 2:
            text = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
            problems.append(problem("bad_linked_input", text, name, **about, received_value=link))
            return True
        origin = link[0]
        given = tuple(self._check.classes[self._prompt[origin]["class_type"]]["output"])[link[1]]
        wanted = about["input_config"][0]
        if not self._fits(given, wanted):
            text = f"{name}, received_type({given}) mismatch input_type({wanted})"
            more = {**about, "received_type": given, "linked_node": link}
            problems.append(problem("return_type_mismatch", "Return type mismatch between linked nodes", text, **more))
            return True
        try:
            return self._judged(origin)[0]
        except Exception as broken:  # noqa: BLE001 (as above)
            told = _exception("exception_during_inner_validation", "inner node", broken)
            more = {**about, "exception_message": str(broken), "linked_node": link}
            told["extra_info"] = {**more, **told["extra_info"]}
            self._found[origin] = (False, [told])
            return False

    def _fits(self, given: Any, wanted: Any) -> bool:
        if "*" in (wanted, given if self._check.is_newer else "") or _MATCHED in (given, wanted):
            return True
        if not isinstance(wanted, str):
            return bool(given == wanted)
        return not {one.strip() for one in given.split(",")}.isdisjoint(one.strip() for one in wanted.split(","))

    def _converted(self, inputs: dict[str, Any], name: str, about: dict[str, Any]) -> Problem | None:
        value, kind = inputs[name], about["input_config"][0]
        if isinstance(value, dict) and "__value__" in value:
            value = inputs[name] = value["__value__"]
        try:
            if isinstance(kind, str) and kind in _CONVERTED:
                inputs[name] = _CONVERTED[kind](value)
        except Exception as broken:  # noqa: BLE001 (as above)
            text = f"Failed to convert an input value to a {kind} value"
            more = {**about, "received_value": value, "exception_message": str(broken)}
            return problem("invalid_input_type", text, f"{name}, {value}, {broken}", **more)
        return None

    def _value_problem(self, value: Any, about: dict[str, Any]) -> Problem | None:
        (kind, options), name = about["input_config"], about["input_name"]
        upload = next((word for flag, word in _UPLOADS.items() if options.get(flag)), None)
        if upload is not None:
            if self._check.has_file(value):
                return None
            text = f"{name} - Invalid {upload} file: {value}"
            return problem("custom_validation_failed", "Custom validation failed for node", text, input_name=name)
        told = {**about, "received_value": value}
        if "min" in options and value < options["min"]:
            text = f"Value {value} smaller than min of {options['min']}"
            return problem("value_smaller_than_min", text, name, **told)
        if "max" in options and value > options["max"]:
            text = f"Value {value} bigger than max of {options['max']}"
            return problem("value_bigger_than_max", text, name, **told)
        words = kind if isinstance(kind, list) else options.get("options") if self._check.is_newer else None
        # A newer combo without words draws its words elsewhere.
        if words is None or value in words or (not words and not isinstance(kind, list)) or options.get("multiselect"):
            return None
        is_long = len(words) > _LISTED
        listed = f"(list of length {len(words)})" if is_long else str(words)
        told["input_config"] = None if is_long else about["input_config"]
        return problem("value_not_in_list", "Value not in list", f"{name}: '{value}' not in {listed}", **told)


def _exception(kind: str, of_what: str, broken: Exception) -> Problem:
    # A real server names its own lines here; nobody reads them by machine.
    trace = [f'  File "execution.py", line 1, in validate_inputs\n    {type(broken).__name__}\n']
    text = f"Exception when validating {of_what}"
    return problem(kind, text, str(broken), exception_type=type(broken).__name__, traceback=trace)
