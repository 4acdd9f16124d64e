"""Documents as a command line is given them: a file, or `-` for standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import click

__all__ = ["EXISTING_FILE", "text_of"]

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True)


def text_of(file: Path) -> str:
    """The text of a document.

    Raises:
        WorkflowError: `not-json`: it cannot be read, or is no text.
    """
    from pulumi_comfy.workflows import WorkflowError

    try:
        if str(file) == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WorkflowError("not-json", f"{file} is no UTF-8 text, so it is no JSON.") from None
    except OSError as error:
        raise WorkflowError("not-json", f"{file} cannot be read: {error.strerror}.") from None
