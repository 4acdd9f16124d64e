"""What an adoption will change is said before it: read once, nothing written."""

from __future__ import annotations

from core_toys import HANDLER, Kitchen, Shown, make_call, refused, run

from pulumi_comfy.core.adoption import foresee_adoption, warn_of_idle_adopt
from pulumi_comfy.core.check import Checked, check
from pulumi_comfy.core.secrecy import Secrecy
from pulumi_comfy.core.unknown import UNKNOWN


def foresee(kitchen: Kitchen, **news: object) -> tuple[Checked, list[str]]:
    shown = Shown()
    call = make_call(kitchen, show=shown)
    checked = check(HANDLER, news, call)
    return run(foresee_adoption(HANDLER, checked, call)), shown.texts


def test_it_says_which_fields_will_change():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue")

    foreseen, lines = foresee(kitchen, name="blue", mode="fast", tags=["a"], adopt=theirs)

    assert foreseen.failures == ()
    assert lines == [f'adopts kettle {theirs}, and changes its `mode` "slow" -> "fast", `tags`']
    assert kitchen.calls == ["read"]


def test_it_says_when_nothing_will_change():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue")

    assert foresee(kitchen, name="blue", adopt=theirs)[1] == [f"adopts kettle {theirs}, as it is"]


def test_what_the_platform_never_tells_will_be_written():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue")

    assert "`note`" in foresee(kitchen, name="blue", note="hot", adopt=theirs)[1][0]


def test_an_unknown_input_is_neither_the_same_nor_a_change():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue")

    foreseen, lines = foresee(kitchen, name="blue", size=UNKNOWN, mode="fast", adopt=theirs)

    assert foreseen.failures == ()
    assert lines == [f'adopts kettle {theirs}, and changes its `mode` "slow" -> "fast"']


def test_an_unknown_id_is_left_to_the_update():
    kitchen = Kitchen()

    foreseen, lines = foresee(kitchen, name="blue", adopt=UNKNOWN)

    assert (foreseen.failures, lines, kitchen.calls) == ((), [], [])


def test_an_object_that_does_not_exist_is_a_failure_of_adopt():
    foreseen, lines = foresee(Kitchen(), name="blue", adopt="kettle-9")

    (failure,) = foreseen.failures
    assert failure.path == "adopt"
    assert "this key sees no such object" in failure.reason
    assert lines == []


def test_an_object_that_cannot_become_as_declared_is_a_failure_of_adopt():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue", size=3)

    (failure,) = foresee(kitchen, name="blue", size=2, adopt=theirs)[0].failures

    assert "`size`" in failure.reason


def test_an_object_with_a_setting_that_cannot_be_unset_is_a_failure_of_adopt():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue", handle="oak")

    (failure,) = foresee(kitchen, name="blue", adopt=theirs)[0].failures

    assert "`handle`" in failure.reason
    assert foresee(kitchen, name="blue", handle="ash", adopt=theirs)[0].failures == ()


def test_what_the_handler_refuses_of_a_change_it_refuses_of_an_adoption():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue", spout="long")

    (failure,) = foresee(kitchen, name="blue", adopt=theirs)[0].failures

    assert failure.reason == "`spout` is gone. Say which. [COMFY4003]"


def test_what_is_left_alone_while_it_is_not_declared_is_no_change():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue", stand="brass")

    foreseen, lines = foresee(kitchen, name="blue", adopt=theirs)

    assert foreseen.failures == ()
    assert lines == [f"adopts kettle {theirs}, as it is"]


def test_a_platform_that_cannot_be_asked_is_a_warning():
    kitchen = Kitchen(failures={"read": refused()})
    theirs = kitchen.add(name="blue")

    foreseen, lines = foresee(kitchen, name="blue", adopt=theirs)

    assert foreseen.failures == ()
    assert lines[0].startswith(f"cannot tell what adopting {theirs} will change")


def test_a_secret_is_named_without_its_values():
    kitchen = Kitchen()
    theirs = kitchen.add(name="blue", code="canary-1")

    _, lines = foresee(kitchen, name="blue", code="canary-2", adopt=theirs)

    assert "`code`" in lines[0]
    assert "canary" not in lines[0]


def test_a_field_that_is_given_as_a_secret_is_named_without_its_values():
    kitchen, shown = Kitchen(), Shown()
    theirs = kitchen.add(name="blue")
    call = make_call(kitchen, show=shown, secrecy=Secrecy(frozenset({("mode",)})))

    run(foresee_adoption(HANDLER, check(HANDLER, {"name": "blue", "mode": "fast", "adopt": theirs}, call), call))

    assert shown.texts == [f"adopts kettle {theirs}, and changes its `mode`"]


def test_an_adopt_that_names_another_object_than_the_resource_has_is_said_to_be_idle():
    shown = Shown()
    call = make_call(show=shown)

    for news in ({"adopt": "kettle-2"}, {"adopt": "kettle-1"}, {"adopt": UNKNOWN}, {}):
        warn_of_idle_adopt(HANDLER, "kettle-1", news, call)

    assert shown.texts == ["`adopt` kettle-2 is not followed: the resource has kettle kettle-1 already"]
