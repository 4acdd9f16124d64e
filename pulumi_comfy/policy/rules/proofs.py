"""Production is proved: it has an inference check, and what it serves has rendered not long ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.core.unknown import Unknown, contains_unknown
from pulumi_comfy.inference.proof import Proof, stored
from pulumi_comfy.policy.resources import Resource, Stack
from pulumi_comfy.policy.rule import Production, Report, Rule


class ProofSettings(Production):
    """Of `production-proof`."""

    max_age_days: Annotated[float, Field(gt=0, description="Days after which a proof is too old. Default 30.")] = 30


def _served_in_production(stack: Stack, settings: Production, report: Report) -> Iterator[Resource]:
    for one in stack.ours:
        if not one.serves:
            continue
        if isinstance(one.environment, Unknown):
            report.not_known(f"{one.words}: its environment is not known yet.", one)
        elif settings.covers(one.environment):
            yield one


def _checked(stack: Stack, settings: Production, report: Report) -> None:
    for one in _served_in_production(stack, settings, report):
        declared = one.values.get(str(one.check_field))
        if stack.checks_of(one):
            continue
        if isinstance(declared, Unknown):
            report.not_known(f"{one.words}: {one.check_field} is not known yet.", one)
        elif declared is None:
            fix = "`inference_check`, or an `InferenceCheck`" if one.check_field else "an `InferenceCheck`"
            report.violation(
                f"{one.words} is in {one.environment} and has no inference check, so that nothing tells whether it "
                f"renders. Give it {fix} that runs it.",
                one,
            )


def _proved(stack: Stack, settings: ProofSettings, report: Report) -> None:
    for one in _served_in_production(stack, settings, report):
        if one.surroundings.is_preview:
            report.not_known(
                f"{one.words}: a preview cannot know whether it will be proved; `pulumi-comfy promote` asks for the "
                "proof before, and this rule after the deployment.",
                one,
            )
            continue
        told = [holder.values.get("proof") for holder in (one, *stack.checks_of(one))]
        found = [_of_proof(proof, one, settings) for proof in told if not contains_unknown(proof)]
        if not all(found):
            continue
        if len(found) < len(told):
            report.not_known(f"{one.words}: its proof is not known.", one)
        else:
            report.violation(f"{one.words} is in {one.environment} and {found[-1] or found[0]}", one)


def _serves_another(of: Resource, proof: Proof) -> bool:
    """Tell whether something else serves. What was made by hand serves what the run told, where no program knows it."""
    served = {value for value in of.values.values() if isinstance(value, str)}
    return not (of.is_untold and not of.values.get("workflowDigest")) and served.isdisjoint(
        {proof.workflow_version, proof.workflow_digest}
    )


def _of_proof(told: Any, of: Resource, settings: ProofSettings) -> str | None:
    """Say what is wrong with a proof of what is served; None where it holds."""
    fix = "Run `pulumi up` with inference checks on; a change of `triggers` runs one again."
    if not told:
        return f"nothing proves that it renders: no inference check has passed. {fix}"
    proof = stored(Proof, told)
    age = proof.age(of.surroundings.now) if proof else None
    if proof is None:
        return f"nothing proves that it renders: its proof cannot be read. {fix}"
    if age is None:
        return f"nothing tells how old its proof is: it says that it ended {proof.ended_at}. {fix}"
    if proof.revoked is not None:
        return (
            f"its proof was revoked at {proof.revoked.revoked_at}: the same failed then with {proof.revoked.code}. "
            "Deploy a version that renders."
        )
    if proof.workflow_version and _serves_another(of, proof):
        return f"its proof is of another version, {proof.workflow_version}. {fix}"
    if age / timedelta(days=1) > settings.max_age_days:
        return (
            f"its proof is {age.days} days old, of {proof.ended_at}; the most is {settings.max_age_days:g} days. {fix}"
        )
    return None


PRODUCTION_CHECK = Rule(
    id="production-check",
    description="What serves in production has an inference check.",
    settings=Production,
    of_stack=_checked,
)
PRODUCTION_PROOF = Rule(
    id="production-proof",
    description="What serves in production has a proof of this very version that is young enough and not revoked.",
    settings=ProofSettings,
    of_stack=_proved,
    note="A preview neither passes nor fails it, and says so: no run has happened yet. After `pulumi up` the proof is "
    "there; `pulumi-comfy promote` asks for the source's before anything moves.",
)
