"""Runs in the pack's own environment, without pytest: prints as JSON what the policies said of each case."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import google.protobuf
import pulumi_policy
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.policy import _PolicyAnalyzerServicer
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from pulumi_comfy.policy import Rule
from pulumi_comfy.policy.pack import comfy_policies

TYPE = "pulumi-python:comfydeploy:ServerlessMachine"
DEPLOYMENT = "pulumi-python:comfydeploy:Deployment"
SECRET = "Zx7kept-from-all"


def options(*, protect: bool = False) -> Any:
    return pulumi_policy.PolicyResourceOptions(protect, [], None, [], pulumi_policy.PolicyCustomTimeouts(0, 0, 0), [])


def of_resource(policy: str, props: dict[str, Any], config: dict[str, Any] | None = None, *own: Rule) -> Any:
    (found,) = (one for one in comfy_policies(*own) if one.name == policy)
    args = pulumi_policy.ResourceValidationArgs(
        TYPE, unknown_checking_proxy(props), "urn:x", "gpu", options(), None, config
    )
    return _said(found, args)


def of_stack(policy: str, *resources: Any) -> Any:
    (found,) = (one for one in comfy_policies() if one.name == policy)
    return _said(found, pulumi_policy.StackValidationArgs(list(resources)))


def member(name: str, props: dict[str, Any], **refers: Any) -> Any:
    return pulumi_policy.PolicyResource(
        DEPLOYMENT, unknown_checking_proxy(props), f"urn:{name}", name, options(), None, None, [], refers
    )


def _said(policy: Any, args: Any) -> Any:
    reported: list[Any] = []
    try:
        policy.validate(args, lambda message, urn=None: reported.append([message, urn] if urn else message))
    except UnknownValueError as unknown:
        return {"reported": reported, "unknown": unknown.message}
    except Exception as other:  # noqa: BLE001 - the class is private; its name tells it
        return {"reported": reported, type(other).__name__: str(getattr(other, "reason", other))}
    return {"reported": reported}


def configure(**facts: Any) -> None:
    """Ask as a newer engine does."""
    servicer = SimpleNamespace()
    request = analyzer_pb2.AnalyzerStackConfigureRequest(**facts)
    _PolicyAnalyzerServicer.ConfigureStack(servicer, request, None)


def of_secrets() -> list[str]:
    """What is said of values that the engine marks as secret, as it asks: of each resource, and of the stack."""
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    step = {"type": "custom-node", "data": {"url": {**secret, "value": f"https://git.example/{SECRET}"}}}
    servicer = _PolicyAnalyzerServicer("ours", "0.0.1", comfy_policies(), pulumi_policy.EnforcementLevel.ADVISORY)
    said = [*servicer.Analyze(_request({"dockerCommandSteps": [step]}), None).diagnostics]
    proof = {**secret, "value": {"endedAt": "2020-01-01T00:00:00Z", "workflowVersion": SECRET[::-1]}}
    served = analyzer_pb2.AnalyzerResource(type=DEPLOYMENT, urn="urn:x", name="serving")
    json_format.ParseDict({"environment": "production", "proof": proof}, served.properties)
    said += servicer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[served]), None).diagnostics
    return [f"{one.policyName}: {one.message}" for one in said]


def _request(props: dict[str, Any]) -> Any:
    request = analyzer_pb2.AnalyzeRequest(type=TYPE, urn="urn:x", name="gpu")
    json_format.ParseDict(props, request.properties)
    return request


def main() -> None:
    step = {"type": "custom-node", "data": {"url": "https://github.com/a/b", "install_type": UNKNOWN_STRING_VALUE}}
    os.environ |= {"PULUMI_STACK": "live", "PULUMI_DRY_RUN": "true", "PULUMI_CONFIG": '{"comfy:environment": "dev"}'}
    policies = comfy_policies()
    result: dict[str, Any] = {
        "protobuf": google.protobuf.__version__,
        "pulumi_policy": version("pulumi_policy"),
        "names": [one.name for one in policies],
        "levels": {one.name: one.enforcement_level.value for one in policies},
        "schemas": {one.name: one.config_schema and one.config_schema.properties for one in policies},
        "by variables": of_resource("keep-warm", {"keepWarm": 2.0}),
    }
    os.environ["PULUMI_CONFIG"] = "{"
    result["broken variables"] = of_resource("keep-warm", {"keepWarm": 2.0})
    configure(stack="live", project="shop", dry_run=True, config={"comfy:environment": "production"})
    result |= {
        "heard": of_resource("keep-warm", {"keepWarm": 2.0}),
        "configured": of_resource("keep-warm", {"keepWarm": 2.0}, {"byEnvironment": {"production": 2.0}}),
        "nested": of_resource("pinned-nodes", {"dockerCommandSteps": [step]}),
        "unknown": of_resource("keep-warm", {"keepWarm": UNKNOWN_STRING_VALUE}),
        "both": of_resource("pinned-nodes", {"dockerCommandSteps": [step, UNKNOWN_STRING_VALUE]}),
        "stack": of_stack("machine-of-one-environment", *pair()),
        "preview of a proof": of_stack("production-proof", member("serving", {"environment": "production"})),
    }
    configure(stack="live", project="shop", dry_run=False, config={"comfy:environment": "production"})
    result |= {
        "proof after": of_stack("production-proof", member("serving", {"environment": "production"})),
        "unknown in an up": of_resource("keep-warm", {"keepWarm": UNKNOWN_STRING_VALUE}),
        "own": of_resource(
            "ours", {}, None, Rule("ours", "Nothing.", of_resource=lambda one, _, to: to.violation(one.name))
        ),
    }
    os.environ["PULUMI_CONFIG"] = "{}"
    result["secrets"] = of_secrets()
    json.dump(result, sys.stdout)


def pair() -> tuple[Any, Any]:
    machine = member("gpu", {})
    unknown = {"machineId": UNKNOWN_STRING_VALUE}
    return (
        member("a", {"environment": "production", **unknown}, machineId=[machine]),
        member("b", {"environment": "staging", **unknown}, machineId=[machine]),
    )


if __name__ == "__main__":
    main()
