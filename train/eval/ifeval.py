"""IFEval by our own checks: whether a response follows instructions that a program can see.

{"key": 1000, "prompt": "Write …", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}

The score is that of the whole prompt, strict (Zhou et al. 2023, arXiv:2311.07911): 1 where every
instruction is followed. The checks are those of the published program, in linear time. Where that
one asks a language detector or a sentence splitter, ours decides only what is plain: an answer
that no reasonable splitter counts otherwise. What it cannot decide is null (`unverifiable`), as is
any kind that it does not know: `language:response_language`, most of all.
"""

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from curate.train.eval.items import Item
from curate.train.eval.scoring import Score
from curate.verdict import Verdict

Check = Callable[[str, Mapping[str, Any]], bool | None]


def score_ifeval(item: Item, answer: str) -> Score:
    """Whether all instructions are followed; unverifiable where none fails and one is unknown."""
    names = item.record.get("instruction_id_list") or []
    given = item.record.get("kwargs") or [{}] * len(names)
    if not names or len(names) != len(given):
        return Score(verdict=Verdict.UNVERIFIABLE)
    if not answer.strip():
        return Score(verdict=Verdict.UNPARSED)
    found = [
        followed(name, answer, kwargs or {}) for name, kwargs in zip(names, given, strict=True)
    ]
    if False in found:
        return Score(verdict=Verdict.INCORRECT)
    return Score(verdict=Verdict.UNVERIFIABLE if None in found else Verdict.CORRECT)


def followed(name: str, text: str, kwargs: Mapping[str, Any]) -> bool | None:
    """Whether a text follows an instruction; None where we cannot tell."""
    check = CHECKS.get(name)
    if check is None:
        return None
    try:
        return check(text, kwargs)
    except (KeyError, TypeError, AttributeError):  # the row lacks what its instruction needs
        return None


def unknown_kinds(item: Item) -> list[str]:
    """The kinds of instructions of an item that we have no check for."""
    names = item.record.get("instruction_id_list") or ["no instruction"]
    return [name for name in names if name not in CHECKS]


def related(count: int, wanted: int, relation: str) -> bool:
    """Whether a count is as wanted: `less than` or `at least`."""
    return count < wanted if relation == "less than" else count >= wanted


def agreed(*found: bool) -> bool | None:
    """What all ways of counting say; None where they differ."""
    return found[0] if len(set(found)) == 1 else None


def keyword_count(text: str, keyword: str) -> int:
    """How often a keyword occurs, in any case."""
    return len(re.findall(re.escape(keyword), text, re.IGNORECASE))


def has_word(text: str, word: str) -> bool:
    """Whether a word occurs as a word."""
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None


ABBREVIATED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Inc|Ltd|Co|vs|etc|e\.g|i\.e|[A-Za-z])\.(?=\s)"
)
"""Points that end no sentence, though a capital may follow."""


def sentences(text: str, kwargs: Mapping[str, Any]) -> bool | None:
    """Number of sentences, counted with few and with many ends."""
    plain = ABBREVIATED.sub(" ", text.strip())
    few = len(re.findall(r"[.!?]+[\"')\]]*(?=\s+[A-Z\"'(\[]|\s*\Z)", plain))
    many = len(re.findall(r"[.!?]+|\n+", text.strip())) + 1
    wanted, relation = kwargs["num_sentences"], kwargs["relation"]
    return agreed(related(few, wanted, relation), related(many, wanted, relation))


def capital_words(text: str, kwargs: Mapping[str, Any]) -> bool | None:
    """Number of words in capitals, parted at white space and at every other mark."""
    counts = [
        sum(word.isupper() for word in words) for words in (text.split(), re.findall(r"\w+", text))
    ]
    wanted, relation = kwargs["capital_frequency"], kwargs["capital_relation"]
    return agreed(*(related(count, wanted, relation) for count in counts))


def paragraphs(text: str, kwargs: Mapping[str, Any]) -> bool:
    """Paragraphs parted by `***`, none of them empty but the first and the last."""
    parts = [part.strip() for part in re.split(r"\s?\*\*\*\s?", text)]
    if not all(parts[1:-1]):
        return False
    return bool(sum(map(bool, parts)) == kwargs["num_paragraphs"])


def first_word(text: str, kwargs: Mapping[str, Any]) -> bool:
    """The n-th of so many paragraphs, parted by an empty line, begins with this word."""
    parts = text.split("\n\n")
    count = sum(bool(part.strip()) for part in parts)
    nth = kwargs["nth_paragraph"]
    if nth > count or not (paragraph := parts[nth - 1].strip()):
        return False
    word = paragraph.split()[0].lstrip("'").lstrip('"')
    word = re.split(r"[.,?!'\"]", word)[0].lower()
    return bool(count == kwargs["num_paragraphs"] and word == kwargs["first_word"].lower())


def placeholders(text: str, kwargs: Mapping[str, Any]) -> bool:
    """At least so many `[places]`, each on one line."""
    count = 0
    for line in text.split("\n"):
        place = line.find("[")
        while place >= 0 and (end := line.find("]", place)) >= 0:
            count += 1
            place = line.find("[", end)
    return bool(count >= kwargs["num_placeholders"])


def postscript(text: str, kwargs: Mapping[str, Any]) -> bool:
    """A postscript with this marker."""
    marker = kwargs["postscript_marker"].strip()
    known = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(known.get(marker, re.escape(marker.lower())), text.lower()) is not None


def bullets(text: str, kwargs: Mapping[str, Any]) -> bool:
    """Exactly so many lines that begin with `* ` or `-`."""
    lines = [line.lstrip() for line in text.split("\n")]
    count = sum(line.startswith("-") or (line[:1] == "*" and line[1:2] != "*") for line in lines)
    return bool(count == kwargs["num_bullets"])


def highlights(text: str, kwargs: Mapping[str, Any]) -> bool:
    """At least so many `*parts*` or `**parts**`."""
    single = re.findall(r"\*[^\n*]*\*", text)
    double = re.findall(r"\*\*[^\n*]*\*\*", text)
    count = sum(bool(each.strip("*").strip()) for each in [*single, *double])
    return bool(count >= kwargs["num_highlights"])


def sections(text: str, kwargs: Mapping[str, Any]) -> bool:
    """At least so many sections with a numbered heading."""
    heading = re.escape(kwargs["section_spliter"].strip())
    return bool(len(re.findall(rf"{heading}\s?\d", text)) >= kwargs["num_sections"])


def is_json(text: str, _: Mapping[str, Any]) -> bool:
    """The whole answer is JSON, in a block or not."""
    text = text.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def title(text: str, _: Mapping[str, Any]) -> bool:
    """A `<<title>>` on some line."""
    return any(
        (begin := line.find("<<")) >= 0 and line[begin : line.rfind(">>") + 2].strip("<> ")
        for line in text.split("\n")
        if line.rfind(">>") > line.find("<<") + 2
    )


def two_responses(text: str, _: Mapping[str, Any]) -> bool:
    """Two different responses, parted by `******`."""
    parts = [part.strip() for part in text.split("******")]
    full = [part for part in parts if part]
    return all(parts[1:-1]) and len(full) == 2 and full[0] != full[1]


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "keywords:existence": lambda t, k: all(keyword_count(t, each) for each in k["keywords"]),
        "keywords:frequency": lambda t, k: related(
            keyword_count(t, k["keyword"]), k["frequency"], k["relation"]
        ),
        "keywords:forbidden_words": lambda t, k: not any(
            has_word(t, each) for each in k["forbidden_words"]
        ),
        "keywords:letter_frequency": lambda t, k: related(
            t.lower().count(k["letter"].lower()), k["let_frequency"], k["let_relation"]
        ),
        "length_constraints:number_sentences": sentences,
        "length_constraints:number_paragraphs": paragraphs,
        "length_constraints:number_words": lambda t, k: related(
            len(re.findall(r"\w+", t)), k["num_words"], k["relation"]
        ),
        "length_constraints:nth_paragraph_first_word": first_word,
        "detectable_content:number_placeholders": placeholders,
        "detectable_content:postscript": postscript,
        "detectable_format:number_bullet_lists": bullets,
        "detectable_format:constrained_response": lambda t, _: any(
            f"My answer is {each}." in t for each in ("yes", "no", "maybe")
        ),
        "detectable_format:number_highlighted_sections": highlights,
        "detectable_format:multiple_sections": sections,
        "detectable_format:json_format": is_json,
        "detectable_format:title": title,
        "combination:two_responses": two_responses,
        "combination:repeat_prompt": lambda t, k: t.strip().lower().startswith(
            k["prompt_to_repeat"].strip().lower()
        ),
        "startend:end_checker": lambda t, k: t.strip().strip('"').lower().endswith(
            k["end_phrase"].strip().lower()
        ),
        "startend:quotation": lambda t, _: len(t.strip()) > 1
        and t.strip()[0] == '"' == t.strip()[-1],
        "change_case:capital_word_frequency": capital_words,
        "change_case:english_capital": lambda t, _: t.isupper(),
        "change_case:english_lowercase": lambda t, _: t.islower(),
        "punctuation:no_comma": lambda t, _: "," not in t,
    }
)  # fmt: skip
