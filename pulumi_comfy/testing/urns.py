"""URNs and provider references (docs/pulumi.md 5.8).

`urn:pulumi:STACK::PROJECT::QUALIFIED_TYPE::NAME`; `::` may appear in NAME only. Reference = `URN::ID`.
"""

from __future__ import annotations

STACK_TYPE = "pulumi:pulumi:Stack"
STACK_REFERENCE_TYPE = "pulumi:pulumi:StackReference"
PROVIDER_PREFIX = "pulumi:providers:"


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource; the Stack type is left out of qualified types."""
    qualified = type_
    if parent:
        parents = qualified_type_of(parent)
        if parents != STACK_TYPE:
            qualified = f"{parents}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def _part(urn: str, index: int) -> str:
    parts = urn.split("::", 3)
    return parts[index] if len(parts) > index else ""


def qualified_type_of(urn: str) -> str:
    """The types of the ancestors and of the resource itself, joined with `$`."""
    return _part(urn, 2)


def type_of(urn: str) -> str:
    """The resource's own type token."""
    return qualified_type_of(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    """The logical name."""
    return _part(urn, 3)


def package_of(type_: str) -> str:
    """The package part of a type token, which selects the provider."""
    return type_.split(":", 1)[0]


def is_provider_type(type_: str) -> bool:
    """Whether the type is that of a provider resource."""
    return type_.startswith(PROVIDER_PREFIX)


def is_default_provider(urn: str) -> bool:
    """Whether the URN is a default provider's, which people never see in a display."""
    return is_provider_type(type_of(urn)) and name_of(urn).split("_", 1)[0] == "default"


def split_reference(reference: str) -> tuple[str, str]:
    """A provider reference as (urn, id)."""
    urn, _, id_ = reference.rpartition("::")
    return urn, id_
