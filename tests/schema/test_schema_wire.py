"""What the generated classes send, and how what comes back reads."""

import inspect
import json
from typing import Any

import pulumi
import pytest
from mocked_programs import SECRET_SIGNATURE, resolved, run

import pulumi_comfy
from pulumi_comfy import comfydeploy, runcomfy
from pulumi_comfy.address import LOOKUP, provider_text
from pulumi_comfy.comfydeploy import outputs
from pulumi_comfy.schema.package import package_schema
from pulumi_comfy.schema.python.text import snake
from pulumi_comfy.sdk._arguments import on_the_wire

RESOURCES: dict[str, Any] = package_schema()["resources"]

GIVEN = {"workflow_id": "w", "environment": "staging", "workflow_version_id": "v", "machine_id": "m"}
SENT = {"workflowId": "w", "environment": "staging", "workflowVersionId": "v", "machineId": "m"}


def test_deployment_sends_camel_case_names():
    wire = run(lambda: comfydeploy.Deployment("d", **GIVEN, machine_build_digest="x", keep_warm=1))

    assert wire.inputs("d") == {**SENT, "machineBuildDigest": "x", "keepWarm": 1}


def test_deployment_has_the_dynamic_token_and_the_constant_provider():
    wire = run(lambda: comfydeploy.Deployment("d", **GIVEN))

    assert wire.seen["d"].typ == "pulumi-python:comfydeploy:Deployment"
    assert wire.seen["d"].inputs["__provider"] == provider_text("comfydeploy:Deployment")


def test_a_users_subclass_keeps_the_token_and_the_names():
    class Mine(comfydeploy.Deployment):
        pass

    wire = run(lambda: Mine("d", **GIVEN))

    assert wire.seen["d"].typ == "pulumi-python:comfydeploy:Deployment"
    assert wire.inputs("d") == SENT


def test_a_users_subclass_reads_typed_outputs():
    class Mine(comfydeploy.Deployment):
        pass

    check = resolved(lambda: Mine("d", **GIVEN).last_check, {"lastCheck": {"status": "passed", "runId": "r"}})

    assert (check.status, check.run_id) == ("passed", "r")


def test_get_of_a_users_subclass_gives_that_subclass():
    class Mine(comfydeploy.Deployment):
        pass

    kinds = []
    run(lambda: kinds.append(type(Mine.get("d", "some-id"))))

    assert kinds == [Mine]


def names_on_the_wire() -> set[str]:
    """Every name that the SDK makes itself: the rest stand in the classes of outputs, or are the platform's own."""
    schema = package_schema()
    sections = [one[section] for one in schema["resources"].values() for section in ("inputProperties", "properties")]
    sections += [one[side]["properties"] for one in schema["functions"].values() for side in ("inputs", "outputs")]
    sections += [one.get("properties", {}) for one in schema["types"].values() if "language" not in one]
    return {name for section in sections for name in section}


@pytest.mark.parametrize("name", sorted(names_on_the_wire()))
def test_a_name_on_the_wire_is_what_the_sdk_makes_of_its_python_name(name):
    assert on_the_wire(snake(name)) == name


def test_enumerated_values_go_as_their_text():
    program = lambda: comfydeploy.Deployment(  # noqa: E731
        "d", **{**GIVEN, "environment": comfydeploy.Environment.STAGING}, gpu=comfydeploy.Gpu.A100_80GB
    )

    assert run(program).inputs("d") == {**SENT, "gpu": "A100-80GB"}


CHECK = {
    "inputs": {"run_timeout": 3, "minimum_outputs": {"node_ids": [1]}},
    "expect": {"minimumOutputs": 2, "nodeIds": ["9"]},
    "queueTimeoutSeconds": 30,
    "onFailure": "keep",
    "triggers": [{"node_ids": "kept"}],
}


def test_nested_arguments_are_translated_and_the_users_own_keys_are_not():
    check = comfydeploy.InferenceCheckArgs(
        inputs={"run_timeout": 3, "minimum_outputs": {"node_ids": [1]}},
        expect=comfydeploy.ExpectArgs(minimum_outputs=2, node_ids=["9"]),
        queue_timeout_seconds=30,
        on_failure=comfydeploy.InferenceCheckOnFailure.KEEP,
        triggers=[{"node_ids": "kept"}],
    )

    wire = run(lambda: comfydeploy.Deployment("d", **GIVEN, inference_check=check))

    assert wire.inputs("d")["inferenceCheck"] == CHECK


def test_nested_arguments_as_a_dict_go_out_the_same():
    check: comfydeploy.InferenceCheckArgsDict = {
        "inputs": {"run_timeout": 3, "minimum_outputs": {"node_ids": [1]}},
        "expect": {"minimum_outputs": 2, "node_ids": ["9"]},
        "queue_timeout_seconds": 30,
        "on_failure": "keep",
        "triggers": [{"node_ids": "kept"}],
    }

    wire = run(lambda: comfydeploy.Deployment("d", **GIVEN, inference_check=check))

    assert wire.inputs("d")["inferenceCheck"] == CHECK


def test_nested_arguments_may_hold_outputs():
    def program():
        check = comfydeploy.InferenceCheckArgs(
            inputs={"seed": pulumi.Output.from_input(7)},
            expect=comfydeploy.ExpectArgs(minimum_outputs=pulumi.Output.from_input(2)),
            triggers=[pulumi.Output.from_input({"a_b": 1})],
        )
        comfydeploy.Deployment("d", **GIVEN, inference_check=pulumi.Output.from_input(check))

    assert run(program).inputs("d")["inferenceCheck"] == {
        "inputs": {"seed": 7},
        "expect": {"minimumOutputs": 2},
        "triggers": [{"a_b": 1}],
    }


def test_machine_sends_steps_of_both_forms_with_the_platforms_keys_in_data():
    data = {"url": "https://example.com/nodes", "install_type": "git-clone", "machine_id": 1}
    step = comfydeploy.DockerCommandStepArgs(type=comfydeploy.DockerCommandStepType.COMMANDS, data="RUN true")

    wire = run(
        lambda: comfydeploy.ServerlessMachine(
            "m", gpu="T4", docker_command_steps=[{"type": "custom-node", "data": data}, step]
        )
    )

    assert wire.inputs("m") == {
        "gpu": "T4",
        "dockerCommandSteps": [{"type": "custom-node", "data": data}, {"type": "commands", "data": "RUN true"}],
    }


def test_a_step_may_be_made_by_the_class_of_its_dict():
    step = comfydeploy.DockerCommandStepArgsDict(type="commands", data="RUN true")

    wire = run(lambda: comfydeploy.ServerlessMachine("m", gpu="T4", docker_command_steps=[step]))

    assert wire.inputs("m")["dockerCommandSteps"] == [{"type": "commands", "data": "RUN true"}]


def test_a_nested_argument_that_there_is_none_of_is_refused_with_the_nearest():
    with pytest.raises(TypeError, match=r"ExpectArgs: there is no input 'widht'; did you mean 'width'\? \[COMFY1001\]"):
        comfydeploy.ExpectArgs(widht=512)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"worklow_id": "w"}, r"there is no input 'worklow_id'; did you mean 'workflow_id'\?"),
        ({"workflowId": "w"}, r"there is no input 'workflowId'; did you mean 'workflow_id'\?"),
        ({"colour": "red"}, r"there is no input 'colour'\."),
        ({"import_": "d"}, r"there is no input 'import_'\."),
        ({"protect": True}, r"`protect` is an option of Pulumi's: opts=pulumi\.ResourceOptions\(protect=\.\.\.\)"),
    ],
)
def test_a_misspelt_argument_is_told_with_the_nearest_one_and_where_pulumi_s_options_go(given, says):
    def program():
        runcomfy.Deployment("serving", **{"workflow_id": "w", "workflow_version": "v1", **given})

    with pytest.raises(pulumi.RunError, match=f'^Deployment "serving": {says}.*\\[COMFY1001\\]$'):
        run(program)


def test_so_it_is_to_a_program_s_own_subclass():
    class Mine(runcomfy.Deployment):
        pass

    with pytest.raises(pulumi.RunError, match="did you mean 'hardware'"):
        run(lambda: Mine("mine", workflow_id="w", workflow_version="v1", hardwear="AMPERE_48"))


def test_an_argument_that_is_left_out_is_told_as_one_that_is_none():
    with pytest.raises(pulumi.RunError, match=r'^Deployment "serving": `workflow_version` is required'):
        run(lambda: runcomfy.Deployment("serving", workflow_id="w"))


@pytest.mark.parametrize(
    ("following", "what"),
    [
        (lambda: ("w", "v1"), "a str"),
        (lambda: (3,), "an int"),
        (lambda: (None, {}), "a dict"),
        (lambda: (pulumi.Output.from_input("w"),), "an Output"),  # made while a program runs, as everywhere
    ],
)
def test_inputs_that_follow_the_name_are_told_to_be_given_by_theirs(following, what):
    with pytest.raises(pulumi.RunError, match=f"not {what}; give inputs by their names"):
        run(lambda: runcomfy.Deployment("serving", *following()))


@pytest.mark.parametrize(
    ("names", "what"),
    [((), "none is given"), ((None,), "not None"), (("",), "not an empty text"), ((5,), "not an int")],
)
def test_a_resource_without_a_name_is_told_what_its_first_argument_is(names, what):
    with pytest.raises(pulumi.RunError, match=f"^Deployment: .* logical name .*{what}.*COMFY1001"):
        run(lambda: runcomfy.Deployment(*names, workflow_id="w", workflow_version="v1"))


def test_an_output_is_told_to_be_no_name_of_a_resource():
    with pytest.raises(pulumi.RunError, match=r"^Deployment: .* logical name .*not an Output"):
        run(lambda: runcomfy.Deployment(pulumi.Output.from_input("d"), workflow_id="w", workflow_version="v1"))


def test_what_is_looked_up_without_a_name_is_told_the_same():
    with pytest.raises(pulumi.RunError, match=r"^Deployment: .* logical name .*not None"):
        run(lambda: runcomfy.Deployment.get(None, "id"))


@pytest.mark.parametrize(
    ("takes_names", "given"),
    [(runcomfy.get_deployment, "d"), (runcomfy.get_deployment_output, "d"), (comfydeploy.ExpectArgs, ["images"])],
)
def test_what_is_given_without_its_name_is_told_to_be_given_by_it(takes_names, given):
    with pytest.raises(pulumi.RunError, match=f"^{takes_names.__name__}: arguments are given by their names, such as"):
        takes_names(given)


@pytest.mark.parametrize("function", [runcomfy.get_deployment, runcomfy.get_deployment_output])
def test_a_misspelt_argument_of_a_function_is_told_with_the_nearest_one(function):
    with pytest.raises(pulumi.RunError, match=f"^{function.__name__}: there is no input 'deploymentid'; did you mean"):
        run(lambda: function(deploymentid="d") and None)


@pytest.mark.parametrize(
    ("takes_none", "given"), [(runcomfy.get_deployment, "id"), (comfydeploy.InferenceCheckArgs, "parent")]
)
def test_what_takes_no_options_of_pulumi_s_advises_none(takes_none, given):
    with pytest.raises(pulumi.RunError, match=f"^{takes_none.__name__}: there is no input '{given}'"):
        takes_none(**{given: "d"})


def test_what_a_function_gives_is_none_of_its_arguments():
    with pytest.raises(pulumi.RunError, match=r"^get_deployment: there is no input 'returns'\."):
        runcomfy.get_deployment(returns=1)
    with pytest.raises(pulumi.RunError, match=r"^get_deployment: there is no input 'return'\."):
        runcomfy.get_deployment(**{"return": 1})


@pytest.mark.parametrize("function", [comfydeploy.get_deployment, comfydeploy.get_deployment_output])
def test_an_argument_that_a_function_lacks_is_told(function):
    with pytest.raises(pulumi.RunError, match=f"^{function.__name__}: `environment` is required"):
        function(workflow_id="w")


def test_a_nested_argument_that_is_left_out_is_told():
    with pytest.raises(pulumi.RunError, match=r"^DockerCommandStepArgs: `data` is required \[COMFY1001\]$"):
        comfydeploy.DockerCommandStepArgs(type="commands")


def test_an_option_that_does_nothing_here_is_said_to(monkeypatch):
    lines = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: lines.append(text))
    opts = pulumi.ResourceOptions(replace_on_changes=["queue_size"])

    run(lambda: runcomfy.Deployment("serving", opts, workflow_id="w", workflow_version="v1"))

    assert [line.split(" here")[0] for line in lines] == ['Deployment "serving": `replace_on_changes` does nothing']


def test_what_a_constructor_takes_stays_readable_to_editors():
    taken = inspect.signature(runcomfy.Deployment).parameters

    assert list(taken)[:4] == ["resource_name", "opts", "workflow_id", "workflow_version"]


def test_secret_variables_are_wrapped_whole_and_keep_their_names():
    variables = {"machine_ids": "a", "HF_TOKEN": "b"}

    wire = run(lambda: comfydeploy.Secret("s", variables=variables, machine_ids=["m"], rebuild_machines=False))

    assert wire.inputs("s") == {
        "variables": {**SECRET_SIGNATURE, "value": variables},
        "machineIds": ["m"],
        "rebuildMachines": False,
    }


def test_workflow_document_goes_as_text_with_exact_numbers():
    document = {"3": {"class_type": "KSampler", "inputs": {"seed": 2**64 - 1, "run_timeout": 1}}}

    wire = run(lambda: comfydeploy.Workflow("w", workflow=document, cover_image="https://example.com/a.png"))

    assert json.loads(wire.inputs("w")["workflow"]) == document
    assert wire.inputs("w")["coverImage"] == "https://example.com/a.png"


def test_arguments_left_out_are_not_sent():
    wire = run(lambda: comfydeploy.ServerlessMachine("m", gpu="T4"))

    assert wire.inputs("m") == {"gpu": "T4"}


def required_arguments() -> list[Any]:
    return [
        pytest.param(token, snake(wire), id=f"{token}.{wire}")
        for token, spec in RESOURCES.items()
        for wire in spec["requiredInputs"]
    ]


def class_of(token: str) -> Any:
    _, platform, name = token.split(":")
    return getattr(getattr(pulumi_comfy, platform), name)


@pytest.mark.parametrize(("token", "missing"), required_arguments())
def test_a_required_argument_that_is_none_is_refused_by_name(token, missing):
    required, kind = [snake(wire) for wire in RESOURCES[token]["requiredInputs"]], class_of(token)

    with pytest.raises(pulumi.RunError, match=f'{kind.__name__} "x": `{missing}` is required'):
        kind("x", **{**dict.fromkeys(required, "given"), missing: None})


def sample(spec: dict[str, Any]) -> Any:
    """A value of a property's type, as the platform would give it."""
    if "$ref" in spec:
        return {}
    return {"string": "text", "integer": 3, "number": 2.5, "boolean": True, "array": [], "object": {}}[spec["type"]]


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_every_output_can_be_read_by_its_python_name(token):
    properties = RESOURCES[token]["properties"]
    platform = {wire: sample(spec) for wire, spec in properties.items()}
    kind = class_of(token)

    def program() -> pulumi.Output[Any]:
        found = kind.get("x", "some-id")
        return pulumi.Output.all(**{wire: getattr(found, snake(wire)) for wire in properties})

    plain = {wire: value for wire, value in platform.items() if "$ref" not in properties[wire]}
    assert {wire: value for wire, value in resolved(program, platform).items() if wire in plain} == plain


def test_outputs_read_as_python_attributes_of_their_types():
    platform = {"lastCheck": {"status": "passed", "runSeconds": 2.5, "outputCounts": {"images": 2.0}}}

    check = resolved(lambda: comfydeploy.Deployment("d", **GIVEN).last_check, platform)

    assert isinstance(check, outputs.CheckResult)
    assert (check.run_seconds, check.output_counts, check.run_id) == (2.5, {"images": 2}, None)


def test_an_output_of_a_nested_type_can_be_reached_into():
    url = resolved(
        lambda: comfydeploy.Deployment("d", **GIVEN).last_check["run_id"],
        {"lastCheck": {"status": "passed", "runId": "r"}},
    )

    assert url == "r"


def test_whole_numbers_come_back_whole():
    number = resolved(lambda: comfydeploy.Workflow("w", workflow={"1": {}}).version_number, {"versionNumber": 3.0})

    assert (number, type(number)) == (3, int)


def test_an_enumerated_value_that_only_the_platform_knows_reads_as_text():
    environment = resolved(lambda: comfydeploy.Deployment("d", **GIVEN).environment, {"environment": "someday"})

    assert environment == "someday"


def test_get_reads_by_id_and_needs_no_arguments():
    seen = {"workflowId": "w7"}

    workflow_id = resolved(lambda: comfydeploy.Deployment.get("d", "some-id").workflow_id, seen)

    assert workflow_id == "w7"


def test_get_sends_the_id_and_says_that_it_only_looks():
    wire = run(lambda: comfydeploy.Deployment.get("d", "some-id"))

    assert wire.seen["d"].resource_id == "some-id"
    assert wire.inputs("d") == {LOOKUP: True}


def test_what_is_looked_up_tells_what_it_holds_for_an_argument_that_is_not_given():
    looked_up = pulumi.ResourceOptions(id="some-id")

    gpu = resolved(lambda: comfydeploy.Deployment("d", looked_up, **GIVEN).gpu, {"gpu": "T4"})

    assert gpu == "T4"
