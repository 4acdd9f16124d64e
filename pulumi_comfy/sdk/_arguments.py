"""Argument classes: declared as fields alone, and how Pulumi names and types what they hold on the wire."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from types import GenericAlias, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast, get_args, get_origin, is_typeddict

import pulumi

ClassT = TypeVar("ClassT")
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

SENSELESS = ("import_", "version", "plugin_download_url")
"""Options of Pulumi's that no resource of this package can have."""

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[ClassT], ClassT]:
        """Only a type checker reads it: to it the fields are the constructor's keyword arguments."""
        return lambda decorator: decorator


@dataclass_transform(kw_only_default=True)
def arguments(declared: type[ClassT]) -> type[ClassT]:
    """Make an argument class of one that declares its fields, those that may be left out with the default None."""
    fields = inspect.get_annotations(declared)
    required = [name for name in fields if name not in vars(declared)]
    for name in fields:
        optional = {} if name in required else {"default": None}
        setattr(declared, name, pulumi.property(on_the_wire(name), **optional))
    declared.__annotations__ = {name: wire_type(annotation) for name, annotation in fields.items()}
    made = pulumi.input_type(declared)
    constructor: Any = made.__init__

    @wraps(constructor)
    def construct(self: Any, *positional: Any, **given: Any) -> None:
        _refuse_unnamed(declared.__name__, positional, fields)
        refuse_unknown(declared.__name__, given, fields)
        refuse_missing(declared.__name__, given, required)
        constructor(self, **given)

    made.__init__ = construct  # type: ignore[method-assign]
    return made


class ArgumentError(pulumi.RunError, TypeError):
    """A call that no constructor of ours takes; of a `RunError` Pulumi shows the sentence alone."""


def in_words(function: FunctionT) -> FunctionT:
    """Give a function that says in a sentence which argument is wrong, or is missing. Its signature stays."""

    @wraps(function)
    def asked(*positional: Any, **given: Any) -> Any:
        name, known = function.__name__, inspect.signature(function).parameters
        _refuse_unnamed(name, positional, known)
        refuse_unknown(name, given, known)
        refuse_missing(name, given, [one for one, told in known.items() if told.default is told.empty])
        return function(**given)

    return cast(FunctionT, asked)


def refuse_no_name(kind: str, given: Sequence[Any]) -> None:
    """Say what the first argument of a resource is: Pulumi's own error is a traceback through our code.

    Args:
        kind: the resource's class.
        given: that argument, or nothing where it is left out.

    Raises:
        ArgumentError: it is no text, or an empty one.
    """
    if given and isinstance(given[0], str) and given[0]:
        return
    what = f"not {'an empty text' if given[0] == '' else a_kind_of(given[0])}" if given else "and none is given"
    raise ArgumentError(
        f"{kind}: the first argument is the logical name by which this stack knows the resource, a text such as "
        f'"{kind.lower()}", {what}. [COMFY1001]'
    )


def a_kind_of(value: object) -> str:
    """Give the kind of a value with its article; None is itself."""
    kind = type(value).__name__
    return "None" if value is None else f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _refuse_unnamed(whose: str, positional: Sequence[Any], known: Collection[str]) -> None:
    """Say of what is given without its name which names there are."""
    if positional:
        example = next((f", such as `{name}=`" for name in known), "")
        raise ArgumentError(f"{whose}: arguments are given by their names{example}. [COMFY1001]")


def refuse_unknown(whose: str, given: Collection[str], known: Collection[str], *, takes_options: bool = False) -> None:
    """Say of a misspelt keyword argument which one was meant: Python's own sentence names neither it nor the resource.

    Args:
        whose: what takes the arguments, as people call it.
        given: names of those that a program gives.
        known: names of those that there are.
        takes_options: whether it takes Pulumi's options, as `opts`.

    Raises:
        ArgumentError: there is one that is not known.
    """
    for name in given:
        if name not in known:
            raise ArgumentError(f"{whose}: {_instead_of(name, known, takes_options)} [COMFY1001]")


def refuse_missing(whose: str, given: Mapping[str, Any], required: Collection[str]) -> None:
    """Say of an argument that must be given that it is not, or is None.

    Args:
        whose: what takes the arguments, as people call it.
        given: those that a program gives.
        required: names of those that it must give.

    Raises:
        ArgumentError: one is missing.
    """
    for name in required:
        if given.get(name) is None:
            raise ArgumentError(f"{whose}: `{name}` is required [COMFY1001]")


def _instead_of(name: str, known: Collection[str], takes_options: bool) -> str:
    from difflib import get_close_matches  # only a program that is wrong pays for it

    is_option = name not in SENSELESS and name in inspect.signature(pulumi.ResourceOptions).parameters
    if takes_options and is_option:
        return f"`{name}` is an option of Pulumi's: opts=pulumi.ResourceOptions({name}=...)."
    close = get_close_matches(name.lower(), known, n=1)
    return f"there is no input {name!r}" + (f"; did you mean {close[0]!r}?" if close else ".")


def on_the_wire(name: str) -> str:
    """Give the name that an argument has in the engine."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def wire_type(annotation: Any) -> Any:
    """Give the one type by which an argument is sent, of all that a program may give for it.

    An argument class goes for its forms as a dict too; `Any` is JSON, whose keys stay as they are. That a value may be
    an output or left out is no matter here.
    """
    is_union = get_origin(annotation) in (Union, UnionType)
    first, *others = get_args(annotation) if is_union else (annotation,)
    if not fields_of(first) and any(map(is_typeddict, (first, *others))):
        return Any
    origin = get_origin(first)
    if origin in (Mapping, Sequence):
        return GenericAlias(origin, tuple(map(wire_type, get_args(first))))
    return first


def fields_of(kind: Any) -> dict[str, Any]:
    """Give the fields of an argument class with their types on the wire; none of another type."""
    return dict(kind.__annotations__) if hasattr(kind, "_pulumi_input_type") else {}
