"""Where a platform is and with what it is asked: what is missing or wrong is said at preview, and never repeated."""

from __future__ import annotations

import pytest
from exam import Entry, Examinee
from subject import Subject

pytestmark = pytest.mark.apart


@pytest.fixture
def make(examinee: Examinee, subject, emulator):
    """Make a stack with the first kind of the platform: `make(url=..., key=...)`; both are names of configuration."""
    emulated = examinee.emulated(emulator)

    def of(url=None, key=None, **stack) -> Subject:
        given = {emulated.url_variable: url, emulated.key_variable: key}
        env = {name: value for name, value in given.items() if value is not None}
        return subject(Entry(examinee, next(iter(examinee.kinds))), env=env, **stack)

    return of


def test_a_missing_credential_is_said_at_preview_with_the_command_that_sets_it(make, examinee):
    result = make(key="").stack.preview(check=False)

    setting = examinee.settings.key
    assert setting.environment in result.error
    assert f"pulumi config set --secret comfy:{setting.key}" in result.error


def test_a_credential_in_clear_configuration_stops_the_program_and_is_not_repeated(make, examinee, emulator):
    key = examinee.emulated(emulator).key()

    result = make(config={f"comfy:{examinee.settings.key.key}": key}).stack.preview(check=False)

    assert "pulumi config set --secret" in result.error
    assert key not in result.error


def test_a_secret_credential_in_configuration_is_used(make, examinee, emulator):
    key = examinee.emulated(emulator).key()

    assert make(key="", secret_config={f"comfy:{examinee.settings.key.key}": key}).stack.up().ok


def test_an_unreachable_host_is_one_sentence(make):
    result = make(url="http://127.0.0.1:9/api").stack.up(check=False)

    assert "127.0.0.1:9 cannot be reached" in result.error
    assert "Traceback" not in result.error


def test_a_url_that_is_none_is_said_at_preview(make):
    assert "COMFY1104" in make(url="api.example.com").stack.preview(check=False).error


def test_a_url_with_a_password_is_refused_and_not_repeated(make):
    error = make(url="https://user:canary-word@api.example.com/api").stack.preview(check=False).error

    assert "COMFY1104" in error
    assert "the URL of api.example.com holds a user name or a password" in error
    assert "canary" not in error


def test_a_key_without_rights_is_said_and_leaves_nothing(make, emulator):
    it = make()
    emulator.faults.add(*it.kind.main["create"], "status", status=403, body={"detail": "Limit reached"}, times=None)

    result = it.stack.up(check=False)

    assert "Limit reached" in result.error
    assert "COMFY2403" in result.error
    assert it.rows == []
