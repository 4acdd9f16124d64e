"""Replays the recorded answers of a real ComfyDeploy server against the emulator, step by step.

`Replay(emulator).play(name)` yields one `Exchange` a recorded request; an `Exchange` holds the recorded step (ids
replaced by the live ones), the live answer, and what differs. Other tests hook in by reading the live answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pulumi_comfy.emulator import Emulator, PlanLimits

RECORDINGS = Path(__file__).resolve().parents[2] / ".." / "shared" / "recordings" / "comfydeploy"

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OPAQUE = re.compile(rf"{UUID.pattern}|[0-9a-f]{{64}}|fc-[0-9A-F]{{24}}|ap-[0-9a-f]{{22}}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?P<zone>Z|\+00Z|\+00:00)?")
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_POLLED = re.compile(r"polled GET (?P<path>\S+) until status=(?P<status>\S+)")
_VERSIONS = re.compile(r"versions \d+ -> (?P<count>\d+); status in response: (?P<status>\S+)")
_LATER = re.compile(r"(?P<seconds>\d+) s later")
# Made up by the stubs around the recorded server, or by the emulator: only the type is compared.
_TYPE_ONLY = {"user_name", "user_icon", "content", "encrypted_value", "docker_commands"}
_ACCOUNTS = {
    "main": ("user_sample", None),
    "other": ("user_other", None),
    "org": ("user_sample", "org_sample"),
    "free": ("user_free", None),
}


def scenarios() -> list[str]:
    """Names of the recorded scenarios, in the order they were recorded; empty when the folder is absent."""
    return sorted(path.stem for path in RECORDINGS.glob("[0-9]*.json"))


def load(scenario: str) -> list[dict[str, Any]]:
    """The steps of a scenario."""
    steps: list[dict[str, Any]] = json.loads((RECORDINGS / f"{scenario}.json").read_text())["steps"]
    return steps


@dataclass
class Exchange:
    """One replayed request. `recorded` speaks of live ids, as far as they were known before the answer."""

    scenario: str
    index: int
    note: str
    method: str
    path: str
    status: int
    recorded_status: int
    body: Any
    recorded: Any
    headers: httpx.Headers
    differences: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """For tables of known differences."""
        return f"{self.scenario}[{self.index}]"


class Replay:
    """Plays scenarios one after the other on one emulator, as they were recorded on one server.

    Builds take a minute of the emulator's clock, which is pushed forward where the recording waited.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._live: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        self._keys = {name: emulator.comfydeploy.key(user, org, "sample") for name, (user, org) in _ACCOUNTS.items()}
        self._minted = ""
        # No pooling: a plain 500 closes its connection.
        self._http = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False, verify=False)
        self._last_machine = ""
        _prepare(emulator)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def play(self, scenario: str) -> Iterator[Exchange]:
        """Send every recorded request; differences found by notes come with the exchange before the note."""
        self._minted = ""
        previous: Exchange | None = None
        for index, step in enumerate(load(scenario)):
            if "method" in step:
                if previous is not None:
                    yield previous
                previous = self._send(scenario, index, step)
            elif previous is not None and isinstance(step["note"], str):
                previous.differences += self._check_note(step["note"])
        if previous is not None:
            yield previous

    def _send(self, scenario: str, index: int, step: dict[str, Any]) -> Exchange:
        note = step.get("note") or ""
        if later := _LATER.match(note):
            self.emulator.clock.advance(int(later["seconds"]))
        path = self._translate(step["path"]).replace("<jwt>", self._keys["main"])
        headers, content = self._headers(step, note), None
        if "request_raw" in step:
            content = step["request_raw"].encode()
        elif step.get("request") is not None:
            content = self._translate(json.dumps(step["request"])).encode()
        if content is not None:
            headers["content-type"] = "application/json"
        url = f"{self.emulator.url}/comfydeploy{path}"
        answer = self._http.request(step["method"], url, headers=headers, content=content)
        body: Any = answer.json() if "json" in answer.headers["content-type"] else answer.text
        exchange = Exchange(
            scenario, index, note, step["method"], path, answer.status_code, step["status"], body, None, answer.headers
        )
        if answer.status_code != step["status"]:
            exchange.differences.append(f"status {answer.status_code} instead of {step['status']}")
        exchange.differences += self._compare(step["response"], body, "")
        for name, value in step.get("response_headers", {}).items():
            if answer.headers.get(name) != value:
                exchange.differences.append(f"header {name}: {answer.headers.get(name)!r} instead of {value!r}")
        exchange.recorded = json.loads(self._translate(json.dumps(step["response"])))
        if isinstance(body, dict) and _JWT.fullmatch(str(body.get("key", ""))) and step["method"] == "POST":
            self._minted = body["key"]
        if found := re.search(rf"/machine/(?:serverless/)?({UUID.pattern})", path):
            self._last_machine = found[1]
        return exchange

    def _headers(self, step: dict[str, Any], note: str) -> dict[str, str]:
        main = self._keys["main"]
        special = {
            "Basic scheme": {"authorization": "Basic dXNlcjpwdw=="},
            "lower-case scheme 'bearer'": {"authorization": f"bearer {main}"},
            "'Bearer' with no token": {"authorization": "Bearer"},
            "token in x-api-key": {"x-api-key": main},
            "JWT with bad signature": {"authorization": f"Bearer {main[:-8]}AAAAAAAA"},
        }
        if note in special:
            return dict(special[note])
        token = step.get("token")
        if token is None:
            # The last scenario was recorded with one key throughout and does not name it.
            is_plain = "response_headers" not in step
            return {"authorization": f"Bearer {main}"} if is_plain else {}
        key = self._minted or main if token == "<jwt>" else self._keys.get(token, token)
        return {"authorization": f"Bearer {key}"}

    def _check_note(self, note: str) -> list[str]:
        if polled := _POLLED.match(note):
            self.emulator.clock.advance(self.emulator.settings.build_seconds)
            status = self._get(self._translate(polled["path"]))["status"]
            return [] if status == polled["status"] else [f"the machine is {status} instead of {polled['status']}"]
        if counted := _VERSIONS.match(note):
            count = len(self._get(f"/machine/serverless/{self._last_machine}/versions/all"))
            return [] if count == int(counted["count"]) else [f"{count} versions instead of {counted['count']}"]
        return []

    def _get(self, path: str) -> Any:
        headers = {"authorization": f"Bearer {self._keys['main']}"}
        return self._http.get(f"{self.emulator.comfydeploy.url}{path}", headers=headers).json()

    def _translate(self, text: str) -> str:
        return _OPAQUE.sub(lambda found: self._live.get(found[0], found[0]), text)

    def _compare(self, recorded: Any, live: Any, where: str) -> list[str]:
        name = where.rsplit(".", 1)[-1]
        if type(recorded) is not type(live):
            return [f"{where}: {live!r} instead of {recorded!r}"]
        if name in _TYPE_ONLY:
            return []
        if isinstance(recorded, dict):
            return self._compare_objects(recorded, live, where)
        if isinstance(recorded, list):
            if len(recorded) != len(live):
                return [f"{where}: {len(live)} items instead of {len(recorded)}"]
            pairs = enumerate(zip(recorded, live, strict=True))
            return [text for number, (old, new) in pairs for text in self._compare(old, new, f"{where}[{number}]")]
        if isinstance(recorded, str):
            return self._compare_texts(recorded, live, where)
        if isinstance(recorded, float) and "duration" in name:
            return []
        return [] if recorded == live else [f"{where}: {live!r} instead of {recorded!r}"]

    def _compare_objects(self, recorded: dict[str, Any], live: dict[str, Any], where: str) -> list[str]:
        differences = [f"{where}.{key} is missing" for key in recorded if key not in live]
        differences += [f"{where}.{key} is not in the recording" for key in live if key not in recorded]
        for key, value in recorded.items():
            if key in live:
                differences += self._compare(value, live[key], f"{where}.{key}")
        return differences

    def _compare_texts(self, recorded: str, live: str, where: str) -> list[str]:
        wrong = [f"{where}: {live!r} instead of {recorded!r}"]
        if _OPAQUE.fullmatch(recorded):
            is_same = bool(_OPAQUE.fullmatch(live)) and self._learn(recorded, live)
            return [] if is_same else wrong
        if old := _TIME.fullmatch(recorded):
            new = _TIME.fullmatch(live)
            return [] if new and _spelling(old) == _spelling(new) else wrong
        if recorded == "<jwt>":
            return [] if _JWT.fullmatch(live) else wrong
        if recorded.startswith("****"):
            return [] if re.fullmatch(r"\*{4}[\w-]{4}", live) else wrong
        if where.endswith("build_log"):
            return [] if _log_shape(recorded) == _log_shape(live) else wrong
        if where.endswith("duration"):
            return [] if re.fullmatch(r"\d+\.\d{6}", live) else wrong
        # How a malformed UUID is explained belongs to the validation library's version.
        if recorded.startswith(("Input should be a valid UUID", "invalid character", "invalid length")):
            return [] if _beginning(recorded) == _beginning(live) else wrong
        # A leaked statement is the database library's: what comes before it is the platform's.
        expected = self._translate(recorded).split("\n[SQL:")[0]
        return [] if expected == live.split("\n[SQL:", maxsplit=1)[0] else wrong

    def _learn(self, recorded: str, live: str) -> bool:
        if recorded in self._live or live in self._recorded:
            return self._live.get(recorded) == live and self._recorded.get(live) == recorded
        self._live[recorded], self._recorded[live] = live, recorded
        return True


def _spelling(moment: re.Match[str]) -> tuple[str, str | None, str]:
    """How a timestamp is written: separator, zone, and whether it shows milli- or microseconds."""
    digits = len(moment["fraction"] or "") - 1
    return moment[0][10], moment["zone"], "milliseconds" if digits == 3 and moment["zone"] == "Z" else "microseconds"


def _beginning(text: str) -> str:
    return re.split("[,:]", text, maxsplit=1)[0]


def _log_shape(text: str) -> set[tuple[str, ...]]:
    return {tuple(sorted(f"{name}:{type(value).__name__}" for name, value in row.items())) for row in json.loads(text)}


def _prepare(emulator: Emulator) -> None:
    """The circumstances of the recording: its stubs, its plans, and who was reachable."""
    emulator.settings.build_seconds = 60
    # Nothing ran there: every run stays where the platform itself left it.
    emulator.settings.run_seconds = 10 * 24 * 3600
    emulator.settings.stale_run_seconds = 20 * 24 * 3600
    # These were created with `wait_for_build`, which holds the request.
    emulator.comfydeploy.builds.outcome("ready", machine_name="full|dep-m2|run-sm", seconds=0)
    free = PlanLimits(name="free", machine_limit=3, gpu_concurrency_limit=1, always_on_limit=0)
    free.self_hosted_machines = False
    emulator.settings.plans = {"user_free": free}
    emulator.settings.endpoint_answers = {
        "http://127.0.0.1:58188/broken/": "400 Bad Request",
        "http://127.0.0.1:9/": "refused",
    }
