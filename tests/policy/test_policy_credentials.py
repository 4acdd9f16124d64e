"""The detector of credentials: every vendor's is found at its place, and what only looks like one is not."""

from __future__ import annotations

import base64
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from made_credentials import ALNUM, BASE64, HEX, KINDS, Dice, Kind, make

from pulumi_comfy.policy.credentials import Finding, find, find_in

CHECKOUT = Path(__file__).resolve().parents[2]
WORKFLOWS = Path(os.environ.get("COMFY_WORKFLOWS", CHECKOUT.parent / "shared" / "workflows"))
"""Where people's workflows lie: beside the checkout, or where the variable says."""
TOKEN = make(next(kind for kind in KINDS if kind.name == "Anthropic sk-ant-api03-"))

each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def assert_found(text: str, kind: Kind, credential: str, found: list[Finding]) -> None:
    assert [text[one.start : one.end].strip() for one in found] == [credential.strip()]
    assert [one.vendor for one in found] == [kind.vendor]


def test_at_least_60_credentials_of_20_vendors_are_asked_for():
    assert len(KINDS) >= 60
    assert len({kind.vendor for kind in KINDS} - {"unknown", "private key"}) >= 20


@each_kind
def test_a_credential_is_found_where_it_stands(kind: Kind):
    credential = make(kind)
    text = kind.around.format(credential)

    found = find(text)

    assert_found(text, kind, whole(kind, credential), found)


def whole(kind: Kind, credential: str) -> str:
    """With what stands before it and belongs to it."""
    return f"sk-{credential}" if "sk-{}" in kind.around else credential


@each_kind
def test_a_credential_is_found_between_other_lines(kind: Kind):
    credential = make(kind)
    text = f"a portrait of a cat,\nsoft light\n{kind.around.format(credential)}\nand more of it\r\n"

    assert_found(text, kind, whole(kind, credential), find(text))


@each_kind
def test_a_credential_is_found_in_the_text_of_a_json_document(kind: Kind):
    credential = make(kind)
    text = json.dumps({"widgets_values": [f"first line\n{kind.around.format(credential)}\nlast line", 7]})

    assert_found(text, kind, json.dumps(whole(kind, credential))[1:-1], find(text))


@each_kind
def test_a_credential_in_a_value_is_found_with_its_place(kind: Kind):
    text = kind.around.format(make(kind))

    found = find_in({"3": {"inputs": {"steps": 20, "note": ["a cat", text]}}})

    assert [place for place, _ in found] == ["3.inputs.note[1]"]
    assert_found(text, kind, whole(kind, make(kind)), [one for _, one in found])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.around == "{}"], ids=str)
def test_a_credential_that_is_a_key_is_found_and_not_told(kind: Kind):
    credential = make(kind)

    found = find_in({"outer": {"a": 1, credential: {"b": "c"}}})

    assert [(place, one.vendor) for place, one in found] == [("outer[key 2]", kind.vendor)]
    assert credential not in repr(found)


def test_what_stands_below_a_key_that_is_a_credential_has_a_place_that_does_not_tell_it():
    found = find_in({TOKEN: {"deeper": [TOKEN]}})

    assert [place for place, _ in found] == ["[key 1]", "[key 1].deeper[0]"]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"DB_PASSWORD": "hunter22"}, "DB_PASSWORD"),
        ({"DB_PWD": "hunter22"}, "DB_PWD"),
        ({"password": "correcthorse"}, "password"),
        ({"apiToken": "a1b2c3d4e5f6a7"}, "apiToken"),
        ({"environment": [{"key": "SMTP_PASSWORD", "value": "hunter22"}]}, "environment[0].value"),
        ({"secrets": {"name": "API_TOKEN", "value": "a1b2c3d4e5f6a7"}}, "secrets.value"),
        ({"input_id": "api_key", "default_value": "a1b2c3d4e5f6a7"}, "default_value"),
        ({"tokens": {"hf_token": ["a1b2c3d4e5f6a7"]}}, "tokens.hf_token[0]"),
    ],
)
def test_a_value_under_a_telling_name_is_found(value: Any, place: str):
    assert [(where, one.rule) for where, one in find_in(value)] == [(place, "named")]


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install x --token {}",
        "curl -H 'X-API-Key: {}' https://host/file",
        "ENV ACCESS_TOKEN {}",
        "ACCESS_TOKEN={} python main.py",
        "wget 'https://host/file?size=2&access_token={}&more=1'",
        "https://bucket.s3.amazonaws.com/a.png?X-Amz-Expires=3600&X-Amz-Signature={}",
        "https://account.blob.core.windows.net/a.png?se=2030&sig={}",
        '{{\\"client_secret\\": \\"{}\\"}}',
        "password := '{}'",
        "%26api_key%3D%22&api_key={}",
    ],
)
def test_a_value_beside_a_telling_name_is_found_in_a_text(text: str):
    value = "7f" + Dice(text).draw(HEX, 40)
    filled = text.format(value)

    assert [filled[one.start : one.end] for one in find(filled)] == [value]


def test_several_credentials_are_given_in_their_order_without_overlaps():
    github = make(next(kind for kind in KINDS if kind.name == "GitHub ghp_"))
    text = f"HF_TOKEN={TOKEN} git clone https://x-access-token:{github}@github.com/a/b"

    found = find(text)

    assert [text[one.start : one.end] for one in found] == [TOKEN, github]
    assert [one.rule for one in found] == ["anthropic-key", "github-token"]


def test_a_finding_does_not_hold_the_credential():
    assert TOKEN[-20:] not in repr(find(f"x {TOKEN} y"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a cat in a task-oriented, risk-averse setting",
        "${{ secrets.OPENAI_API_KEY }}",
        "OPENAI_API_KEY=${{ secrets.OPENAI_API_KEY }}",
        "api_key: YOUR_API_KEY_12345678",
        "api_key=your-api-key-goes-here-1",
        "token: <your token 1234 here>",
        "HF_TOKEN=$HF_TOKEN",
        "export HF_TOKEN=${HF_TOKEN_2}",
        "Authorization: Bearer $RUNCOMFY_API_KEY",
        "Authorization: Bearer {{ token_of_stage_2 }}",
        "Authorization: Bearer YOUR_API_KEY_GOES_HERE1",
        'os.environ["OPENAI_API_KEY_2"]',
        "api_key = os.environ.get('KEY_NUMBER_2')",
        "token = settings.hugging_face_token_2",
        "token = base64.b64decode(given)",
        "api_key = keys_by_vendor_2[vendor]",
        "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-...",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_" + "0123456789abcdefghij" * 2,
        "AKIAIOSFODNN7EXAMPLE",
        "https://user:password@host/file",
        "https://user:$PASSWORD@host/file",
        "postgres://user:<password>@host/db",
        "https://host:8080/a@2x.png",
        "http://127.0.0.1:8188",
        "docker.io/library/comfyui-094306b626e9cf505690c5d8b445032b3b8a36fb",
        "https://github.com/a/b/tree/094306b626e9cf505690c5d8b445032b3b8a36fb",
        "comfyui-my-long-output-folder-name-of-a-project",
        "max_tokens: 1234567890123456",
        "token_normalization: length+mean2",
        "secret garden, 8k, highly detailed",
        "the keys: 3fa85f6457174562b3fc2c963f66afa6",
        "key: 3fa85f6457174562b3fc2c963f66afa6",
        "secret: models/checkpoints/sd_xl_base_1.0.safetensors",
        "hf_transfer_enabled_model_from_the_hub_2.safetensors",
        "re_rendered_2_of_the_same_picture",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\n" + "MIIB" * 40,
        "basic composition, basic training",
        "bearer of good news and of many things",
        "[secret]",
        "password: ********",
        "Ünïcödé İstanbul token: ok",
    ],
)
def test_what_only_looks_like_a_credential_is_not_found(text: str):
    assert find(text) == []
    assert find_in({"note": [text]}) == []


@pytest.mark.parametrize(
    "value",
    [
        {"password": ""},
        {"password": None},
        {"PWD": "/home/app"},
        {"password": "none"},
        {"api_key": "YOUR_API_KEY"},
        {"api_key": "${{ secrets.OPENAI_API_KEY }}"},
        {"api_key": ["4", 0]},
        {"token": "ohwx man"},
        {"token": "a photo of sks dog 1"},
        {"seed": 123456789012345, "max_tokens": 4096},
        {"hash": Dice("hash").draw(HEX, 64)},
        {"api_key": "environment"},
        {"value": "a1b2c3d4e5f6a7", "key": "GIT_COMMIT"},
        {"credentials": "/run/secrets/openai-1"},
        {"credentials": "https://host/credentials/1"},
        5,
        None,
    ],
)
def test_names_without_a_credential_are_not_found(value: Any):
    assert find_in(value) == []


@pytest.mark.parametrize("number", range(10))
def test_an_encoded_picture_holds_none(number: int):
    picture = Dice(f"picture {number}").draw(BASE64, 60_000) + "=="

    assert find(f"data:image/png;base64,{picture}") == []
    assert find(picture) == []


@pytest.mark.parametrize("start", ["AKIA", "AIza", "SK", "dapi", "key", "token"])
def test_a_tokens_beginning_inside_an_encoded_picture_is_none(start: str):
    dice = Dice(start)
    inside = {"AKIA": dice.draw(ALNUM.upper(), 16), "SK": dice.draw(HEX, 32), "dapi": dice.draw(HEX, 32)}
    picture = f"{dice.draw(BASE64, 200)}/{start}{inside.get(start, dice.draw(ALNUM, 35))}/{dice.draw(BASE64, 200)}"

    assert find(f"data:image/png;base64,{picture}") == []


def test_a_letter_that_grows_when_it_is_made_small_moves_no_place():
    text = f"İİİ api_key={'7f' + Dice('i').draw(HEX, 40)}"

    (found,) = find(text)

    assert text[found.start : found.end] == text.partition("=")[2]


def test_deep_nesting_is_read_to_its_end():
    value: Any = TOKEN
    for _ in range(50_000):
        value = [value]

    ((place, found),) = find_in(value)

    assert (place.count("[0]"), found.vendor) == (50_000, "Anthropic")


@pytest.mark.parametrize(
    "bait",
    [
        "sk-",
        "key ",
        "token=",
        "token1=abcdefghi/",
        "eyJ.",
        "-eyJhbGciOiJIUzI1NiJ9.eyJhbGci.",
        "://a:",
        "://",
        "a:b@",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "bearer ",
        "password : ",
        "/ABSK",
        "12345678:AA",
        "_" * 50 + "key",
        "a.",
        "\\n",
    ],
)
def test_a_text_of_nothing_but_beginnings_is_read_to_its_end(bait: str):
    assert len(find(bait * (150_000 // len(bait)) + f"\n{TOKEN}")) == 1


@pytest.mark.apart
def test_a_document_of_20_megabytes_is_read_to_its_end():
    node = {"id": 1, "type": "KSampler", "widgets_values": [123456789, "euler", "a cat", "sd_xl_base_1.0.safetensors"]}
    document = json.dumps({"nodes": [node] * 190_000, "extra": {"note": TOKEN}})
    assert len(document) > 20_000_000

    (found,) = find(document)

    assert document[found.start : found.end] == TOKEN


def needs_workflows(test: Any) -> Any:
    is_there = pytest.mark.skipif(not WORKFLOWS.is_dir(), reason="no workflows beside the checkout")
    return pytest.mark.apart(is_there(test))


@needs_workflows
def test_peoples_workflows_give_at_most_one_false_alarm():
    documents = [path for path in WORKFLOWS.rglob("*") if path.suffix in (".json", ".md")]

    alarms = Counter({path.name: _alarms(path) for path in documents})

    assert documents
    assert alarms.total() <= 1, +alarms


TEXTS = {".json", ".md", ".py", ".txt", ".yaml", ".yml"}
EXAMPLES = [one for one in (CHECKOUT / "examples").rglob("*") if one.suffix in TEXTS and ".venv" not in one.parts]


@pytest.mark.parametrize("path", sorted(EXAMPLES), ids=lambda path: path.name)
def test_an_example_holds_none(path: Path):
    assert _alarms(path) == 0


def _alarms(path: Path) -> int:
    text = path.read_text("utf-8", errors="replace")
    found = len(find(text))
    if path.suffix == ".json":
        found = max(found, len(find_in(json.loads(text))))
    return found


def test_no_vendors_credential_stands_in_these_tests_themselves():
    texts = [path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py")]

    assert [one for text in texts for one in find(text) if one.rule != "named"] == []


def test_a_basic_header_is_one_only_where_it_holds_a_password():
    nobody = base64.b64encode(b"just some words").decode()

    assert find(f"Authorization: Basic {nobody}") == []
