"""A transform runs after the constructor, in the engine's turn: the secrets that it brings are told all the same."""

from __future__ import annotations

import asyncio

import pulumi
import pytest
from pulumi.runtime import _callbacks

from pulumi_comfy.address import PROVIDER, SECRETS
from pulumi_comfy.sdk import _transforms
from pulumi_comfy.sdk._transforms import Telling

OURS = {PROVIDER: "a text", "gpu": "T4"}


def transformed(transform, props):
    """What a transform gives in the end, with the secrets' places; outputs need a loop."""

    async def work():
        args = pulumi.ResourceTransformArgs(True, "a type", "it", props, pulumi.ResourceOptions())
        return await Telling(transform)(args)

    result = asyncio.run(work())
    return result and result.props.get(SECRETS)


def with_a_secret(args):
    secret = pulumi.Output.secret("a")
    return pulumi.ResourceTransformResult({**args.props, "steps": [{"data": secret}]}, args.opts)


async def later(args):
    return with_a_secret(args)


@pytest.mark.parametrize("transform", [with_a_secret, later])
def test_the_place_of_a_secret_is_told(transform):
    assert transformed(transform, OURS) == [["steps", 0, "data"]]


def test_places_that_were_told_before_stay():
    assert transformed(with_a_secret, {**OURS, SECRETS: [["name"]]}) == [["name"], ["steps", 0, "data"]]
    assert transformed(with_a_secret, {**OURS, SECRETS: [["steps", 0, "data"]]}) == [["steps", 0, "data"]]


def test_without_a_secret_there_is_nothing_to_tell():
    assert transformed(lambda args: pulumi.ResourceTransformResult(args.props, args.opts), OURS) is None


def test_of_another_package_s_resource_nothing_is_told():
    assert transformed(with_a_secret, {"gpu": "T4"}) is None


def test_a_transform_that_leaves_things_as_they_are_does():
    assert transformed(lambda _: None, OURS) is None


def test_to_the_sdk_it_is_the_program_s_own():
    assert {Telling(with_a_secret): 1}[with_a_secret] == 1
    assert Telling(with_a_secret) == Telling(with_a_secret)


def test_the_sdk_is_wrapped_once():
    _transforms.install()
    wrapped = _callbacks._CallbackServicer.register_transform

    _transforms.install()

    assert _callbacks._CallbackServicer.register_transform is wrapped


def test_what_was_registered_before_is_wrapped_too(monkeypatch):
    class Servicer:
        _servicers: list[object] = []

        def __init__(self):
            self._callbacks = {}
            self._servicers.append(self)

        def register_transform(self, transform):
            async def cb():
                return transform

            self._callbacks["one"] = cb

        def register_hook(self, transform):
            async def cb():
                return transform

            self._callbacks["other"] = cb

    monkeypatch.setattr(_callbacks, "_CallbackServicer", Servicer)
    servicer = Servicer()
    servicer.register_transform(with_a_secret)
    servicer.register_hook(with_a_secret)

    _transforms.install()

    one, other = (asyncio.run(servicer._callbacks[name]()) for name in ("one", "other"))
    assert isinstance(one, Telling)
    assert other is with_a_secret


def test_an_sdk_that_does_it_otherwise_is_left_alone(monkeypatch):
    monkeypatch.delattr(_callbacks, "_CallbackServicer")

    _transforms.install()
