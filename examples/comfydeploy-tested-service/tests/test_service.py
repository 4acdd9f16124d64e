"""What this repository promises, held against an emulated ComfyDeploy: `pytest` is all it takes."""

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture
def service(comfy_stack, comfy_emulator):
    """This repository's own program on an empty platform, whose builds and runs take no time."""
    comfy_emulator.settings.build_seconds = 0.05
    comfy_emulator.settings.run_seconds = 0.05
    return comfy_stack(PROJECT)


def test_it_serves_the_picture_workflow_in_production(service, comfy_emulator):
    result = service.up()

    (deployment,) = comfy_emulator.comfydeploy.dump()["deployments"]
    assert deployment["environment"] == "production"
    assert deployment["id"] == result.outputs["deployment_id"]


def test_a_deploy_renders_exactly_one_picture(service, comfy_emulator):
    service.up()

    assert [run["status"] for run in comfy_emulator.comfydeploy.dump()["runs"]] == ["success"]


def test_a_second_deploy_changes_nothing_and_calls_nothing(service, comfy_emulator):
    service.up()
    comfy_emulator.clear_requests()

    result = service.up()

    assert not result.changes
    assert not comfy_emulator.requests


def test_a_failing_picture_never_reaches_production(service, comfy_emulator):
    comfy_emulator.comfydeploy.runs.script("failed", log=["CUDA out of memory"])

    result = service.up(check=False)

    assert "CUDA out of memory" in result.error
    assert comfy_emulator.comfydeploy.dump()["deployments"] == []


def test_a_broken_build_keeps_the_old_machine_serving(service, comfy_emulator):
    service.up()
    (old,) = comfy_emulator.comfydeploy.dump()["machines"]
    comfy_emulator.comfydeploy.builds.outcome("error", log=["pip: no such package"])
    service.set_config("gpu", "H100")

    result = service.up(check=False)

    (deployment,) = comfy_emulator.comfydeploy.dump()["deployments"]
    assert "pip: no such package" in result.error
    assert deployment["machine_id"] == old["id"]


def test_a_platform_that_hiccups_is_asked_again(service, comfy_emulator):
    comfy_emulator.faults.add("GET", "/machine/{machine_id}", "status", status=503, times=2)

    assert service.up().ok


def test_the_preview_names_what_a_new_gpu_replaces(service):
    service.up()
    service.set_config("gpu", "H100")

    preview = service.preview()

    assert preview.operation("gpu").op == "replace"
    assert preview.operation("gpu").changed == ("gpu",)
