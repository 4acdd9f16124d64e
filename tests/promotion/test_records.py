"""The history is only added to; what is bad, what is open and what one can go back to follow from it."""

from __future__ import annotations

import pytest
from promotion_toys import (
    FAILED,
    V1,
    V2,
    V3,
    deployment,
    machine,
    nothing_known,  # noqa: F401  (a fixture)
    proof,
    release,
)
from pydantic import ValidationError

from pulumi_comfy._version import __version__
from pulumi_comfy.promotion.plan import plan
from pulumi_comfy.promotion.records import PinRecord, Record, bad_pins, former_proven, open_one, told

BEGAN = "2026-11-26T12:00:00Z"


def serving(version, stack="production", **more):
    return release(deployment(version, **more), stack=stack)


def pin(version, *, is_proved=True):
    return PinRecord.of_pin(serving(version).pins["portrait"], is_proved=is_proved)


def digest(version):
    return serving(version).pins["portrait"].digest


def record(seq, kind="promotion", outcome="promoted", target="production", **more):
    return Record(seq=seq, kind=kind, target=target, source="staging", began=BEGAN, outcome=outcome, **more)


def promoted(seq, before, after, **more):
    return record(seq, before={"portrait": pin(before)} if before else {}, after={"portrait": pin(after)}, **more)


def mark(seq, version, **more):
    return record(seq, "mark", "marked", marked={"portrait": digest(version)}, **more)


def test_a_record_is_read_as_it_was_written():
    one = promoted(3, V1, V2, who="ada", ended=BEGAN, reason="asked for", refusals=("no",), closes=2)

    assert Record.read(one.to_wire()) == one
    assert one.to_wire()["from"] == "staging"
    assert one.to_wire()["to"] == "production"
    assert one.to_wire()["packageVersion"] == __version__
    assert one.to_wire()["after"]["portrait"]["proof"] == {
        "runId": "run-1",
        "endedAt": "2026-11-26T10:01:00Z",
        "checkDigest": "e3b0",
    }


def test_what_a_newer_version_wrote_besides_is_passed_over():
    wire = promoted(1, V1, V2).to_wire() | {"weather": "fine"}
    wire["after"]["portrait"]["colour"] = "red"

    assert Record.read(wire) == promoted(1, V1, V2)


def test_what_is_no_record_is_refused():
    with pytest.raises(ValidationError):
        Record.read({"seq": 0})


def test_a_pin_is_known_again_from_its_record():
    again = pin(V1).as_pin("portrait")

    assert again.digest == digest(V1)
    assert [one.name for one in again.run_inputs] == ["prompt"]


def test_a_pin_without_a_proof_says_nothing_of_run_inputs():
    bare = PinRecord.of_pin(serving(V1, proved={}, last=None).pins["portrait"], is_proved=False)

    assert (bare.proof, bare.run_inputs, bare.as_pin("portrait").run_inputs) == (None, None, None)


def test_a_proved_pin_without_a_proof_keeps_none():
    assert PinRecord.of_pin(serving(V1, proved={}, last=None).pins["portrait"], is_proved=True).proof is None


class TestBadPins:
    def test_a_mark_makes_a_pin_bad_until_it_is_taken_back(self):
        unmark = record(2, "unmark", "unmarked", unmarked={"portrait": digest(V1)})

        assert bad_pins([mark(1, V1)]).keys() == {digest(V1)}
        assert bad_pins([unmark, mark(1, V1)]) == {}
        assert bad_pins([mark(1, V1), unmark, mark(3, V1)])[digest(V1)].seq == 3

    def test_a_rollback_marks_as_soon_as_it_is_begun_and_whatever_becomes_of_it(self):
        begun = record(1, "rollback", "begun", marked={"portrait": digest(V2)})
        failed = begun.ended_with("failed", seq=2, now=BEGAN)

        assert bad_pins([begun]).keys() == bad_pins([begun, failed]).keys() == {digest(V2)}

    def test_what_ends_later_than_an_unmark_does_not_mark_again(self):
        begun = record(1, "rollback", "begun", marked={"portrait": digest(V2)})
        unmark = record(2, "unmark", "unmarked", unmarked={"portrait": digest(V2)})

        assert bad_pins([begun, unmark, begun.ended_with("rolled-back", seq=3, now=BEGAN)]) == {}

    def test_a_refused_rollback_marks_nothing(self):
        assert bad_pins([record(1, "rollback", "refused", marked={"portrait": digest(V2)})]) == {}

    def test_the_first_mark_is_the_one_that_is_told(self):
        assert bad_pins([mark(2, V1), mark(1, V1)])[digest(V1)].seq == 1

    def test_a_mark_counts_for_every_stack_unless_one_is_asked_for(self):
        marks = [mark(1, V1, target="europe")]

        assert bad_pins(marks).keys() == {digest(V1)}
        assert bad_pins(marks, "production") == {}


class TestOpen:
    def test_what_was_begun_and_not_ended_is_open(self):
        begun = promoted(1, V1, V2, outcome="begun")

        assert open_one([begun]) == begun
        assert open_one([begun, begun.ended_with("promoted", seq=2, now=BEGAN)]) is None
        assert open_one([]) is None

    def test_the_newest_open_one_of_a_stack_is_told(self):
        records = [record(1, outcome="begun"), record(2, outcome="begun"), record(3, outcome="begun", target="europe")]

        assert open_one(records).seq == 3
        assert open_one(records, "production").seq == 2

    def test_a_stack_is_the_same_one_however_it_is_named(self):
        begun = record(1, outcome="begun", target="acme/portrait/production")

        assert open_one([begun], "production") == begun
        assert open_one([begun], "acme/portrait/staging") is None

    def test_an_end_says_how_and_when_and_keeps_the_rest(self):
        begun = promoted(1, V1, V2, outcome="begun", reason="asked for")

        ended = begun.ended_with("failed", seq=4, now="2026-11-26T12:05:00Z")

        assert (ended.seq, ended.closes, ended.outcome, ended.ended) == (4, 1, "failed", "2026-11-26T12:05:00Z")
        assert (ended.began, ended.reason, ended.after) == (BEGAN, "asked for", begun.after)
        assert begun.ended_with("failed", seq=4, now=BEGAN, reason="no GPU").reason == "asked for; no GPU"
        assert record(1, outcome="begun").ended_with("failed", seq=2, now=BEGAN).reason is None

    def test_the_history_tells_each_thing_once(self):
        begun = record(1, outcome="begun")
        ended = begun.ended_with("promoted", seq=3, now=BEGAN)

        assert told([ended, record(2, outcome="refused"), begun]) == [record(2, outcome="refused"), ended]


class TestGoingBack:
    def test_to_what_served_before_the_last_promotion(self):
        found = former_proven([promoted(1, None, V1), promoted(2, V1, V2)], serving(V2))

        assert found == {"portrait": pin(V1)}

    def test_to_the_last_one_of_several(self):
        records = [promoted(1, None, V1), promoted(2, V1, V2), promoted(3, V2, V3)]

        assert former_proven(records, serving(V3)) == {"portrait": pin(V2)}

    def test_to_what_was_there_before_the_first_one_where_it_was_proved(self):
        assert former_proven([promoted(1, V1, V2)], serving(V2)) == {"portrait": pin(V1)}

    def test_never_to_what_was_not_proved(self):
        first = record(1, before={"portrait": pin(V1, is_proved=False)}, after={"portrait": pin(V2)})

        assert former_proven([first], serving(V2)) == {}

    def test_never_to_what_is_bad(self):
        records = [promoted(1, V1, V2), promoted(2, V2, V3), mark(3, V2)]

        assert former_proven(records, serving(V3)) == {"portrait": pin(V1)}

    def test_never_to_what_was_refused_or_failed(self):
        records = [promoted(1, V1, V2), promoted(2, V2, V3, outcome="failed"), promoted(3, V2, V3, outcome="refused")]

        assert former_proven(records, serving(V2)) == {"portrait": pin(V1)}

    def test_a_second_rollback_goes_on_from_where_the_first_one_ended(self):
        records = [promoted(1, None, V1), promoted(2, V1, V2), promoted(3, V2, V3)]
        back = record(
            4,
            "rollback",
            "rolled-back",
            before={"portrait": pin(V3)},
            after={"portrait": pin(V2)},
            marked={"portrait": digest(V3)},
        )

        assert former_proven([*records, back], serving(V2)) == {"portrait": pin(V1)}

    def test_only_records_of_this_stack_count(self):
        assert former_proven([promoted(1, V1, V2, target="europe")], serving(V2)) == {}

    def test_what_a_hand_put_there_goes_back_to_what_was_promoted_last(self):
        assert former_proven([promoted(1, V1, V2)], serving(V3)) == {"portrait": pin(V2)}

    def test_pins_of_one_release_go_back_together(self):
        both = release(deployment(V1), machine(), stack="production")
        former = {name: PinRecord.of_pin(one, is_proved=True) for name, one in both.pins.items()}
        now = release(deployment(V2), machine(extraArgs="--fast"), stack="production")
        records = [
            record(1, before=former, after={n: PinRecord.of_pin(p, is_proved=True) for n, p in now.pins.items()})
        ]

        assert former_proven(records, now) == former
        assert former_proven(records, now, only=["gpu"]).keys() == {"gpu"}
        assert former_proven(records, now, only=["hero"]) == {}

    def test_what_the_program_calls_otherwise_now_does_not_come_back(self):
        assert former_proven([promoted(1, V1, V2)], release(deployment(V2, "renamed"), stack="production")) == {}

    def test_what_a_stack_that_was_destroyed_had_can_come_back(self):
        assert former_proven([promoted(1, V1, V2)], release(stack="production")) == {"portrait": pin(V2)}


def test_a_plan_is_written_down_with_the_proofs_that_hold():
    decided = plan(serving(V2, "staging"), serving(V1, object_id="d2", last=FAILED), pins={})

    assert decided.after == {"portrait": pin(V2)}
    assert decided.before["portrait"].values == {"workflowVersionId": V1}
    assert decided.before["portrait"].proof is None


def test_a_revoked_proof_is_not_written_down():
    revoked = proof("d2", V1, revoked={"revokedAt": BEGAN, "code": "COMFY3101"})

    decided = plan(serving(V2, "staging"), serving(V1, object_id="d2", proved=revoked), pins={})

    assert decided.before["portrait"].proof is None
