"""The inference check of what is deployed: what it asks for, what it takes for an answer, what it leaves."""

from __future__ import annotations

import hashlib
import json
import shlex
import threading
from pathlib import Path

import httpx
import pytest
from checked import LostStore, Store, a_checked_target, result, set_check, statuses
from lone import bodies
from waiting import eventually

pytestmark = pytest.mark.one_in(2)


@pytest.fixture
def it(lone, target):
    return a_checked_target(lone, target)


def seeds(it):
    runs = it.examinee.runs
    return [runs.seed_of(run) for run in runs.rows(it.emulated)]


def test_a_check_passes_with_its_run_and_the_counts_of_what_it_made(it):
    assert it.up() is None

    (run,) = it.examinee.runs.rows(it.emulated)
    assert run["status"] == "success"
    assert (result(it)["status"], result(it)["runId"]) == ("passed", run["id"])
    assert result(it)["outputCounts"] == {"images": 1}
    assert any("inference check passed: images: 1" in line for line in it.lines)


def test_no_url_of_an_output_is_kept(it):
    it.up()

    assert "http" not in str(result(it))


def test_a_seed_that_is_left_open_differs_from_check_to_check(it):
    it.up()
    it.arguments.update(it.examinee.runs.another(it))
    it.up()

    first, second = seeds(it)
    assert first != second


def test_a_seed_that_is_given_is_used(it):
    it.arguments["inference_check"] = it.examinee.runs.given("a cat", 7)

    it.up()

    assert seeds(it) == [7]


def test_the_kept_file_is_the_one_that_was_judged(it, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    it.arguments["inference_check"] = {"saveOutputsTo": "pictures"}

    it.up()

    (path,), (digest,) = result(it)["files"], result(it)["sha256"]
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    ("expectations", "complaint"),
    [
        ({"minimumOutputs": 2}, "1 output items, expected at least 2"),
        ({"kinds": ["gifs"]}, "gifs"),
        ({"mimeTypes": ["video/mp4"]}, "image/png"),
        ({"width": 64}, "64"),
        ({"maximumSeconds": 0.000001}, "s"),
    ],
)
def test_what_is_expected_and_not_there_fails_the_check(it, expectations, complaint):
    it.arguments["inference_check"] = {"expect": expectations}

    error = it.up()

    assert error.code == "COMFY3101"
    assert complaint in str(error)
    assert it.rows == []


def test_an_output_of_a_node_that_is_not_there_is_refused_before_a_run_is_paid_for(it):
    it.arguments["inference_check"] = {"expect": {"nodeIds": ["99"]}}

    error = it.up()

    assert error.code == "COMFY1202"
    assert "99" in str(error)  # there is none, or this platform tells of no node what it made
    assert it.rows == []
    assert it.examinee.runs.rows(it.emulated) == []


def test_an_output_of_a_node_that_is_not_there_is_told_at_preview(it):
    assert it.up() is None  # some platforms show what a target runs only once there is one
    it.arguments["inference_check"] = {"expect": {"nodeIds": ["99"]}}

    (told,) = it.foreseen()

    assert "COMFY1202" in told
    assert "99" in told
    assert statuses(it) == ["success"]


WITHOUT_RESULT = {
    "failed": {"outcome": "failed"},
    "no outputs": {"outcome": "no_outputs"},
    "an empty list": {"outputs": ["empty"]},
}


@pytest.mark.parametrize("run", WITHOUT_RESULT)
def test_a_run_without_a_result_fails_the_check_and_names_the_run(it, run):
    it.emulated.runs.script(**WITHOUT_RESULT[run])

    error = it.up()

    (row,) = it.examinee.runs.rows(it.emulated)
    assert error.code == "COMFY3101"
    assert row["id"] in str(error)
    assert it.rows == []


def test_the_error_holds_the_last_log_lines_and_what_became_of_the_target(it):
    it.emulated.runs.script("failed", log=["loading", "CUDA out of memory"])

    error = it.up()

    assert "CUDA out of memory" in str(error)
    assert "was removed again" in str(error)
    assert "curl" not in str(error)  # there is nothing left to run


def test_the_command_that_repeats_a_run_can_be_pasted_and_holds_no_text_of_the_program(it):
    it.arguments["inference_check"] = it.examinee.runs.given("canary's", 7)
    set_check(it, onFailure="keep")
    it.emulated.runs.script("failed", times=1)

    error = it.up()

    words = shlex.split(str(error)[str(error).index("curl") :].rpartition(" [")[0])
    key = it.examinee.settings.key
    assert key is None or f"Authorization: Bearer ${key.environment}" in words
    assert ": 7" in words[-1]
    assert json.loads(words[-1])
    assert "canary" not in str(error)


@pytest.mark.parametrize("budget", ["queueTimeoutSeconds", "runTimeoutSeconds"])
def test_a_run_that_outlives_a_budget_is_cancelled(it, emulator, budget):
    set_check(it, **{budget: 0.05})
    if budget.startswith("queue"):
        it.examinee.runs.stays_queued(emulator)
    else:
        it.emulated.runs.script("hang")

    error = it.up()

    assert ("start run" if budget.startswith("queue") else "finish run") in str(error)
    assert statuses(it) == ["cancelled"]
    assert it.rows == []


def test_an_output_that_cannot_be_fetched_fails_the_check(it):
    it.transport = lambda: LostStore(404)

    error = it.up()

    assert error.code == "COMFY3101"
    assert "fetch output" in str(error)
    assert it.rows == []


def test_an_unknown_run_input_is_refused_before_anything_runs_or_stays(it):
    it.arguments["inference_check"] = dict(it.examinee.runs.unknown)

    error = it.up()

    assert it.examinee.runs.nearest in str(error)  # what was meant
    assert (it.rows, statuses(it)) == ([], [])


def test_ctrl_c_cancels_the_run_and_undoes_the_target(it):
    it.emulated.runs.script("hang")
    told = []
    running = threading.Thread(target=lambda: told.append(str(it.up())))
    running.start()
    eventually(lambda: is_looked_at(it))

    it.cancel()
    running.join()

    assert statuses(it) == ["cancelled"]
    assert it.rows == []
    assert "was removed again" in told[0]
    assert "in the state" not in told[0]


def is_looked_at(it):
    return bool(requests(it, it.examinee.runs.look))


def requests(it, route):
    """The bodies that were sent to a route."""
    return bodies(it, *route)


def test_a_run_whose_polling_fails_is_cancelled(it, emulator):
    it.emulated.runs.script("hang")
    emulator.faults.add(*it.examinee.runs.look, "status", status=403, times=None)

    it.up()

    assert statuses(it) == ["cancelled"]


def test_a_run_that_cannot_be_cancelled_is_said_and_the_target_undone_all_the_same(it, emulator):
    it.emulated.runs.script("hang")
    set_check(it, runTimeoutSeconds=0.05)
    emulator.faults.add(*it.examinee.runs.cancel, "status", status=403, times=None)

    it.up()

    assert it.rows == []
    assert any("could not be cancelled" in line for line in it.lines)


def test_a_custom_timeout_cuts_the_budgets_of_a_check(it):
    it.emulated.runs.script("hang")
    it.timeout = 1.5  # seconds: a busy machine has started the run by then

    error = it.up()

    assert "finish run" in str(error)
    assert statuses(it) == ["cancelled"]


def test_one_reset_while_fetching_an_output_fails_no_check(it):
    store = Store(httpx.ReadError("reset"))
    it.transport = lambda: store

    assert it.up() is None
