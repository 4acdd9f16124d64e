"""A handler for the shells' tests, and what an SDK's dynamic provider server needs to find it.

The server process starts in this folder, so it can import this module; its objects live in the process's memory.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import types
from typing import Annotated, Any

import jwt

from pulumi_comfy.configuration import PlatformSettings, Setting
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.model import AUTOMATIC, LOCAL, REPLACES, SECRET, Json, Model
from pulumi_comfy.core.platform import Platform
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.shells.dynamic import DynamicProvider

TOKEN = "teapots:Teapot"
PROVIDER_TEXT = base64.b64encode(b"cshell_toys\nload_teapot\n)R.").decode("ascii")
"""What stands in `__provider`: «call `load_teapot`»."""
KEY = jwt.encode({"user_id": "user_1", "org_id": "org_1"}, "a signing key of thirty-two bytes", algorithm="HS256")
SCOPE = "teapots.example/org_1"

POTS: dict[str, dict[str, Any]] = {}
_arrived: list[str] = []
_all_arrived = asyncio.Event()


class TeapotInputs(Model):
    """What is declared, and what is asked of the toy."""

    name: Annotated[str | None, AUTOMATIC] = None
    size: Annotated[int, REPLACES] = 1
    code: Annotated[str | None, SECRET] = None
    labels: dict[str, Json] = {}
    fail: Annotated[str | None, LOCAL] = None
    """`complete`, `crash`, `exit`, `update`: what goes wrong, and where."""
    wait_for: Annotated[int | None, LOCAL] = None
    """Wait until so many creates are under way; 0 waits for ever."""
    adopt: Annotated[str | None, LOCAL] = None


class TeapotOutputs(Model):
    """What the call told."""

    urn: str | None = None
    timeout: float | None = None
    old_size: int | None = None
    loop: str | None = None


class TeapotHandler(Handler[TeapotInputs, TeapotOutputs, Any]):
    token = TOKEN
    label = "teapot"
    inputs_model = TeapotInputs
    outputs_model = TeapotOutputs

    def deletes_before_replace(self, prior, inputs):
        return True

    def explain(self, old_inputs, inputs, changed):
        return [f"size was {old_inputs.get('size')} ({inputs.code})"]

    def repair(self, prior, inputs):
        return "it is chipped" if "chipped" in prior.inputs.labels else None

    async def find(self, inputs, call):
        return [Found(one, "a teapot") for one, pot in POTS.items() if pot["name"] == inputs.name]

    async def insert(self, inputs, found, call):
        if inputs.fail == "exit":
            raise SystemExit("enough")
        object_id = f"teapot-{len(POTS) + 1}"
        POTS[object_id] = {"name": inputs.name, "size": inputs.size}
        return Inserted(object_id)

    async def complete(self, made, inputs, call):
        logger.debug("completing %s with %s", made.id, inputs.code)
        _misbehave(inputs)
        if inputs.wait_for is not None:
            await _wait(made.id, inputs.wait_for, call)
        return State(inputs, _told(call))

    async def read(self, object_id, prior, call):
        pot = POTS.get(object_id)
        return None if pot is None else Seen({"size": pot["size"]}, _told(call))

    async def update(self, object_id, prior, inputs, changed, call):
        if inputs.fail == "update":
            POTS[object_id]["size"] = inputs.size
        _misbehave(inputs)
        return State(inputs, _told(call))

    async def delete(self, object_id, prior, call):
        POTS.pop(object_id, None)


def _misbehave(inputs: TeapotInputs) -> None:
    if inputs.fail in ("complete", "update"):
        raise OutcomeError("COMFY3001", tried="boil", got=f"the lid blew off, code {inputs.code}", todo="Stand back.")
    if inputs.fail == "crash":
        raise ZeroDivisionError(f"by {inputs.code}")


async def _wait(object_id: str, number: int, call: Any) -> None:
    call.progress(f"waiting with {object_id}")
    if number == 0:
        await call.cancellation.sleep(3600, tried="wait for ever")
    _arrived.append(object_id)
    if len(_arrived) == number:
        _all_arrived.set()
    await _all_arrived.wait()


def _told(call: Any) -> TeapotOutputs:
    return TeapotOutputs(
        urn=call.urn.text if call.urn else None,
        timeout=call.timeout,
        old_size=(call.old_inputs or {}).get("size"),
        loop=str(id(asyncio.get_running_loop())),
    )


class Client:
    """What a teapot is asked with."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def forget(self) -> None:
        """Nothing is kept."""


async def _question(_client: Client) -> None:
    """A teapot answers whoever asks."""


def _account_in(key: str) -> str | None:
    try:
        account: str | None = jwt.decode(key, options={"verify_signature": False}).get("org_id")
    except jwt.PyJWTError:
        return None
    return account


PLATFORM: Platform[Client] = Platform(
    key="teapots",
    name="Teapots",
    settings=PlatformSettings(
        url=Setting("teapotsUrl", "TEAPOTS_URL", "Where they are.", default="https://teapots.example/api"),
        key=Setting("teapotsApiKey", "TEAPOTS_API_KEY", "Opens the cupboard.", is_secret=True),
    ),
    client=Client,
    question=_question,
    accounts=Accounts(in_key=_account_in),
    handlers={"Teapot": TeapotHandler()},
)


def register() -> None:
    """Make `handler_of` find the toy's platform."""
    module: Any = types.ModuleType("pulumi_comfy.platforms.teapots.platform")
    module.PLATFORM = PLATFORM
    sys.modules["pulumi_comfy.platforms.teapots"] = types.ModuleType("pulumi_comfy.platforms.teapots")
    sys.modules["pulumi_comfy.platforms.teapots.platform"] = module


def load_teapot() -> DynamicProvider:
    """Called by unpickling."""
    return DynamicProvider(TOKEN)


register()
