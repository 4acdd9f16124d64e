"""Who promotes: for people, and for the next command, which must know whether a claim's process is still there."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

_CI = (
    ("GITHUB_ACTOR", ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"), "{}/{}/actions/runs/{}"),
    ("GITLAB_USER_LOGIN", ("CI_JOB_URL",), "{}"),
    ("BUILDKITE_BUILD_CREATOR", ("BUILDKITE_BUILD_URL",), "{}"),
    ("CIRCLE_USERNAME", ("CIRCLE_BUILD_URL",), "{}"),
    ("BUILD_REQUESTEDFOR", ("BUILD_BUILDURI",), "{}"),
)
"""By what each CI tells who asked, and where its job can be read."""
_BOOT, _SPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


def who(environment: Mapping[str, str] | None = None) -> str:
    """Say who promotes, as far as anything tells: the CI's user with the job, git's user, or that of the system."""
    env = os.environ if environment is None else environment
    for name, parts, shape in _CI:
        if person := env.get(name):
            known = [env.get(part, "") for part in parts]
            return f"{person} ({shape.format(*known)})" if all(known) else person
    return _git_user() or f"{_system_user()}@{socket.gethostname()}"


def _git_user() -> str | None:
    told = []
    for key in ("user.name", "user.email"):
        try:
            asked = subprocess.run(["git", "config", key], capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        told.append(asked.stdout.strip())
    name, address = told
    return f"{name} <{address}>" if name and address else name or address or None


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def this_process() -> dict[str, str]:
    """Tell which process claims: it and nothing else is meant, on this machine since its last start."""
    told = {"host": socket.gethostname(), "pid": str(os.getpid())}
    try:
        told |= {
            "boot": _BOOT.read_text().strip(),
            "space": os.readlink(_SPACE),
            "started": _started(os.getpid()) or "",
        }
    except OSError:
        return told
    return told


def is_alive(holder: Mapping[str, str] | None) -> bool | None:
    """Tell whether the process of a claim is still there; None where it cannot be known from here."""
    here = this_process()
    if not holder or any(holder.get(key) != here.get(key) for key in ("host", "boot", "space")) or os.name != "posix":
        return None
    pid = int(holder["pid"])
    started = holder.get("started")
    return is_running(pid) and (not started or _started(pid) == started)  # else another one got the number


def is_running(pid: int) -> bool:
    """Tell whether a process of this machine runs; one that is dead and not yet waited for does not (POSIX only)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return (_stat(pid) or ["R"])[0] != "Z"


def _started(pid: int) -> str | None:
    fields = _stat(pid)
    return fields[19] if fields else None


def _stat(pid: int) -> list[str] | None:
    """Give what Linux tells of a process, from its state on; None elsewhere."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
