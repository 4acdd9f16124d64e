"""One node of a prompt against its class on a server: inputs, links, choices, numbers.

Facts: docs/workflow-documents.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi_comfy.workflows.declared import (
    DYNAMIC,
    DYNAMIC_COMBO,
    GROWING,
    chosen_inputs,
    grown_inputs,
    is_one_object,
    is_upload,
)
from pulumi_comfy.workflows.prompt import is_model_file, label, link_fault, link_of, unwrapped
from pulumi_comfy.workflows.secrets import holds_secret
from pulumi_comfy.workflows.strict_json import dump_compactly
from pulumi_comfy.workflows.suggestions import Suggestions

__all__ = ["NodeChecks", "odd_link_words"]

_ANNOTATED = ("[input]", "[output]", "[temp]")
_PLAIN = "COMFY_MATCHTYPE"
"""How the one newer type begins that is an input like any other: its type is that of what it is linked to."""


class NodeChecks:
    """Checks nodes against a server's descriptions; what a class declares is read once.

    Args:
        object_info: The server's answer to `GET /object_info`.
        prompt: The API prompt.
    """

    def __init__(self, object_info: Mapping[str, Any], prompt: Mapping[str, Any], suggestions: Suggestions) -> None:
        self._object_info = object_info
        self._prompt = prompt
        self._suggestions = suggestions
        self._classes: dict[str, _Class] = {}

    def problems(self, node_id: str) -> Iterator[str]:
        """What the server would refuse of a node whose class it knows."""
        node = self._prompt[node_id]
        kind, given = node["class_type"], node["inputs"]
        if kind not in self._classes:
            self._classes[kind] = _Class.of(kind, self._object_info[kind].get("input"))
        declared = self._classes[kind].with_brought(given)
        name_of = label(kind, node_id)
        strangers: list[str] | None = None
        for name, spec in declared.specs.items():
            if name in given:
                text = self._input_problem(name, given[name], spec)
            elif name in declared.required and not spec.stands_for_others:
                if strangers is None:
                    strangers = [key for key in given if key not in declared.specs]
                hint = self._suggestions.hint(name, strangers, name_of)
                text = f"required input {name} is missing{hint}"
            else:
                text = ""
            if text:
                yield f"{name_of}: {text}"

    def _input_problem(self, name: str, value: Any, spec: _Spec) -> str:
        link = link_of(value)
        if link is not None:
            return self._link_problem(name, link, spec, link_fault(value))
        if isinstance(value, list):
            return f'{name} is a list, which the server takes for a link; write {{"__value__": [...]}}'
        if spec.options is not None:
            return self._choice_problem(name, unwrapped(value), spec)
        return _literal_problem(name, unwrapped(value), spec)

    def _link_problem(self, name: str, link: tuple[str, int], spec: _Spec, fault: str) -> str:
        origin, slot = link
        if origin not in self._prompt:
            return f"{name} is linked to node #{origin}, which does not exist"
        if fault:
            return odd_link_words(name, link, fault)
        kind = self._prompt[origin]["class_type"]
        info = self._object_info.get(kind)
        if not isinstance(info, Mapping):
            return ""  # an unknown class has been reported
        outputs = info.get("output") or []
        if not isinstance(outputs, list):
            return ""  # whatever it says, the server knows it
        if not 0 <= slot < len(outputs):
            return f"{name} is linked to output {slot} of {label(kind, origin)}, which has {len(outputs)}"
        if not _types_meet(outputs[slot], spec.taken):
            delivered = "a list of choices" if isinstance(outputs[slot], list) else outputs[slot]
            taken = "a list of choices of its own" if isinstance(spec.taken, list) else spec.kind
            return f"{name} takes {taken}, but {label(kind, origin)} delivers {delivered} there"
        return ""

    def _choice_problem(self, name: str, value: Any, spec: _Spec) -> str:
        if spec.rest.get("remote") or (isinstance(value, str) and value.endswith(_ANNOTATED)):
            return ""  # the list is another server's, or the file is not in the folder that is listed
        takes_files = is_upload(spec.rest)
        if takes_files and isinstance(value, str) and ("/" in value or "\\" in value or not value):
            return ""  # in a subfolder, which no list shows
        chosen = value if isinstance(value, list) and spec.takes_several else [value]
        missing = [item for item in chosen if not spec.offers(item)]
        if not missing:
            return ""
        texts = [option for option in spec.options or () if isinstance(option, str)]
        hint = self._suggestions.hint(str(missing[0]), texts, spec.place)
        is_file = isinstance(missing[0], str) and (takes_files or is_model_file(name, missing[0]))
        where = "is not on the server" if is_file else "is not one of the server's choices"
        return f"{name} {_shown(name, missing[0])} {where}{hint}"


@dataclass(frozen=True)
class _Class:
    """What a node class declares: its inputs, and which of them it requires."""

    kind: str
    specs: Mapping[str, _Spec]
    required: frozenset[str]

    @classmethod
    def of(cls, kind: str, declared: object) -> _Class:
        """Read it from a server's answer."""
        required = _specs(kind, declared, "required")
        return cls(kind, {**required, **_specs(kind, declared, "optional")}, frozenset(required))

    def with_brought(self, given: Mapping[str, Any]) -> _Class:
        """The same with the inputs that a node's choices and growing lists bring; the server adds them in this way."""
        waiting = [name for name, spec in self.specs.items() if spec.stands_for_others]
        if not waiting:
            return self
        specs, required = dict(self.specs), set(self.required)
        while waiting:
            name = waiting.pop()
            brought = specs[name].brought(given.get(name))
            for part in ("required", "optional"):
                inner = {f"{name}.{key}": spec for key, spec in _specs(specs[name].place, brought, part).items()}
                specs |= inner
                required |= inner.keys() if part == "required" else set()
                waiting += [key for key, spec in inner.items() if spec.stands_for_others]
        return _Class(self.kind, specs, frozenset(required))


@dataclass(frozen=True)
class _Spec:
    """An input's declaration: its place in words, its type in a word and as written, choices if known, the rest."""

    place: str
    kind: str
    taken: object
    options: list[Any] | None
    rest: Mapping[str, Any]

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(option for option in self.options or () if isinstance(option, str))

    def offers(self, value: object) -> bool:
        """Whether the value is one of the choices."""
        if isinstance(value, str):
            return value in self._texts
        options = self.options or []
        return value in options or any(is_one_object(option, value) for option in options)

    @property
    def takes_several(self) -> bool:
        """Whether a list of choices may be chosen; older classes do not say, and may judge it themselves."""
        return self.rest.get("multiselect") is not False

    @property
    def stands_for_others(self) -> bool:
        """Whether it is no input itself, but brings such."""
        return self.kind.startswith(DYNAMIC) and not self.kind.startswith(_PLAIN)

    def brought(self, chosen: object) -> Mapping[str, Any] | None:
        """The inputs that it brings, as a class declares its own."""
        if self.kind.startswith(GROWING):
            return grown_inputs(self.rest)
        return chosen_inputs(self.rest, chosen) if self.kind == DYNAMIC_COMBO else None


def _specs(kind: str, declared: object, part: str) -> dict[str, _Spec]:
    inputs = declared.get(part) if isinstance(declared, Mapping) else None
    if not isinstance(inputs, Mapping):
        return {}
    return {name: _spec(f"{kind}.{name}", written) for name, written in inputs.items()}


def _spec(place: str, written: object) -> _Spec:
    items = written if isinstance(written, list) and written else ["*"]
    rest = items[1] if len(items) > 1 and isinstance(items[1], Mapping) else {}
    if isinstance(items[0], list):
        return _Spec(place, "COMBO", items[0], items[0], rest)
    options = rest.get("options")
    # An empty list says nothing here, since the node may fill it in the editor, unless it lists uploaded files.
    is_list = items[0] == "COMBO" and isinstance(options, list)
    is_told = is_list and (bool(options) or is_upload(rest))
    return _Spec(place, str(items[0]), items[0], options if is_told else None, rest)


def odd_link_words(name: str, link: tuple[str, int], fault: str) -> str:
    """Say that no server follows a link, and how it is written."""
    return f'{name} is linked as no server reads it: {fault}; write ["{link[0]}", {link[1]}]'


def _types_meet(delivered: object, taken: object) -> bool:
    """Whether an output fits an input: `*` fits everything, `A,B` is either (3.5).

    Older classes declare a choice as the list itself: it takes the same list, and `COMBO` takes any.
    """
    if delivered == taken:
        return True
    ours, theirs = (
        {one.strip() for one in kind.split(",")} if isinstance(kind, str) else set() for kind in (delivered, taken)
    )
    is_any = any(one == "*" or one.startswith(DYNAMIC) for one in ours | theirs)
    return is_any or bool(ours & theirs) or (isinstance(delivered, list) and taken == "COMBO")


def _literal_problem(name: str, value: Any, spec: _Spec) -> str:
    """Numbers as the server reads them: text and booleans are converted first (3.1)."""
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
