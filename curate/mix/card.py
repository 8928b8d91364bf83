"""The dataset card of an arm: what it is, how it was made, and how to train on it."""

import json
from collections.abc import Mapping
from typing import Any

from curate.mix.notes import notes_text


def card(manifest: Mapping[str, Any], arm: str) -> str:
    """README.md of the folder of an arm; its head tells `datasets` which files are data."""
    entry, recipe = manifest["arms"][arm], manifest["recipe"]
    training = entry["training"]
    siblings = [one for one in manifest["balance"]["pairs"] if arm in (one["left"], one["right"])]
    lines = [
        "---",
        "configs:",
        "- config_name: default",
        "  data_files:",
        "  - split: train",
        "    path: data/*.parquet",
        f"pretty_name: {json.dumps(recipe['name'] + ' / ' + arm, ensure_ascii=False)}",
        "tags: [reasoning, sft, curate]",
        "---",
        "",
        f"# {recipe['name']}: arm `{arm}`",
        "",
        *stamp(manifest),
        *([recipe["about"], ""] if recipe["about"] else []),
        "| | |",
        "|---|---|",
        f"| rows | {entry['rows']:,} of {entry['problems']:,} problems |",
        f"| grades | {grades(entry)} |",
        f"| tokens | {entry['tokens']:,} ({entry['tokens_thinking']:,} thinking, "
        f"{entry['tokens_answer']:,} answer), {manifest['token_rule']} |",
        f"| training | {training_text(training)} |",
        f"| estimand | same {recipe['estimand']} in every arm |",
        f"| other arms | {others(siblings, arm)} |",
        f"| design | `{manifest['key']}` |",
        "",
        "What the arms have in common:",
        "",
        *(f"- {line}" for line in manifest["paths"]["blocked"]),
        "",
        *open_paths(manifest),
        "What else must be known:",
        "",
        *(f"- {line}" for line in notes_text(manifest)),
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        f'rows = load_dataset("{arm}", split="train")  # prompt, completion: as TRL wants them',
        "```",
        "",
        "`manifest.json` holds the recipe, the seeds, the hashes of all inputs, the template and",
        "the ids of the rows: `curate mix --replay manifest.json -o NEW` writes the same bytes.",
        "`curate lineage FOLDER ROW` leads from a row to the file and the row it came from.",
        "",
    ]
    return "\n".join(lines)


def stamp(manifest: Mapping[str, Any]) -> list[str]:
    """The lines that say that a design failed and was forced."""
    balance = manifest["balance"]
    if balance["passed"]:
        return []
    found = [f"> - {line}" for line in balance["failures"]]
    return ["> **This design failed its balance and was forced.** A difference between its arms",
            "> may come from what is listed here.", ">", *found, ""]  # fmt: skip


def grades(entry: Mapping[str, Any]) -> str:
    """The grades of an arm with their shares, and what was done to their texts."""
    made = []
    for name, share in entry["grades"].items():
        defects = entry["defects"].get(name, ())
        how = f" ({', then '.join(defect[0] for defect in defects)})" if defects else ""
        made.append(f"{100 * share:.4g} % {name}{how}")
    return ", ".join(made)


def training_text(training: Mapping[str, Any]) -> str:
    """How the arm is meant to be trained on."""
    epochs = f"{training['epochs']:g} epoch{'s' * (training['epochs'] != 1)}"
    if training["batch"] is None:
        return epochs
    return f"{epochs} at batch {training['batch']:,}: {training['steps']:,.0f} steps"


def others(siblings: list[Mapping[str, Any]], arm: str) -> str:
    """The other arms and the share of their problems that are the same."""
    made = [
        f"`{one['right'] if one['left'] == arm else one['left']}` "
        f"({100 * one['overlap']:.4g} % of the problems)"
        for one in siblings
    ]
    return ", ".join(made) or "none"


def open_paths(manifest: Mapping[str, Any]) -> list[str]:
    """What the arms may differ in besides what is tested."""
    found = manifest["paths"]["open"]
    return ["What is open:", "", *(f"- {line}" for line in found), ""] if found else []
