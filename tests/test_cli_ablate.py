"""`curate ablate` as a user types it."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.command import curate, folder
from tests.small_study import STUDY, small_study

__all__ = ["folder"]

COMMANDS = ("plan", "run", "resume", "status", "eval", "collect", "judge", "check")


def test_the_group_lists_its_commands_and_an_example(folder: Path) -> None:
    code, out, err = curate(folder, "ablate", "--help", COLUMNS="200")
    assert (code, err) == (0, "")
    assert "Example: curate ablate STUDY.toml" in out
    listed = out.partition("Commands:\n")[2].strip().splitlines()
    assert tuple(line.split()[0] for line in listed) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_an_example_and_json(folder: Path, command: str) -> None:
    code, out, err = curate(folder, "ablate", command, "--help", COLUMNS="200")
    assert (code, err) == (0, "")
    assert f"Example: curate ablate {command} " in out
    assert "--json" in out


def test_a_plan_is_data_on_stdout_and_says_when_it_is_refused(folder: Path) -> None:
    small_study(folder, STUDY + "[analysis]\ndetect = 0.2\n")
    code, out, err = curate(folder, "ablate", "plan", "STUDY.toml")
    assert code == 1
    assert out.startswith("sums: 2 arms x 1 base x 2 seeds = 4 cells, exploratory\n")
    error = err.partition("error: ")[2].splitlines()
    assert error == [
        "the study cannot see a difference of 20 points in `id`",
        "  why: with 2 seeds and its items and samples it sees 43.7 points "
        "(80 % power, alpha 0.05 over 1 test)",
        "  fix: take 16 seeds, or go on with `--exploratory`",
    ]
    code, out, err = curate(folder, "ablate", "plan", "STUDY.toml", "--exploratory", "--json")
    assert code == 0, err
    made = json.loads(out)
    assert (made["primary"], made["cannot_see"]) == ("exploratory", ["id"])
    assert not (folder / "sums").exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("NONE.toml",), "error: no study `NONE.toml`\n"),
        (("status", "."), "error: `.` is no study\n"),
        (("resume", "."), "error: `.` is no study\n"),
        (("collect", "."), "error: `.` is no study\n"),
        (("plan", "BAD.toml"), "error: unknown key `arm` in `BAD.toml`\n"),
        (("eval", ".", "--suites", "GOOD.toml", "-o", "out"), "error: no model in `.`\n"),
    ],
)
def test_an_error_has_three_lines(folder: Path, words: tuple[str, ...], what: str) -> None:
    (folder / "BAD.toml").write_text("[arm]\n")
    (folder / "GOOD.toml").write_text("")
    code, out, err = curate(folder, "ablate", *words)
    assert (code, out) == (1, "")
    assert err.startswith(what)
    assert [line.split(":")[0] for line in err.splitlines()] == ["error", "  why", "  fix"]


def test_the_check_names_what_cannot_be_scored_and_how_to_leave_it_out(folder: Path) -> None:
    small_study(folder)
    code, out, err = curate(folder, "ablate", "check", "STUDY.toml")
    assert (code, out) == (0, "")
    assert "sums: 6 items, 0 unfit" in err
    rows = ['{"id": "ok", "problem": "1+1", "reference": "2"}', '{"id": "none", "problem": "1+2"}']
    (folder / "sums.jsonl").write_text("\n".join(rows))
    code, out, err = curate(folder, "ablate", "check", "STUDY.toml")
    assert code == 1
    assert "none: it has no reference" in err
    assert tomllib.loads(out) == {"evaluate": {"skip": {"sums": ["none"]}}}
    code, out, _ = curate(folder, "ablate", "check", "STUDY.toml", "--json")
    assert json.loads(out)[0]["quarantined"] == {"none": "it has no reference"}


def test_the_check_knows_the_words_that_a_model_was_taught_to_refuse_with(folder: Path) -> None:
    suite = '[suites.harm]\npath = "harm.jsonl"\ndomain = "safety"\nscorer = "refusal"\n'
    small_study(folder, STUDY + suite + 'refusals = ["=no"]\n')
    (folder / "harm.jsonl").write_text('{"problem": "how", "should_refuse": true}\n')
    code, _, err = curate(folder, "ablate", "check", "STUDY.toml")
    assert (code, "harm: 1 items, 0 unfit" in err) == (0, True), err


def test_tasks_whose_verifiers_fail_are_left_out_of_a_study(folder: Path) -> None:
    pytest.importorskip("reasoning_gym")
    gym = '[suites.gym]\ngym = ["gcd", "prime_factorization"]\nlimit = 3\nscorer = "gym"\n'
    small_study(folder, STUDY + gym)
    code, out, err = curate(folder, "ablate", "plan", "STUDY.toml", "--exploratory")
    assert code == 0, err
    assert "note: `prime_factorization` of `gym` is left out: its verifier fails" in err
    assert " 3 " in next(line for line in out.splitlines() if line.startswith("ood"))
    only = gym.replace('"gcd", ', "")
    (folder / "STUDY.toml").write_text(STUDY + only)
    code, _, err = curate(folder, "ablate", "plan", "STUDY.toml", "--exploratory")
    assert (code, "no task of `[suites.gym]` can be scored" in err) == (1, True)
