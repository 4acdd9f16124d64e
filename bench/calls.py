"""How many calls the platform gets: counted exactly, by the emulator's own log."""

from __future__ import annotations

from collections.abc import Iterator

from bench.service import (
    MANY_OF_A_KIND,
    a_file,
    a_posted_workflow,
    a_workflow,
    cloud_workflows,
    deployments,
    machines,
    platform,
)
from pulumi_comfy.emulator import Emulator, PlanLimits
from pulumi_comfy.platforms.comfydeploy.api.deployments import DEPLOYMENTS_PAGE
from pulumi_comfy.testing import Stack

MANY = 200
BUILDS = (10, 40)

Measured = tuple[str, str, str, bool]


def call_rows() -> Iterator[Measured]:
    """Measure the calls of one workflow's life, of an unchanged `up`, of a large refresh, and builds side by side."""
    yield from _one_workflow()
    yield from _one_file()
    yield from _one_cloud_workflow()
    yield from _many_cloud_workflows()
    yield from _one_posted_workflow()
    yield from _many_deployments()
    yield from _many_of_each_kind()
    for count in BUILDS:
        with platform(machines(count)) as (emulator, stack):
            emulator.settings.build_seconds = 4.0
            emulator.settings.default_plan = PlanLimits(machine_limit=2 * count)
            stack.up(parallel=count + 8)
            most = emulator.comfydeploy.builds.max_in_flight
        yield f"builds waited for at once, of {count}", str(most), f"= {count}", most == count


def _count(emulator: Emulator, stack: Stack, operation: str) -> int:
    emulator.clear_requests()
    getattr(stack, operation)()
    return len(emulator.requests)


def _one_workflow() -> Iterator[Measured]:
    # create: look for a namesake, create, read the version's id; refresh: one read; destroy: what
    # still serves it, which ends with it, and one delete
    floors = {"up": 3, "up again": 0, "refresh": 1, "destroy": 2}
    with platform(lambda: a_workflow() and None) as (emulator, stack):
        for step, floor in floors.items():
            calls = _count(emulator, stack, step.split()[0])
            yield f"calls of one workflow: {step}", str(calls), f"= {floor}", calls == floor


def _one_file() -> Iterator[Measured]:
    # create: the server's nodes, in the preview; look for a namesake, which an empty 404 alone does not deny; write.
    # refresh: one read; destroy: has somebody saved it since?; one delete
    floors = {"up": 4, "up again": 0, "refresh": 1, "destroy": 2}
    with platform(lambda: a_file() and None) as (emulator, stack):
        for step, floor in floors.items():
            calls = _count(emulator, stack, step.split()[0])
            yield f"calls of one file of a ComfyUI server: {step}", str(calls), f"= {floor}", calls == floor


def _one_cloud_workflow() -> Iterator[Measured]:
    # whose key it is, once a process; create: look for a namesake, create, read the version's id; refresh: one read;
    # destroy: one delete
    floors = {"up": 4, "up again": 0, "refresh": 1, "destroy": 1}
    with platform(cloud_workflows(1)) as (emulator, stack):
        for step, floor in floors.items():
            emulator.clear_requests()
            getattr(stack, step.split()[0])()
            calls = len([request for request in emulator.requests if step == "up" or request.path != "/user"])
            yield f"calls of one workflow on Comfy Cloud: {step}", str(calls), f"= {floor}", calls == floor


def _one_posted_workflow() -> Iterator[Measured]:
    # what the server has, once a process; create: one write. Nothing reads or deletes one
    floors = {"up": 2, "up again": 0, "refresh": 0, "destroy": 0}
    with platform(a_posted_workflow) as (emulator, stack):
        for step, floor in floors.items():
            calls = _count(emulator, stack, step.split()[0])
            yield f"calls of one workflow of a self-hosted server: {step}", str(calls), f"= {floor}", calls == floor


def _many_cloud_workflows() -> Iterator[Measured]:
    with platform(cloud_workflows(MANY)) as (emulator, stack):
        stack.up(parallel=16)
        calls, floor = _count(emulator, stack, "refresh"), -(-MANY // 100) + 1
        yield f"calls of a refresh of {MANY} workflows on Comfy Cloud", str(calls), f"<= {floor}", calls <= floor


def _many_deployments() -> Iterator[Measured]:
    with platform(deployments(MANY)) as (emulator, stack):
        stack.up()
        again = _count(emulator, stack, "up")
        yield f"calls of an unchanged up of {MANY} deployments", str(again), "= 0", again == 0
        emulator.clear_requests()
        stack.refresh()
        calls = sum(request.path.startswith("/deployment") for request in emulator.requests)
        floor = -(-MANY // DEPLOYMENTS_PAGE) + 1  # the pages of ordinary ones, and one of fluid ones
        yield f"calls for the deployments in a refresh of {MANY}", str(calls), f"<= {floor}", calls <= floor


def _many_of_each_kind() -> Iterator[Measured]:
    """The calls of a refresh, after one that has looked at what the `up` made others of the stack change."""
    for kind, (program, floor) in MANY_OF_A_KIND.items():
        with platform(program(MANY)) as (emulator, stack):
            emulator.settings.default_plan = PlanLimits(machine_limit=2 * MANY)
            stack.up(parallel=16)
            stack.refresh()
            calls = _count(emulator, stack, "refresh")
        yield f"calls of a refresh of {MANY} {kind}", str(calls), f"<= {floor(MANY)}", calls <= floor(MANY)
