"""A create that an earlier kill left pending: Pulumi keeps it until a person refreshes, whatever was made since."""

from __future__ import annotations

import pytest
from services import OnRunComfy


@pytest.fixture
def service(world, emulator, monkeypatch) -> OnRunComfy:
    """Staging is one version behind `dev`; in both a create of long ago is pending."""
    place = world(OnRunComfy.example)
    if place.is_cli:
        pytest.skip("what is pending is put into what the test engine exports")
    made = OnRunComfy(place, emulator)
    assert made.world.promote("dev", "staging").code == 0
    made.something_new()
    export = made.world.stacks.export

    def with_a_pending_create(stack):
        document = export(stack)
        of_ours = [row for row in document["deployment"]["resources"] if "runcomfy" in row["type"]]
        document["deployment"]["pending_operations"] = [{"type": "creating", "resource": row} for row in of_ours]
        return document

    monkeypatch.setattr(made.world.stacks, "export", with_a_pending_create)
    return made


def test_what_was_made_since_is_promoted_to_a_stack_that_has_one_too(service):
    promoted = service.world.promote("dev", "staging")

    assert promoted.code == 0, promoted.all
    assert service.served()["staging"] == "v2"


def test_a_stack_with_one_is_put_back_when_its_check_fails(service):
    before = service.world.file("staging").read_bytes(), service.contents()
    service.fail_next_check()

    failed = service.world.promote("dev", "staging")

    assert failed.code == 4, failed.all
    assert (service.world.file("staging").read_bytes(), service.contents()) == before
