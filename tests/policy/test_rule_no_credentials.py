"""The rule `no-credentials`: no credential where it does not belong."""

from __future__ import annotations

import json

from good import deployment, machine, node, runcomfy
from made_credentials import KINDS, make

from pulumi_comfy.policy.kit import UNKNOWN, resource, said, undecided
from pulumi_comfy.policy.rules.secrets import NO_CREDENTIALS

KIND = next(kind for kind in KINDS if kind.vendor == "Hugging Face")
TOKEN = make(KIND)


def workflow(**inputs):
    prompt = {"12": {"class_type": "Download", "inputs": {"text": "a cat", **inputs}}}
    return resource("comfydeploy:Workflow", "portrait", workflow=json.dumps(prompt))


def test_a_document_without_a_credential_passes():
    assert said(NO_CREDENTIALS, workflow()) == []


def test_a_credential_in_a_document_is_told_with_its_place():
    (told,) = said(NO_CREDENTIALS, workflow(token=TOKEN))

    assert told == (
        'comfydeploy.Workflow "portrait": workflow.12.inputs.token holds what looks like a credential of Hugging Face '
        "(huggingface-token), and every picture embeds its workflow. Revoke it, take it out, and give it where secrets "
        "belong; where it is none, name the place in `allowed` of `no-credentials`."
    )


def test_the_message_does_not_tell_the_credential():
    assert TOKEN not in str(said(NO_CREDENTIALS, workflow(token=TOKEN)))


def test_a_credential_in_a_command_is_told():
    step = {"type": "commands", "data": f"RUN huggingface-cli login --token {TOKEN}"}

    (told,) = said(NO_CREDENTIALS, machine(dockerCommandSteps=[node(), step]))

    assert told.startswith(
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[1].data holds what looks like a credential of Hugging '
        "Face (huggingface-token). Revoke it"
    )


def test_a_credential_in_the_inputs_of_a_check_is_told():
    (told,) = said(NO_CREDENTIALS, deployment(inferenceCheck={"inputs": {"token": TOKEN}}))

    assert "inferenceCheck.inputs.token holds" in told


def test_a_credential_in_a_url_is_told():
    assert len(said(NO_CREDENTIALS, machine(dockerCommandSteps=[node(url=f"https://{TOKEN}@github.com/a/b")]))) == 1


def test_what_is_secret_by_its_declaration_is_where_credentials_belong():
    secret = resource("comfydeploy:Secret", "tokens", variables={"HF_TOKEN": TOKEN})
    extra = runcomfy(inferenceCheck={"extraData": {"api_key_comfy_org": TOKEN}})

    assert said(NO_CREDENTIALS, secret) == []
    assert said(NO_CREDENTIALS, extra) == []


def test_what_the_platform_tells_is_not_the_programs():
    assert said(NO_CREDENTIALS, resource("comfydeploy:ApiKey", "key", key=TOKEN)) == []


def test_a_place_that_is_none_can_be_named():
    one = workflow(token=TOKEN)

    assert said(NO_CREDENTIALS, one, allowed=["portrait: workflow.12.inputs.token"]) == []


def test_a_document_that_is_no_json_is_searched_as_text():
    one = resource("comfydeploy:Workflow", "portrait", workflow=f"see {TOKEN}")

    assert "workflow holds" in said(NO_CREDENTIALS, one)[0]


def test_a_document_that_is_not_known_neither_passes_nor_fails():
    one = resource("comfydeploy:Workflow", "portrait", workflow=UNKNOWN)

    assert said(NO_CREDENTIALS, one) == []
    assert undecided(NO_CREDENTIALS, one) == [
        'comfydeploy.Workflow "portrait": workflow is not known yet, or not wholly.'
    ]


def test_an_id_or_a_name_that_is_not_known_is_no_place_for_a_credential():
    one = deployment(machineId=UNKNOWN, workflowId=UNKNOWN, inferenceCheck={"triggers": [UNKNOWN]})

    assert undecided(NO_CREDENTIALS, one) == []


def test_a_secret_that_is_not_known_is_not_looked_at():
    assert undecided(NO_CREDENTIALS, resource("comfydeploy:Secret", "tokens", variables=UNKNOWN)) == []


def test_what_is_known_of_a_value_is_searched():
    one = deployment(inferenceCheck={"inputs": {"seed": UNKNOWN, "token": TOKEN}})

    assert len(said(NO_CREDENTIALS, one)) == 1
    assert len(undecided(NO_CREDENTIALS, one)) == 1
