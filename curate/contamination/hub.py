"""Names of common benchmarks, and where the Hub has them; loaded through `datasets`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from curate.contamination.items import Item, items_of
from curate.errors import InputError
from curate.formats import ReadOptions, plan_sources

PREFIX = "hub:"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubName:
    """A dataset on the Hub, or a folder that `datasets` reads."""

    dataset: str
    """`organization/dataset`, with `@config` where it has several."""
    splits: tuple[str, ...]
    problem: str


CATALOGUE: Mapping[str, HubName] = {
    "math500": HubName(dataset="HuggingFaceH4/MATH-500", splits=("test",), problem="problem"),
    "aime24": HubName(dataset="HuggingFaceH4/aime_2024", splits=("train",), problem="problem"),
    "aime25": HubName(dataset="yentinglin/aime_2025", splits=("train",), problem="problem"),
    "gsm8k": HubName(dataset="openai/gsm8k@main", splits=("test",), problem="question"),
    "gpqa": HubName(dataset="Idavidrein/gpqa@gpqa_diamond", splits=("train",), problem="Question"),
    "amc": HubName(dataset="AI-MO/aimo-validation-amc", splits=("train",), problem="problem"),
    "olympiadbench": HubName(
        dataset="Hothan/OlympiadBench@OE_TO_maths_en_COMP", splits=("train",), problem="question"
    ),
    "minerva": HubName(dataset="math-ai/minervamath", splits=("test",), problem="question"),
    "mmlu-pro": HubName(dataset="TIGER-Lab/MMLU-Pro", splits=("test",), problem="question"),
    "livecodebench": HubName(
        dataset="livecodebench/code_generation_lite", splits=("test",), problem="question_content"
    ),
    "humaneval": HubName(dataset="openai/openai_humaneval", splits=("test",), problem="prompt"),
    "mbpp": HubName(dataset="google-research-datasets/mbpp@full", splits=("test",), problem="text"),
}
"""What `hub:NAME` means."""


def is_hub_name(given: str) -> bool:
    """Whether an input is a name of the catalogue."""
    return given.startswith(PREFIX)


def read_hub(given: str, catalogue: Mapping[str, HubName] = CATALOGUE) -> Iterator[Item | None]:
    """The item of each row of a benchmark of the catalogue, None for a row without one.

    Raises:
        InputError: no benchmark is called so, or the Hub cannot be reached.
        MissingExtra: `datasets` is not installed.
    """
    from curate.formats.hub import hub_files

    name = given.removeprefix(PREFIX).lower()
    if name not in catalogue:
        near = get_close_matches(name, catalogue, n=1)
        raise InputError(
            f"no benchmark is called `{given}`",
            why=f"known are {', '.join(catalogue)}",
            fix=f"did you mean `{PREFIX}{near[0]}`?" if near else "name a file of its problems",
        )
    found = catalogue[name]
    options = ReadOptions(problem=found.problem, format="arrow")
    for split in found.splits:
        files = [file.path for file in hub_files(f"{found.dataset}:{split}")]
        for source in plan_sources(files, options):
            yield from items_of(source, options, name)
