"""Image builds: they run by the clock, write their log line by line, and end as scripts or the commands say.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from pulumi_comfy.emulator.build_plans import BuildOutcome, BuildPlans
from pulumi_comfy.emulator.comfydeploy.builder import BrokenProgramError, read_back
from pulumi_comfy.emulator.comfydeploy.docker import BUILDER_VERSION, docker_commands
from pulumi_comfy.emulator.comfydeploy.state import Platform, Row


@dataclass
class Build:
    """One build of one machine version."""

    version_id: str
    machine_id: str
    started: datetime
    seconds: float
    outcome: BuildOutcome
    lines: list[str]
    commands: str
    environment: dict[str, str]
    breaks_inference: bool
    # Nothing was added to what the platform itself installs.
    is_plain: bool
    is_finished: bool = False
    # Of a build that a dump brought back: it writes no more.
    written: list[dict[str, Any]] | None = None

    def log_at(self, moment: datetime) -> list[dict[str, Any]]:
        """The log entries written by `moment`, spread evenly over the build."""
        if self.written is not None:
            return self.written
        share = self.seconds / max(1, len(self.lines) - 1)
        entries = []
        for number, line in enumerate(self.lines):
            written = self.started + timedelta(seconds=share * number)
            if written > moment and not self.is_finished:
                break
            entries.append({"logs": line, "timestamp": written.replace(tzinfo=timezone.utc).timestamp()})
        return entries


@dataclass
class Builds(BuildPlans):
    """All builds of the platform, and what tests planned for them.

    `max_in_flight` is the largest number of builds that ran at the same time since the last `clear`.
    """

    _platform: Platform
    in_flight: int = 0
    max_in_flight: int = 0
    # The latest build of each version, and the build that each machine's app was last deployed from.
    of_version: dict[str, Build] = field(default_factory=dict)
    serving: dict[str, Build] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget the plans and the maximum, not the builds."""
        super().clear()
        self.max_in_flight = self.in_flight

    def reset(self) -> None:
        """Forget everything."""
        self.in_flight = 0
        self.of_version.clear()
        self.serving.clear()
        self.clear()

    def start(self, machine: Row, version: Row) -> None:
        """Build `version` of `machine` in the background; builds of one machine are not serialised."""
        build = self._plan(machine, version)
        self.of_version[version["id"]] = build
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        if build.outcome != "hang":
            self._platform.scheduler.after(build.seconds, lambda: self._finish(build))

    def written(self, version_id: str) -> list[dict[str, Any]]:
        """What a version's build has written so far; the log's stream tells it, the column only after the end."""
        build = self.of_version.get(version_id)
        return [] if build is None else build.log_at(self._platform.world.clock.real_now())

    def _plan(self, machine: Row, version: Row) -> Build:
        settings = self._platform.world.settings
        try:
            texts, fault = read_back(machine), None
        except BrokenProgramError as broken:
            texts, fault = machine, str(broken)
        commands = commands_of(machine, version["modal_image_id"], texts)
        script = self.take(machine["name"], commands)
        outcome: BuildOutcome = "ready" if script is None else script.outcome
        is_broken = any(marker in commands for marker in settings.build_breaking_markers)
        if fault or (script is None and is_broken):
            outcome = "error"
        seconds = settings.build_seconds if script is None or script.seconds is None else script.seconds
        return Build(
            version_id=version["id"],
            machine_id=machine["id"],
            started=self._platform.world.clock.now(),
            seconds=seconds,
            outcome=outcome,
            lines=_lines(commands, outcome, () if script is None else script.log, fault),
            commands=commands,
            environment=self._environment(machine["id"]),
            breaks_inference=any(marker in commands for marker in settings.inference_breaking_markers),
            is_plain=is_plain(machine, version["modal_image_id"]),
        )

    def _environment(self, machine_id: str) -> dict[str, str]:
        """Variables of the linked secrets: baked in now, and only now (2.6)."""
        linked = [secret_id for machine, secret_id in self._platform.links if machine == machine_id]
        variables: dict[str, str] = {}
        for secret_id in linked:
            variables.update({item["key"]: item["value"] for item in self._platform.secrets[secret_id]["variables"]})
        return variables

    def _finish(self, build: Build) -> None:
        """Write the result into the version and the machine: the build that ends last has the machine's word."""
        build.is_finished = True
        self.in_flight -= 1
        now = self._platform.world.clock.now()
        log = json.dumps(build.log_at(now))
        version = self._platform.machine_versions[build.version_id]
        if self.of_version.get(build.version_id) is build:
            version.update(status=build.outcome, build_log=log, updated_at=now)
        machine = self._platform.machines[build.machine_id]
        machine["status"] = build.outcome
        machine["build_log"] = log
        if build.outcome == "ready":
            machine["machine_version"] = BUILDER_VERSION
            machine["modal_app_id"] = machine["modal_app_id"] or f"ap-{self._platform.world.randomness.hexadecimal(22)}"
            self.serving[build.machine_id] = build
            if self._platform.world.settings.fluid_builds:
                version["modal_image_id"] = f"im-{self._platform.world.randomness.hexadecimal(22)}"


def is_plain(columns: Row, image_id: str | None) -> bool:
    """Tell whether a machine, or a version of it, adds nothing to what the platform itself installs."""
    steps = (columns["docker_command_steps"] or {}).get("steps")
    others = ("extra_docker_commands", "base_docker_image", "prestart_command")
    return not (image_id or steps or any(columns[name] for name in others))


def commands_of(columns: Row, image_id: str | None, texts: Row | None = None) -> str:
    """What the builder runs for a machine or a version of it, a line each; the base and the start come last.

    `texts` has what the builder makes of the texts that it writes into its program; as the columns have them if None.
    """
    # On an image of a workspace the builder runs none of the image's commands (2.3.2).
    texts = columns if texts is None else texts
    groups = [] if image_id else docker_commands(columns)
    commands = "\n".join(line for group in groups for line in group)
    commands += f"\nFROM {image_id or texts['base_docker_image'] or 'debian-slim'}"
    return commands + f"\nCMD {texts['prestart_command'] or 'true'} && python main.py {texts['extra_args'] or ''}"


def _lines(commands: str, outcome: BuildOutcome, extra: Sequence[str], fault: str | None) -> list[str]:
    lines = ["Builder Version: 4"]
    if fault is not None:
        # Python does not get as far as the first step: recorded, 04 steps 28-30.
        lines += [*extra, 'File "my_app.py", line 84', fault]
        return [*lines, "Unable to build the app image."]
    lines += [f"=> Step {number}: {command}" for number, command in enumerate(commands.split("\n"))]
    lines += extra
    if outcome == "error":
        lines += ["Runner failed with exception: Image build failed. See build logs for more details."]
        return [*lines, "Unable to build the app image."]
    return [*lines, "✓ Created objects.", "✓ App deployed!"]
