"""Arms on disk: read by trainers, replayed to the same bytes, whole or not there, traced back."""

import json
import shutil
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from curate.errors import InputError
from curate.groups import record_stage
from curate.io import write_table
from curate.mix.lineage import lineage
from curate.mix.manifest import read_manifest
from curate.mix.plan import Plan, plan
from curate.mix.presets import preset
from curate.mix.proof import need_proof
from curate.mix.recipe import Recipe, read_recipe
from curate.mix.specs import GradeSpec
from curate.mix.write import is_whole, write_design
from curate.pool import Pool
from curate.rules import rules_of
from curate.selections import save_selection
from curate.stage import Stage
from tests import kill_driver
from tests.kill_driver import before_each_write
from tests.mixtures import mix_pool, write_recipe
from tests.pools import tree

__all__ = ["mix_pool"]


def small(folder: Path, pool: Pool, extra: str = "") -> Recipe:
    """The recipe of three doses."""
    return read_recipe(write_recipe(folder / "small.toml", pool.path, extra))


@pytest.fixture(scope="module")
def made(mix_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    """A plan, and the folder it was written to."""
    folder = tmp_path_factory.mktemp("made")
    found = plan(small(folder, mix_pool))
    need_proof(found.proof, forced=False)
    write_design(found.manifest, folder / "arms")
    return found, folder / "arms"


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder of arms, the lock aside."""
    return {name: text for name, text in tree(folder).items() if name != ".lock"}


def test_datasets_reads_an_arm_as_prompt_and_completion(made: tuple[Plan, Path]) -> None:
    datasets = pytest.importorskip("datasets")
    found, folder = made
    rows = datasets.load_dataset(str(folder / "dose-50"), split="train")
    assert rows.num_rows == found.manifest["arms"]["dose-50"]["rows"]
    assert rows.column_names[:6] == [
        "prompt", "completion", "id", "problem_id", "grade", "weight",
    ]  # fmt: skip
    assert set(rows["grade"]) == {"high", "low"}
    assert all(text.endswith("\n\n") for text in rows["prompt"])


def test_rows_hold_the_texts_of_the_pool(made: tuple[Plan, Path], mix_pool: Pool) -> None:
    rows = pl.read_parquet(made[1] / "dose-50" / "data")
    texts = mix_pool.scan(["traces", "verify"]).collect()
    joined = rows.join(texts, on="id", how="left", maintain_order="left")
    assert (joined["completion"] == joined["response"]).all()
    assert (joined["prompt"] == joined["problem"] + "\n\n").all()
    assert ((joined["grade"] == "high") == (joined["verdict"] == "correct")).all()


def test_rows_stand_in_the_same_order_in_all_arms(made: tuple[Plan, Path]) -> None:
    arms = [pl.read_parquet(made[1] / f"dose-{n}" / "data") for n in (0, 50, 100)]
    assert all(arm["problem_id"].equals(arms[0]["problem_id"]) for arm in arms)


def test_a_replay_makes_the_same_bytes(made: tuple[Plan, Path], tmp_path: Path) -> None:
    for manifest in (made[1] / "manifest.json", made[1]):
        said = {k: v for k, v in read_manifest(manifest).items() if k != "files"}
        shutil.rmtree(tmp_path / "again", ignore_errors=True)
        write_design(said, tmp_path / "again")
        assert files(tmp_path / "again") == files(made[1])


def test_a_replay_of_one_arm_makes_this_arm(made: tuple[Plan, Path], tmp_path: Path) -> None:
    said = {k: v for k, v in read_manifest(made[1] / "dose-50").items() if k != "files"}
    assert write_design(said, tmp_path / "one") == ["dose-50"]
    assert files(tmp_path / "one" / "dose-50") == files(made[1] / "dose-50")


def test_small_shards_hold_the_same_rows(
    made: tuple[Plan, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.mix.shards.SHARD_CHARS", 1)
    monkeypatch.setattr("curate.mix.shards.HELD_CHARS", 4000)
    write_design(made[0].manifest, tmp_path / "arms")
    pieces = sorted((tmp_path / "arms" / "dose-50" / "data").iterdir())
    assert len(pieces) > 1
    whole = pl.read_parquet(made[1] / "dose-50" / "data")
    assert pl.concat(pl.read_parquet(path) for path in pieces).equals(whole)


def test_arms_that_are_whole_are_left_alone(made: tuple[Plan, Path], tmp_path: Path) -> None:
    shutil.copytree(made[1], tmp_path / "arms")
    assert write_design(made[0].manifest, tmp_path / "arms") == []
    (piece,) = (tmp_path / "arms" / "dose-50" / "data").iterdir()
    content = bytearray(piece.read_bytes())
    content[100] ^= 1
    piece.write_bytes(content)
    assert write_design(made[0].manifest, tmp_path / "arms") == ["dose-50"]
    assert files(tmp_path / "arms") == files(made[1])


def test_another_design_takes_the_place_of_the_first(
    made: tuple[Plan, Path], mix_pool: Pool, tmp_path: Path
) -> None:
    shutil.copytree(made[1], tmp_path / "arms")
    text = (tmp_path / "x.toml", mix_pool.path, "estimand = 'rows'")
    other = plan(read_recipe(write_recipe(*text)))
    arms = {"dose-0": other.manifest["arms"]["dose-0"]}
    write_design({**other.manifest, "arms": arms}, tmp_path / "arms")
    assert sorted(p.name for p in (tmp_path / "arms").iterdir() if p.is_dir()) == ["dose-0"]


def test_a_folder_with_other_things_is_left_alone(made: tuple[Plan, Path], tmp_path: Path) -> None:
    for name in ("thesis.tex", "manifest.json"):
        out = tmp_path / name.partition(".")[0]
        out.mkdir()
        (out / name).write_text('{"years": "of work"}')
        with pytest.raises(InputError, match=name):
            write_design(made[0].manifest, out)
        assert [path.name for path in out.iterdir()] == [name]


class PowerCut(BaseException):
    """The end of a process, as far as its files can tell."""


def test_a_run_that_ends_at_any_write_point_leaves_whole_arms_and_is_finished_by_the_next(
    made: tuple[Plan, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kill_driver, "WRITES", (*kill_driver.WRITES, "rename", "mkdir"))
    manifest, unbroken = made[0].manifest, files(made[1])
    cuts = 0
    for death in range(1, 1000):

        def cut(number: int, death: int = death) -> None:
            if number >= death:
                raise PowerCut

        out = tmp_path / f"arms{death}"
        stop = before_each_write(cut)
        try:
            write_design(manifest, out)
            break
        except PowerCut:
            cuts += 1
        finally:
            stop()
        for arm in manifest["arms"]:
            assert not (out / arm).exists() or is_whole(out / arm, manifest, arm), death
        assert not (out / "manifest.json").exists() or death > 1
        write_design(manifest, out)
        assert files(out) == unbroken, death
    assert cuts > 20


def test_a_pool_that_changed_is_refused(
    made: tuple[Plan, Path], mix_pool: Pool, tmp_path: Path
) -> None:
    shutil.copytree(mix_pool.path, tmp_path / "pool")
    sources = {"main": {**made[0].manifest["recipe"]["sources"]["main"]}}
    sources["main"]["pool"] = str(tmp_path / "pool")
    changed = {**made[0].manifest, "recipe": {**made[0].manifest["recipe"], "sources": sources}}
    write_design(changed, tmp_path / "same")
    (tmp_path / "pool" / "traces" / mix_pool.part_names()[0]).unlink()
    with pytest.raises(InputError, match="is not the pool"):
        write_design(changed, tmp_path / "other")


def test_a_row_leads_back_to_its_file_and_row(made: tuple[Plan, Path], mix_pool: Pool) -> None:
    rows = pl.read_parquet(made[1] / "dose-50" / "data")
    for number in (0, 7, rows.height - 1):
        found = lineage(made[1] / "dose-50", number)
        assert found.same
        assert found.id == rows["id"][number]
        part = pl.read_parquet(mix_pool.path / "traces" / found.part)
        assert part["id"][found.place] == found.id
        lines = Path(found.source).read_text().splitlines()
        assert json.loads(lines[found.source_row - 1])["response"] == rows["completion"][number]
    with pytest.raises(InputError, match="has no row"):
        lineage(made[1] / "dose-50", rows.height)
    with pytest.raises(InputError, match="not the folder of one arm"):
        lineage(made[1], 0)


def test_a_design_that_fails_is_refused_and_stamped_when_forced(
    mix_pool: Pool, tmp_path: Path
) -> None:
    recipe = small(tmp_path, mix_pool, "")
    short = GradeSpec(of="high", defect="no_thinking")
    spoilt = {**recipe.grades, "low": short}
    bad = plan(replace(recipe, grades=spoilt), forced=True)
    assert not bad.proof.passed
    assert "rows" in bad.proof.remedy
    with pytest.raises(InputError, match="not alike enough"):
        need_proof(bad.proof, forced=False)
    write_design(bad.manifest, tmp_path / "bad")
    for path in (tmp_path / "bad").rglob("*"):
        if path.suffix == ".parquet":
            said = json.loads(pq.read_metadata(path).metadata[b"curate.about"])
            assert "tokens" in said["balance"][0]
        elif path.suffix in (".md", ".html"):
            assert "failed its balance" in path.read_text() or "fails its" in path.read_text()
        elif path.name == "manifest.json":
            assert read_manifest(path)["balance"]["forced"]


def test_a_math_nocot_row_is_its_math_cot_row_without_the_thinking(
    mix_pool: Pool, tmp_path: Path
) -> None:
    recipe = preset("math-nocot")
    sources = {"main": replace(recipe.sources["main"], pool=str(mix_pool.path))}
    write_design(plan(replace(recipe, sources=sources, problems=60)).manifest, tmp_path / "arms")
    long, short = (
        pl.read_parquet(tmp_path / "arms" / name / "data") for name in ("math-cot", "math-nocot")
    )
    assert long["id"].equals(short["id"])
    for whole, rest in zip(long["completion"], short["completion"], strict=True):
        assert "<think>" in whole
        assert rest == whole.rpartition("</think>")[2].strip()


def test_the_replay_is_the_same_in_all_arms_with_its_share_of_the_tokens(
    mix_pool: Pool, tmp_path: Path
) -> None:
    extra = f'[replay]\nsource = "old"\nshare = 0.2\n[sources.old]\npool = "{mix_pool.path}"\n'
    found = plan(small(tmp_path, mix_pool, extra))
    rows = [frame.filter(pl.col("kind") == "replay").drop("key") for frame in found.frames.values()]
    assert rows[0].height > 5
    assert all(one.equals(rows[0]) for one in rows)
    for frame in found.frames.values():
        replayed = int(frame.filter(pl.col("kind") == "replay")["tokens"].sum())
        assert abs(replayed / int(frame["tokens"].sum()) - 0.2) < 0.02
        assert frame["at"].n_unique() == frame.height


def test_the_tokens_of_the_score_are_taken_where_it_has_run(mix_pool: Pool, tmp_path: Path) -> None:
    shutil.copytree(mix_pool.path, tmp_path / "pool")
    pool = Pool.open(tmp_path / "pool")
    stage = Stage(name="score", version=1, config={"tokenizer_path": "of/a/model"})
    for name in pool.part_names():
        chars = pool.read_part(name, ["extract"], ["response_chars"])["response_chars"]
        columns = pl.DataFrame(
            {"tokens": chars * 2, "tokens_thinking": chars, "tokens_answer": chars}
        )
        table = columns.to_arrow(compat_level=pl.CompatLevel.oldest())
        write_table(pool.part("score", name), table, key=stage.key([]))
    record_stage(pool, stage, ["traces"])
    found = plan(small(tmp_path, pool))
    assert found.manifest["token_rule"] == "by `curate score`: of/a/model"
    write_design(found.manifest, tmp_path / "arms")
    rows = pl.read_parquet(tmp_path / "arms" / "dose-0" / "data")
    assert (rows["tokens"] == 2 * rows["completion"].str.len_chars()).all()


def test_a_selection_and_a_condition_say_what_a_source_holds(
    mix_pool: Pool, tmp_path: Path
) -> None:
    shutil.copytree(mix_pool.path, tmp_path / "pool")
    pool = Pool.open(tmp_path / "pool")
    save_selection(pool, "few", rules_of(["row > 300"], None))
    recipe = small(tmp_path, pool)
    source = replace(recipe.sources["main"], selection="few", where="row < 900")
    found = plan(replace(recipe, sources={"main": source}))
    ids = {name for arm in found.manifest["arms"].values() for name in arm["data"]["id"]}
    rows = pool.scan(["traces"], ["id", "row"]).filter(pl.col("id").is_in(list(ids))).collect()
    assert rows["row"].is_between(301, 899).all()
    with pytest.raises(InputError, match="none"):
        plan(replace(recipe, sources={"main": replace(source, selection="none")}))


def test_a_covariate_that_is_a_text_is_refused(mix_pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be a covariate"):
        plan(small(tmp_path, mix_pool, 'match = { covariates = ["answer"] }'))


class Page(HTMLParser):
    """Counts what a page opens and closes, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_page_that_loads_nothing(made: tuple[Plan, Path]) -> None:
    text = (made[1] / "report.html").read_text()
    page = Page()
    page.feed(text)
    assert (page.open, page.loads) == ([], [])
    for word in ("Love plot", "the design holds", "dose-50", "prefers-color-scheme: dark"):
        assert word in text


# --- a tokenizer ----------------------------------------------------------------------------------

CHAT = (
    "{% for m in messages %}<|{{ m.role }}|>"
    "{{ m.content.split('</think>')[-1] if m.role == 'assistant' else m.content }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer of single bytes with a chat template that strips old thinking."""
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made: Any = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, chat_template=CHAT)
    folder = tmp_path_factory.mktemp("tokenizer")
    made.add_special_tokens({"eos_token": "<|end|>"})
    made.save_pretrained(folder)
    return folder


def test_a_tokenizer_counts_and_its_chat_template_is_recorded(
    mix_pool: Pool, tokenizer: Path, tmp_path: Path
) -> None:
    recipe = small(tmp_path, mix_pool, f'[render]\ntokenizer = "{tokenizer}"\nchat = true\n')
    found = plan(recipe)
    write_design(found.manifest, tmp_path / "arms")
    rows = pl.read_parquet(tmp_path / "arms" / "dose-0" / "data")
    assert rows["prompt"].str.ends_with("<|end|><|assistant|>").all()
    assert rows["completion"].str.contains("</think>", literal=True).all()
    assert rows["completion"].str.ends_with("<|end|>").all()
    trained = rows["completion_mask"].list.sum()
    assert (trained == rows["tokens"] + 1).all()  # the end of the turn is a token
    assert found.manifest["template"]["chat"] == CHAT


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of TRL and transformers about themselves
def test_trl_trains_on_an_arm_as_it_is(
    made: tuple[Plan, Path], tokenizer: Path, tmp_path: Path
) -> None:
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    import transformers

    config = transformers.GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=300)
    rows = datasets.load_dataset(str(made[1] / "dose-50"), split="train").select(range(4))
    trainer = trl.SFTTrainer(
        model=transformers.GPT2LMHeadModel(config),
        args=trl.SFTConfig(
            output_dir=str(tmp_path),
            max_steps=1,
            report_to=[],
            max_length=256,
            use_cpu=True,
            bf16=False,
            completion_only_loss=True,
            eos_token="<|end|>",
        ),
        train_dataset=rows,
        processing_class=transformers.AutoTokenizer.from_pretrained(tokenizer),
    )
    assert trainer.train().training_loss > 0
    assert "torch" in sys.modules
