"""What the rules of a life choose from."""

from __future__ import annotations

from hypothesis import strategies as st

ENVIRONMENTS = ("production", "staging", "private-share")
ROUTES = (
    ("*", ".*"),
    ("GET", ".*"),
    ("POST", "/workflow"),
    ("PATCH", "/workflow/[^/]+"),
    ("DELETE", "/workflow/[^/]+"),
    ("POST", "/workflow/[^/]+/version"),
    ("GET", "/workflows/all"),
    ("POST", "/machine/serverless"),
    ("PATCH", "/machine/serverless/[^/]+"),
    ("GET", "/machine/.*"),
    ("GET", "/machines/all"),
    ("DELETE", "/machine/[^/]+"),
    ("POST", "/machine/secret"),
    ("PATCH", "/machine/secret.*"),
    ("DELETE", "/machine/secret/[^/]+"),
    ("GET", "/machine/secrets/all"),
    ("POST", "/deployment"),
    ("PATCH", "/deployment/[^/]+"),
    ("GET", "/deployment.*"),
    ("DELETE", "/deployment/[^/]+"),
    ("GET", "/workflow/[^/]+/deployments"),
    ("POST", "/run/deployment/queue"),
    ("GET", "/run/.*"),
)
KINDS = ("401", "429", "500", "502", "503", "reset", "lost", "garbage", "truncated", "close_idle", "stale")

machines = st.sampled_from(("m0", "m1"))
workflows = st.sampled_from(("w0", "w1"))
gpus = st.sampled_from(("T4", "A10G"))
rollouts = st.sampled_from(("in_place", "replace"))
checks = st.sampled_from((None, "rollback", "rollback", "keep"))
steps = st.sampled_from((20, 30, 40))
faults = st.lists(
    st.tuples(st.sampled_from(ROUTES), st.sampled_from(KINDS), st.sampled_from((1, 1, 2, 6))), min_size=1, max_size=3
)
operations = st.sampled_from(("up", "up", "up", "up", "up", "up", "refresh", "destroy"))
changes = st.sampled_from(("", "machines", "workflows", "secrets", "deployments", "machines workflows secrets"))
cuts = st.sampled_from((None, None, "cancel", "kill", "kill the engine"))
moments = st.sampled_from((1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22))
"""After how many requests an operation is cut."""
