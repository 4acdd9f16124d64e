"""A version's log is the former build's until its own has ended: nothing of it is told as the new one's.

Facts: docs/platforms/comfydeploy.md 2.3.2.
"""

from __future__ import annotations

from lone import up

FORMER = "the former build's last line"


def rebuilt(lone, emulator):
    """A machine that was built once, and is to be built again."""
    emulator.comfydeploy.builds.outcome("ready", times=1, log=[FORMER])
    it = lone("ServerlessMachine")
    up(it)
    it.progress.clear()
    it.arguments["run_timeout"] = 500
    return it


def test_the_progress_of_a_rebuild_shows_no_line_of_the_build_before(lone, emulator, impatient_up):
    it = rebuilt(lone, emulator)
    emulator.comfydeploy.builds.outcome("hang", times=1)

    impatient_up(it)

    assert any(line.startswith("building") for line in it.progress)
    assert [line for line in it.progress if "App deployed" in line or FORMER in line] == []


def test_a_rebuild_that_does_not_end_in_time_is_told_without_a_line_of_the_build_before(lone, emulator, impatient_up):
    it = rebuilt(lone, emulator)
    emulator.comfydeploy.builds.outcome("hang", times=1)

    late = impatient_up(it)

    assert late.code == "COMFY3002"
    assert "App deployed" not in str(late)
    assert FORMER not in str(late)


def test_a_failed_rebuild_is_told_with_its_own_last_lines(lone, emulator):
    it = rebuilt(lone, emulator)
    emulator.comfydeploy.builds.outcome("error", times=1, log=["pip: no such package"])

    failed = it.up()

    assert ("pip: no such package" in str(failed), FORMER in str(failed)) == (True, False)
