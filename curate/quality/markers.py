"""Words and phrases that show what a trace is doing, found in one scan of a whole column.

Behaviours of Gandhi et al. 2025 (arXiv:2503.01307): verification, backtracking, subgoals, backward
chaining; hedging beside them. Words that open another branch or reject one serve the step graph
(`curate.quality.graph`), thinking tags the question whether the response is well formed.

Phrases are matched whatever their case, as whole words, the longest first; all of them in
one automaton (Aho-Corasick, in polars), so that more phrases or languages cost no time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.quality.words import KINDS, LETTER, Flags, Numbers
from curate.verify.thinking import TAGS


class Sign(IntFlag):
    """What a phrase is a sign of."""

    VERIFICATION = 1
    BACKTRACKING = 2
    SUBGOAL = 4
    BACKWARD = 8
    HEDGING = 16
    SWITCH = 32
    """Another approach begins here."""
    REJECTION = 64
    """What stands before is given up."""
    OPENING = 128
    CLOSING = 256
    """Thinking tags."""


ENGLISH: dict[Sign, str] = {
    Sign.VERIFICATION: """
        let me check|let's check|let us check|i should check|need to check|double-check|
        double check|let me verify|let's verify|let us verify|to verify|verify that|verify this|
        verify if|verifying|we can verify|i can verify|should verify|let me confirm|
        let's confirm|to confirm|confirm that|check if this|check this|check that|check whether|
        checking|recheck|re-check|sanity check|let me recalculate|let me recompute|
        let me re-verify|to be sure|just to make sure|let me make sure|just to be safe|plug back|
        plugging back|plug it back|let me test|
        let's test|test this|does this satisfy|is that correct|is this correct|is that right|
        is this right|does that make sense|verification
    """,
    Sign.BACKTRACKING: """
        wait|hold on|no, that's|no, that is|no wait|actually, no|let me reconsider|
        let me rethink|let me re-think|let me re-examine|let me reexamine|let me correct|
        let me go back|let's go back|i was wrong|i misread|i misunderstood|i overlooked|
        i forgot|i messed up|oops|scratch that|let me backtrack|backtrack|let me start over|
        start over|start again|let me redo|let me restart
    """,
    Sign.BACKTRACKING | Sign.SWITCH: """
        let me try another|let me try a different|let's try another|let's try a different|
        try another|another approach|a different approach|different approach|another way|
        another method|a different way|different strategy|another strategy|
        let me try something else|let me think differently|let me approach this differently|
        alternative approach|let me start over|let me try again|let's try again
    """,
    Sign.BACKTRACKING | Sign.REJECTION: """
        that's wrong|that is wrong|this is wrong|that's not right|that is not right|
        that's not correct|that is not correct|this is not correct|this is incorrect|
        that's incorrect|that can't be right|that can't be|this can't be|that doesn't work|
        that does not work|this doesn't work|this does not work|doesn't work|does not work|
        won't work|will not work|not working|i made a mistake|i made an error|made a mistake|
        there's a mistake|there is a mistake|must be a mistake|there's an error|not possible|
        impossible|contradiction|contradicts|that doesn't seem right|doesn't seem right|
        doesn't make sense|does not make sense|not helpful|isn't helpful|getting messy|
        too complicated|getting too complicated|getting complicated|dead end|i'm stuck|
        not feasible|doesn't help|does not help|not matching|doesn't match|does not match
    """,
    Sign.SWITCH: "alternatively|or maybe i should|on second thought",
    Sign.SUBGOAL: """
        first, we|first, i|first, let|first, find|first, compute|first, calculate|
        first, consider|first, determine|firstly|first off|first step|first i need|
        first we need|next, we|next, i|next, let|next, find|next, compute|next step|
        let's start by|let me start by|i'll start by|we start by|start by|the goal is|our goal|
        my goal|the task is to|break this down|break it down|break down|let's break|one by one|
        step by step|now we need to|now i need to|now, we need to|now, i need to|need to find|
        need to compute|need to calculate|need to determine|need to figure out|need to express|
        need to show|need to prove|need to count|need to solve|need to set up|need to identify|
        need to rotate|let's find|let me find|let me try to find|let's try to find|
        let's compute|let me compute|let's calculate|let me calculate|let's determine|
        let me determine|let's express|let's count|let me count|let's list|let me list|
        let me organize|let's organize
    """,
    Sign.BACKWARD: """
        working backward|working backwards|work backward|work backwards|go backward|
        go backwards|going backward|going backwards|backwards from|backward from|
        start from the answer|starting from the answer|start from the target|from the target|
        to reach the target|to get the target|to reach the goal|reverse engineer|
        in order to get|in order to have|in order to reach|for this to be true|
        for this to hold|for this to happen|for this to work|for that to be true|
        for that to happen|we would need|
        i would need|would need a|there would need|it suffices|suffices to show|
        sufficient to show|what would make|to obtain the desired
    """,
    Sign.HEDGING: """
        maybe|perhaps|i think|i guess|i believe|might be|could be|may be|probably|possibly|
        not sure|unsure|not certain|i'm not certain|hmm|seems like|it seems|seems to be|
        it appears|i suppose|likely|presumably
    """,
}
CHINESE: dict[Sign, str] = {
    Sign.VERIFICATION: "验证|检查|核对|验算|检验|确认一下|再算一遍|代入检验|核实",
    Sign.BACKTRACKING: "等等|等一下|重新考虑|重新思考|重新检查|回到|我忘了|看错",
    Sign.BACKTRACKING
    | Sign.SWITCH: "换一种|换个思路|换个角度|另一种方法|另一个方法|另一种思路|重新来",
    Sign.BACKTRACKING | Sign.REJECTION: "不对|错了|有误|矛盾|行不通|不可能|不成立",
    Sign.SWITCH: "或者我们|另外一种",
    Sign.SUBGOAL: "首先|第一步|第二步|第三步|接下来|下一步|然后|最后|分解为|分为几步|我需要",
    Sign.BACKWARD: "逆推|倒推|反推|从结果|要使|只需证|为了得到|如果答案",
    Sign.HEDGING: "也许|可能|大概|似乎|好像|不确定|或许",
}
LANGUAGES = (ENGLISH, CHINESE)


@cache
def phrases() -> dict[str, Sign]:
    """Every phrase with its signs; the longer before the shorter, as the scan wants them."""
    found: dict[str, Sign] = {}
    for table in LANGUAGES:
        for sign, listed in table.items():
            for phrase in map(str.strip, listed.split("|")):
                for spelled in {phrase, phrase.replace("'", "’")}:
                    found[spelled] = found.get(spelled, Sign(0)) | sign
    for opening, closing in TAGS:
        found[opening.lower()] = Sign.OPENING
        found[closing.lower()] = Sign.CLOSING
    return dict(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Markers:
    """The phrases of one text, in order."""

    starts: Numbers
    ends: Numbers
    """In bytes."""
    signs: NDArray[np.uint16]

    def of(self, sign: Sign) -> Flags:
        """Which of them have this sign."""
        return (self.signs & np.uint16(sign)) > 0

    def moved(self, by: int) -> "Markers":
        """The same, counted from elsewhere."""
        return Markers(starts=self.starts + by, ends=self.ends + by, signs=self.signs)

    def count(self, sign: Sign, start: int, end: int) -> int:
        """How many have this sign and begin in this part of the text."""
        first, last = np.searchsorted(self.starts, (start, end))
        return int(np.count_nonzero(self.of(sign)[first:last]))


def places_of(texts: pl.Series) -> Iterator[Numbers]:
    """Where phrases begin in each text of a column without nulls, in bytes."""
    found = texts.str.find_many(list(phrases()), ascii_case_insensitive=True, leftmost=True)
    counts = found.list.len().to_list()
    places = found.explode().drop_nulls().to_numpy().astype(np.int64)
    last = 0
    for count in counts:
        first, last = last, last + count
        yield places[first:last]


HEAD_BYTES = 3
"""Phrases with the same first bytes have these lengths or those."""


@cache
def signs_by_phrase() -> dict[bytes, int]:
    """The signs of each phrase."""
    return {phrase.encode(): int(sign) for phrase, sign in phrases().items()}


@cache
def lengths_by_head() -> dict[bytes, list[int]]:
    """How long phrases are that begin with these bytes, the longest first."""
    found: dict[bytes, set[int]] = {}
    for phrase in signs_by_phrase():
        found.setdefault(phrase[:HEAD_BYTES], set()).add(len(phrase))
    return {head: sorted(lengths, reverse=True) for head, lengths in found.items()}


MOST = 200_000
"""Phrases of one text that are looked at; 100 MB of reasoning have fewer."""
LONGEST = 64
IS_LETTER = [kind == LETTER and byte < 0x80 for byte, kind in enumerate(KINDS)]


def markers_at(places: Numbers, data: bytes) -> Markers:
    """The phrases that begin at these places, if they are no part of a longer word."""
    found = []
    known, lengths = signs_by_phrase(), lengths_by_head()
    for place in places[:MOST].tolist():
        here = data[place : place + LONGEST].lower()
        for length in lengths[here[:HEAD_BYTES]]:
            phrase = here[:length]
            if (sign := known.get(phrase)) is not None:
                if is_whole(data, place, place + len(phrase)):
                    found.append((place, place + len(phrase), sign))
                break
    starts, ends, signs = zip(*found, strict=True) if found else ((), (), ())
    return Markers(
        starts=np.array(starts, np.int64),
        ends=np.array(ends, np.int64),
        signs=np.array(signs, np.uint16),
    )


def is_whole(data: bytes, start: int, end: int) -> bool:
    """Whether no letter goes on before or behind."""
    if IS_LETTER[data[start]] and start and IS_LETTER[data[start - 1]]:
        return False
    return not (IS_LETTER[data[end - 1]] and end < len(data) and IS_LETTER[data[end]])
