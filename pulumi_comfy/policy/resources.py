"""What a rule sees: resources and stacks as plain data, whoever brought them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from pulumi_comfy.core.meanings import ENVIRONMENT, MACHINE, Place, Public, places
from pulumi_comfy.core.model import PROMOTED, Json, Mark, Model, model_in, wire_name
from pulumi_comfy.core.platform import handler_of, token_of_type
from pulumi_comfy.core.resource import Handler
from pulumi_comfy.core.unknown import Unknown
from pulumi_comfy.inference.settings import CheckSettings
from pulumi_comfy.inference.standalone import StandaloneInputs

AnyModel = type[Model]
AnyPublic = type[Public]


@dataclass(frozen=True)
class Surroundings:
    """What is known beside the resources.

    Attributes:
        stack: the stack's name.
        project: the project's name.
        environment: what the stack declares as `comfy:environment`; None where it declares none.
        is_preview: whether the deployment has not happened: outputs are not known, or those of before.
        prices: the file that the stack's `comfy:prices` names; None where it names none.
        now: the moment at which ages are counted, with its zone.
    """

    stack: str = ""
    project: str = ""
    environment: str | None = None
    is_preview: bool = False
    prices: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


@dataclass(frozen=True)
class Resource:
    """One resource as a rule sees it.

    Attributes:
        type: the Pulumi type.
        name: the logical name.
        values: what is known of it, camelCase: the checked inputs, after a deployment the outputs too. What is not
            known yet is `pulumi_comfy.core.unknown.UNKNOWN`; numbers may be floats, secrets are in the clear.
        urn: Pulumi's name of it.
        id: the platform's id; empty while there is none.
        is_protected: whether Pulumi refuses to delete it.
        refers: the URNs of resources that a property was made of, by the property.
        surroundings: what is known beside it.
    """

    type: str
    name: str
    values: Mapping[str, Json]
    urn: str = ""
    id: str = ""
    is_protected: bool = False
    refers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=Surroundings)

    @cached_property
    def token(self) -> str:
        """`<platform>:<Kind>`; empty where it is none of ours."""
        return token_of_type(self.type)

    @cached_property
    def handler(self) -> Handler[Any, Any, Any] | None:
        """Its kind; None where it is none of ours."""
        return handler_of(self.token) if self.token else None

    @cached_property
    def model(self) -> AnyModel:
        """The declaration of its inputs; an empty one where it is none of ours."""
        return self.handler.inputs_model if self.handler else Model

    @property
    def words(self) -> str:
        """What people call it: `<platform>.<Kind> "<name>"`."""
        return f'{self.token.replace(":", ".") or self.type} "{self.name}"'

    @cached_property
    def places(self) -> Sequence[Place]:
        """Every declared field with what it holds."""
        return list(places(self.model, self.values))

    @cached_property
    def _by_mark(self) -> Mapping[object, list[Place]]:
        found: dict[object, list[Place]] = defaultdict(list)
        for place in self.places:
            for mark in place.field.metadata:
                if isinstance(mark, (Mark, Public)):
                    found[Public if isinstance(mark, Public) else mark].append(place)
        return found

    def marked(self, mark: Mark | AnyPublic) -> Sequence[Place]:
        """Give the declared fields that carry a mark, with what they hold."""
        return self._by_mark.get(mark, ())

    @cached_property
    def environment(self) -> str | Unknown | None:
        """Its own environment, else the one that the stack declares; None where there is neither."""
        own = next((place.value for place in self.marked(ENVIRONMENT)), None)
        return self.surroundings.environment if own is None else own

    @cached_property
    def check_field(self) -> str | None:
        """The name of the field that holds its inference check; None where its kind has no such field."""
        for name, info in self.model.model_fields.items():
            nested = model_in(info.annotation)
            if nested is not None and issubclass(nested, CheckSettings):
                return wire_name(self.model, name)
        return None

    @property
    def serves(self) -> bool:
        """Whether it is something that runs are made of, and that a check can prove, its own or one by itself."""
        return self.check_field is not None or bool(self.marked(MACHINE))

    @property
    def is_untold(self) -> bool:
        """Whether its program does not say which version it serves, though its kind can."""
        pins = [place.value for place in self.marked(PROMOTED)]
        return bool(pins) and not any(pins)

    @property
    def is_check(self) -> bool:
        """Whether it is an inference check by itself."""
        return issubclass(self.model, StandaloneInputs)

    def refers_to(self, other: Resource) -> bool:
        """Tell whether one of its values is the other's id, or was made of the other."""
        if other.id and any(value == other.id for value in self.values.values()):
            return True
        return any(other.urn and other.urn in urns for urns in self.refers.values())


@dataclass(frozen=True)
class Stack:
    """All resources of a stack."""

    resources: Sequence[Resource]
    surroundings: Surroundings = field(default_factory=Surroundings)

    @property
    def ours(self) -> list[Resource]:
        """Those of this package, in an order of their own: the engine's is another one in each run."""
        return sorted((one for one in self.resources if one.token), key=lambda one: (one.name, one.urn))

    def checks_of(self, served: Resource) -> list[Resource]:
        """Give the inference checks by themselves that are of something served."""
        return [one for one in self.ours if one.is_check and one.refers_to(served)]
