"""What the program gave as a secret: which places of a resource's inputs, and that no text ever tells what is there.

Pulumi hands a dynamic provider every secret in the clear, without a word about it. So the program's side sends the
places along as a hidden input, which stays in the state: a refresh and a destroy without a program know them too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from pulumi_comfy.address import SECRETS
from pulumi_comfy.core.model import DOCUMENT, Json, Model, fields_marked, secret_places, wire_name, wire_names
from pulumi_comfy.core.redaction import MASK, register_document, register_given, register_secret, tells_secret

"""The hidden input: a list of places, each a list of keys and positions, e.g. `[["inferenceCheck", "inputs", "key"]]`.
Keys that begin with two underscores are in no diff and cause no update."""
FORMER = "__secretDocument"
"""What earlier versions left in a state instead: true when a document is secret."""

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Secrecy:
    """The places of one resource that are secret.

    Attributes:
        places: each from the name of an input on the wire down to where the secret begins.
        hides_documents: whether a document is secret as a whole: no line may tell what is in it.
    """

    places: frozenset[Place] = frozenset()
    hides_documents: bool = False

    @classmethod
    def told_by(cls, model: type[Model], *properties: Mapping[str, Json] | None) -> Secrecy:
        """Read what the program says now, and what it said before, in inputs as they are and as they were."""
        documents = {wire_name(model, name) for name in fields_marked(model, DOCUMENT)}
        places: set[Place] = set()
        for one in properties:
            places |= set(_places((one or {}).get(SECRETS)))
            if (one or {}).get(FORMER) is True:
                places |= {(name,) for name in documents}
        return cls(frozenset(places), any(place[0] in documents for place in places))

    def covers(self, place: tuple[int | str, ...]) -> bool:
        """Tell whether something at a place, or around it, is secret."""
        return any(all(map(_is_same_step, secret, place)) for secret in self.places)

    def hidden_in(self, value: Json, place: Place) -> Json:
        """Give what stands at a place with «a secret» for each secret in it."""
        if isinstance(value, Mapping):
            return {key: self.hidden_in(item, (*place, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.hidden_in(item, (*place, index)) for index, item in enumerate(value)]
        return "a secret" if self.covers(place) else value

    def texts(self, wire: Mapping[str, Json]) -> list[Json]:
        """Give the secret values among some properties."""
        return [value for place in self.places if (value := value_at(wire, place)) is not None]

    def register(self, model: type[Model], *properties: Mapping[str, Json] | None) -> None:
        """Mask from now on what stands at the secret places of inputs and outputs, new and old."""
        if not self.places:
            return
        documents = {wire_name(model, name) for name in fields_marked(model, DOCUMENT)}
        for wire in filter(None, properties):
            short = {key: value for key, value in wire.items() if key not in documents and not key.startswith("__")}
            in_the_open = json.dumps(_without(short, self.places), default=str)
            for place in self.places:
                value = value_at(wire, place)
                if place[0] in documents:
                    register_document(value)
                else:
                    register_given(value, in_the_open)

    def parts_hidden(self, text: str, wire: Mapping[str, Json]) -> str:
        """Give a refusal's sentence without the parts of secrets that it quotes, such as a command's first word."""
        secrets = json.dumps(self.texts(wire), default=str, ensure_ascii=False).lower()

        def hidden(word: str) -> str:
            bare = word.strip("'\"`,;:.()")
            is_quoted = (bare and not bare.isalpha()) or word != bare
            return word.replace(bare, MASK) if bare and is_quoted and bare.lower() in secrets else word

        return " ".join(map(hidden, text.split(" ")))


def let_in(inputs: type[Model], outputs: type[Model], *wires: Mapping[str, Json]) -> Secrecy:
    """The one door on the way in: mask from now on all that a program or a state gives as secret, and say where it is.

    A shell lets through it whatever comes with a call, before anything else is done; behind it nobody has to think of
    it. What a platform tells in secret, such as a new key, is masked by whoever is told.

    Args:
        inputs: the kind's inputs model, or a function's.
        outputs: what it gives.
        wires: inputs and outputs, new and old.
    """
    for place in (*secret_places(inputs), *secret_places(outputs)):
        for wire in wires:
            register_secret(value_at(wire, place))
    secrecy = Secrecy.told_by(inputs, *wires)
    secrecy.register(inputs, *wires)
    return secrecy


def derived(model: type[Model], outputs: Mapping[str, Json]) -> set[str]:
    """Give the outputs, other than the declared inputs, that tell something secret again, as a path does a folder.

    Pulumi itself marks in the state only what has the name of a secret input.
    """
    others = {key: value for key, value in outputs.items() if key not in wire_names(model)}
    if not tells_secret(_text(others)):  # nearly always, and one look is cheaper than one for each
        return set()
    return {key for key, value in others.items() if tells_secret(_text(value))}


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def kept(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Give the hidden inputs that go on into the state as they came."""
    return {key: properties[key] for key in (SECRETS,) if key in properties}


def _places(told: Json) -> Iterable[Place]:
    for place in told if isinstance(told, list | tuple) else ():
        if isinstance(place, list | tuple) and place:
            yield tuple(step if isinstance(step, str) else int(step) for step in place)


def _is_same_step(one: str | int, other: str | int) -> bool:
    return one == other or (isinstance(one, str) and to_camel(one) == other)


def value_at(value: Json, place: Place) -> Json:
    """Give what stands at a place, None where there is nothing; a key may be spelt as in Python."""
    for step in place:
        if isinstance(value, Mapping):
            value = value.get(step, value.get(to_camel(str(step))))
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _without(value: Json, places: Iterable[Place]) -> Json:
    """Give a copy of `value` without what is at the places."""

    def inner(step: str | int) -> list[Place]:
        return [place[1:] for place in places if place and _is_same_step(place[0], step)]

    if isinstance(value, Mapping):
        return {key: _without(item, inner(key)) for key, item in value.items() if () not in inner(key)}
    if isinstance(value, list | tuple):
        return [_without(item, inner(index)) for index, item in enumerate(value) if () not in inner(index)]
    return value
