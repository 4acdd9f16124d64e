"""What a server has no route for is asked, refused by name in a preview already, and leaves nothing."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.apart


@pytest.mark.cli
def test_what_a_server_lacks_is_refused_by_name_and_leaves_nothing(lacking, subject, emulator):
    it = subject(lacking)
    before = it.emulated.dump()
    emulator.clear_requests()

    refused = [it.stack.preview(check=False), it.stack.up(check=False)]

    for one in refused:
        assert "COMFY2405" in one.error
        assert "has no route POST /" in one.error
        assert "existing_id" in one.error
    assert it.emulated.dump() == before
    assert [request for request in emulator.requests if request.method != "GET"] == []
