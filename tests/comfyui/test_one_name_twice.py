"""A logical name is no owner: two components may each have a `portrait`, and so may a look-up and what follows it."""

from __future__ import annotations

import pulumi
import pytest
from comfyui_program import digest_in, files, make_graph, text

import pulumi_comfy as comfy
from pulumi_comfy.emulator.comfyui_server.emulated import EmulatedComfyUI

pytestmark = pytest.mark.apart

PATH = "workflows/portrait.json"
OURS, THEIRS = (text(make_graph(words=words)) for words in ("ours", "theirs"))


def held(comfyui: EmulatedComfyUI) -> dict[str, str]:
    return {row["id"]: row["digest"] for row in files(comfyui)}


class Team(pulumi.ComponentResource):
    """A component of a type of its own, with a workflow whose logical name is the same in each."""

    def __init__(self, team: str, file: str, words: str) -> None:
        super().__init__(f"own:index:{team}", team)
        graph = make_graph(words=words)
        comfy.comfyui.Workflow("portrait", pulumi.ResourceOptions(parent=self), name=file, workflow=graph)


@pytest.mark.cli
def test_a_component_s_workflow_is_not_written_over_another_component_s_of_the_same_logical_name(stack, comfyui):
    teams = {"Ours": "ours"}
    stack.program = lambda: [Team(team, "portrait", words) for team, words in teams.items()] and None
    stack.up()
    teams["Theirs"] = "theirs"

    refused = stack.up(check=False)

    assert "[COMFY4001]" in refused.error
    assert 'own:index:Ours$pulumi-python:comfyui:Workflow::portrait" of this stack' in refused.error
    assert held(comfyui) == {PATH: digest_in(OURS)}


def test_each_component_s_workflow_is_its_own(stack, comfyui):
    files_of = {"Ours": "ours", "Theirs": "theirs"}
    stack.program = lambda: [Team(team, file, file) for team, file in files_of.items()] and None
    stack.up()
    del files_of["Theirs"]

    stack.up()

    assert held(comfyui) == {"workflows/ours.json": digest_in(OURS)}


class Program:
    """Looks at a file that somebody else saved, or declares it."""

    looks = True
    adopt: str | None = None

    def __call__(self) -> None:
        if self.looks:
            comfy.comfyui.Workflow.get("portrait", PATH)
        else:
            comfy.comfyui.Workflow("portrait", name="portrait", workflow=make_graph(words="ours"), adopt=self.adopt)


@pytest.fixture
def looking(stack, comfyui):
    """A stack that has looked at somebody else's file, and its program, which is to declare it now."""
    comfyui.userdata.write(PATH, THEIRS)
    stack.program = Program()
    stack.up()
    stack.program.looks = False
    return stack


@pytest.mark.cli
def test_what_was_only_looked_at_is_not_written_over(looking, comfyui):
    refused = looking.up(check=False)

    assert f'Take it over with `adopt="{PATH}"`' in refused.error
    assert "[COMFY4001]" in refused.error
    assert held(comfyui) == {PATH: digest_in(THEIRS)}


@pytest.mark.cli
def test_what_was_only_looked_at_can_be_adopted(looking, comfyui):
    looking.program.adopt = PATH

    looking.up()

    assert held(comfyui) == {PATH: digest_in(OURS)}
    looking.destroy()
    assert held(comfyui) == {}


@pytest.mark.cli
def test_a_look_at_what_the_program_declares_leaves_it_its_own(stack, comfyui):
    def program():
        made = comfy.comfyui.Workflow("portrait", name="portrait", workflow=make_graph(words="ours"))
        comfy.comfyui.Workflow.get("seen", made.id)

    stack.program = program
    stack.up()
    stack.up()

    stack.up(replace=["portrait"])

    assert held(comfyui) == {PATH: digest_in(OURS)}
    stack.destroy()
    assert held(comfyui) == {}
