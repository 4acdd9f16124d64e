"""Findings as JUnit XML, which CI systems show as tests: a case for each rule that passed, and one for each finding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pulumi_comfy.core.redaction import redact
from pulumi_comfy.policy.rule import Finding, Rule

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 holds, not even escaped: a reader refuses the whole report for one of them."""


def _in_xml(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


def junit(rules: Sequence[Rule], findings: Sequence[Finding]) -> str:
    """Give the report of one check. An advisory violation is a case that passes and tells it.

    Args:
        rules: those that were asked.
        findings: what they found.

    Raises:
        ImportError: `junitparser` is not installed.
    """
    findings = [replace(one, name=_in_xml(redact(one.name)), message=_in_xml(one.message)) for one in findings]
    from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

    suite = TestSuite("pulumi-comfy policy check")
    for rule in rules:
        found = [one for one in findings if one.rule == rule.id]
        for finding in found:
            case = TestCase(f"{rule.id}: {finding.name or 'the stack'}", classname=rule.id)
            if finding.is_undecided:
                case.result = [Skipped(finding.message)]
            elif finding.is_refusal:
                case.result = [Failure(finding.message, rule.description)]
            else:
                case.system_out = finding.message
            suite.add_testcase(case)
        if not found:
            suite.add_testcase(TestCase(rule.id, classname=rule.id))
    report: Any = JUnitXml("pulumi-comfy")
    report.add_testsuite(suite)
    text: bytes = report.tostring()
    return text.decode("utf-8") + "\n"
