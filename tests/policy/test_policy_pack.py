"""The pack in its own environment: an old protobuf, Pulumi's policy library, and our rules asked through it."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packs import require_pack

from pulumi_comfy.policy import RULES

pytestmark = pytest.mark.apart

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def pack():
    """What the policies said in the pack's environment."""
    python = require_pack().parent / "python"
    done = subprocess.run(
        [python, HERE / "in_the_pack.py"], capture_output=True, text=True, timeout=120, check=False, cwd=HERE
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_side_has_a_protobuf_of_its_own(pack):
    assert pack["protobuf"].startswith("5.29.")
    assert not version("protobuf").startswith("5.29.")


def test_the_programs_side_does_without_the_policy_library(pack):
    assert importlib.util.find_spec("pulumi_policy") is None


def test_only_the_pack_and_what_it_hears_import_the_policy_library():
    loaded = "import sys, pulumi_comfy.cli.policy, pulumi_comfy.policy.kit; sys.exit('pulumi_policy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


def test_every_rule_is_a_policy_of_the_pack(pack):
    assert pack["names"] == [rule.id for rule in RULES]
    assert all(re.fullmatch(r"[a-zA-Z0-9-_.]{1,100}", name) for name in pack["names"])


def test_every_rule_has_its_level(pack):
    assert pack["levels"] == {rule.id: rule.level for rule in RULES}


def test_the_settings_of_a_rule_are_the_schema_of_its_policy(pack):
    assert pack["schemas"]["keep-warm"]["most"]["type"] == "integer"
    assert pack["schemas"]["pinned-comfyui"] is None


def test_an_older_engine_tells_the_environment_by_variables(pack):
    assert "the most in dev is 0" in pack["by variables"]["reported"][0]


def test_variables_that_make_no_sense_tell_nothing(pack):
    assert "the most is 0" in pack["broken variables"]["reported"][0]


def test_a_newer_engine_tells_the_environment_by_a_call(pack):
    assert "the most in production is 1" in pack["heard"]["reported"][0]


def test_settings_come_as_the_engine_sends_them(pack):
    assert pack["configured"] == {"reported": []}


def test_a_value_deep_inside_is_seen(pack):
    assert pack["nested"]["reported"][0].startswith(
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[0].data.hash is no whole commit'
    )


def test_what_is_not_known_in_a_preview_is_told_and_passes(pack):
    assert pack["unknown"] == {
        "reported": [],
        "unknown": 'comfydeploy.ServerlessMachine "gpu": keepWarm is not known yet.',
    }


def test_what_is_known_is_judged_beside_what_is_not(pack):
    assert len(pack["both"]["reported"]) == 1
    assert "dockerCommandSteps[1].data.hash is not known yet." in pack["both"]["unknown"]


def test_a_rule_of_the_stack_names_the_resource_that_it_means(pack):
    ((message, urn),) = pack["stack"]["reported"]

    assert message.startswith('one machine serves "a" (production) and "b" (staging)')
    assert urn == "urn:a"


def test_a_proof_is_asked_after_the_deployment_only(pack):
    assert pack["preview of a proof"]["reported"] == []
    assert "a preview cannot know" in pack["preview of a proof"]["unknown"]
    assert "nothing proves that it renders" in pack["proof after"]["reported"][0][0]


def test_what_is_not_known_in_an_up_does_not_apply(pack):
    assert pack["unknown in an up"] == {
        "reported": [],
        "_NotApplicableError": 'comfydeploy.ServerlessMachine "gpu": keepWarm is not known yet.',
    }


def test_a_rule_of_ones_own_is_asked_too(pack):
    assert pack["own"] == {"reported": ["gpu"]}


def test_without_the_policy_library_the_executable_says_what_to_do():
    done = subprocess.run(
        [sys.executable, "-c", "from pulumi_comfy.policy.console import main; main()"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert "pulumi-comfy-policy needs Pulumi's policy library" in done.stderr
    assert "--policy-pack .policy/bin/pulumi-comfy-policy" in done.stderr


def test_no_message_tells_what_the_engine_marks_as_secret(pack):
    """Pulumi's policy library takes the marks off before a policy sees the values."""
    told = "\n".join(pack["secrets"])

    assert "node-sources: " in told
    assert "production-proof: " in told
    assert "Zx7kept-from-all" not in told
    assert "lla-morf-tpek7xZ" not in told
