"""Verdicts on answers: a pure library that knows text and nothing of files.

>>> from curate.verify import verify
>>> verify(r"So the total is \boxed{\frac{1}{2}}.", "0.5").verdict
<Verdict.CORRECT: 'correct'>
"""

from curate.verdict import Verdict
from curate.verify.api import decide, verify, verify_many, verify_read
from curate.verify.decision import Decision, Extraction, Verification
from curate.verify.ends import HEAD_BYTES, TAIL_BYTES, ends_of, extract_ends
from curate.verify.extract import extract
from curate.verify.ladder import IDENTICAL, canonical, is_identical, settle
from curate.verify.policy import Policy
from curate.verify.reference import Reference, read_reference, reference_of

__all__ = [
    "HEAD_BYTES",
    "IDENTICAL",
    "TAIL_BYTES",
    "Decision",
    "Extraction",
    "Policy",
    "Reference",
    "Verdict",
    "Verification",
    "canonical",
    "decide",
    "ends_of",
    "extract",
    "extract_ends",
    "is_identical",
    "read_reference",
    "reference_of",
    "settle",
    "verify",
    "verify_many",
    "verify_read",
]
