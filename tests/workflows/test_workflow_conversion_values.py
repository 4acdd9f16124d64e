"""Conversion of a graph: which saved value is which input, and what is refused instead of guessed."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from conversion_documents import FLAG, FLOAT, INT, SEED, TEXT, declared, graph, inputs_of, node, port, refusal

from pulumi_comfy.workflows import ConversionError, convert, editor_texts


def test_values_take_the_names_of_the_class_in_its_order():
    assert inputs_of(graph(node(9, "Source", 64, 32))) == {"width": 64, "height": 32}


def test_the_order_that_the_server_lists_counts_not_that_of_its_object():
    listed = {
        "input": {"required": {"b": ["INT"], "a": ["INT"]}},
        "input_order": {"required": ["a", "b"]},
        "output": ["IMAGE"],
    }

    assert inputs_of(graph(node(9, "Pair", 1, 2)), Pair=listed) == {"a": 1, "b": 2}


def test_a_title_is_the_nodes_own_else_the_servers_else_the_class():
    server = {"Named": declared("IMAGE", a=INT) | {"display_name": "A Name"}, "Bare": declared("IMAGE", a=INT)}
    prompt = convert(graph(node(1, "Named", 1, title="Mine"), node(2, "Named", 1), node(3, "Bare", 1)), server)

    assert [each["_meta"]["title"] for each in prompt.values()] == ["Mine", "A Name", "Bare"]


def test_a_whole_number_beyond_what_a_double_holds_stays_exact():
    assert inputs_of(graph(node(9, "Sampler", 2**64 - 1, "fixed", 20, "euler")))["seed"] == 2**64 - 1


@pytest.mark.parametrize("control", ["fixed", "increment", "decrement", "randomize", True, False])
def test_what_becomes_of_a_seed_is_no_input(control):
    assert inputs_of(graph(node(9, "Sampler", 5, control, 20, "euler"))) == {"seed": 5, "steps": 20, "name": "euler"}


def test_a_seed_whose_control_was_never_saved_takes_one_place():
    assert inputs_of(graph(node(9, "Sampler", 5, 20, "euler"))) == {"seed": 5, "steps": 20, "name": "euler"}


def test_two_seeds_have_a_control_each():
    twice = declared("LATENT", seed=SEED, noise_seed=INT, flag=FLAG)

    found = inputs_of(graph(node(9, "Twice", 5, True, 7, "randomize", False)), Twice=twice)

    assert found == {"seed": 5, "noise_seed": 7, "flag": False}


def test_a_boolean_behind_a_seed_without_a_control_is_its_own_input():
    assert inputs_of(graph(node(9, "Flag", 5, True)), Flag=declared("A", seed=SEED, flag=FLAG)) == {
        "seed": 5,
        "flag": True,
    }


def test_a_choice_that_moves_has_a_control_and_a_filter():
    moving = declared("MODEL", name=[["a.ckpt", "b.ckpt"], {"control_after_generate": True}], strength=FLOAT)

    found = inputs_of(graph(node(9, "Moving", "b.ckpt", "increment", "", 0.5)), Moving=moving)

    assert found == {"name": "b.ckpt", "strength": 0.5}


def test_a_choice_that_begins_anew_behind_its_end_has_a_control_too():
    moving = ["COMBO", {"options": ["a", "b"], "control_after_generate": True}]

    assert inputs_of(graph(node(9, "Pick", "a", "increment-wrap", "", 5)), Pick=declared(name=moving, size=INT)) == {
        "name": "a",
        "size": 5,
    }


@pytest.mark.parametrize(
    ("seed", "named"),
    [
        (["INT", {"control_after_generate": "what next"}], {"what next": "randomize"}),
        (["INT", {"control_after_generate": True}], {"control_after_generate": "randomize"}),
        (
            ["COMBO", {"options": [4], "control_after_generate": True, "control_prefix": "my"}],
            {"my control_after_generate": "increment-wrap", "my control_filter_list": ""},
        ),
    ],
)
def test_a_control_that_is_saved_by_name_is_no_input_whatever_its_class_calls_it(seed, named):
    document = graph({**node(9, "It"), "widgets_values": {"it": 4, **named}})

    assert inputs_of(document, It=declared(it=seed)) == {"it": 4}


@pytest.mark.parametrize("flag", ["image_upload", "video_upload", "audio_upload"])
@pytest.mark.parametrize("tail", [("image",), (), ("image", ""), (None, "")])
def test_the_button_of_an_upload_is_no_input(flag, tail):
    loader = declared("IMAGE", image=[["a.png"], {flag: True}], channel=[["red", "alpha"]])

    assert inputs_of(graph(node(9, "Load", "mine.png", "alpha", *tail)), Load=loader) == {
        "image": "mine.png",
        "channel": "alpha",
    }


@pytest.mark.parametrize("tail", [(False, "refresh", "image"), (True, "refresh"), ("refresh", "image"), ()])
def test_the_switch_and_the_buttons_of_a_fetched_list_are_no_inputs(tail):
    fetched = declared(
        "IMAGE", image=["COMBO", {"image_upload": True, "remote": {"route": "/x", "refresh_button": True}}]
    )

    assert inputs_of(graph(node(9, "Fetched", "a.png [output]", *tail)), Fetched=fetched) == {"image": "a.png [output]"}


def test_an_input_that_must_be_linked_takes_no_value():
    forced = declared("A", text=["STRING", {"forceInput": True}], steps=INT)

    assert inputs_of(graph(node(9, "Forced", 20)), Forced=forced) == {"steps": 20}


def test_a_widget_that_became_a_socket_keeps_its_place():
    document = graph(
        node(1, "Text", "a cat"),
        node(9, "Save", "stale", inputs=[port("images"), port("prefix", 4, "STRING", widget=True)]),
        links=[(4, 1, 0, 9)],
    )

    assert inputs_of(document) == {"prefix": ["1", 0]}


def test_what_a_linked_widget_holds_may_be_of_another_kind():
    document = graph(
        node(1, "Text", "a cat"), node(9, "Sampler", None, None, 20, "euler", inputs=[port("seed", 4, widget=True)]),
        links=[(4, 1, 0, 9)],
    )  # fmt: skip

    assert inputs_of(document) == {"steps": 20, "name": "euler", "seed": ["1", 0]}


def test_optional_widgets_that_are_younger_than_the_graph_get_their_defaults():
    younger = declared(
        "CLIP", name=[["a"]], optional={"device": [["default", "cpu"]], "scale": [FLOAT, {"default": 1.5}], "n": INT}
    )

    assert inputs_of(graph(node(9, "Younger", "a")), Younger=younger) == {
        "name": "a",
        "device": "default",
        "scale": 1.5,
        "n": 0,
    }


def test_values_may_be_saved_by_name():
    video = declared("VIDEO", rate=FLOAT, count=INT, optional={"loop": [FLAG, {"default": False}]})
    saved = {"rate": 8, "count": 3, "videopreview": {"hidden": False}, "gone": None}
    document = graph({"id": 9, "type": "Video", "inputs": [], "widgets_values": saved})

    assert inputs_of(document, Video=video) == {"rate": 8, "count": 3, "loop": False}


def test_what_a_format_brings_is_an_input_too():
    video = declared(
        format=[["gif", "mp4"], {"formats": {"mp4": [["crf", "INT", {"default": 19}], ["pix_fmt", ["a"]]]}}]
    )
    saved = {"format": "mp4", "crf": 20, "pix_fmt": "a"}
    document = graph({"id": 9, "type": "Video", "inputs": [], "widgets_values": saved})

    assert inputs_of(document, Video=video) == saved


CHOICE = [
    "COMFY_DYNAMICCOMBO_V3",
    {
        "options": [
            {"key": "by size", "inputs": {"required": {"width": ["INT", {}], "height": ["INT", {}]}}},
            {"key": "by factor", "inputs": {"required": {"factor": ["FLOAT", {}]}}},
            {"key": "like", "inputs": {"required": {"image": ["IMAGE", {}]}}},
        ]
    },
]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["by size", 64, 32, "area"], {"how": "by size", "how.width": 64, "how.height": 32, "method": "area"}),
        (["by factor", 0.5, "area"], {"how": "by factor", "how.factor": 0.5, "method": "area"}),
        (["like", "area"], {"how": "like", "method": "area"}),
    ],
)
def test_a_choice_brings_inputs_under_its_own_name(values, found):
    resize = declared("IMAGE", input="COMFY_MATCHTYPE_V3", how=CHOICE, method=[["area"]])

    assert inputs_of(graph(node(9, "Resize", *values)), Resize=resize) == found


def test_a_choice_inside_a_choice_brings_inputs_too():
    inner = ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "x", "inputs": {"optional": {"deep": ["INT", {}]}}}]}]
    outer = ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "a", "inputs": {"required": {"b": inner}}}]}]

    assert inputs_of(graph(node(9, "Deep", "a", "x", 3)), Deep=declared("A", m=outer)) == {
        "m": "a",
        "m.b": "x",
        "m.b.deep": 3,
    }


def test_a_growing_list_is_linked_under_its_own_names():
    grown = [
        "COMFY_AUTOGROW_V3",
        {"template": {"prefix": "image", "min": 1, "input": {"required": {"i": ["IMAGE", {}]}}}},
    ]
    document = graph(
        node(1, "Source", 1, 1), node(9, "Batch", 0.5, inputs=[("images.image0", 4), ("images.image1", 5)]),
        links=[(4, 1, 0, 9), (5, 1, 0, 9)],
    )  # fmt: skip

    assert inputs_of(document, Batch=declared("IMAGE", images=grown, mix=FLOAT)) == {
        "mix": 0.5,
        "images.image0": ["1", 0],
        "images.image1": ["1", 0],
    }


def test_a_type_that_a_pack_draws_itself_takes_a_value_when_nothing_lists_it_as_a_socket():
    curve = declared("A", model="MODEL", points="CURVE_EDITOR", strength=FLOAT)

    found = inputs_of(
        graph(node(9, "Curve", [[0, 0], [1, 1]], 0.5, inputs=[port("model", None, "MODEL")])), Curve=curve
    )

    assert found == {"points": {"__value__": [[0, 0], [1, 1]]}, "strength": 0.5}


def test_a_list_that_is_a_value_is_wrapped_so_that_it_is_no_link():
    several = declared("A", names=[["a", "b"], {"multi_select": True}])

    assert inputs_of(graph(node(9, "Several", ["a", "b"])), Several=several) == {"names": {"__value__": ["a", "b"]}}


@pytest.mark.parametrize("tail", [[None], [""], [None, "", None], ["Result URL: https://example.org/a.png"]])
def test_empty_places_behind_the_last_value_are_no_content(tail):
    assert inputs_of(graph(node(9, "Source", 64, 32, *tail))) == {"width": 64, "height": 32}


def test_what_a_node_last_showed_is_no_content():
    server = {"PreviewAny": declared(source="*")}
    document = graph(
        node(1, "Text", "a"), node(9, "PreviewAny", "a", None, False, inputs=[("source", 4)]), links=[(4, 1, 0, 9)]
    )

    assert inputs_of(document, server=server) == {"source": ["1", 0]}


COMPARE = declared(compare_view=["IMAGECOMPARE", {"socketless": True}], optional={"image_a": "IMAGE"})


@pytest.mark.parametrize("values", [[], [{"beforeImages": ["/api/view?filename=a.png&rand=0.3"]}], {}])
def test_the_two_pictures_that_a_node_compares_are_wanted_by_the_server_and_no_content(values):
    compared = {**node(9, "ImageCompare", inputs=[("image_a", 4)]), "widgets_values": values}

    found = inputs_of(graph(node(1, "Source", 64, 32), compared, links=[(4, 1, 0, 9)]), ImageCompare=COMPARE)

    assert found == {"compare_view": "", "image_a": ["1", 0]}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([64], "it holds 1 values, and none is left for height of the server's class"),
        ([64, 32, 7], "value 3 of 3 belongs to no input of the server's class"),
        (["64", 32], "width takes INT, but its value is a text"),
        ([64.5, 32], "width takes INT, but its value is the number 64.5"),
        ([True, 32], "width takes INT, but its value is true"),
        ([None, 32], "width takes INT, but its value is nothing"),
        ([[1], 32], "width takes INT, but its value is a list or an object"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_with_the_widget(values, words):
    assert refusal(graph(node(9, "Source", *values))) == [
        f"Source #9: {words}; was the graph saved with another version of the node?"
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [(TEXT, 5), (FLAG, 1), (FLOAT, "x"), ([["a", "b"]], 5), ([[1, 2]], 3), ([[True]], 1), (CHOICE, "z")],
)
def test_a_value_of_another_kind_is_refused(kind, value):
    (problem,) = refusal(graph(node(9, "One", value)), {"One": declared("A", only=kind)})

    assert problem.startswith("One #9: only ")


def test_a_row_that_fits_in_two_ways_is_refused():
    odd = declared("A", first="PACK_A", second="PACK_B")

    assert refusal(graph(node(9, "Odd", 5)), {"Odd": odd}) == [
        "Odd #9: its 1 saved values fit in more than one way; export it again from the editor"
    ]


def test_widgets_that_the_node_lists_in_another_order_are_refused():
    listed = node(9, "Source", 64, 32, inputs=[port("height", widget=True), port("width", widget=True)])

    assert refusal(graph(listed)) == [
        "Source #9: its widgets stand in another order than in the server's class, so their values may be mixed up"
    ]


def test_widgets_that_became_sockets_in_another_order_are_read_by_their_places():
    listed = [port("name", widget=True), port("steps", widget=True)]

    assert inputs_of(graph(node(9, "Sampler", 5, "fixed", 20, "euler", inputs=listed))) == {
        "seed": 5,
        "steps": 20,
        "name": "euler",
    }


def test_named_values_are_refused_when_a_required_one_is_missing_or_one_is_unknown():
    missing, unknown = ({"id": 9, "type": "Source", "inputs": [], "widgets_values": each} for each in (
        {"width": 1}, {"width": 1, "height": 2, "depth": 3}))  # fmt: skip

    assert refusal(graph(missing)) == ["Source #9: it holds no value for height, which the server's class has"]
    assert refusal(graph(unknown)) == ["Source #9: it holds a value for depth, which the server's class does not have"]


@pytest.mark.parametrize("kind", ["LOAD_3D", "WEBCAM", "AUDIO_RECORD"])
def test_what_the_editor_makes_when_it_queues_is_refused(kind):
    assert refusal(graph(node(9, "Live", "", 64)), {"Live": declared("A", shot=kind, width=INT)}) == [
        "Live #9: the editor makes shot when it queues; export it there"
    ]


def test_an_unknown_class_is_refused_with_the_nearest_name():
    assert refusal(graph(node(9, "Sourse", 1, 2))) == [
        "Sourse #9: the server does not know this class; did you mean Source?"
    ]


def test_every_problem_is_told_in_the_order_of_the_nodes():
    document = graph(node(10, "Source", 1), node(9, "Nowhere"), node(2, "Blur", inputs=[("image", 77)]))

    assert [problem.split(":")[0] for problem in refusal(document)] == ["Blur #2", "Nowhere #9", "Source #10"]


def test_a_graph_without_a_node_that_runs_is_refused():
    assert refusal(graph(node(1, "Note", "hello"))) == ["the graph has no node that runs"]


def test_a_refusal_survives_pickling():
    error = pickle.loads(pickle.dumps(ConversionError(["A #1: broken"])))

    assert (error.problems, str(error)) == (("A #1: broken",), "The graph cannot be converted: A #1: broken.")


@pytest.mark.parametrize("text", ["%date:yyyy%/a", "%Empty.width%", "a {red|blue} cat", "cat /* no dog */"])
def test_a_text_that_the_editor_rewrites_is_kept_and_named(text: Any):
    prompt = convert(graph(node(9, "Save", text)), {"Save": declared(prefix=TEXT)})

    assert prompt["9"]["inputs"] == {"prefix": text}
    assert editor_texts(prompt) == ["Save #9: prefix"]


COMBO = declared("STRING", "INT", choice=["COMBO", {"options": []}])


def test_options_that_somebody_wrote_are_inputs_though_no_server_declares_them():
    assert inputs_of(graph(node(9, "CustomCombo", "B", 1, "A", "B", "")), CustomCombo=COMBO) == {
        "choice": "B",
        "index": 1,
        "option1": "A",
        "option2": "B",
        "option3": "",
    }


def test_options_of_before_choices_had_numbers_are_inputs_too():
    assert inputs_of(graph(node(9, "CustomCombo", "B", "A", "B")), CustomCombo=COMBO) == {
        "choice": "B",
        "option1": "A",
        "option2": "B",
    }


def test_values_that_are_saved_by_name_too_must_agree():
    agreeing = node(9, "Source", 64, 32, widgets_values_named={"width": 64, "height": 32, "button": None})
    differing = node(9, "Source", 64, 32, widgets_values_named={"width": 32, "height": 64})

    assert inputs_of(graph(agreeing)) == {"width": 64, "height": 32}
    assert refusal(graph(differing)) == [
        "Source #9: width is saved with one value by name and with another one by place; save the graph again"
    ]
