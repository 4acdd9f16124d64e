"""Facts of schema.json."""

import json
import os
import re
import shutil
import subprocess
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from pulumi_comfy import __version__
from pulumi_comfy.configuration import SETTINGS
from pulumi_comfy.core.model import (
    BULK,
    HELD,
    LEFT_ALONE,
    PERMANENT,
    REPLACES,
    SECRET,
    Model,
    fields_marked,
    fields_never_unset,
    public,
    wire_name,
)
from pulumi_comfy.core.stored import SCOPE
from pulumi_comfy.inference.settings import Expect, InferenceCheck
from pulumi_comfy.platforms.comfydeploy.docker_steps import DockerCommandStep
from pulumi_comfy.platforms.comfydeploy.fields import Environment, Gpu
from pulumi_comfy.schema.files import ROOT, SCHEMA
from pulumi_comfy.schema.package import handlers, package_and_kinds, package_schema, resource
from pulumi_comfy.schema.properties import Types, describe, in_public

PACKAGE: dict[str, Any] = package_schema()
RESOURCES: dict[str, Any] = PACKAGE["resources"]


def descriptions() -> list[Any]:
    rows = [pytest.param(spec["description"], id=token) for token, spec in {**RESOURCES, **PACKAGE["types"]}.items()]
    for token, spec in RESOURCES.items():
        for section in ("inputProperties", "properties"):
            rows += [pytest.param(one["description"], id=f"{token}.{name}") for name, one in spec[section].items()]
    for token, spec in PACKAGE["types"].items():
        for name, one in spec.get("properties", {}).items():
            rows.append(pytest.param(one["description"], id=f"{token}.{name}"))
    for name, one in PACKAGE["config"]["variables"].items():
        rows.append(pytest.param(one["description"], id=f"config.{name}"))
    return rows


@pytest.mark.parametrize("text", descriptions())
def test_everything_has_a_description_in_full_sentences(text):
    assert re.match(r"[A-Z`]", text)
    assert text.endswith(".")
    assert len(text.split()) >= 3


@pytest.mark.parametrize("text", descriptions())
def test_descriptions_cite_nothing_that_users_cannot_read(text):
    assert not re.search(r"\(?(reference|section) \d|docs/|\([1-9]\.\d", text)


@pytest.mark.parametrize(
    "citation",
    ["(2.5)", "(2.3.1)", "(2.3, 5.3)", "(1.2, 2.8, 6)", "(docs/platforms/toy.md 2.5)", "(docs/pulumi.md 1.3, 1.10)"],
)
def test_a_citation_of_a_page_of_facts_is_taken_out_of_a_public_text(citation):
    assert in_public(f"GPU of a machine\n{citation}. One of many {citation}.") == "GPU of a machine. One of many."


@pytest.mark.parametrize("words", ["(2.5 s)", "(6)", "(ComfyUI 0.3.45 or newer)", "(0.5)", "(512)", "(docs/pulumi.md)"])
def test_what_stands_in_parentheses_and_cites_nothing_stays(words):
    assert in_public(f"Seconds {words}.") == f"Seconds {words}."


def test_every_handler_is_a_resource():
    assert set(RESOURCES) == {f"comfy:{handler.token}" for handler in handlers()}


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_inputs_are_the_fields_of_the_inputs_model(handler):
    spec = RESOURCES[f"comfy:{handler.token}"]

    assert set(spec["inputProperties"]) == {
        wire_name(handler.inputs_model, one) for one in handler.inputs_model.model_fields
    }


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_outputs_are_what_the_state_holds(handler):
    inputs, results = handler.inputs_model, handler.outputs_model
    kept = [name for name in inputs.model_fields if name not in fields_marked(inputs, BULK)]

    names = {wire_name(inputs, name) for name in kept} | {wire_name(results, name) for name in results.model_fields}

    assert set(RESOURCES[f"comfy:{handler.token}"]["properties"]) == names | {SCOPE}


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_marks_become_secret_and_replacement(handler):
    properties = RESOURCES[f"comfy:{handler.token}"]["inputProperties"]
    model = handler.inputs_model

    secret = {name for name, spec in properties.items() if spec.get("secret")}
    replaces = {name for name, spec in properties.items() if spec.get("willReplaceOnChanges")}

    assert secret == {wire_name(model, name) for name in fields_marked(model, SECRET)}
    assert replaces == {wire_name(model, name) for name in fields_marked(model, REPLACES)}


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_the_dynamic_token_is_an_alias(handler):
    token = f"comfy:{handler.token}"

    assert RESOURCES[token]["aliases"] == [
        {"type": f"pulumi-python:{handler.token}"},
        {"type": f"pulumi-python:dynamic/comfy/{handler.token}"},
    ]


def test_a_secret_input_is_a_secret_output():
    assert RESOURCES["comfy:comfydeploy:Secret"]["properties"]["variables"]["secret"] is True


def test_a_document_is_text_on_the_wire():
    assert RESOURCES["comfy:comfydeploy:Workflow"]["inputProperties"]["workflow"]["type"] == "string"


def test_a_users_map_has_no_named_properties():
    variables = RESOURCES["comfy:comfydeploy:Secret"]["inputProperties"]["variables"]

    assert variables["additionalProperties"] == {"type": "string"}


def test_any_json_value_is_pulumis_any():
    check = PACKAGE["types"]["comfy:comfydeploy:InferenceCheck"]

    assert check["properties"]["inputs"]["additionalProperties"] == {"$ref": "pulumi.json#/Any"}


@pytest.mark.parametrize("enum", [Gpu, Environment])
def test_an_enum_lists_the_values_of_the_models(enum):
    rows = PACKAGE["types"][f"comfy:comfydeploy:{enum.__name__}"]["enum"]

    assert [row["value"] for row in rows] == [one.value for one in enum]


def test_an_enumerated_output_is_text():
    assert RESOURCES["comfy:comfydeploy:Deployment"]["properties"]["environment"]["type"] == "string"


def test_configuration_is_that_of_the_settings():
    variables = PACKAGE["config"]["variables"]

    assert {name: spec.get("secret", False) for name, spec in variables.items()} == {
        setting.key: setting.is_secret for setting in SETTINGS
    }


def test_no_configuration_is_filled_from_the_environment():
    """Pulumi would copy the environment's credential into the state."""
    assert "defaultInfo" not in json.dumps(PACKAGE)


@pytest.mark.parametrize(("token", "kinds"), package_and_kinds()[1].items(), ids=package_and_kinds()[1])
def test_every_kind_of_a_nested_type_says_what_shape_it_has(token, kinds):
    properties = PACKAGE["types"][token]["properties"]
    words = PACKAGE["types"][properties[kinds.by]["$ref"].removeprefix("#/types/")]["enum"]

    assert {row["value"] for row in words} == set(kinds.one_of)
    assert properties[kinds.of]["oneOf"] == list(kinds.one_of.values())


def test_the_version_is_the_packages():
    assert PACKAGE["version"] == __version__


def test_the_description_is_that_of_pyproject():
    assert f'description = "{PACKAGE["description"]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


class Toy(Model):
    size: Annotated[int, Field(ge=2, description="Size in pixels.")] = 4
    speed: Annotated[float | None, Field(gt=0, description="Speed.")] = None
    shape: Annotated[Literal["round"], REPLACES, Field(description="Shape. Default `round`.")] = "round"
    least: Annotated[int, Field(ge=1, description="At least one. Default 1.")] = 1
    quiet: Annotated[bool, Field(description="Whether it is quiet.")] = True


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("size", "Size in pixels. Default: `4`. At least 2."),
        ("speed", "Speed. Default: none. More than 0."),
        ("shape", "Shape. Default `round`. A change replaces the resource."),
        ("least", "At least one. Default 1."),
        ("quiet", "Whether it is quiet. Default: `true`."),
    ],
)
def test_a_description_gains_what_it_does_not_say_itself(field, text):
    assert describe(Toy.model_fields[field]) == text


class Settable(Model):
    kept: Annotated[str | None, LEFT_ALONE, Field(description="Kept.")] = None
    fixed: Annotated[str | None, PERMANENT, Field(description="Fixed.")] = None
    held: Annotated[str | None, HELD, Field(description="Held.")] = None


@pytest.mark.parametrize("field", Settable.model_fields)
def test_a_description_says_that_what_the_platform_cannot_unset_is_left_as_it_is(field):
    assert "Left as it is" in describe(Settable.model_fields[field])


def test_an_output_that_no_program_gives_has_no_default():
    assert describe(Toy.model_fields["speed"], is_given=False) == "Speed. More than 0."


def _given_models() -> dict[str, type[Model]]:
    models = {handler.token: handler.inputs_model for handler in handlers()}
    return models | {one.__name__: one for one in (InferenceCheck, Expect, DockerCommandStep)}


OPTIONAL = [
    (kind, model, name)
    for kind, model in _given_models().items()
    for name, field in model.model_fields.items()
    if not field.is_required()
]


@pytest.mark.parametrize(("kind", "model", "name"), OPTIONAL, ids=[f"{kind}.{name}" for kind, _, name in OPTIONAL])
def test_an_input_that_is_not_given_names_its_default_or_is_left_alone(kind, model, name):
    text = describe(model.model_fields[name]).lower()

    is_left_alone = name in fields_never_unset(model)
    assert ("left as it is" in text) is is_left_alone
    assert is_left_alone or "default" in text


def test_a_default_is_in_the_schema():
    machine = RESOURCES["comfy:comfydeploy:ServerlessMachine"]["inputProperties"]

    assert (machine["runTimeout"]["default"], machine["rollout"]["default"]) == (300, "in_place")


@public("index:Inner")
class Inner(Model):
    kind: Annotated[Literal["a", "b"], Field(description="Which kind.")] = "a"


OWNER = "teapots:Outer"


class Outer(Model):
    inner: Annotated[Inner, Field(description="The inner one.")]


def test_a_type_that_only_outputs_hold_is_described_as_the_state_holds_it():
    types = Types()

    types.outputs(Outer, OWNER)

    assert types.specs["comfy:index:Inner"]["required"] == ["kind"]
    assert types.specs["comfy:index:Inner"]["properties"]["kind"]["type"] == "string"


@pytest.mark.parametrize("order", ["inputs outputs", "outputs inputs"])
def test_a_type_that_programs_give_is_described_as_they_give_it(order):
    types = Types()

    for side in order.split():
        getattr(types, side)(Outer, OWNER)

    assert types.specs["comfy:index:Inner"]["required"] == []
    assert "$ref" in types.specs["comfy:index:Inner"]["properties"]["kind"]


def test_a_type_without_a_word_is_refused():
    class Odd(Model):
        moment: Annotated[bytes, Field(description="When.")]

    with pytest.raises(TypeError, match="`moment` of `Odd`: the schema has no word for"):
        Types().inputs(Odd, "teapots:Odd")


def test_a_name_that_pulumi_owns_is_refused():
    class VersionedOutputs(Model):
        version: Annotated[str, Field(description="Version.")]

    versioned = type("Versioned", (type(handlers()[0]),), {"outputs_model": VersionedOutputs})()

    with pytest.raises(ValueError, match="Pulumi owns the name version"):
        resource(versioned, Types())


@pytest.mark.cli
def test_the_real_cli_accepts_the_schema(tmp_path):
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        pytest.skip("there is no `pulumi` on PATH")

    environment = {**os.environ, "PULUMI_HOME": str(tmp_path), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    checked = subprocess.run(
        [pulumi, "schema", "check", str(ROOT / SCHEMA)], env=environment, capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md"])
def test_each_setting_has_its_row_on_the_pages_that_list_them(page):
    text = (ROOT / page).read_text(encoding="utf-8")

    missing = [one.key for one in SETTINGS if not re.search(rf"^\| `comfy:{one.key}`.*`{one.environment}`", text, re.M)]

    assert missing == []
