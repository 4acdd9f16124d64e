"""Every input is an output too, and none is unknown in a preview because it was not given."""

from __future__ import annotations

import pulumi
import pytest
from kinds import KINDS, Subject

from pulumi_comfy.core.model import BULK, fields_marked
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM

pytestmark = pytest.mark.apart


def inputs_of(kind: str) -> list[str]:
    model = PLATFORM.handlers[kind].inputs_model
    return sorted(model.model_fields.keys() - fields_marked(model, BULK))


class Exporting(Subject):
    """A subject whose inputs are all stack outputs."""

    def program(self) -> None:
        made = self.kind.resource("it", **self.kind.needs(), **self.arguments)
        for name in inputs_of(self.kind.resource.__name__):
            pulumi.export(name, getattr(made, name))


@pytest.mark.parametrize("kind", KINDS)
def test_no_input_is_unknown_in_a_preview_of(kind, deploy, emulator, platform):
    it = Exporting(KINDS[kind], deploy, emulator, platform)
    deployed = it.stack.up().outputs

    unchanged = it.stack.preview().outputs

    assert unchanged == deployed


def test_no_input_of_a_machine_is_unknown_in_a_preview_of_an_update(deploy, emulator, platform):
    it = Exporting(KINDS["ServerlessMachine"], deploy, emulator, platform)
    deployed = it.stack.up().outputs
    it.arguments["keep_warm"] = 1

    preview = it.stack.preview().outputs

    assert preview == {**deployed, "keep_warm": 1}
