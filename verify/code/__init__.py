"""Code answers: a program from a response, run against tests in a sandbox, or not run at all.

>>> from curate.verify.code import read_tests
>>> read_tests('["assert add(1, 2) == 3"]').style
'asserts'

Two sandboxes per program: the tested process holds the program, the judge holds the tests, and
only plain values pass between them. Expected values therefore never enter the tested process, and
nothing of the program can patch, end or read the checker.
"""

from curate.verify.code.check import Report, StepResult, check_program, decide_code
from curate.verify.code.program import find_program
from curate.verify.code.run import Limits
from curate.verify.code.sandbox import NoSandbox, find_sandbox
from curate.verify.code.tests import CodeTests, read_tests

__all__ = [
    "CodeTests",
    "Limits",
    "NoSandbox",
    "Report",
    "StepResult",
    "check_program",
    "decide_code",
    "find_program",
    "find_sandbox",
    "read_tests",
]
