"""Arms on disk: a folder each, which appears whole or not at all.

ARMS/
  manifest.json, report.html           of the whole design, written last
  dose-25/
    README.md, manifest.json           card and manifest of the arm alone
    data/train-00000-of-00002.parquet  prompt, completion, id, problem_id, grade, weight, tokens…
"""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.io import write_bytes, write_table
from curate.lock import alone
from curate.mix.card import card
from curate.mix.defects import spoil
from curate.mix.manifest import NAME, manifest_text, of_arm, read_manifest
from curate.mix.places import Places, checked_pools, locate
from curate.mix.plan import MADE_BY
from curate.mix.recipe import Recipe, recipe_of
from curate.mix.render import Rendering, rendering
from curate.mix.report import report_html
from curate.mix.shards import Shards, Text, canary_texts, rows_of_shard
from curate.progress import Progress

REPORT = "report.html"
COLUMNS = ("prompt", "completion", "id", "problem_id", "grade", "weight", "tokens",
           "tokens_thinking", "tokens_answer", "pool", "source", "row", "rollout")  # fmt: skip


def write_design(
    manifest: Mapping[str, Any], out: Path, progress: Progress | None = None
) -> list[str]:
    """Write all arms of a manifest, and those alone that are not there yet; their names.

    Raises:
        InputError: the folder holds something else, or a pool is not what it was.
    """
    recipe = recipe_of(manifest["recipe"], "the manifest")
    rendered = rendering(recipe.render)
    pools = checked_pools(manifest, recipe)
    need_ours(out)
    out.mkdir(parents=True, exist_ok=True)
    with alone(out):
        clear(out, manifest)
        names = [name for name in manifest["arms"] if not is_whole(out / name, manifest, name)]
        if names:
            places = locate(manifest, names, pools)
            shown = progress or Progress()
            write_arms(manifest, names, out, places, recipe, rendered, shown)
        write_bytes(out / REPORT, report_html(manifest).encode())
        write_bytes(out / NAME, manifest_text({**manifest, "files": hashes(out, manifest)}))
    return names


def need_ours(out: Path) -> None:
    """Nothing, when the folder is new, empty, or was made by us.

    Raises:
        InputError: it is a file, or holds something else.
    """
    inside = [path for path in sorted(out.iterdir()) if path.name[0] != "."] if out.is_dir() else []
    # A killed run leaves whole arms, and perhaps the report, without the manifest of the design.
    foreign = [path.name for path in inside if path.name not in (NAME, REPORT) and not ours(path)]
    foreign += [NAME for path in inside if path.name == NAME and not ours(out)]
    if out.is_file() or foreign:
        raise InputError(
            f"cannot write the arms to `{out}`",
            why=f"it holds other things, such as `{foreign[0]}`" if foreign else "it is a file",
            fix="name a new folder",
        )


def ours(folder: Path) -> bool:
    """Whether a folder has a manifest that we wrote."""
    try:
        return folder.is_dir() and read_manifest(folder)["made_by"] == MADE_BY
    except (InputError, KeyError):
        return False


def clear(out: Path, manifest: Mapping[str, Any]) -> None:
    """Take away what a killed run left, and whatever belongs to another design."""
    for path in out.glob(".*.tmp"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in (NAME, REPORT):
        # Until all arms are whole nothing says that they are.
        (out / name).unlink(missing_ok=True)
    for path in out.iterdir():
        if path.is_dir() and path.name not in manifest["arms"] and (path / NAME).is_file():
            shutil.rmtree(path)


def is_whole(folder: Path, manifest: Mapping[str, Any], arm: str) -> bool:
    """Whether the folder of an arm is there, of this design and unedited."""
    try:
        found = read_manifest(folder)
    except InputError:
        return False
    if {**found, "files": None} != {**of_arm(manifest, arm), "files": None}:
        return False
    return bool(found.get("files") == files_of(folder))


def files_of(folder: Path) -> dict[str, str]:
    """sha256 of every file of an arm, its manifest aside."""
    return {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME
    }


def sha256(path: Path) -> str:
    """sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(out: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """sha256 of every file of every arm, as their manifests say, and of the report."""
    found = {REPORT: sha256(out / REPORT)}
    for arm in manifest["arms"]:
        files = read_manifest(out / arm)["files"]
        found |= {f"{arm}/{name}": value for name, value in files.items()}
        found[f"{arm}/{NAME}"] = sha256(out / arm / NAME)
    return found


# --- arms -----------------------------------------------------------------------------------------


def write_arms(
    manifest: Mapping[str, Any],
    names: list[str],
    out: Path,
    places: Places,
    recipe: Recipe,
    rendered: Rendering,
    progress: Progress,
) -> None:
    """Write arms under temporary names, shard by shard, and rename each when it is whole."""
    work = out / ".shards.tmp"
    shards = Shards(manifest, names, work)
    with progress.phase("reading texts", places.frame.height, "traces") as phase:
        shards.fill(places, phase)
    total = sum(manifest["arms"][arm]["rows"] for arm in names)
    with progress.phase("writing arms", total, "rows") as phase:
        for number in range(shards.count):
            texts = {**shards.read(number), **canary_texts(manifest)}
            for arm in names:
                for rows in rows_of_shard(manifest, arm, number, shards.rows):
                    frame = rendered_rows(rows, texts, places, manifest, arm, recipe, rendered)
                    pieces = -(-manifest["arms"][arm]["rows"] // shards.rows)
                    name = f"train-{number:05}-of-{pieces:05}.parquet"
                    write_piece(temporary(out, arm) / "data" / name, frame, manifest)
                    phase.advance(rows.height)
    shutil.rmtree(work)
    for arm in names:
        finish(out, manifest, arm)


def temporary(out: Path, arm: str) -> Path:
    """Where an arm lies until it is whole."""
    return out / f".{arm}.tmp"


def write_piece(path: Path, frame: pl.DataFrame, manifest: Mapping[str, Any]) -> None:
    """Write some rows of an arm; a failed balance is said in the file's own metadata, too."""
    balance = manifest["balance"]
    about = {"design": manifest["key"], "balance": balance["failures"] or "passed"}
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    write_table(path, table, key=manifest["key"], about=about)


def finish(out: Path, manifest: Mapping[str, Any], arm: str) -> None:
    """Write card and manifest of an arm, and give the folder its name."""
    folder, final = temporary(out, arm), out / arm
    write_bytes(folder / "README.md", card(manifest, arm).encode())
    files = files_of(folder)
    write_bytes(folder / NAME, manifest_text({**of_arm(manifest, arm), "files": files}))
    if final.exists():
        old = out / f".{arm}.old.tmp"
        final.replace(old)
        shutil.rmtree(old)
    folder.replace(final)


def rendered_rows(
    rows: pl.DataFrame,
    texts: Mapping[str, Text],
    places: Places,
    manifest: Mapping[str, Any],
    arm: str,
    recipe: Recipe,
    rendered: Rendering,
) -> pl.DataFrame:
    """Rows of an arm with their texts as a trainer reads them."""
    defects = manifest["arms"][arm]["defects"]
    prompts, completions = [], []
    for trace_id, kind in zip(rows["id"], rows["grade"], strict=True):
        text = texts[trace_id]
        spoilt = tuple((name, amount) for name, amount in defects.get(kind, ()))
        response = spoil(text.response, spoilt, recipe.seeds.draw, trace_id)
        prompts.append(rendered.prompt(text.problem))
        completions.append(rendered.completion(response))
    whole = rows.join(places.frame, on="id", how="left", maintain_order="left").with_columns(
        prompt=pl.Series(prompts, dtype=pl.String),
        completion=pl.Series(completions, dtype=pl.String),
    )
    whole = whole.select(COLUMNS)
    if rendered.tokenizer is None:
        return whole
    return whole.with_columns(tokenized(prompts, completions, rendered.tokenizer))


def tokenized(prompts: list[str], completions: list[str], tokenizer: Any) -> Iterator[pl.Series]:  # noqa: ANN401
    """`input_ids` and `completion_mask`, as TRL reads them; the two texts are tokenized apart."""
    before = tokenizer(prompts, add_special_tokens=False)["input_ids"]
    after = tokenizer(completions, add_special_tokens=False)["input_ids"]
    ids = [left + right for left, right in zip(before, after, strict=True)]
    mask = [[0] * len(left) + [1] * len(right) for left, right in zip(before, after, strict=True)]
    yield pl.Series("input_ids", ids, dtype=pl.List(pl.Int32))
    yield pl.Series("completion_mask", mask, dtype=pl.List(pl.Int8))
