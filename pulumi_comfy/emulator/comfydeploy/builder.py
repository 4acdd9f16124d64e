"""The builder's own program: it writes a machine's settings into Python text, and each of them can break it.

Text goes between single quotes as it is; lists and numbers are written as Python writes them (2.3.1).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import ast
import re
import warnings

from pulumi_comfy.emulator.comfydeploy.state import Row

# The settings that a person writes and that go into the program as text.
TEXTS = ("base_docker_image", "python_version", "prestart_command", "extra_args")


class BrokenProgramError(Exception):
    """The settings made a program that Python cannot read; the text is Python's own."""


def read_back(machine: Row) -> Row:
    """The text settings as the image gets them: what stands between the quotes, its escapes carried out.

    Raises:
        BrokenProgramError: A quote, a line break or an escape that is none.
    """
    return {name: _literal(name, machine[name]) for name in TEXTS}


def _literal(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    # Written to a file and read again: a carriage return is a line break there.
    line = re.sub("\r\n?", "\n", f"    '{name}': '{text}',")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an escape that Python does not know is only frowned upon
            found: dict[str, str] = ast.literal_eval("{\n" + line + "\n}")
    except SyntaxError as problem:
        raise BrokenProgramError(f"SyntaxError: {problem.msg}") from None
    except ValueError as problem:
        raise BrokenProgramError(f"SyntaxError: {problem}") from None
    return str(found[name])
