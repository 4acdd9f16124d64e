"""The traps of secrets (docs/platforms/comfydeploy.md 2.6, 5.5, 6)."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from calls import a_call, connected
from lone import bodies, up
from plain_http import PlainHttp
from waiting import eventually, in_background

import pulumi_comfy as comfy
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.check import check
from pulumi_comfy.platforms.comfydeploy import builds
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


def two_machines(platform):
    return [platform.post("/machine/serverless", json={"name": n, "gpu": "T4"}).json()["id"] for n in "ab"]


def test_a_toggle_whose_answer_is_lost_is_not_repeated(lone, platform, emulator):
    machines = two_machines(platform)
    it = lone("Secret", machine_ids=machines)
    emulator.faults.add("PATCH", "/machine/secret", "lost")

    up(it)

    assert len(bodies(it, "PATCH", "/machine/secret")) == 1
    assert sorted(it.rows[0]["machine_ids"]) == sorted(machines)


@pytest.mark.parametrize("body", [{}, {"message": "ok"}, []], ids=str)
def test_new_variables_that_somebody_else_takes_with_a_success_are_not_taken_for_set(lone, emulator, body):
    it = lone("Secret")
    up(it)
    emulator.faults.add("PATCH", "/machine/secret/{secret_id}/envs", "status", status=200, body=body, times=None)
    it.arguments["variables"] = {"A": "rotated"}

    refused = it.up()
    emulator.faults.clear()

    assert refused.code == "COMFY2003"
    assert it.has_changes()
    up(it)
    assert it.rows[0]["variables"] == {"A": "rotated"}


@pytest.mark.parametrize("body", [{}, {"message": "ok"}], ids=str)
def test_a_toggle_that_somebody_else_answers_with_a_success_is_looked_after(lone, platform, emulator, body):
    it = lone("Secret")
    up(it)
    second, _ = two_machines(platform)
    emulator.faults.add("PATCH", "/machine/secret", "status", status=200, body=body, times=None)
    it.arguments["machine_ids"] = [*it.arguments["machine_ids"], second]

    refused = it.up()
    emulator.faults.clear()

    assert refused.code == "COMFY2501"
    up(it)
    assert second in it.rows[0]["machine_ids"]


def test_a_toggle_that_did_not_happen_is_an_error_and_the_next_up_links(lone, platform, emulator):
    it = lone("Secret", machine_ids=two_machines(platform))
    emulator.faults.add("PATCH", "/machine/secret", "reset")

    error = it.up()

    assert error is not None
    assert len(bodies(it, "PATCH", "/machine/secret")) == 1
    up(it)
    it.assert_settled()


def test_a_link_that_somebody_took_away_is_put_back_and_no_other_is_toggled(lone, platform, emulator):
    machines = two_machines(platform)
    it = lone("Secret", machine_ids=machines)
    up(it)
    platform.patch("/machine/secret", json={"machine_id": machines[1], "secret_id": it.id}).raise_for_status()
    it.refresh()

    up(it)

    assert sorted(it.rows[0]["machine_ids"]) == sorted(machines)


def test_a_variable_taken_out_is_gone_since_the_whole_list_is_sent(lone):
    it = lone("Secret", variables={"A": "value-1", "B": "value-2"})
    up(it)
    it.arguments["variables"] = {"B": "value-2"}

    up(it)

    assert it.rows[0]["variables"] == {"B": "value-2"}


def test_a_secret_takes_effect_only_after_a_rebuild_so_the_machine_is_rebuilt(lone, emulator):
    it = lone("Secret")
    up(it)
    it.arguments["variables"] = {"TOKEN": "canary-3"}

    up(it)

    newest = it.outputs["machineVersionIds"][it.arguments["machine_ids"][0]]
    versions = {row["id"]: row for row in emulator.comfydeploy.dump(include_secrets=True)["machine_versions"]}
    assert versions[newest]["built_environment"] == {"TOKEN": "canary-3"}
    assert versions[newest]["status"] == "ready"


def test_an_organisation_s_secret_that_a_personal_key_is_shown_is_no_namesake(lone, emulator):
    key = emulator.comfydeploy.key(org_id="org_acme")
    organisation = httpx.Client(
        base_url=emulator.comfydeploy.url, headers={"Authorization": f"Bearer {key}"}, verify=False
    )
    machine = organisation.post("/machine/serverless", json={"name": "theirs", "gpu": "T4"}).json()["id"]
    body = {"secret_name": "tokens", "machine_id": machine, "secret": [{"key": "A", "value": "b"}]}
    organisation.post("/machine/secret", json=body).raise_for_status()
    organisation.close()
    it = lone("Secret", name="tokens")

    assert it.up() is None


def built_with(emulator, *machines):
    """What is baked into the current builds of some machines."""
    dump = emulator.comfydeploy.dump(include_secrets=True)
    versions = {row["id"]: row.get("built_environment") for row in dump["machine_versions"]}
    current = {row["id"]: row["machine_version_id"] for row in dump["machines"]}
    return [versions[current[machine]] for machine in machines]


def builds_on(emulator, machine):
    return [row for row in emulator.comfydeploy.dump()["machine_versions"] if row["machine_id"] == machine]


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_new_variables_reach_every_machine_though_a_link_failed_after_them(lone, platform, emulator, is_refreshed):
    first, second = two_machines(platform)
    it = lone("Secret", machine_ids=[first])
    up(it)
    it.arguments.update(variables={"TOKEN": "canary-new"}, machine_ids=[first, second])
    emulator.faults.add("PATCH", "/machine/secret", "status", status=500, times=None)

    failed = it.up()
    emulator.faults.clear()
    if is_refreshed:
        it.refresh()
        it.is_unfinished = False  # a refresh takes the mark of the failure away
    up(it)

    assert failed is not None
    assert built_with(emulator, first, second) == [{"TOKEN": "canary-new"}] * 2
    it.assert_settled()


def test_variables_that_somebody_changed_are_in_no_build_of_ours_even_when_the_program_agrees_now(lone, platform):
    it = lone("Secret")
    up(it)
    by_hand = {"secret": [{"key": "TOKEN", "value": "typed-by-somebody"}]}
    platform.patch(f"/machine/secret/{it.id}/envs", json=by_hand).raise_for_status()
    it.arguments["variables"] = {"TOKEN": "typed-by-somebody"}
    it.refresh()

    assert it.has_changes()


def test_one_failed_build_of_two_is_the_only_one_made_again(lone, platform, emulator):
    first, second = two_machines(platform)
    it = lone("Secret", machine_ids=[first, second])
    emulator.comfydeploy.builds.outcome("error", machine_name="b", times=1)

    failed = it.up()
    up(it)

    assert failed is not None
    assert failed.code == "COMFY3001"
    assert [len(builds_on(emulator, machine)) for machine in (first, second)] == [2, 3]
    it.assert_settled()


def test_a_dropped_machine_is_rebuilt_without_the_secret(lone, platform, emulator):
    first, second = two_machines(platform)
    it = lone("Secret", machine_ids=[first, second])
    up(it)
    it.arguments["machine_ids"] = [first]

    up(it)

    assert built_with(emulator, first, second) == [{"TOKEN": "canary-1"}, {}]
    it.assert_settled()


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_a_dropped_machine_whose_rebuild_failed_is_rebuilt_by_the_next_up(lone, platform, emulator, is_refreshed):
    first, second = two_machines(platform)
    it = lone("Secret", machine_ids=[first, second])
    up(it)
    it.arguments["machine_ids"] = [first]
    emulator.comfydeploy.builds.outcome("error", machine_name="b", times=1)

    failed = it.up()
    if is_refreshed:
        it.refresh()
        it.is_unfinished = False
    up(it)

    assert failed is not None
    assert built_with(emulator, first, second) == [{"TOKEN": "canary-1"}, {}]
    it.assert_settled()


def test_machines_that_the_program_does_not_declare_are_rebuilt_after_a_change_and_not_after_the_end(lone, emulator):
    it = lone("Secret")  # its machine is somebody else's: this program asked for no diff of it
    up(it)
    (machine,) = it.arguments["machine_ids"]
    it.arguments["variables"] = {"TOKEN": "canary-new"}
    up(it)
    after_the_change = len(builds_on(emulator, machine))

    it.destroy()

    assert after_the_change == 3
    assert len(builds_on(emulator, machine)) == 3


def side_by_side(it, *programs):
    """Create several secrets in one process, each once the one before is linked and the first has begun a build."""

    async def create(call, number, arguments):
        while number and not is_building_with(number, it.emulator):
            await asyncio.sleep(0.01)
        own = Call(call.connection, call.cancellation)
        inputs = it.handler.inputs_model.model_validate({**it.arguments, **arguments})
        return await it.handler.complete(await it.handler.insert(inputs, [], own), inputs, own)

    async def all_of_them(call):
        await asyncio.gather(*(create(call, number, arguments) for number, arguments in enumerate(programs)))

    assert it.operate(all_of_them) is None


def is_building_with(count, emulator):
    dump = emulator.comfydeploy.dump()
    linked = [row for row in dump["secrets"] if row["machine_ids"]]
    return dump["machines"][0]["status"] != "ready" and len(linked) == count


def finish_builds_with(count, emulator):
    """Let the build that the first secret began take until all are linked, however busy this machine is."""
    eventually(lambda: is_building_with(count, emulator))
    emulator.clock.advance(3600)


def test_two_secrets_on_one_machine_are_both_in_the_build_that_serves(lone, emulator):
    it = lone("Secret")
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    emulator.comfydeploy.builds.outcome("ready", times=1, seconds=3600)

    with in_background(lambda: finish_builds_with(2, emulator)):
        side_by_side(it, {"name": "one", "variables": {"A": "value-a"}}, {"name": "two", "variables": {"B": "value-b"}})

    (serving,) = emulator.comfydeploy.builds.serving.values()
    assert serving.environment == {"A": "value-a", "B": "value-b"}


def test_many_secrets_on_one_machine_share_the_builds_they_wait_for(lone, emulator):
    it = lone("Secret")
    (machine,) = it.arguments["machine_ids"]
    emulator.comfydeploy.builds.outcome("ready", times=1, seconds=3600)

    with in_background(lambda: finish_builds_with(4, emulator)):
        side_by_side(it, *({"name": name, "variables": {name: "value"}} for name in ("A", "B", "C", "D")))

    assert built_with(emulator, machine) == [dict.fromkeys("ABCD", "value")]
    assert len(builds_on(emulator, machine)) == 3  # its own, that of the first secret, and one for all the others


def test_the_same_key_in_two_secrets_of_one_machine_is_said_since_nobody_knows_which_one_it_sees(lone):
    first = lone("Secret", name="one")
    up(first)
    it = lone("Secret", name="two", machine_ids=first.arguments["machine_ids"])

    up(it)

    assert any('"one"' in line and "TOKEN" in line for line in it.lines)
    assert not any("canary" in line for line in it.lines)


def test_the_same_key_is_said_once_however_many_machines_get_it(lone, platform):
    machines = two_machines(platform)
    up(lone("Secret", name="one", machine_ids=machines))
    it = lone("Secret", name="two", machine_ids=machines)

    up(it)

    assert ["not defined" in line for line in it.lines] == [True]


@pytest.mark.parametrize("key", ["MY KEY", "KEY ", "K\tEY", ""])
def test_white_space_in_a_key_is_refused_before_anything_is_sent(key):
    handler = PLATFORM.handlers["Secret"]
    wire = {"name": "s", "variables": {key: "value"}, "machineIds": ["e3e70682-c209-4cac-a29f-6fbed82c07cd"]}

    checked = check(handler, wire, a_call())

    assert ["white space" in failure.reason for failure in checked.failures] == [True]


@pytest.mark.parametrize("is_linked_by_hand", [False, True])
def test_a_link_is_looked_at_afresh_before_it_is_toggled(lone, platform, is_linked_by_hand):
    """What the process read earlier may be old: a second toggle would take the link away."""
    first, second = two_machines(platform)
    it = lone("Secret", machine_ids=[first])
    up(it)
    it.arguments["machine_ids"] = [first, second]

    async def update(call):
        await it.handler.find(it.handler.inputs_model.model_validate(it._news(call)), call)
        if is_linked_by_hand:
            link = {"machine_id": second, "secret_id": it.id}
            await asyncio.to_thread(lambda: platform.patch("/machine/secret", json=link).raise_for_status())
        await it._up(call)

    assert it.operate(update) is None
    assert sorted(it.rows[0]["machine_ids"]) == sorted([first, second])


def test_a_link_that_somebody_made_between_the_look_and_the_toggle_is_made_again(lone, platform):
    first, second = two_machines(platform)
    it = lone("Secret", machine_ids=[first])
    up(it)
    it.arguments["machine_ids"] = [first, second]

    class Meddler(PlainHttp):
        has_meddled = False

        async def handle_async_request(self, request):
            if request.url.path.endswith("/machine/secret") and not Meddler.has_meddled:
                Meddler.has_meddled = True
                same = httpx.Request("PATCH", request.url, headers=request.headers, content=request.content)
                await super().handle_async_request(same)
            return await super().handle_async_request(request)

    it.transport = Meddler

    up(it)

    assert sorted(it.rows[0]["machine_ids"]) == sorted([first, second])


def test_secrets_that_change_side_by_side_share_one_build_of_their_machine(lone, emulator, account_key):
    machine = lone("Secret").arguments["machine_ids"][0]
    before = len(emulator.comfydeploy.dump()["machine_versions"])

    async def rebuild_for_three():
        connection = connected(emulator.comfydeploy.url, account_key)
        call = a_call(connection)
        try:
            return await asyncio.gather(*(builds.rebuild(machine, call) for _ in range(3)))
        finally:
            await connection.client.http.aclose()

    versions = asyncio.run(rebuild_for_three())

    assert len({version.id for version in versions}) == 1
    assert len(emulator.comfydeploy.dump()["machine_versions"]) == before + 1


def test_changed_variables_are_said_to_have_changed_without_a_word_of_them(deploy):
    variables = {"TOKEN": "canary-one-1234"}

    def program():
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        comfy.comfydeploy.Secret("tokens", machine_ids=[machine.id], variables=dict(variables))

    stack = deploy(program)
    stack.up()
    variables["TOKEN"] = "canary-two-5678"

    lines = stack.preview().messages("tokens")

    assert "the variables changed; they are secret, so it is not shown how" in lines
    assert "canary" not in str(lines)
