"""`pulumi-comfy prices` and `pulumi-comfy cost`: what is known of prices, and what a file of Pulumi's comes to."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from pulumi_comfy.cli import main

TYPE = "pulumi-python:comfydeploy:ServerlessMachine"
NOT_YET = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
ENCRYPTED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def urn(name, kind=TYPE):
    return f"urn:pulumi:dev::shop::{kind}::{name}"


def machine(name, **inputs):
    """A machine as a state holds it: its outputs repeat its inputs, and numbers are as JSON has them."""
    given = {"gpu": "T4", "keepWarm": 0, "concurrencyLimit": 1, "idleTimeout": 60, **inputs}
    return {"urn": urn(name), "type": TYPE, "inputs": given, "outputs": {**given, "status": "ready"}}


def deployment(name, modal_image_id=None, **inputs):
    kind = "pulumi-python:dynamic/comfy/comfydeploy:Deployment"  # the type of older states
    outputs = {**inputs, **({"modalImageId": modal_image_id} if modal_image_id else {})}
    return {"urn": urn(name, kind), "type": kind, "inputs": inputs, "outputs": outputs}


OTHERS = [
    {"urn": urn("dev", "pulumi:pulumi:Stack"), "type": "pulumi:pulumi:Stack"},
    {"urn": urn("flow", "pulumi-python:comfydeploy:Workflow"), "type": "pulumi-python:comfydeploy:Workflow"},
]


@pytest.fixture
def told(folder, invoke):
    """Ask `cost` about a document, and get its text."""

    def ask(document, *options):
        (folder / "document.json").write_text(json.dumps(document))
        result = invoke("cost", "document.json", *options)
        assert result.exit_code == 0, result.output
        return result.output

    return ask


def state(*resources):
    return {"version": 3, "deployment": {"resources": [*OTHERS, *resources]}}


def without_age(text):
    return [line.partition(", list price of")[0] for line in text.splitlines()]


def test_a_state_says_what_each_machine_costs_and_what_all_do(told):
    text = told(state(machine("a", keepWarm=1.0, concurrencyLimit=3), machine("b", gpu="H100")))
    # T4 0.00018 x 3600 = 0.648, x 3 = 1.944; H100 0.002338 x 3600 = 8.4168
    assert without_age(text) == [
        "ServerlessMachine a: idle 0.65, at most 1.94 USD/h (T4",
        "ServerlessMachine b: idle 0.00, at most 8.42 USD/h (H100",
        "In all: idle 0.65, at most 10.36 USD/h",
    ]


def test_an_ordinary_deployment_is_billed_by_its_machine_and_one_with_its_own_app_by_itself(told):
    counts = {"machineId": "m-1", "gpu": "T4", "concurrencyLimit": 2, "keepWarm": 1}
    text = told(state(deployment("plain", **counts), deployment("fluid", modal_image_id="im-1", **counts)))
    assert without_age(text) == [
        "Deployment plain: idle 0.00, at most 0.00 USD/h (T4, off, or billed by its machine)",
        "Deployment fluid: idle 0.65, at most 1.30 USD/h (T4",
        "In all: idle 0.65, at most 1.30 USD/h",
    ]


def test_what_waits_for_its_deletion_is_still_billed(told):
    text = told(state(machine("a", keepWarm=1), {**machine("a", keepWarm=1), "delete": True}))
    assert without_age(text)[-1] == "In all: idle 1.30, at most 1.30 USD/h"


def test_a_state_may_come_through_a_pipe(folder):
    done = CliRunner().invoke(main, ["cost", "-"], input=json.dumps(state(machine("gpu", gpu="L4"))))

    assert (done.exit_code, done.output.splitlines()[0].partition(":")[0]) == (0, "ServerlessMachine gpu")


def test_what_is_encrypted_is_not_guessed(told):
    text = told(state(machine("a", gpu=ENCRYPTED), machine("b")))
    assert text.splitlines()[0].endswith("idle ?, at most ? USD/h (secret, or known in the update only)")
    assert without_age(text)[-1] == "In all: idle 0.00, at most 0.65 USD/h, without 1 not known"


PREVIEW = {
    "steps": [
        {"op": "same", "urn": urn("kept"), "oldState": machine("kept"), "newState": machine("kept")},
        {"op": "create", "urn": urn("new"), "newState": machine("new", gpu="L4", keepWarm=1)},
        {"op": "create-replacement", "urn": urn("moved"), "newState": machine("moved", gpu="H100")},
        {"op": "replace", "urn": urn("moved"), "newState": machine("moved", gpu="H100")},
        {"op": "delete-replaced", "urn": urn("moved"), "oldState": machine("moved")},
        {"op": "delete", "urn": urn("gone"), "oldState": machine("gone", keepWarm=1)},
        {"op": "create", "urn": urn("late"), "newState": machine("late", concurrencyLimit=NOT_YET)},
        {"op": "create", "urn": urn("hidden"), "newState": machine("hidden", gpu="[secret]")},
    ]
}


def test_a_preview_says_before_and_after_removals_too(told):
    # L4 0.00032 x 3600 = 1.152. Before: kept, moved and gone, 0.648 each; after: kept 0.648, new 1.152, moved 8.4168
    assert without_age(told(PREVIEW)) == [
        "ServerlessMachine kept: idle 0.00, at most 0.65 USD/h (T4",
        "ServerlessMachine new: idle 0.00 -> 1.15, at most 0.00 -> 1.15 USD/h (L4",
        "ServerlessMachine moved: idle 0.00, at most 0.65 -> 8.42 USD/h (H100",
        "ServerlessMachine gone: idle 0.65 -> 0.00, at most 0.65 -> 0.00 USD/h (T4",
        "ServerlessMachine late: idle 0.00 -> ?, at most 0.00 -> ? USD/h (T4, secret, or known in the update only)",
        "ServerlessMachine hidden: idle 0.00 -> ?, at most 0.00 -> ? USD/h (secret, or known in the update only)",
        "In all: idle 0.65 -> 1.15, at most 1.94 -> 10.22 USD/h, without 2 not known",
    ]


def test_a_machine_reads_the_same_as_json(told):
    report = json.loads(told(PREVIEW, "--json"))
    assert report["kind"] == "preview"
    assert report["total"] == {
        "before": {"idleUsdPerHour": 0.648, "mostUsdPerHour": 1.944},
        "after": {"idleUsdPerHour": 1.152, "mostUsdPerHour": 10.2168},
        "unknown": 2,
    }
    new = next(one for one in report["resources"] if one["urn"] == urn("new"))
    assert (new["gpu"], new["after"]["idleUsdPerHour"], new["after"]["unknown"]) == ("L4", 1.152, None)
    assert new["after"]["price"] == {
        "usdPerHour": 1.152,
        "source": "https://github.com/comfy-deploy/api at d69228d, GET /platform/gpu-pricing",
        "dated": "2025-11-02",
        "isOld": True,
    }
    late = next(one for one in report["resources"] if one["urn"] == urn("late"))
    assert late["after"]["mostUsdPerHour"] is None
    assert late["after"]["unknown"] == "secret, or known in the update only"


def test_a_secret_in_the_clear_is_not_told_by_its_price_either(told):
    document = state(machine("a", gpu={**ENCRYPTED, "plaintext": '"H100"'}))
    text, report = told(document), json.loads(told(document, "--json"))
    assert text.splitlines()[0].endswith("idle ?, at most ? USD/h (secret, or known in the update only)")
    assert (report["resources"][0]["gpu"], report["resources"][0]["after"]["price"]) == (None, None)


def test_what_a_preview_left_out_is_said(told):
    """A CLI lists what does not change only with `--show-sames`, but counts it."""
    left_out = {**PREVIEW, "changeSummary": {"same": 5, "create": 3}}
    assert told(left_out).splitlines()[-1] == (
        "Not in it: what does not change, 4 in number; `--show-sames` lists it in a preview"
    )
    assert json.loads(told(left_out, "--json"))["unlisted"] == 4


def test_a_preview_that_lists_all_says_nothing_of_it(told):
    whole = {**PREVIEW, "changeSummary": {"same": 1, "create": 3}}
    assert told(whole).splitlines()[-1].startswith("In all: ")
    assert json.loads(told(whole, "--json"))["unlisted"] == 0


def test_a_preview_that_ended_with_an_error_is_told_as_no_whole(told):
    failed = {**PREVIEW, "diagnostics": [{"message": "error: no", "severity": "error"}]}
    assert told(failed).splitlines()[-1] == ("Not in it: what the preview did not come to, for it ended with an error")
    assert json.loads(told(failed, "--json"))["isPartial"] is True
    assert json.loads(told(PREVIEW, "--json"))["isPartial"] is False


def test_no_control_character_of_a_file_reaches_the_terminal(told, folder, invoke):
    ours = {"source": "\x1b[2J", "dated": "2026-11-20", "usdPerHour": {"T4\x07": 1}}
    (folder / "comfy-prices.json").write_text(json.dumps({"comfydeploy": ours}))
    assert not set("\x1b\x07") & set(told(state(machine("a\x1b[2J", gpu="T4\x07"))) + invoke("prices").output)


@pytest.mark.parametrize("command", [("prices",), ("cost", "document.json")])
def test_a_file_of_prices_that_somebody_names_has_to_be_there(folder, invoke, command):
    (folder / "document.json").write_text(json.dumps(state()))
    result = invoke(*command, "--file", "none.json")
    assert result.exit_code == 1
    assert "none.json is no file of prices" in result.output


def test_prices_of_a_platform_that_is_none_are_refused(folder, invoke):
    ours = {"source": "our contract", "dated": "2026-11-20", "usdPerHour": {"T4": 0.5}}
    (folder / "comfy-prices.json").write_text(json.dumps({"comfy-deploy": ours}))
    result = invoke("prices")
    assert result.exit_code == 1
    assert "comfy-prices.json: there is no platform 'comfy-deploy'; platforms: " in result.output


def test_the_teams_prices_win_where_the_file_is_there(told, folder):
    ours = {"source": "our contract", "dated": "2026-11-20", "usdPerHour": {"T4": 0.5}}
    (folder / "comfy-prices.json").write_text(json.dumps({"comfydeploy": ours}))
    assert told(state(machine("a"))).startswith("ServerlessMachine a: idle 0.00, at most 0.50 USD/h (T4")


def test_what_is_adopted_was_not_asked_what_it_costs_now(told):
    taken = {"op": "create", "urn": urn("a"), "newState": machine("a", keepWarm=1, adopt="m-1")}
    assert told({"steps": [taken]}).splitlines() == [
        "ServerlessMachine a: idle ? -> 0.65, at most ? -> 0.65 USD/h (T4, what is adopted was not asked what it costs "
        "now)",
        "In all: idle 0.00, at most 0.00 USD/h, without 1 not known",
    ]


def dynamic(**inputs):
    return {"urn": urn("default", "pulumi:providers:pulumi-python"), "type": "pulumi:providers:pulumi-python"} | {
        "inputs": inputs
    }


@pytest.mark.parametrize(
    "document",
    [
        state(dynamic(**{"comfy:prices": "team/prices.json"}), machine("a")),
        {"config": {"comfy:prices": "team/prices.json"}, "steps": [{"urn": urn("a"), "newState": machine("a")}]},
    ],
    ids=["state", "preview"],
)
def test_the_prices_are_those_that_the_stack_names(told, folder, invoke, document):
    ours = {"source": "our contract", "dated": "2026-11-20", "usdPerHour": {"T4": 0.5}}
    (folder / "team").mkdir()
    (folder / "team" / "prices.json").write_text(json.dumps({"comfydeploy": ours}))
    assert "0.50 USD/h (T4" in told(document).splitlines()[0]

    (folder / "team" / "prices.json").unlink()
    assert "0.65 USD/h (T4" in told(document)
    assert "prices.json is no file of prices" in told(document)


@pytest.mark.parametrize("text", ["{", "[]", '{"steps": 3}', '{"steps": [{"op": "same"}]}', '{"steps": [7]}'])
def test_any_other_file_is_refused_by_its_name(folder, invoke, text):
    (folder / "document.json").write_text(text)
    result = invoke("cost", "document.json")
    assert result.exit_code == 1
    assert "document.json" in result.output
    assert "Traceback" not in result.output


def test_prices_are_printed_with_source_and_day_and_told_as_old(invoke):
    lines = invoke("prices").output.splitlines()
    assert any(line.startswith("  CPU  ") and "0.15 USD/h   list price of 2025-11-02, " in line for line in lines)
    assert "  T4             0.65 USD/h" in lines
    assert "  AMPERE_48      2.50 USD/h" in lines
    assert any("undated list price, https://docs.runcomfy.com" in line for line in lines)
    assert "Comfy Cloud: no price known" in lines
    assert "ComfyUI: no price known" in lines
    assert "  limit: saved versions of a workflow: 3 (https://docs.runcomfy.com/serverless/workflow-versions)" in lines
    assert sum("may no longer be true" in line for line in lines) == 2


def test_prices_are_told_as_json(invoke):
    rows = json.loads(invoke("prices", "--json").output)["platforms"]
    runcomfy = next(row for row in rows if row["platform"] == "runcomfy")
    assert runcomfy["prices"][0] == {
        "gpu": "TURING_16",
        "usdPerHour": 0.99,
        "source": "https://docs.runcomfy.com (pay as you go; a copy without a date)",
        "dated": None,
        "isOld": True,
    }


def test_a_refresh_asks_without_a_key_and_writes_what_the_team_shares(comfy_emulator, invoke, folder, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_URL", comfy_emulator.comfydeploy.url)
    comfy_emulator.clear_requests()
    others = {"source": "our contract", "dated": "2026-11-20", "usdPerHour": {"AMPERE_48": 2}}
    (folder / "comfy-prices.json").write_text(json.dumps({"runcomfy": others}))

    result = invoke("prices", "--refresh")

    assert result.exit_code == 0, result.output
    assert [f"{one.method} {one.path}" for one in comfy_emulator.requests] == ["GET /platform/gpu-pricing"]
    written = json.loads((folder / "comfy-prices.json").read_text())
    assert written["runcomfy"] == others
    assert written["comfydeploy"]["usdPerHour"]["L4"] == 1.152
    assert date.fromisoformat(written["comfydeploy"]["dated"]) <= date.today()
    assert "`pulumi config set comfy:prices comfy-prices.json`" in result.output


BROKEN = {"none": {}, "less than nothing": {"T4": -1}}


@pytest.mark.parametrize("told_prices", BROKEN.values(), ids=BROKEN)
def test_a_price_list_that_is_none_is_not_written(serve, invoke, folder, monkeypatch, told_prices):
    monkeypatch.setenv("COMFYDEPLOY_URL", serve({"/platform/gpu-pricing": (200, told_prices)}))
    result = invoke("prices", "--refresh")
    assert result.exit_code == 1
    assert "ask ComfyDeploy for its prices" in result.output
    assert "[COMFY2003]" in result.output
    assert not (folder / "comfy-prices.json").exists()


def test_a_platform_that_does_not_answer_leaves_the_file_as_it_was(invoke, folder, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_URL", "http://127.0.0.1:9/api")
    result = invoke("prices", "--refresh")
    assert result.exit_code == 1
    assert "[COMFY2001]" in result.output
    assert not (folder / "comfy-prices.json").exists()


def test_a_file_that_holds_no_prices_is_refused(invoke, folder):
    (folder / "comfy-prices.json").write_text("{")
    result = invoke("prices")
    assert result.exit_code == 1
    assert "comfy-prices.json is no file of prices" in result.output
