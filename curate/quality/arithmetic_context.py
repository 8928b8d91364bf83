"""When an equality that does not hold is nobody's claim.

Read only around equations that do not hold: one that holds is right wherever it stands.
"""

import re

BEFORE = re.compile(
    r"\b(?:if|suppos\w*|assum\w*|not|never|should|would|could|instead|let(?!['’]s|\s(?:me|us))|wait|hmm|hm|whether|were|"
    r"claim\w*|pretend|imagin\w*|unless|wrong\w*|incorrect\w*|mistak\w*|error|false|contradict\w*|"
    r"versus|vs|cannot|base|clock|about|approx\w*|rough\w*|estimat\w*|around|rounds?|"
    r"rounded|rounding|nearest|try|trying|test|maybe|perhaps|guess|solve|solving|need|want|given|"
    r"condition|constraint|when|set|setting|target|puzzle)\b|n't|n’t|≠|\\neq?\b|"
    r"≟|\\stackrel|如果|假设|若|不是|不等|是否|应该|错",
    re.IGNORECASE,
)
AFTER = re.compile(
    r"\s*[^\w\s]*\s*\?|≠|\\neq?\b|\b(?:wrong|incorrect|false|contradict\w*|impossible|remainder|rem|"
    r"R\s?\d|approx\w*|about|rounded|rounding|nearest|instead|invalid|mistake|error|base)\b|"
    r"[✗❌]|吗|不|错",
    re.IGNORECASE,
)
WITHDRAWN = re.compile(
    r"[\s\\\]\)$.*,;:}]*(?:\\(?:implies|Rightarrow|iff|text\{)|[⇒→✖✗❌✘≠]|=>|(?:[\w’']+ ){0,2}?"
    r"(?:but|however|wait|no|nope|not(?! an? (?:integer|whole|perfect|multiple|square|prime))|hmm|clearly|oops|hold on|false|incorrect|wrong|impossible|contradiction|again, false)\b"
    r"|(?:this|that|which|it)(?:’s|'s)?\b[^.\n]{0,50}?\b(?:not|false|incorrect|wrong|impossible|contradict\w*|invalid|absurd|n't|isn't|doesn't)\b)",
    re.IGNORECASE,
)
"""The trace takes it back in the words that follow."""
POSED = re.compile(
    r"\b(?:if|suppos\w*|assum\w*|given|should|must|would|equat\w*|setting|contradict\w*)\b", re.I
)
"""Words in the line above a displayed equation that make it a condition."""
DISPLAY = " \t\n\\[($"
REACH_BEFORE = 90
REACH_AFTER = 60
SENTENCE = re.compile(r"[.!;](?=\s)|\n|。|；|！")


def is_claimed(text: str, start: int, end: int) -> bool:
    """Whether the words around an equation leave it as a plain statement of the trace."""
    window = text[max(0, start - REACH_BEFORE) : start]
    before = window.rstrip()
    last = max((stop.end() for stop in SENTENCE.finditer(before)), default=0)
    after = text[end : end + REACH_AFTER]
    if stop_after := SENTENCE.search(after):
        after = after[: stop_after.start()]
    if BEFORE.search(before, last) or AFTER.search(after):
        return False
    line_before = window.rstrip(DISPLAY)
    if line_before.endswith((":", ",")) and len(line_before) < len(before) + 2:
        last = max((stop.end() for stop in SENTENCE.finditer(line_before)), default=0)
        if POSED.search(line_before, last):
            return False
    return not WITHDRAWN.match(text, end, end + 120)
