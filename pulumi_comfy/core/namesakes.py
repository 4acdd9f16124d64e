"""Whose an object is that has the natural key of one to be made: held, left by a killed run of ours, or foreign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OwnershipError
from pulumi_comfy.core.resource import Found
from pulumi_comfy.core.stored import Operation


def left_by_us(op: Operation, found: Sequence[Found]) -> Found | None:
    """Give the one namesake that an interrupted run of this resource left: its name proves it, or how it stands."""
    if found and op.handler.reuses_equal:
        return found[0]
    one = _unheld(op, found)
    if one is None:
        return None
    return one if one.is_ours or (is_named_by_us(op) and not op.call.facts.is_blind) else None


def noted_by_us(op: Operation, found: Sequence[Found]) -> Found | None:
    """Give the one namesake whose id a killed create has noted, of a kind that is known by nothing but a name.

    An id that is a place may be another's by now, and what even an automatic name would not prove is no use to us.
    """
    one, handler = _unheld(op, found), op.handler
    if one is None or op.call.facts.is_blind or handler.id_is_place or not handler.is_name_unique_to_us:
        return None
    return one if op.call.has_made(one.id) else None


def _unheld(op: Operation, found: Sequence[Found]) -> Found | None:
    """Give what stands there alone, and no resource of this state holds: whatever one holds was left by nobody.

    None while it is not known what the state holds.
    """
    if len(found) != 1 or op.call.facts.held is None or op.call.memory.owner_of(found[0].id, op.call.urn):
        return None
    return found[0]


def is_named_by_us(op: Operation) -> bool:
    """Tell whether nobody but this resource can have made an object of its name."""
    automatic = op.call.automatic_name
    return automatic is not None and getattr(op.inputs, "name", None) == automatic and op.handler.is_name_unique_to_us


def is_begun_by_us(call: Call[Any], object_id: str, trace: str, declared: str, *parts: str) -> bool:
    """Tell whether what bears no name can only be what an interrupted create left.

    It stands as a create on this machine was about to leave it, whatever is declared by now. Or, where the note is
    lost, it stands just as declared, and all that it is made of is this state's. A create that has noted another id has
    made something else.

    Args:
        call: the call.
        object_id: the platform's.
        trace: how it stands, as `Handler.trace` tells it.
        declared: how it would stand if it were made now.
        parts: ids of what it is made of.
    """
    note = call.attempt
    if note is not None and note.refutes(object_id):
        return False
    is_of_ours = bool(parts) and all(call.memory.is_declared(one) for one in parts)
    return call.has_begun(trace, object_id) or (trace == declared and is_of_ours)


def was_given_up(op: Operation, object_id: str) -> bool:
    """Tell whether an earlier replacement has left a place, where something else may stand by now.

    What it did not get to remove is known by holding what is declared again.
    """
    return op.handler.id_is_place and op.call.memory.waits_for_deletion(object_id, op.call.urn)


def waiting_for_deletion(op: Operation, found: Found) -> Found:
    """Give what a failed run replaced and did not delete, now that it is declared again and has the only room.

    Raises:
        OwnershipError: it is what this very run replaces.
    """
    if not op.call.memory.waits_for_deletion(found.id, op.call.urn):
        raise OwnershipError(
            "COMFY4004",
            tried=f"replace {op.what}",
            got=f"there is room for one only, and it is still there: {found.label} ({found.id})",
        )
    return found


def declared_once(op: Operation, object_id: str) -> None:
    """Refuse to adopt what another resource of the program declares.

    Raises:
        OwnershipError: one does.
    """
    owner = op.call.memory.owner_of(object_id, op.call.urn)
    # What only the state holds may be the same resource under its former name.
    if owner is not None and op.call.memory.is_declared(object_id) and not op.handler.reuses_equal:
        raise OwnershipError(
            "COMFY4003",
            tried=f'adopt {op.handler.label} {object_id} as "{op.call.name}"',
            got=f'"{owner}" of this stack declares it',
            todo="Declare it once.",
        )


def in_the_way(op: Operation, found: Sequence[Found]) -> OwnershipError:
    """Make the error that names what stands in the way, whose it is, and what can be done about it."""
    memory, is_replacement = op.call.memory, bool(op.call.memory.ids_of(op.call.urn))
    owners = sorted({f'"{name}"' for one in found if (name := memory.owner_of(one.id, op.call.urn))})
    choices = ["choose another name"] if "name" in op.handler.inputs_model.model_fields else []
    adopt = f'adopt="{found[0].id}"' if len(found) == 1 else 'adopt="<id>"'
    if owners and all(memory.is_replaced(one.id) for one in found):
        whose = f"which {', '.join(owners)} of this stack is about to give up"
        todo = "Go over a free name in two updates"
    elif owners and any(memory.is_declared(one.id) for one in found):
        whose, todo = f"which {', '.join(owners)} of this stack declares", "Declare it once"
    elif owners:  # in the state only: the program may have given the resource another name
        whose, todo = f"which {', '.join(owners)} of this stack holds", f"Give this one an alias of it or `{adopt}`"
    elif op.call.facts.is_blind:  # it may be the very object that is replaced
        whose, todo = "and an earlier version of pulumi_comfy noted no ids", "Run `pulumi refresh` first"
    elif is_replacement:  # which cannot adopt
        whose, todo = "which this resource does not own", "Remove it"
    else:
        whose, todo = "which this resource does not own", f"Take it over with `{adopt}`"
        choices.append("remove it")
    return OwnershipError(
        "COMFY4001",
        tried=f"{'replace' if is_replacement else 'create'} {op.what}",
        got=f"there is already {', '.join(f'{one.label} ({one.id})' for one in found)}, {whose}",
        todo=_either(todo, *choices),
    )


def _either(*choices: str) -> str:
    *first, last = choices
    return f"{', '.join(first)}, or {last}." if first else f"{last}."
