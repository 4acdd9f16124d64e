"""How long one request may take and how long we pause, as the environment turns them.

`PULUMI_COMFY_REQUEST_TIMEOUT`: seconds that a platform has to answer one request; 60 when unset.
`PULUMI_COMFY_PACE`: factor on every pause between looks and retries; 1 when unset. Below 1 suits an emulator only.
"""

from __future__ import annotations

import os

from pulumi_comfy.core.errors import InputError

REQUEST_TIMEOUT = "PULUMI_COMFY_REQUEST_TIMEOUT"
PACE = "PULUMI_COMFY_PACE"


def request_timeout() -> float:
    """Give the seconds that a platform has to answer one request.

    Raises:
        InputError: the variable is no positive number.
    """
    return _positive(REQUEST_TIMEOUT, 60.0)


def paced(seconds: float) -> float:
    """Give a pause of `seconds` at the pace in force.

    Raises:
        InputError: the variable is no positive number.
    """
    return seconds * _positive(PACE, 1.0)


def _positive(variable: str, default: float) -> float:
    text = os.environ.get(variable)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        got = f"{variable} is {text!r}"
        raise InputError("COMFY1104", tried="read the environment", got=got, todo="Set it to a positive number.")
    return value
