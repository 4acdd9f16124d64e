"""`pulumi-comfy doctor`: what it finds, and that it never prints a key."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest

from pulumi_comfy.cli import extras
from pulumi_comfy.cli.doctor import command as doctor_module
from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.emulator import Emulator


@pytest.fixture
def key(comfy_emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key of an organisation on the emulated platform, in the environment."""
    key = comfy_emulator.comfydeploy.key(org_id="org_7")
    monkeypatch.setenv("COMFYDEPLOY_URL", comfy_emulator.comfydeploy.url)
    monkeypatch.setenv("COMFYDEPLOY_API_KEY", key)
    return key


@pytest.fixture
def pulumi_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that answers any question with its version."""
    file = folder / "bin" / "pulumi"
    file.parent.mkdir()
    file.write_text("#!/bin/sh\necho v3.999.0\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")
    return file


def lines(result, kind: str) -> list[str]:
    return [line[9:] for line in result.stdout.splitlines() if line.startswith(f"{kind:<7}  ")]


def test_a_key_that_works_leaves_nothing_broken(invoke, key):
    result = invoke("doctor")

    assert (result.exit_code, lines(result, "problem")) == (0, [])
    assert result.stdout.endswith("\nNothing is broken.\n")


def test_the_account_of_the_key_is_named(invoke, key, comfy_emulator):
    host = comfy_emulator.url.removeprefix("http://")

    assert f"ComfyDeploy account: {host}/org_7" in lines(invoke("doctor"), "ok")


def test_the_key_is_never_printed(invoke, key):
    output = invoke("doctor").output

    assert key not in output
    assert key.rpartition(".")[2] not in output


def test_the_platform_is_asked_once_and_only_read(invoke, key, comfy_emulator):
    invoke("doctor")

    assert [(request.method, request.path) for request in comfy_emulator.requests] == [("GET", "/workflows/all")]


def test_a_revoked_key_is_a_problem(invoke, key, comfy_emulator, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_API_KEY", f"{key}x")

    result = invoke("doctor")

    assert result.exit_code == 1
    assert "COMFY2401" in lines(result, "problem")[0]


def test_a_platform_that_does_not_answer_is_a_problem(invoke, key, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_URL", "http://127.0.0.1:1/api")

    result = invoke("doctor")

    assert result.exit_code == 1
    assert "127.0.0.1:1 cannot be reached" in lines(result, "problem")[0]


def test_an_address_without_the_platforms_api_is_said_to_have_none_and_nothing_is_called_gone(invoke, key, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_URL", os.environ["COMFYDEPLOY_URL"].removesuffix("/api"))

    (problem,) = lines(invoke("doctor"), "problem")

    assert "[COMFY2003]" in problem
    assert "Check that the URL is that of the platform's API" in problem
    assert "refresh" not in problem


def test_each_named_connection_of_the_environment_is_judged(invoke, key, comfy_emulator, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_API_KEY_ACME", comfy_emulator.comfydeploy.key(org_id="org_acme"))
    monkeypatch.setenv("COMFYDEPLOY_API_KEY_BETA", "canary_key")
    monkeypatch.setenv("COMFYDEPLOY_API_KEY_EMPTY", "")
    host = comfy_emulator.url.removeprefix("http://")

    result = invoke("doctor")

    assert f'ComfyDeploy connection "acme" account: {host}/org_acme' in lines(result, "ok")
    assert any(line.startswith('ComfyDeploy connection "acme" answered') for line in lines(result, "ok"))
    (problem,) = lines(result, "problem")
    assert problem.startswith('connection "beta": ')
    assert "COMFY1103" in problem
    assert "canary" not in result.output
    assert "empty" not in result.output


def test_a_named_connection_may_have_an_address_of_its_own(invoke, key, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_API_KEY_ACME", key)
    monkeypatch.setenv("COMFYDEPLOY_URL_ACME", "http://127.0.0.1:1/api")

    result = invoke("doctor")

    assert 'ComfyDeploy connection "acme" is at http://127.0.0.1:1/api (from COMFYDEPLOY_URL_ACME)' in result.stdout
    assert lines(result, "problem")[0].startswith('connection "acme": ')


def test_a_named_connection_that_no_program_can_name_is_a_problem(invoke, key, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_API_KEY_MY-ACME", key)

    assert (
        "'my-acme' is not a name of lower-case letters, digits and underscores" in lines(invoke("doctor"), "problem")[0]
    )


def test_who_uses_named_connections_only_misses_no_key(invoke, key, monkeypatch):
    monkeypatch.setenv("COMFYDEPLOY_API_KEY_ACME", os.environ["COMFYDEPLOY_API_KEY"])
    monkeypatch.delenv("COMFYDEPLOY_API_KEY")

    result = invoke("doctor")

    assert (result.exit_code, lines(result, "problem")) == (0, [])
    assert any("no key without a name" in line for line in lines(result, "note"))


def test_a_stacks_key_of_a_named_connection_is_found_and_refused_in_clear(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n  comfy:comfydeployApiKey_acme:\n    secure: v1:abc\n  comfy:comfydeployApiKey_beta: canary_key\n"
    )

    result = invoke("doctor")

    assert 'ComfyDeploy connection "acme" key: in Pulumi.dev.yaml' in lines(result, "ok")
    assert 'COMFYDEPLOY_API_KEY_ACME="$(pulumi config get comfy:comfydeployApiKey_acme)"' in result.stdout
    assert "Pulumi.dev.yaml holds comfy:comfydeployApiKey_beta in clear" in lines(result, "problem")[0]
    assert "canary" not in result.output


def test_no_key_anywhere_is_a_problem_that_says_what_to_set(invoke):
    result = invoke("doctor")

    assert result.exit_code == 1
    assert any("Set COMFYDEPLOY_API_KEY" in line for line in lines(result, "problem"))


def test_an_encrypted_key_of_a_stack_is_found_and_not_read(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:comfydeployApiKey:\n    secure: v1:abc\n")

    result = invoke("doctor")

    assert result.exit_code == 0
    assert "ComfyDeploy key: in Pulumi.dev.yaml" in lines(result, "ok")
    assert "only Pulumi can decrypt it" in result.stdout


@pytest.mark.parametrize(
    ("file", "more", "stack"),
    [
        ("Pulumi.yml", "", "Pulumi.dev.yml"),
        ("Pulumi.yaml", "stackConfigDir: stacks\n", "stacks/Pulumi.dev.yaml"),
        ("../Pulumi.yaml", "", "../Pulumi.dev.yaml"),
    ],
)
def test_stack_files_are_looked_for_where_pulumi_has_them(invoke, folder, tmp_path, monkeypatch, file, more, stack):
    inner = tmp_path / "project" / "program"
    (inner / "stacks").mkdir(parents=True)
    monkeypatch.chdir(inner)
    (inner / file).write_text(f"name: it\nruntime: python\n{more}")
    (inner / stack).write_text("config:\n  comfy:comfydeployApiKey: canary_key\n")

    assert "holds comfy:comfydeployApiKey in clear" in lines(invoke("doctor"), "problem")[0]


def test_a_key_in_clear_is_a_problem(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:comfydeployApiKey: canary_key\n")

    result = invoke("doctor")

    assert result.exit_code == 1
    assert "Pulumi.dev.yaml holds comfy:comfydeployApiKey in clear" in lines(result, "problem")[0]
    assert "canary" not in result.output


def test_the_address_of_a_stack_is_used_when_the_environment_has_none(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:comfydeployUrl: https://comfy.example/api\n")

    assert "ComfyDeploy is at https://comfy.example/api (from Pulumi.dev.yaml)" in lines(invoke("doctor"), "ok")


def test_an_encrypted_address_of_a_stack_is_not_taken_for_the_default(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:comfyuiUrl:\n    secure: v1:abc\n")

    result = invoke("doctor")

    assert "ComfyUI was not asked: its address is in Pulumi.dev.yaml, encrypted; try COMFYUI_URL=" in result.output
    assert "ComfyUI is at" not in result.output


def test_an_encrypted_address_of_a_connection_is_not_taken_for_the_common_one(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n  comfy:comfyuiUrl: http://127.0.0.1:1\n  comfy:comfyuiUrl_desk:\n    secure: v1:abc\n"
    )

    assert 'ComfyUI connection "desk" was not asked: its address is in Pulumi.dev.yaml' in invoke("doctor").output


def test_an_encrypted_address_of_one_stack_hides_no_clear_one_of_another(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:comfyuiUrl:\n    secure: v1:abc\n")
    (folder / "Pulumi.prod.yaml").write_text("config:\n  comfy:comfyuiUrl: http://127.0.0.1:1\n")

    assert "ComfyUI is at http://127.0.0.1:1 (from Pulumi.prod.yaml)" in invoke("doctor").output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a list", "Pulumi.dev.yaml must hold `key: value` lines"),
        ("config: text", "Pulumi.dev.yaml: below `config:` there must be `key: value` lines"),
        ("a: [", "Pulumi.dev.yaml is no YAML at line 1, column 5"),
        (b"\xff", "Pulumi.dev.yaml cannot be read: it is no UTF-8 text"),
    ],
)
def test_a_stack_file_that_makes_no_sense_is_a_problem_that_says_where(invoke, folder, text, says):
    (folder / "Pulumi.dev.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())

    assert lines(invoke("doctor"), "problem")[0].startswith(says)


def test_an_empty_stack_file_is_none(invoke, folder):
    (folder / "Pulumi.dev.yaml").touch()

    problems = lines(invoke("doctor"), "problem")

    with_key = [one for one in PLATFORMS.values() if one.key]
    assert ["no API key is configured" in problem for problem in problems] == [True] * len(with_key)


def test_an_address_that_is_no_text_is_judged_as_pulumi_would_give_it(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:comfydeployUrl: {a: b}\n")

    assert "is no URL of an API" in lines(invoke("doctor"), "problem")[0]


def test_inference_checks_run_by_default(invoke):
    assert "inference checks: on (the default)" in lines(invoke("doctor"), "ok")


def test_inference_checks_that_a_stack_turns_off_are_said_to_be_off(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:inferenceChecks: off\n")

    assert "inference checks: off (from Pulumi.dev.yaml)" in lines(invoke("doctor"), "ok")


def test_the_environment_decides_about_inference_checks_before_the_stacks(invoke, folder, monkeypatch):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:inferenceChecks: maybe\n")
    monkeypatch.setenv("COMFY_INFERENCE_CHECKS", "OFF")

    result = invoke("doctor")

    assert "inference checks: off (from COMFY_INFERENCE_CHECKS)" in lines(result, "ok")
    assert "maybe" not in result.stdout


def test_a_word_for_inference_checks_that_is_none_is_a_problem_in_the_environment(invoke, key, monkeypatch):
    monkeypatch.setenv("COMFY_INFERENCE_CHECKS", "maybe")

    (problem,) = lines(invoke("doctor"), "problem")

    assert problem.startswith("COMFY_INFERENCE_CHECKS: comfy:inferenceChecks is 'maybe'")
    assert "to `on` or `off`" in problem


@pytest.mark.parametrize("written", ["maybe", "false", "{a: b}"])
def test_a_word_for_inference_checks_that_is_none_is_a_problem_in_a_stack(invoke, key, folder, written):
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n  comfy:inferenceChecks: {written}\n")

    (problem,) = lines(invoke("doctor"), "problem")

    assert problem.startswith("Pulumi.dev.yaml: comfy:inferenceChecks is ")


def test_an_encrypted_word_for_inference_checks_is_not_judged(invoke, key, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:inferenceChecks:\n    secure: v1:abc\n")

    assert lines(invoke("doctor"), "problem") == []


def test_without_a_cli_the_engine_is_the_test_engine_and_why(invoke, path_without_pulumi):
    result = invoke("doctor")

    assert "`pulumi-comfy demo` would use the test engine, because there is no `pulumi` on PATH" in lines(result, "ok")
    assert "curl -fsSL https://get.pulumi.com | sh" in lines(result, "note")[0]


def test_with_a_cli_the_engine_is_that_and_why(invoke, pulumi_on_path):
    found = lines(invoke("doctor"), "ok")

    assert f"Pulumi CLI v3.999.0 at {pulumi_on_path}" in found
    assert "`pulumi-comfy demo` would use the Pulumi CLI, because it is on PATH" in found


def test_a_cli_that_does_not_run_is_a_problem(invoke, pulumi_on_path):
    pulumi_on_path.write_text("#!/bin/sh\nexit 3\n")

    assert f"Pulumi CLI at {pulumi_on_path} does not run" in lines(invoke("doctor"), "problem")[0]


def test_a_missing_emulator_is_a_note(invoke, monkeypatch):
    monkeypatch.setattr(extras, "_EMULATOR_NEEDS", ("not_installed_here",))

    assert any("pip install 'pulumi-comfy[emulator]'" in line for line in lines(invoke("doctor"), "note"))


def test_a_missing_sdk_is_a_problem(invoke, monkeypatch):
    def missing(name: str) -> str:
        raise doctor_module.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor_module.importlib.metadata, "version", missing)

    assert "the Pulumi SDK is not installed: pip install pulumi" in lines(invoke("doctor"), "problem")


def test_a_misspelt_key_is_a_problem(invoke, folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  comfy:comfydeployApiKy: canary\n  other:comfydeployUr: x\n")

    found = [line for line in lines(invoke("doctor"), "problem") if "nothing reads" in line]

    meant = "did you mean comfy:comfydeployApiKey? [COMFY1104]"
    assert found == [f"Pulumi.dev.yaml holds comfy:comfydeployApiKy, which nothing reads: {meant}"]


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> str:
    """A proxy in the environment that nobody answers at."""
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://me:canary@127.0.0.1:9")
    return "127.0.0.1:9 (HTTP_PROXY)"


def test_a_proxy_in_force_is_named_and_so_is_its_failure(invoke, key, proxy):
    result = invoke("doctor")

    assert f"ComfyDeploy is asked through the proxy {proxy}" in lines(result, "ok")
    assert any(f"cannot be reached through the proxy {proxy}" in line for line in lines(result, "problem"))
    assert "canary" not in result.output


def test_no_proxy_is_named_where_there_is_none(invoke, key):
    assert "proxy" not in invoke("doctor").output


def test_a_server_that_nobody_configured_and_nobody_runs_is_no_problem(invoke, folder, monkeypatch):
    where = ("http://127.0.0.1:9", "the default")
    judging = import_module("pulumi_comfy.cli.doctor.platforms")
    monkeypatch.setattr(judging, "_url", lambda *_of_whom: where)

    report = invoke("doctor")

    assert not any("127.0.0.1:9" in line for line in lines(report, "problem"))
    assert any("127.0.0.1:9 cannot be reached" in line for line in lines(report, "note"))


def test_an_address_is_no_credential_and_stands_in_clear(invoke, folder, comfy_emulator):
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n  comfy:comfyuiUrl: {comfy_emulator.comfyui.url}\n")

    assert lines(invoke("doctor"), "problem") == []
    assert any("ComfyUI answered" in line for line in lines(invoke("doctor"), "ok"))
