"""Who promotes, and whether they are still there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pulumi_comfy.promotion import holder
from pulumi_comfy.promotion.holder import is_alive, this_process, who


def test_a_ci_tells_who_asked_and_where_the_job_can_be_read():
    github = {
        "GITHUB_ACTOR": "ada",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "acme/portrait",
        "GITHUB_RUN_ID": "42",
    }

    assert who(github) == "ada (https://github.example/acme/portrait/actions/runs/42)"
    assert (
        who({"GITLAB_USER_LOGIN": "bob", "CI_JOB_URL": "https://gitlab.example/1"}) == "bob (https://gitlab.example/1)"
    )
    assert who({"GITLAB_USER_LOGIN": "bob"}) == "bob"


def test_else_git_tells_it(monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[user]\n name = Ada\n email = ada@acme.example\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    assert who({}) == "Ada <ada@acme.example>"


@pytest.mark.parametrize("fault", [OSError(), subprocess.TimeoutExpired("git", 10)])
def test_else_the_system_does(monkeypatch, fault):
    def no_git(*_arguments, **_named):
        raise fault

    monkeypatch.setattr(holder.subprocess, "run", no_git)
    monkeypatch.setattr(holder.getpass, "getuser", lambda: "ada")

    assert who({}).startswith("ada@")


def test_a_system_without_users_has_somebody(monkeypatch):
    def nobody():
        raise KeyError

    monkeypatch.setattr(holder, "_git_user", lambda: None)
    monkeypatch.setattr(holder.getpass, "getuser", nobody)

    assert who({}).startswith("somebody@")


def test_this_process_is_alive_and_one_that_ended_is_not():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    assert is_alive(this_process()) is True
    assert is_alive({**this_process(), "pid": str(ended.pid)}) is False


def test_one_that_ended_and_that_nobody_has_waited_for_is_not_alive():
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    ended.stdout.read()  # its end; then it is gone but for its exit code
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)

    assert holder.is_running(ended.pid) is (not sys.platform.startswith("linux"))
    ended.stdout.close()
    ended.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells when a process began")
def test_another_process_that_got_the_number_is_not_the_one():
    assert is_alive({**this_process(), "started": "1"}) is False


def test_nothing_is_known_of_another_machine_another_boot_or_nobody():
    here = this_process()

    assert is_alive({**here, "host": "elsewhere"}) is None
    assert is_alive({**here, "boot": "before"}) is None
    assert is_alive(None) is None


def test_a_system_without_these_files_tells_host_and_number(monkeypatch, tmp_path):
    monkeypatch.setattr(holder, "_BOOT", tmp_path / "none")

    assert set(this_process()) == {"host", "pid"}


def test_a_process_of_somebody_else_runs(monkeypatch):
    def not_ours(_pid, _signal):
        raise PermissionError

    monkeypatch.setattr(holder.os, "kill", not_ours)

    assert holder.is_running(1)


def test_where_no_state_is_told_a_process_runs(monkeypatch):
    monkeypatch.setattr(holder, "_stat", lambda _pid: None)

    assert holder.is_running(os.getpid())
    assert holder._started(os.getpid()) is None


def test_a_number_without_a_process_has_no_state():
    assert holder._stat(2**22 + 1) is None
