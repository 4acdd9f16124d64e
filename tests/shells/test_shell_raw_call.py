"""What the SDK hides of a call and we find all the same; pinned against the installed SDK."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2
from shell_server import URN, Server, failure_of, struct
from shell_toys import KEY, PROVIDER_TEXT, SCOPE

from pulumi_comfy.address import provider_text
from pulumi_comfy.shells.raw_call import RawCall, find_raw_call

OUTPUTS = {"name": "blue", "size": 1, "labels": {}, "scope": SCOPE}


def failed(call: Any, *arguments: Any, **properties: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **properties)
    return caught.value


def test_the_urn_and_the_timeout_of_the_program_reach_the_handler(server: Server):
    made = server.create(timeout=420.0)

    assert made.properties["urn"] == URN
    assert made.properties["timeout"] == 420.0


def test_without_custom_timeouts_there_is_none(server: Server):
    assert "timeout" not in server.create().properties


def test_an_omitted_name_is_derived_from_the_urn(server: Server):
    assert server.check(size=1).inputs["name"].startswith("blue-")


def test_unknown_inputs_pass_check_and_come_back_unknown(server: Server):
    checked = server.check(name="blue", labels={"a": rpc.UNKNOWN, "b": 1}, size=rpc.UNKNOWN)

    assert list(checked.failures) == []
    assert checked.inputs["labels"]["a"] == rpc.UNKNOWN
    assert checked.inputs["labels"]["b"] == 1
    assert checked.inputs["size"] == rpc.UNKNOWN


def test_check_failures_reach_the_engine_without_a_property_since_it_would_print_the_value(server: Server):
    checked = server.check(name="blue", size="many", siz=1)

    assert {failure.property for failure in checked.failures} == {""}
    assert [failure.reason.split(":")[0] for failure in checked.failures] == ["size", "siz"]


def test_the_old_inputs_reach_a_diff(server: Server):
    answer = server.diff(OUTPUTS, {"name": "blue", "size": 2}, {"name": "blue", "size": 7})

    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == ["size"]
    assert answer.deleteBeforeReplace is True
    assert server.line("size was 7").urn == URN


def test_no_difference_is_said_in_so_many_words(server: Server):
    answer = server.diff(OUTPUTS, {"name": "blue", "size": 1}, {"name": "blue", "size": 1})

    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_the_old_inputs_reach_an_update(server: Server):
    server.create()

    made = server.update(OUTPUTS, {"name": "blue", "size": 1}, {"name": "blue", "size": 7})

    assert made.properties["oldSize"] == 7


def test_the_old_inputs_reach_a_read_which_answers_with_drifted_ones(server: Server):
    server.create(size=3)

    seen = server.read({**OUTPUTS, "size": 1}, {"name": "blue", "size": 1, "code": "abcd"})

    assert seen.id == "teapot-1"
    assert (seen.inputs["size"], seen.inputs["code"]) == (3, "abcd")
    assert seen.inputs["__provider"] == PROVIDER_TEXT
    assert seen.properties["size"] == 3


def test_gone_is_an_empty_id(server: Server):
    assert server.read(OUTPUTS, {"name": "blue"}).id == ""


def test_delete_answers(server: Server):
    server.create()

    server.delete(OUTPUTS)

    assert server.read(OUTPUTS, {"name": "blue"}).id == ""


def test_a_failure_is_one_sentence_without_a_traceback(server: Server):
    server.create()

    status, partial = failure_of(failed(server.create, size=2))

    assert status.message == (
        'create teapot "blue": there is already a teapot (teapot-1), which this resource does not own. '
        'Take it over with `adopt="teapot-1"`, choose another name, or remove it. [COMFY4001]'
    )
    assert partial is None


def test_a_create_that_failed_half_way_leaves_its_partial_state(server: Server):
    error = failed(server.create, fail="complete", code="teapot-secret-1", labels={"a": "b"})

    status, partial = failure_of(error)

    assert status.message == "boil: the lid blew off, code [secret]. Stand back. [COMFY3001]"
    assert partial is not None
    assert partial.id == "teapot-1"
    assert list(partial.reasons) == [status.message]
    assert partial.properties["__provider"] == provider_text("teapots:Teapot")
    assert partial.properties["scope"] == SCOPE
    assert partial.properties["labels"] == {"a": "b"}
    assert partial.inputs["labels"] == {"a": "b"}
    assert partial.inputs["__provider"] == provider_text("teapots:Teapot")


def test_an_update_that_failed_half_way_leaves_its_partial_state(server: Server):
    server.create()
    news = {"name": "blue", "size": 5, "fail": "update"}

    _status, partial = failure_of(failed(server.update, OUTPUTS, news, OUTPUTS))

    assert partial is not None
    assert (partial.id, partial.properties["size"]) == ("teapot-1", 5)


def test_a_fault_of_ours_after_the_id_was_there_leaves_its_partial_state(server: Server):
    status, partial = failure_of(failed(server.create, fail="crash", code="teapot-secret-2"))

    assert "ZeroDivisionError: by [secret]" in status.message
    assert "[COMFY9001]" in status.message
    assert partial is not None
    assert partial.id == "teapot-1"


def test_an_exit_inside_a_handler_is_answered_and_the_process_lives_on(server: Server):
    status, _partial = failure_of(failed(server.create, fail="exit"))

    assert "SystemExit: enough" in status.message
    assert status.message.endswith("[COMFY9001]")
    assert server.create().id == "teapot-1"


def test_a_missing_key_is_one_sentence(server: Server):
    server.configure({"comfy:teapotsUrl": "https://teapots.example/api"})

    status, _partial = failure_of(failed(server.create))

    assert status.message.startswith("connect to Teapots: no API key is configured.")


def test_calls_of_one_configuration_are_one_operation_and_share_their_memory(server: Server):
    """The server keeps a process between operations in the test engine; the CLI starts one for each."""
    server.create(size=1)
    replaced = server.diff(OUTPUTS, {"name": "blue", "size": 2}, OUTPUTS)

    made = server.create(size=2)

    assert list(replaced.replaces) == ["size"]
    assert made.properties["predecessors"] == ["teapot-1"]


def test_calls_after_another_configuration_are_another_operation(server: Server):
    server.create(size=1)
    server.diff(OUTPUTS, {"name": "blue", "size": 2}, OUTPUTS)
    server.configure({"comfy:teapotsApiKey": KEY})

    status, _partial = failure_of(failed(server.create, size=2))

    assert "COMFY4001" in status.message


def test_the_log_that_was_asked_for_masks_secrets(server: Server):
    server.create(code="teapot-secret-3")

    assert server.line("completing teapot-1").message == "completing teapot-1 with [secret]"


class Context:
    """What gRPC gives with a call."""

    def __init__(self) -> None:
        self.metadata: Any = None

    def set_trailing_metadata(self, metadata: Any) -> None:
        self.metadata = metadata


def test_the_call_is_found_in_the_frames_above():
    def as_the_sdk_calls(request: object, context: object) -> RawCall | None:
        return find_raw_call()

    context = Context()

    assert as_the_sdk_calls("the request", context) == RawCall("the request", context)


def test_a_context_that_is_not_grpc_s_is_passed_over():
    def as_somebody_calls(request: object, context: object) -> RawCall | None:
        return find_raw_call()

    assert as_somebody_calls("the request", "no context") is None


@pytest.mark.parametrize("request_", [object(), provider_pb2.CreateRequest(urn="no urn")])
def test_a_request_without_a_urn_has_none(request_: object):
    assert RawCall(request_, Context()).urn is None


def test_a_request_without_a_timeout_has_none():
    assert RawCall(provider_pb2.ReadRequest(), Context()).timeout is None


def test_requests_that_carry_no_old_inputs_have_none():
    assert RawCall(provider_pb2.CreateRequest(properties=struct({})), Context()).old_inputs is None
    assert RawCall(provider_pb2.UpdateRequest(), Context()).old_inputs is None


def test_old_inputs_are_given_as_the_core_sees_them():
    call = RawCall(provider_pb2.UpdateRequest(old_inputs=struct({"size": 2.0})), Context())

    assert call.old_inputs == {"__provider": PROVIDER_TEXT, "size": 2}
