"""What a program asks a ComfyUI server."""

from __future__ import annotations

import pulumi
import pytest

import pulumi_comfy as comfy


@pytest.fixture
def ask(comfy_stack):
    """Ask within a program; gives what was answered."""

    def ask(question):
        stack = comfy_stack(lambda: pulumi.export("answer", question()))
        return stack.up().outputs["answer"]

    return ask


def test_nodes_are_told_with_those_that_are_missing(ask):
    def question():
        told = comfy.comfyui.get_object_info(node_classes=["EmptyImage", "OfNobody"])
        return [list(told.classes), list(told.missing)]

    assert ask(question) == [["EmptyImage"], ["OfNobody"]]


def test_without_names_every_node_is_told(ask, comfyui):
    assert set(ask(lambda: list(comfy.comfyui.get_object_info().classes))) >= {"EmptyImage", "KSampler", "SaveImage"}


def test_what_the_server_is_is_told_without_its_command_line(ask):
    def question():
        told = comfy.comfyui.get_system_stats()
        return [told.comfyui_version, told.devices, hasattr(told, "argv")]

    version, devices, has_argv = ask(question)
    assert version
    assert devices
    assert not has_argv
