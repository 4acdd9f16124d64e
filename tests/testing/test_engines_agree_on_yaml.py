"""What stands in a stack's file reaches a program as the Pulumi CLI passes it on: its YAML is neither 1.1 nor 1.2."""

from __future__ import annotations

import pytest

from pulumi_comfy.testing import Stack

pytestmark = pytest.mark.cli

READ = {
    "a whole number with a point": ("1.0", "1"),
    "a large one with a point": ("100000000.0", "100000000"),
    "a small number": ("0.00001", "0.00001"),
    "a very small number": ("1.5e-7", "1.5e-7"),
    "a number with an exponent": ("1e3", "1000"),
    "a very large number": ("1e21", "1e+21"),
    "minus nothing": ("-0.0", "0"),
    "a zero in front": ("017", "15"),
    "a zero in front of no octal": ("08", "8"),
    "an octal number": ("0o17", "15"),
    "a hexadecimal number": ("0x1F", "31"),
    "underscores": ("1_000", "1000"),
    "beyond 2^53": ("9007199254740993", "9007199254740993"),
    "a time": ("1:30", "1:30"),
    "an equals sign": ("=", "="),
    "nothing": ("~", ""),
    "a date": ("2026-01-01", "2026-01-01 00:00:00 +0000 UTC"),
    "no date": ("2026-13-01", "2026-13-01"),
    "a structure": ("{b: [1, 2.0, 1:30], a: yes}", '{"a":"yes","b":[1,2,"1:30"]}'),
    "a number in quotes": ('"017"', "017"),
    "a version": ("3.11.7", "3.11.7"),
}


def test_numbers_in_a_stack_s_file_are_read_as_pulumi_reads_them(comfy_engine, tmp_path):
    written = "".join(f"  on-disk:k{index}: {text}\n" for index, (text, _) in enumerate(READ.values()))
    (tmp_path / "Pulumi.yaml").write_text("name: on-disk\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n{written}")
    (tmp_path / "__main__.py").write_text(
        f"import pulumi\npulumi.export('read', [pulumi.Config().get(f'k{{index}}') for index in range({len(READ)})])\n"
    )

    result = Stack(comfy_engine, program=tmp_path).up()

    assert dict(zip(READ, result.outputs["read"], strict=True)) == {case: read for case, (_, read) in READ.items()}
