"""Names of stacks, with organisation and project or without."""

from __future__ import annotations

from pulumi_comfy.core.errors import InputError


def short_name(stack: str) -> str:
    """Give the last part of `organization/project/stack`, by which its settings file is called."""
    return stack.rpartition("/")[2]


def is_same_stack(one: str, other: str, project: str) -> bool:
    """Tell whether two names are of one stack: `staging`, `acme/staging` and `acme/portrait/staging` may all be.

    Args:
        one: its name, with or without organisation and project.
        other: the other's.
        project: the project that a name without one is of. One without an organisation fits every organisation.
    """
    ours, theirs = (parts_of(name, project) for name in (one, other))
    return ours[1:] == theirs[1:] and (ours[0] == theirs[0] or None in (ours[0], theirs[0]))


def parts_of(stack: str, project: str) -> tuple[str | None, str, str]:
    """Give organisation (None where the name has none), project and last part of a stack's name."""
    parts = stack.split("/")
    return parts[0] if len(parts) > 1 else None, parts[1] if len(parts) == 3 else project, parts[-1]


def refuse_another_project(stack: str, project: str) -> None:
    """Refuse to change a stack whose program and settings file are in another folder.

    Args:
        stack: its name.
        project: the project of the folder.

    Raises:
        InputError: COMFY5006, it is of another project.
    """
    its_project = parts_of(stack, project)[1]
    if its_project != project:
        got = f"it is of the project {its_project}, and the folder is of {project}"
        todo = f"Go to the folder of {its_project}, or name it with --cwd."
        raise InputError("COMFY5006", tried=f"change {stack}", got=got, todo=todo)
