"""The text that every stack's state holds: a promise for ever."""

from __future__ import annotations

import base64
import pickle

import dill
import pytest

from pulumi_comfy.address import provider_text
from pulumi_comfy.provider import load
from pulumi_comfy.shells.dynamic import DynamicProvider

# What stands in the state of real stacks. A row is never changed and never removed: refresh and destroy unpickle it.
PINNED = {
    "comfydeploy:ApiKey": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjBJjb21meWRlcGxveTpBcGlLZXmFUi4=",
    "comfydeploy:CustomMachine": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjBljb21meWRlcGxveTpDdXN0b21NYWNoaW5lhVIu",
    "comfydeploy:Deployment": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjBZjb21meWRlcGxveTpEZXBsb3ltZW50hVIu",
    "comfydeploy:InferenceCheck": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjBpjb21meWRlcGxveTpJbmZlcmVuY2VDaGVja4VSLg==",  # noqa: E501
    "comfydeploy:Model": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjBFjb21meWRlcGxveTpNb2RlbIVSLg==",
    "comfydeploy:Secret": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjBJjb21meWRlcGxveTpTZWNyZXSFUi4=",
    "comfydeploy:ServerlessMachine": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjB1jb21meWRlcGxveTpTZXJ2ZXJsZXNzTWFjaGluZYVSLg==",  # noqa: E501
    "comfydeploy:Workflow": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjBRjb21meWRlcGxveTpXb3JrZmxvd4VSLg==",
    "comfydeploy:WorkflowVersion": "gARjcHVsdW1pX2NvbWZ5LnByb3ZpZGVyCmxvYWQKjBtjb21meWRlcGxveTpXb3JrZmxvd1ZlcnNpb26FUi4=",  # noqa: E501
}


@pytest.mark.parametrize(("token", "text"), PINNED.items(), ids=PINNED.keys())
def test_the_text_of_a_resource_never_changes(token: str, text: str):
    assert provider_text(token) == text


@pytest.mark.parametrize("text", PINNED.values(), ids=PINNED.keys())
def test_the_text_is_under_a_hundred_bytes(text: str):
    assert len(text) < 100


@pytest.mark.parametrize("loads", [pickle.loads, dill.loads], ids=["pickle", "dill"])
@pytest.mark.parametrize(("token", "text"), PINNED.items(), ids=PINNED.keys())
def test_the_text_unpickles_to_the_provider_of_its_resource(token: str, text: str, loads):
    provider = loads(base64.b64decode(text))

    assert type(provider) is DynamicProvider
    assert provider.token == token


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_provider_that_the_sdk_pickles_itself_comes_back_the_same(protocol: int):
    copy = pickle.loads(pickle.dumps(load("comfydeploy:Secret"), protocol))

    assert copy.token == "comfydeploy:Secret"


def test_every_managed_resource_has_a_pinned_text():
    from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM

    assert {f"comfydeploy:{name}" for name in PLATFORM.handlers} <= PINNED.keys()


@pytest.mark.parametrize("token", ["", "x" * 256])
def test_what_fits_no_short_text_is_refused(token: str):
    with pytest.raises(ValueError, match="not a resource token"):
        provider_text(token)


def test_the_state_of_a_provider_is_plain_not_a_ciphertext():
    assert DynamicProvider.serialize_as_secret_always is False
