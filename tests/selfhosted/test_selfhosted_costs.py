"""What a preview says of money on a self-hosted server: its owner pays for the machines, at no price that is known."""

from __future__ import annotations

from selfhosted_program import SNAPSHOT

import pulumi_comfy as comfy


def about_money(server, comfy_stack, **machine):
    server.settings.profile = "seed"  # the public one makes machines in its web page only
    preview = comfy_stack(lambda: comfy.selfhosted.Machine("box", **machine) and None).preview()
    return [line for line in preview.messages("box") if "USD" in line or "price" in line]


def test_a_machine_with_a_gpu_has_no_price_and_none_is_made_up(server, comfy_stack):
    built = {"type": "comfy-deploy-serverless", "snapshot": SNAPSHOT, "gpu": "A10G"}
    assert about_money(server, comfy_stack, **built) == ["idle 0.00 -> ?, at most 0.00 -> ? USD/h (no price known)"]


def test_a_server_of_ones_own_says_nothing_of_money(server, comfy_stack):
    assert about_money(server, comfy_stack, endpoint="http://10.0.0.5:8188") == []
