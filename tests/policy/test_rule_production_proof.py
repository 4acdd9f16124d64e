"""The rule `production-proof`: what serves in production has rendered, this very version, not long ago."""

from __future__ import annotations

import pytest
from good import SERVING, VERSION, check, deployment, proof

from pulumi_comfy.policy.kit import UNKNOWN, resource, said, stack, undecided
from pulumi_comfy.policy.rules.proofs import PRODUCTION_PROOF

RUN_AGAIN = "Run `pulumi up` with inference checks on; a change of `triggers` runs one again."


def test_a_young_proof_of_what_serves_passes():
    assert said(PRODUCTION_PROOF, deployment()) == []


def test_a_deployment_without_a_proof_is_told():
    assert said(PRODUCTION_PROOF, deployment(proof=None)) == [
        'comfydeploy.Deployment "serving" is in production and nothing proves that it renders: no inference check has '
        f"passed. {RUN_AGAIN}"
    ]


def test_a_proof_that_is_too_old_is_told_with_its_age():
    assert said(PRODUCTION_PROOF, deployment(), maxAgeDays=0.5) == [
        'comfydeploy.Deployment "serving" is in production and its proof is 1 days old, of 2026-01-30T12:00:00Z; the '
        "most "
        f"is 0.5 days. {RUN_AGAIN}"
    ]


def test_a_proof_that_is_yet_to_end_is_not_young():
    assert said(PRODUCTION_PROOF, deployment(proof=proof(endedAt="2031-01-01T00:00:00Z"))) == [
        'comfydeploy.Deployment "serving" is in production and nothing tells how old its proof is: it says that it '
        f"ended 2031-01-01T00:00:00Z. {RUN_AGAIN}"
    ]


def test_a_proof_that_was_revoked_is_told_with_the_failure():
    revoked = {"revokedAt": "2026-01-31T10:00:00Z", "runId": "r2", "code": "COMFY3004"}

    assert said(PRODUCTION_PROOF, deployment(proof=proof(revoked=revoked))) == [
        'comfydeploy.Deployment "serving" is in production and its proof was revoked at 2026-01-31T10:00:00Z: the same '
        "failed then with COMFY3004. Deploy a version that renders."
    ]


def test_a_proof_of_another_version_is_told():
    assert said(PRODUCTION_PROOF, deployment(proof=proof(workflowVersion="other"))) == [
        'comfydeploy.Deployment "serving" is in production and its proof is of another version, other. ' + RUN_AGAIN
    ]


def held(**values):
    """A deployment that was made by hand on a server that tells no version's id; its run's row told the proof's."""
    told = {"existingId": SERVING, "environment": "production", "proof": proof(workflowDigest="d1"), **values}
    return resource("selfhosted:Deployment", "held", **told)


def test_a_proof_of_what_was_made_by_hand_holds_where_the_program_cannot_know_its_version():
    assert said(PRODUCTION_PROOF, held()) == []


def test_a_proof_of_what_was_made_by_hand_is_of_the_document_that_is_declared():
    assert said(PRODUCTION_PROOF, held(workflowDigest="d1")) == []
    assert len(said(PRODUCTION_PROOF, held(workflowDigest="d2"))) == 1


def test_a_proof_of_what_was_made_by_hand_is_of_the_version_that_is_declared():
    assert len(said(PRODUCTION_PROOF, held(workflowVersionId="other"))) == 1


def test_the_proof_of_a_check_by_itself_is_as_good():
    assert said(PRODUCTION_PROOF, stack(deployment(proof=None), check())) == []


def test_a_check_by_itself_without_a_proof_is_not():
    assert len(said(PRODUCTION_PROOF, stack(deployment(proof=None), check(proof=None)))) == 1


def test_a_check_by_itself_that_proved_another_version_is_not():
    other = check(proof=proof(workflowVersion="other"))

    assert len(said(PRODUCTION_PROOF, stack(deployment(proof=None), other))) == 1
    assert said(PRODUCTION_PROOF, stack(deployment(proof=None), check(proof=proof(workflowVersion=VERSION)))) == []


def test_staging_needs_none():
    assert said(PRODUCTION_PROOF, deployment(proof=None, environment="staging")) == []


def test_a_preview_neither_passes_nor_fails_and_says_so():
    one = deployment(proof=None, is_preview=True)

    assert said(PRODUCTION_PROOF, one) == []
    assert undecided(PRODUCTION_PROOF, one) == [
        'comfydeploy.Deployment "serving": a preview cannot know whether it will be proved; `pulumi-comfy promote` '
        "asks "
        "for the proof before, and this rule after the deployment."
    ]


def test_a_proof_that_is_not_known_neither_passes_nor_fails():
    unknown = deployment(proof=UNKNOWN)

    assert said(PRODUCTION_PROOF, unknown) == []
    assert undecided(PRODUCTION_PROOF, unknown) == ['comfydeploy.Deployment "serving": its proof is not known.']


def test_a_proof_that_is_not_known_harms_no_other_that_holds():
    whole = stack(deployment(proof=UNKNOWN), check())

    assert (said(PRODUCTION_PROOF, whole), undecided(PRODUCTION_PROOF, whole)) == ([], [])


@pytest.mark.parametrize(
    "broken", ["x", ["x"], {"endedAt": "yesterday"}, proof(endedAt=None), proof(revoked={"x": 1}), {"platform": "x"}]
)
def test_a_proof_that_cannot_be_read_is_none(broken):
    assert said(PRODUCTION_PROOF, deployment(proof=broken)) == [
        'comfydeploy.Deployment "serving" is in production and nothing proves that it renders: its proof cannot be '
        f"read. {RUN_AGAIN}"
    ]


def test_a_moment_without_a_zone_is_in_utc():
    assert said(PRODUCTION_PROOF, deployment(proof=proof(endedAt="2026-01-30T12:00:00"))) == []


def test_a_proof_may_be_as_old_as_one_likes():
    assert said(PRODUCTION_PROOF, deployment(), maxAgeDays=1e12) == []
