"""Every input is an output too, and none is unknown in a preview because it was not given."""

from __future__ import annotations

import pulumi
import pytest
from canaries import model_of
from exam import Entry
from subject import Subject

from pulumi_comfy.core.model import BULK, fields_marked

pytestmark = pytest.mark.apart


def inputs_of(kind: Entry) -> list[str]:
    model = model_of(kind)
    return sorted(model.model_fields.keys() - fields_marked(model, BULK))


class Exporting(Subject):
    """A subject whose inputs are all stack outputs."""

    def program(self) -> None:
        needs = self._given if self.kind.needs is None else self.kind.needs()
        made = self.kind.resource("it", **needs, **self.arguments)
        for name in inputs_of(Entry(self.examinee, self.name)):
            pulumi.export(name, getattr(made, name))


def test_no_input_is_unknown_in_a_preview_of(kind, deploy, emulator, hand):
    it = Exporting(kind, deploy, emulator, hand(kind.examinee).api)
    deployed = it.stack.up().outputs

    unchanged = it.stack.preview().outputs

    assert unchanged == deployed
