"""How one of ComfyUI's node classes is written down here, and spelled out as `object_info` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Spec = list[Any]
"""An input: `[type]` or `[type, options]`; a list of files is written `"@folder"`, and filled in by who has files."""
NodeClass = dict[str, Any]


def int_of(default: int | None, least: int, most: int, **more: Any) -> Spec:
    """A whole number."""
    told = {} if default is None else {"default": default}
    return ["INT", {**told, "min": least, "max": most, **more}]


def float_of(default: float, least: float, most: float, **more: Any) -> Spec:
    """A number."""
    return ["FLOAT", {"default": default, "min": least, "max": most, **more}]


def words(text: str) -> Spec:
    """One of these words, as older nodes say it."""
    return [text.split()]


def v3_words(text: str, **more: Any) -> Spec:
    """One of these words, as newer nodes say it."""
    return ["COMBO", {"multiselect": False, "options": text.split(), **more}]


def size(default: int, least: int, step: int | None = None) -> Spec:
    """Pixels."""
    return int_of(default, least, 16384, **({} if step is None else {"step": step}))


@dataclass(frozen=True)
class Row:
    """One class, before it is spelled out.

    Attributes:
        where: Its category; the module stands before a colon where it is not ComfyUI's first file.
        title: As the editor shows it; None where it has no title of its own.
        outputs: Types that it gives, separated by blanks.
        told: Inputs that have a tooltip: `all`, or their names.
        is_v3: It is written against the newer node interface, whose answers have more keys.
    """

    where: str
    title: str | None
    required: dict[str, Spec]
    outputs: str = ""
    optional: dict[str, Spec] | None = None
    told: str = ""
    has_output_tips: bool = False
    is_v3: bool = False
    is_output: bool = False
    is_saving: bool = False

    def spelled(self, name: str) -> NodeClass:
        """As `object_info` has it."""
        category, _, module = self.where.partition(":")
        inputs = {"required": self.required, **({} if self.optional is None else {"optional": self.optional})}
        told: dict[str, Any] = {
            kind: {key: self._tipped(key, spec) for key, spec in ones.items()} for kind, ones in inputs.items()
        }
        if self.is_saving:
            told["hidden"] = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}
        outputs = self.outputs.split()
        spelled: NodeClass = {
            "input": told,
            "input_order": {kind: list(ones) for kind, ones in told.items()},
            "output": outputs,
            "output_is_list": [False] * len(outputs),
            "output_name": list(outputs),
            "name": name,
            "display_name": self.title,
            "description": "",
            "python_module": f"comfy_extras.{module}" if module else "nodes",
            "category": category,
            "output_node": self.is_output or self.is_saving,
        }
        if self.is_v3:
            spelled |= {
                "output_tooltips": [None] * len(outputs),
                "deprecated": False,
                "experimental": False,
                "api_node": False,
            }
        elif self.has_output_tips:
            spelled["output_tooltips"] = [f"The {one} that it makes." for one in outputs]
        return spelled

    def _tipped(self, key: str, spec: Spec) -> Spec:
        if self.told != "all" and key not in self.told.split():
            return spec
        options = spec[1] if len(spec) > 1 else {}
        return [spec[0], {**options, "tooltip": f"What it takes as {key.replace('_', ' ')}."}]
