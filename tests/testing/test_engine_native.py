"""A native provider plugin through the engine's launch table: previews, detailed diffs and secrets of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi
import pytest

from pulumi_comfy.testing import Stack, TestEngine
from pulumi_comfy.testing.provider_process import LaunchSpec

PLUGIN = Path(__file__).with_name("native_toy.py")


class Thing(pulumi.CustomResource):
    size: pulumi.Output[float]
    made: pulumi.Output[str]

    def __init__(self, name, opts=None, **props):
        super().__init__("native:index:Thing", name, {"made": None, **props}, opts)


@pytest.fixture
def native():
    with TestEngine(plugins=[LaunchSpec("native", (sys.executable, "-u", str(PLUGIN)))]) as engine:
        yield engine


def test_provider_gets_its_own_configuration_without_namespace(native):
    stack = Stack(native, "demo", program=lambda: pulumi.export("made", Thing("a", size=1).made))
    stack.set_config("native:prefix", "p", secret=True)
    stack.set_config("other", "x")

    result = stack.up()

    provider = next(entry for entry in stack.resources() if entry["type"] == "pulumi:providers:native")
    assert list(provider["inputs"]) == ["prefix"]
    assert result.outputs == {"made": "p:a"}


def test_provider_with_previews_is_asked_what_it_would_make(native):
    stack = Stack(native, "demo", program=lambda: pulumi.export("made", Thing("a", size=1).made))

    assert stack.preview().outputs == {"made": ":a"}


def test_detailed_diff_decides_on_replacement_and_on_the_words(native):
    size, label = 1, "x"
    stack = Stack(native, "demo", program=lambda: Thing("a", size=size, label={"deep": label}))
    stack.up()

    label = "y"
    updated = stack.up().operation("a")
    assert (updated.op, updated.diff) == ("update", ("~label",))

    size = 2
    replaced = stack.up().operation("a")
    assert (replaced.step, replaced.replacing) == ("create-replacement", ("size",))


def test_marks_of_a_provider_that_takes_secrets_are_kept_as_it_sends_them(native):
    stack = Stack(native, "demo", program=lambda: Thing("a", size=1, label=pulumi.Output.secret("hush")))

    stack.up()

    assert "plaintext" in stack.resource("a")["outputs"]["label"]


def test_configuration_that_only_the_update_knows_is_refused(native):
    def program():
        first = Thing("a", size=1)
        provider = Native("mine", prefix=first.id)
        Thing("b", size=1, opts=pulumi.ResourceOptions(provider=provider))

    assert (
        "provider configuration that is unknown in preview"
        in Stack(native, "demo", program=program).preview(check=False).error
    )


def test_explicit_providers_are_resources_of_their_own(native):
    def program():
        provider = Native("mine", prefix="q")
        pulumi.export("made", Thing("b", size=1, opts=pulumi.ResourceOptions(provider=provider)).made)

    stack = Stack(native, "demo", program=program)

    assert stack.up().outputs == {"made": "q:b"}
    assert stack.resource("mine")["inputs"] == {"prefix": "q"}
    assert stack.up().changes == {}
    assert stack.destroy().ok


def test_a_plugin_that_does_not_start_is_named():
    with TestEngine(plugins=[LaunchSpec("native", (sys.executable, "-c", "raise SystemExit('no luck')"))]) as engine:
        result = Stack(engine, "demo", program=lambda: Thing("a", size=1)).up(check=False)

    assert "the provider process of 'native' did not start: no luck" in result.error


def test_a_missing_plugin_is_named():
    with TestEngine(plugins=[LaunchSpec("native", ("/no/such/plugin",))]) as engine:
        result = Stack(engine, "demo", program=lambda: Thing("a", size=1)).up(check=False)

    assert "the provider process of 'native' did not start" in result.error


class Native(pulumi.ProviderResource):
    def __init__(self, name, **props):
        super().__init__("native", name, props)
