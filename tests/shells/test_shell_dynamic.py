"""The dynamic provider's methods and their edge, with and without the raw call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2
from shell_server import URN, struct
from shell_toys import PROVIDER_TEXT, SCOPE, TOKEN

from pulumi_comfy.core.redaction import MASK
from pulumi_comfy.shells.dynamic import PROVIDER, DynamicProvider, ProviderError

ResultT = TypeVar("ResultT")
PROPS = {PROVIDER: PROVIDER_TEXT, "name": "blue", "size": 1.0}
OUTPUTS = {**PROPS, "labels": {}, "scope": SCOPE}


class Context:
    """gRPC's context, as far as it is used."""

    def __init__(self) -> None:
        self.status: Any = None

    def set_trailing_metadata(self, metadata: Any) -> None:
        ((_key, packed),) = metadata
        self.status = status_pb2.Status.FromString(packed)


def through_the_sdk(request: Any, context: Context, call: Callable[[], ResultT]) -> ResultT:
    """Call with the locals that the SDK's wrapper has."""
    return call()


@pytest.fixture
def provider(teapots: Any) -> DynamicProvider:
    return DynamicProvider(TOKEN)


def create(provider: DynamicProvider, **properties: Any) -> Any:
    return provider.create({**PROPS, **properties})


def test_a_create_gives_id_and_outputs(provider: DynamicProvider, teapots: Any):
    made = create(provider)

    assert made.id in teapots
    assert made.outs["scope"] == SCOPE
    assert PROVIDER not in made.outs


def test_check_normalises_without_the_provider_s_text(provider: DynamicProvider):
    checked = provider.check({}, PROPS)

    assert checked.inputs == {"name": "blue", "size": 1, "labels": {}}
    assert checked.failures == []


def test_check_failures_begin_with_the_property(provider: DynamicProvider):
    checked = provider.check({}, {**PROPS, "size": "many"})

    assert [failure.reason.split(":")[0] for failure in checked.failures] == ["size"]


def test_no_change_is_no_change(provider: DynamicProvider):
    difference = provider.diff("teapot-1", OUTPUTS, PROPS)

    assert (difference.changes, difference.replaces, difference.delete_before_replace) == (False, [], True)


def test_another_provider_text_alone_is_no_change(provider: DynamicProvider):
    assert provider.diff("teapot-1", {**OUTPUTS, PROVIDER: "older"}, PROPS).changes is False


def test_a_change_names_what_replaces(provider: DynamicProvider):
    difference = provider.diff("teapot-1", OUTPUTS, {**PROPS, "size": 2.0})

    assert (difference.changes, difference.replaces) == (True, ["size"])


def test_a_repair_is_a_change(provider: DynamicProvider):
    chipped = {**PROPS, "labels": {"chipped": True}}

    assert provider.diff("teapot-1", {**OUTPUTS, **chipped}, chipped).changes is True


def test_a_state_of_the_plugin_needs_one_update_for_the_provider_s_text(provider: DynamicProvider):
    outputs = {key: value for key, value in OUTPUTS.items() if key != PROVIDER}

    assert provider.diff("teapot-1", outputs, PROPS).changes is True


def test_that_update_touches_no_platform(provider: DynamicProvider, teapots: Any):
    outputs = {key: value for key, value in OUTPUTS.items() if key != PROVIDER}

    updated = provider.update("teapot-1", outputs, {**PROPS, "fail": "update"})

    assert updated.outs == {"name": "blue", "size": 1, "labels": {}, "scope": SCOPE, "__id": "teapot-1"}
    assert teapots == {}


def test_an_update_gives_the_new_outputs(provider: DynamicProvider):
    made = create(provider)

    assert provider.update(made.id, OUTPUTS, {**PROPS, "labels": {"a": "b"}}).outs["labels"] == {"a": "b"}


def test_a_read_gives_the_drifted_outputs(provider: DynamicProvider, teapots: Any):
    made = create(provider)
    teapots[made.id]["size"] = 5

    seen = provider.read(made.id, OUTPUTS)

    assert (seen.id, seen.outs["size"], seen.inputs) == (made.id, 5, None)


def test_a_read_of_what_is_gone_gives_an_empty_id(provider: DynamicProvider):
    seen = provider.read("teapot-9", OUTPUTS)

    assert (seen.id, seen.outs) == ("", {})


def test_a_delete_removes_it(provider: DynamicProvider, teapots: Any):
    made = create(provider)

    provider.delete(made.id, OUTPUTS)

    assert teapots == {}


def test_configuration_is_kept_for_the_calls(provider: DynamicProvider, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TEAPOTS_API_KEY")
    provider.configure(ConfigureRequest(Config({"comfy:teapotsApiKey": "no key of this platform"}, "shop")))

    with pytest.raises(ProviderError, match="COMFY1103"):
        create(provider)


def test_without_any_configuration_a_call_says_what_is_missing(
    provider: DynamicProvider, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("TEAPOTS_API_KEY")

    with pytest.raises(ProviderError, match="COMFY1101"):
        create(provider)


@pytest.mark.parametrize("value", ["on", "off", "OFF"])
def test_inference_checks_are_switched_for_the_stack(
    provider: DynamicProvider, monkeypatch: pytest.MonkeyPatch, value: str
):
    monkeypatch.setenv("COMFY_INFERENCE_CHECKS", value)

    assert create(provider).id


def test_another_word_for_inference_checks_is_refused(provider: DynamicProvider, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COMFY_INFERENCE_CHECKS", "sometimes")

    with pytest.raises(ProviderError, match=r"comfy:inferenceChecks is 'sometimes'.*COMFY1104"):
        create(provider)


def test_a_stored_scope_in_a_shape_that_is_not_ours_is_refused(provider: DynamicProvider):
    with pytest.raises(ProviderError) as caught:
        provider.delete("teapot-1", {**OUTPUTS, "scope": ["no", "text"]})

    assert "COMFY4002" in str(caught.value)


@pytest.mark.parametrize("token", ["teapots:Kettle", "nowhere:Teapot"])
@pytest.mark.parametrize(
    "call",
    [
        lambda provider: provider.check({}, PROPS),
        lambda provider: provider.diff("teapot-1", OUTPUTS, PROPS),
        lambda provider: provider.create(dict(PROPS)),
        lambda provider: provider.read("teapot-1", OUTPUTS),
        lambda provider: provider.update("teapot-1", OUTPUTS, PROPS),
        lambda provider: provider.delete("teapot-1", OUTPUTS),
    ],
    ids=["check", "diff", "create", "read", "update", "delete"],
)
def test_a_resource_that_this_version_does_not_know_is_one_sentence(teapots: Any, token: str, call: Any):
    with pytest.raises(ProviderError, match="COMFY9001"):
        call(DynamicProvider(token))


@pytest.mark.parametrize("fault", [SystemExit("enough"), KeyboardInterrupt(), GeneratorExit(), ValueError("oops")])
def test_whatever_is_raised_inside_the_edge_leaves_as_one_sentence(provider: DynamicProvider, fault: BaseException):
    with pytest.raises(ProviderError) as caught, provider._edge({}):
        raise fault

    assert str(caught.value) == (
        f"a fault of pulumi_comfy in {TOKEN}: {type(fault).__name__}: {fault}. Please report it. [COMFY9001]"
    )


def test_a_fault_is_told_without_its_secrets(provider: DynamicProvider):
    with pytest.raises(ProviderError) as caught:
        create(provider, fail="crash", code="teapot-secret-4")

    assert f"ZeroDivisionError: by {MASK}" in str(caught.value)


def test_an_exit_inside_a_handler_ends_that_call_alone(provider: DynamicProvider):
    with pytest.raises(ProviderError, match=r"SystemExit: enough.*COMFY9001"):
        create(provider, fail="exit")

    assert create(provider).id


def test_a_sentence_goes_to_the_engine_where_the_raw_call_is_found(provider: DynamicProvider):
    context = Context()
    request = provider_pb2.CreateRequest(urn=URN)

    with pytest.raises(ProviderError):
        through_the_sdk(request, context, lambda: create(provider, fail="exit"))

    assert context.status.message.endswith("Please report it. [COMFY9001]")


def test_a_half_made_object_is_recorded_where_the_raw_call_is_found(provider: DynamicProvider, teapots: Any):
    context = Context()
    request = provider_pb2.CreateRequest(urn=URN, properties=struct({}))

    with pytest.raises(ProviderError):
        through_the_sdk(request, context, lambda: create(provider, fail="complete"))

    partial = provider_pb2.ErrorResourceInitFailed()
    context.status.details[0].Unpack(partial)
    assert [partial.id] == list(teapots)


def test_a_half_made_object_is_removed_where_it_cannot_be_recorded(provider: DynamicProvider, teapots: Any):
    with pytest.raises(ProviderError, match="COMFY3001"):
        create(provider, fail="complete")

    assert teapots == {}


def test_an_adopted_object_is_never_removed_because_it_cannot_be_recorded(provider: DynamicProvider, teapots: Any):
    teapots["theirs"] = {"name": "theirs", "size": 1}

    with pytest.raises(ProviderError, match="COMFY3001"):
        create(provider, adopt="theirs", fail="update", labels={"a": "b"})

    assert list(teapots) == ["theirs"]


def test_a_half_made_object_that_cannot_be_removed_is_named(
    provider: DynamicProvider, teapots: Any, monkeypatch: pytest.MonkeyPatch
):
    class Stuck(dict[str, Any]):
        def pop(self, *_arguments: Any) -> Any:
            raise RuntimeError("stuck")

    monkeypatch.setattr("shell_toys.POTS", Stuck())

    with pytest.raises(ProviderError) as caught:
        create(provider, fail="complete")

    assert "the lid blew off" in str(caught.value)
    assert "teapot-1" in str(caught.value)


def test_an_output_that_is_always_secret_is_marked_also_for_a_state_whose_writer_did_not_know_it():
    marked = DynamicProvider("comfyui:Workflow")._marked({"provedDocument": "{}", "workflowDigest": "d"})

    assert rpc.is_rpc_secret(marked["provedDocument"])
    assert marked["workflowDigest"] == "d"
