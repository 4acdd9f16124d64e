"""A pin is written into a stack's settings file, and not one byte beside it changes."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_comfy.promotion import settings_file
from pulumi_comfy.promotion.settings_file import SettingsFileError, read, read_pins, with_pins, write
from pulumi_comfy.testing.yaml_files import read_mapping

PINS = {"portrait": {"workflowVersionId": "7a1c", "digests": {"workflowDigest": "5f0c"}}}
BLOCK = """\
  comfy:pins:
    portrait:
      workflowVersionId: "7a1c"
      digests:
        workflowDigest: "5f0c"
"""
FLOW = '{portrait: {workflowVersionId: "7a1c", digests: {workflowDigest: "5f0c"}}}'


def lines(text, by="  "):
    """A block, further in."""
    return "".join(f"{by}{line}\n" for line in text.splitlines())


NEW = {
    "no file": ("", f"config:\n{BLOCK}"),
    "comments alone": ("# production\n", f"# production\nconfig:\n{BLOCK}"),
    "a comment without an end": ("# production", f"# production\nconfig:\n{BLOCK}"[:-1]),
    "an empty mapping": ("{}\n", f"config:\n{BLOCK}"),
    "no config": ("encryptionsalt: v1:abc=\n", f"encryptionsalt: v1:abc=\nconfig:\n{BLOCK}"),
    "no config, in braces": ("{a: 1}\n", f'{{config: {{"comfy:pins": {FLOW}}}, a: 1}}\n'),
    "an empty config": ("config:\na: 1\n", f"config:\n{BLOCK}a: 1\n"),
    "an empty config with a comment": ("config: # none\na: 1\n", f"config: # none\n{BLOCK}a: 1\n"),
    "an empty config in braces": ("config: {}\na: 1\n", f"config:\n{BLOCK}a: 1\n"),
    "one with a comment behind it": ("config: {} # none\n", f'config: {{"comfy:pins": {FLOW}}} # none\n'),
    "a config in braces": ("config: {a:b: 1} # c\n", f'config: {{"comfy:pins": {FLOW}, a:b: 1}} # c\n'),
    "config is first": (
        "config:\n  a:b: 1 # one\n\n# the rest\nz: 1\n",
        f"config:\n  a:b: 1 # one\n{BLOCK}\n# the rest\nz: 1\n",
    ),
    "wider": ("config:\n    a:b: 1\n", f"config:\n    a:b: 1\n{lines(BLOCK)}"),
    "narrower": ("config:\n a:b: 1\nz: 1\n", "config:\n a:b: 1\n" + BLOCK.replace("\n ", "\n")[1:] + "z: 1\n"),
    "no end": ("config:\n  a:b: 1", f"config:\n  a:b: 1\n{BLOCK}"[:-1]),
    "a secret": (
        "config:\n  a:key:\n    secure: v1:long\n      text # c\nz: 1\n",
        f"config:\n  a:key:\n    secure: v1:long\n      text # c\n{BLOCK}z: 1\n",
    ),
    "a text of several lines": ("config:\n  a:b: |\n    x\n\n", f"config:\n  a:b: |\n    x\n\n{BLOCK}"),
    "a list": ("config:\n  a:b:\n    - 1\n    - 2 # two\n", f"config:\n  a:b:\n    - 1\n    - 2 # two\n{BLOCK}"),
    "a frame": ("---\nconfig:\n  a:b: 1\n...\n", f"---\nconfig:\n  a:b: 1\n{BLOCK}...\n"),
    "quoted keys": ("\"config\":\n  'a:b': 1\n", f"\"config\":\n  'a:b': 1\n{BLOCK}"),
    "a mark of the encoding": ("\ufeffconfig:\n  a:b: 1\n", f"\ufeffconfig:\n  a:b: 1\n{BLOCK}"),
    "a mark and nothing else": ("\ufeff", f"\ufeffconfig:\n{BLOCK}"),
    "pins that are empty": (
        "config:\n  comfy:pins: # c\n  a:b: 1\n",
        f"config:\n{BLOCK[:13]} # c{BLOCK[13:]}  a:b: 1\n",
    ),
    "pins as JSON": ("config:\n  comfy:pins: '{}'\n  a:b: 1\n", f"config:\n{BLOCK}  a:b: 1\n"),
    "no words at all": ("config:\n  comfy:pins: {}\n  a:b: 1\n", f"config:\n  comfy:pins: {FLOW}\n  a:b: 1\n"),
}


@pytest.mark.parametrize(("before", "after"), NEW.values(), ids=NEW.keys())
def test_a_pin_is_added_and_all_else_stays(before, after):
    assert with_pins(before, PINS) == after


@pytest.mark.parametrize(("before", "after"), NEW.values(), ids=NEW.keys())
def test_a_pin_is_added_with_the_file_s_own_line_ends(before, after):
    if "\n" in before:
        assert with_pins(before.replace("\n", "\r\n"), PINS) == after.replace("\n", "\r\n")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_an_entry_is_taken_out_with_any_line_ends(newline):
    text = f"config:\n  a: 1\n{BLOCK}z: 1\n".replace("\n", newline)

    assert with_pins(text, None) == "config:\n  a: 1\nz: 1\n".replace("\n", newline)


OLD = """\
# who may: the team
config:
  comfyuiUrl: "http://x"   # odd
  "comfy:pins": # by promotions
    # the portrait
    portrait: # pinned
      # id of the version
      workflowVersionId: old # since May
      digests: {workflowDigest: old} # of the document
      left: 1
    # the machine
    gpu:
      dockerCommandSteps:
        - {type: "commands", data: "RUN a"} # first
      pythonVersion: '3.11'
  z: 1
tail: 1
"""


def test_only_values_that_differ_are_exchanged_and_comments_stay_inside_the_pins():
    gpu = {"dockerCommandSteps": [{"type": "commands", "data": "RUN a"}], "pythonVersion": "3.12"}

    after = with_pins(OLD, {**PINS, "gpu": gpu})

    assert after == (
        OLD.replace("workflowVersionId: old", 'workflowVersionId: "7a1c"')
        .replace("workflowDigest: old", 'workflowDigest: "5f0c"')
        .replace("      left: 1\n", "")
        .replace("'3.11'", '"3.12"')
    )


def test_pins_that_are_as_asked_change_nothing_however_they_are_written():
    text = "config:\n  comfy:pins:\n    portrait: {workflowVersionId: 7a1c, 'digests': {workflowDigest: \"5f0c\"}}\n"

    assert with_pins(text, PINS) == text


def test_a_name_is_added_behind_the_others():
    assert with_pins(f"config:\n{BLOCK}  z: 1\n", {**PINS, "hero": {"workflowVersion": "v2"}}) == (
        f'config:\n{BLOCK}    hero:\n      workflowVersion: "v2"\n  z: 1\n'
    )


def test_a_name_is_taken_out_with_its_lines():
    text = f'config:\n{BLOCK}    hero:\n      workflowVersion: "v2"\n  z: 1\n'

    assert with_pins(text, PINS) == f"config:\n{BLOCK}  z: 1\n"
    assert with_pins(text, {"hero": {"workflowVersion": "v2"}}) == (
        'config:\n  comfy:pins:\n    hero:\n      workflowVersion: "v2"\n  z: 1\n'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"config:\n{BLOCK}  z: 1\n", "config:\n  z: 1\n"),
        (f"config:\n  a: 1\n{BLOCK}", "config:\n  a: 1\n"),
        (f"config:\n{BLOCK}z: 1\n", "config:\nz: 1\n"),
        (f'config: {{"comfy:pins": {FLOW}, a: 1}}\n', "config: {a: 1}\n"),
        (f'config: {{a: 1, "comfy:pins": {FLOW}}}\n', "config: {a: 1}\n"),
        (f'config: {{"comfy:pins": {FLOW}}}\n', "config: {}\n"),
        ("config:\n  a: 1\n", "config:\n  a: 1\n"),
        ("z: 1\n", "z: 1\n"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("none", [None, {}])
def test_the_key_is_taken_out_where_no_pins_are_asked_for(before, after, none):
    assert with_pins(before, none) == after


EXCHANGED = {
    "a list for a list": ("\n      a:\n        - 1\n        - 2\n", {"a": [3]}, "\n      a: [3]\n"),
    "texts for a list": ("\n      a: [1]\n", {"a": ["x"]}, '\n      a: ["x"]\n'),
    "texts for a text": ("\n      a: 1 # c\n", {"a": ["x"]}, '\n      a:\n        - "x" # c\n'),
    "a mapping for a text": ("\n      a: 1\n", {"a": {"b": 1}}, "\n      a:\n        b: 1\n"),
    "a text for a mapping": ("\n      a:\n        b: 1 # c\n", {"a": "x"}, '\n      a: "x" # c\n'),
    "a text for lines": ("\n      a: |\n        x\n      b: 1\n", {"a": "y", "b": 1}, '\n      a: "y"\n      b: 1\n'),
    "a text for nothing": ("\n      a: # c\n      b: 1\n", {"a": "y", "b": 1}, '\n      a: "y" # c\n      b: 1\n'),
    "a mapping for nothing": (
        "\n      a: # c\n      b: 1\n",
        {"a": {"c": 1}, "b": 1},
        "\n      a: # c\n        c: 1\n      b: 1\n",
    ),
    "nothing for a list": ("\n      a:\n        - 1\n", {"a": []}, "\n      a: []\n"),
    "in braces": (" {a: {c: 1, d: 2}} # c\n", {"a": {"c": 3, "d": 2}}, " {a: {c: 3, d: 2}} # c\n"),
    "in braces, other keys": (" {a: {c: 1}} # c\n", {"a": {"d": 2}}, " {a: {d: 2}} # c\n"),
    "nothing, in braces": (" {a: , b: 1}\n", {"a": {"d": 2}, "b": 1}, " {a: {d: 2} , b: 1}\n"),
    "an alias": ("\n      c: &x 1\n      a: *x\n", {"c": 1, "a": 2}, "\n      c: &x 1\n      a: 2\n"),
    "a whole number": ("\n      a: 1\n", {"a": 1.0}, "\n      a: 1\n"),
}


@pytest.mark.parametrize(("before", "pin", "after"), EXCHANGED.values(), ids=EXCHANGED.keys())
def test_a_value_is_exchanged_for_one_of_any_form(before, pin, after):
    start = "config:\n  comfy:pins:\n    portrait:"

    assert with_pins(start + before, {"portrait": pin}) == start + after


REFUSED = {
    "no YAML": ("config: [\n", "it cannot be read as YAML"),
    "a tab": ("config:\n\ta: 1\n", "in line 2"),
    "a tag": ("config:\n  a: !x 1\n", "could not determine a constructor for the tag '!x' in line 2"),
    "a value that YAML 1.1 cannot make": ("a: 2026-13-45\n", "it cannot be read as YAML: month must be in 1..12"),
    "two documents": ("a: 1\n---\nb: 1\n", "another document"),
    "a list": ("- a\n", "the file is no mapping"),
    "a text": ("a\n", "the file is no mapping"),
    "config is a text": ("config: text\n", "`config` is no mapping"),
    "config is null": ("config: ~\n", "`config` is no mapping"),
    "config twice": ("config:\n  a: 1\nconfig:\n  b: 1\n", "no mapping with one `config`"),
    "pins twice": ("config:\n  comfy:pins: {}\n  comfy:config:pins: {}\n", "stands in the file twice"),
    "an anchor on config": ("config: &c\n  a: 1\nother: *c\n", "an anchor"),
    "an anchor in the pins": ("config:\n  comfy:pins:\n    portrait: &p {a: 1}\n  o: *p\n", "an anchor"),
    "a text that has no end": ("config:\n  a: |\n    x", "an anchor, a tag or the file's form"),
    "pins that only an alias tells": ("x: &x {comfy:pins: {}}\nconfig: *x\n", "`config` is no mapping"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_spliced_is_refused(text, said):
    with pytest.raises(SettingsFileError) as refused:
        with_pins(text, PINS)

    assert said in str(refused.value)
    assert str(refused.value).endswith("nothing was changed. [COMFY5008]")


def test_what_is_nested_without_end_is_refused():
    with pytest.raises(SettingsFileError, match="nested too deeply"):
        with_pins("a: " + "[" * 5000 + "]" * 5000, PINS)


def test_a_line_that_is_wrong_is_not_repeated():
    with pytest.raises(SettingsFileError) as refused:
        with_pins("config:\n  a: 1\n  b: hush-hush: hush-hush\n", PINS)

    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "value", [object(), float("nan"), "\ud800", {"k" * 1200: 1}], ids=["no JSON", "no number", "half", "a long key"]
)
def test_what_yaml_cannot_say_is_refused(value):
    with pytest.raises(SettingsFileError, match="COMFY5008"):
        with_pins("", {"portrait": {"a": value}})


@pytest.mark.parametrize(
    ("value", "told"),
    [(2.0, "2"), (-0.5, "-0.5"), (1e300, "1.0e+300"), (1.5e-7, "1.5e-07"), (True, "true"), (None, "null"), (7, "7")],
)
def test_numbers_and_words_are_written_as_every_reader_of_yaml_takes_them(value, told):
    assert with_pins("", {"portrait": {"a": value}}).rstrip().endswith(f" a: {told}")


class TestReading:
    def test_pins_are_read_from_wherever_they_stand(self):
        for text in (
            f"config:\n{BLOCK}",
            f'{{config: {{"comfy:pins": {FLOW}}}}}',
            f"config:\n  comfy:config:pins: {FLOW}\n",
        ):
            assert read_pins(text) == PINS

    def test_pins_that_pulumi_wrote_as_one_text_are_read(self):
        assert read_pins('config:\n  comfy:pins: \'{"hero": {"workflowVersion": "v1"}}\'\n') == {
            "hero": {"workflowVersion": "v1"}
        }

    @pytest.mark.parametrize("text", ["", "# c\n", "config:\n", "config:\n  comfy:pins:\n", "a: 1\n", "config: text\n"])
    def test_where_none_are_there_are_none(self, text):
        assert read_pins(text) == {}

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("{secure: v1:abc}", "comfy:pins is encrypted"),
            ("text", "is not a mapping of names to pins"),
            ("[]", "is not a mapping of names to pins"),
            ("{portrait: 7a1c}", "is not a mapping of names to pins"),
        ],
    )
    def test_what_are_no_pins_is_refused(self, value, said):
        with pytest.raises(SettingsFileError, match=said):
            read_pins(f"config:\n  comfy:pins: {value}\n")


class TestFiles:
    def test_a_file_is_read_byte_for_byte(self, tmp_path):
        path = tmp_path / "Pulumi.dev.yaml"
        path.write_bytes("\ufeffa: é\r\n".encode())

        assert read(path) == "\ufeffa: é\r\n"

    def test_a_file_that_is_not_there_is_empty(self, tmp_path):
        assert read(tmp_path / "Pulumi.dev.yaml") == ""

    def test_a_file_in_another_encoding_is_refused(self, tmp_path):
        path = tmp_path / "Pulumi.dev.yaml"
        path.write_bytes("a: é".encode("latin-1"))

        with pytest.raises(SettingsFileError, match=r"Pulumi\.dev\.yaml is not UTF-8"):
            read(path)

    def test_a_folder_in_its_place_is_refused(self, tmp_path):
        with pytest.raises(SettingsFileError, match=r"Is a directory.*COMFY5008"):
            read(tmp_path)

    def test_a_file_is_written_byte_for_byte_and_keeps_its_rights(self, tmp_path):
        path = tmp_path / "Pulumi.dev.yaml"
        path.write_text("old")
        path.chmod(0o640)

        write(path, "a: é\r\n")

        assert path.read_bytes() == "a: é\r\n".encode()
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert [one.name for one in tmp_path.iterdir()] == ["Pulumi.dev.yaml"]

    def test_a_new_file_has_the_rights_that_files_have_here(self, tmp_path):
        (tmp_path / "other").write_text("")

        write(tmp_path / "Pulumi.dev.yaml", "a: 1\n")

        assert (tmp_path / "Pulumi.dev.yaml").stat().st_mode == (tmp_path / "other").stat().st_mode

    def test_a_link_stays_a_link(self, tmp_path):
        (tmp_path / "real.yaml").write_text("old")
        (tmp_path / "Pulumi.dev.yaml").symlink_to("real.yaml")

        write(tmp_path / "Pulumi.dev.yaml", "new")

        assert (tmp_path / "Pulumi.dev.yaml").is_symlink()
        assert (tmp_path / "real.yaml").read_text() == "new"

    def test_a_link_that_leads_to_no_file_stays_so_when_what_was_written_through_it_is_taken_away(self, tmp_path):
        link = tmp_path / "Pulumi.dev.yaml"
        link.symlink_to("real.yaml")
        assert settings_file.read_if_there(link) is None

        write(link, "new")
        settings_file.take_away(link)

        assert (link.is_symlink(), link.exists()) == (True, False)
        assert [one.name for one in tmp_path.iterdir()] == ["Pulumi.dev.yaml"]

    def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(self, tmp_path, monkeypatch):
        path = tmp_path / "Pulumi.dev.yaml"
        path.write_text("old")

        def fails(*_):
            raise OSError("no room")

        monkeypatch.setattr(os, "replace", fails)
        with pytest.raises(SettingsFileError, match=r"Pulumi\.dev\.yaml: no room"):
            write(path, "new")

        assert path.read_text() == "old"
        assert [one.name for one in tmp_path.iterdir()] == ["Pulumi.dev.yaml"]


def test_what_cannot_be_written_is_as_it_was_before_this_write_whatever_else_was_done(tmp_path, monkeypatch):
    monkeypatch.setattr(settings_file, "_put", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(SettingsFileError) as refused:
        write(tmp_path / "Pulumi.dev.yaml", "new")

    assert "No space left on device. The file is as it was before this write." in str(refused.value)


def test_a_file_that_is_gone_already_is_taken_away(tmp_path):
    path = tmp_path / "Pulumi.dev.yaml"
    path.touch()

    settings_file.take_away(path)
    settings_file.take_away(path)

    assert not path.exists()


def test_what_the_system_says_of_a_file_that_it_does_not_take_away_is_told(tmp_path):
    folder = tmp_path / "Pulumi.dev.yaml"
    folder.mkdir()

    with pytest.raises(SettingsFileError, match="The file is as it was before this write"):
        settings_file.take_away(folder)


names = st.text(min_size=1, max_size=12)
leaves = (
    st.text(max_size=30)
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["on", "0o7", "2026-01-01", "1e3", "~", "null", "- a", "a: b", "# c", "'", '"', "{", "\x7f\u2028"]
    )
)
values = st.recursive(leaves, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=3))
pins = st.dictionaries(names, st.dictionaries(names, values, max_size=3), max_size=3)
files = st.sampled_from([before for before, _ in NEW.values()] + [OLD, f"config:\n{BLOCK}  z: 1"])


@given(files, pins, pins)
def test_whatever_is_pinned_is_read_again_as_pulumi_reads_it_and_the_rest_stays(tmp_path_factory, file, first, second):
    text = with_pins(file, first)
    last = with_pins(text, second)

    assert read_pins(text) == first
    assert read_pins(last) == second
    path = tmp_path_factory.getbasetemp() / "Pulumi.any.yaml"
    path.write_bytes(last.encode())
    assert ((read_mapping(path).get("config") or {}).get("comfy:pins") or {}) == second
    kept = [line for line in file.splitlines() if line.lstrip().startswith("#") and file is not OLD]
    assert [line for line in kept if line not in last] == []
