"""`pulumi-comfy-policy`: the pack as the executable that `pulumi --policy-pack` takes."""

from __future__ import annotations

import sys


def main() -> None:
    """Serve the pack until the engine ends.

    Raises:
        SystemExit: Pulumi's policy library is not installed.
    """
    try:
        from pulumi_policy import PolicyPack

        from pulumi_comfy.policy.pack import NAME, comfy_policies
    except ImportError as missing:
        if (missing.name or "").partition(".")[0] != "pulumi_policy":
            raise
        sys.exit(
            "pulumi-comfy-policy needs Pulumi's policy library, which pins an old protobuf: give it an environment of "
            "its own, `python -m venv .policy && .policy/bin/pip install 'pulumi-comfy[policy]'`, and pass "
            "`--policy-pack .policy/bin/pulumi-comfy-policy`."
        )
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # the engine waits for the port's line
    PolicyPack(NAME, comfy_policies())
