"""The proof of a design as one page of HTML that needs nothing else; a function of the manifest."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from curate.mix.account import shown
from curate.mix.card import training_text
from curate.mix.cells import natural, said, table
from curate.mix.notes_html import graders_html, notes_html
from curate.mix.svg import Love, densities, love_plot, plain_bar, share_bar, smoothed


def report_html(manifest: Mapping[str, Any]) -> str:
    """The page."""
    name = escape(manifest["recipe"]["name"])
    style = (resources.files("curate.mix") / "report.css").read_text("utf-8")
    body = "\n".join(
        (
            head(manifest),
            tiles(manifest),
            arms(manifest),
            love(manifest),
            lengths(manifest),
            worst(manifest),
            attrition(manifest),
            graders_html(manifest),
            notes_html(manifest),
            whole_design(manifest),
        )
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}: the arms and '
        'their balance</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>\n{style}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


def head(manifest: Mapping[str, Any]) -> str:
    """Name, purpose and verdict."""
    balance, recipe = manifest["balance"], manifest["recipe"]
    verdict = '<div class="verdict holds">the design holds</div>'
    if not balance["passed"]:
        lines = "".join(f"<li>{said(line)}</li>" for line in balance["failures"])
        how = "was forced" if balance["forced"] else "is refused"
        verdict = (
            f'<div class="verdict fails">the design fails its balance and {how}</div>'
            f'<div class="stamp">A difference between these arms may come from:<ul>{lines}</ul>'
            f"What would fix it: {said(balance['remedy'])}.</div>"
        )
    about = f"<p>{escape(recipe['about'])}</p>" if recipe["about"] else ""
    return f"<h1>{escape(recipe['name'])}</h1>{verdict}{about}"


def tiles(manifest: Mapping[str, Any]) -> str:
    """The figures that matter most."""
    balance, entries = manifest["balance"], manifest["arms"].values()
    gated = [abs(one["smd"]) for one in balance["differences"] if one["gated"]]
    gaps = [one["token_gap"] for one in balance["pairs"] if one["token_gap"] is not None]
    figures = (
        (f"{len(manifest['arms']):,}", "arms"),
        (f"{max(entry['problems'] for entry in entries):,}", "problems in each"),
        (f"{max(entry['tokens'] for entry in entries):,}", "tokens in the largest"),
        (shown(max(gated)) if gated else "–", "largest |SMD| of what must agree"),
        (f"{100 * max(gaps):.2f} %" if gaps else "–", "largest gap of trained tokens"),
        (small_percent(balance["solver"]["gap"]), "above the least possible cost, at most"),
    )
    made = (f'<div class="tile"><b>{a}</b><span>{b}</span></div>' for a, b in figures)
    return f'<div class="tiles">{"".join(made)}</div>'


def small_percent(fraction: float) -> str:
    """A fraction that is mostly near zero, in percent."""
    return f"{100 * fraction:.2f} %" if fraction >= 1e-4 or fraction == 0 else "< 0.01 %"


def arms(manifest: Mapping[str, Any]) -> str:
    """Every arm with its grades as a bar."""
    names = dict.fromkeys(g for entry in manifest["arms"].values() for g in entry["grades"])
    colours = {name: number for number, name in enumerate(names)}
    cells = [
        [
            ("text", escape(name)),
            ("text wide", share_bar(entry["grades"], colours)),
            ("", f"{entry['rows']:,}"),
            ("", f"{entry['tokens']:,}"),
            ("", f"{entry['tokens_thinking']:,}"),
            ("", f"{entry['tokens_answer']:,}"),
            ("text", escape(training_text(entry["training"]))),
        ]
        for name, entry in manifest["arms"].items()
    ]
    header = ("text:arm", "text:grades", "rows", "tokens", "thinking", "answer", "text:training")
    lines = "".join(f"<pre>{escape(line)}</pre>" for line in manifest["aliases"])
    rule = f"Tokens {escape(manifest['token_rule'])}."
    return (
        f"<h2>The arms</h2>{key(names)}<div class='card'>{table(header, cells)}</div>"
        f"<figcaption>{rule}</figcaption>{lines}"
    )


def key(names: Sequence[str] | Mapping[str, Any]) -> str:
    """Which colour is what."""
    made = (
        f'<span><i style="background:var(--c{number % 8})"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<div class="key">{"".join(made)}</div>'


def love(manifest: Mapping[str, Any]) -> str:
    """The Love plot and what it says."""
    rows = [Love(**row) for row in worst_rows(manifest)]
    limit = manifest["recipe"]["match"]["max_smd"]
    caption = (
        "The largest difference of any two arms in each covariate. Rings: before matching, among "
        "all traces that could be drawn. Discs: in the arms as written. Grey ones are not asked to "
        f"agree. The dashed line is the limit, {limit:g}."
    )
    plot = love_plot(rows, limit)
    return f"<h2>Balance</h2><div class='card love'>{plot}</div><figcaption>{caption}</figcaption>"


def worst_rows(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For every covariate the largest difference before and after."""
    found = manifest["balance"]["differences"]
    rows = []
    for name in dict.fromkeys(one["covariate"] for one in found):
        mine = [one for one in found if one["covariate"] == name]
        # Where only some pairs must agree, these are the ones to look at.
        mine = [one for one in mine if one["gated"]] or mine
        before = [abs(one["smd_before"]) for one in mine if one["smd_before"] is not None]
        after = max(abs(one["smd"]) for one in mine)
        gated = any(one["gated"] for one in mine)
        rows.append(
            {"name": name, "before": max(before, default=None), "after": after, "gated": gated}
        )
    return rows


def lengths(manifest: Mapping[str, Any]) -> str:
    """Densities of lengths before and after."""
    found = manifest["lengths"]
    every = [s for side in ("before", "after") for s in found[side].values() if s is not None]
    top = max((max(smoothed(shares)) for shares in every), default=1.0)
    panels = "".join(
        f"<div class='card'>{densities(found['edges'], found[side], top, title)}</div>"
        for side, title in (("before", "before matching"), ("after", "as written"))
    )
    caption = "Lines that lie on each other are what a design wants where length is matched."
    return (
        f"<h2>Lengths</h2>{key(found['after'])}<div class='two'>{panels}</div>"
        f"<figcaption>{caption}</figcaption>"
    )


def worst(manifest: Mapping[str, Any]) -> str:
    """The differences of every pair, folded."""
    balance, limit = manifest["balance"], manifest["recipe"]["match"]["max_smd"]
    cells = [
        [
            ("text", escape(one["left"])),
            ("text", escape(one["right"])),
            ("text", escape(one["covariate"]) + ("" if one["gated"] else " *")),
            ("", "–" if one["smd_before"] is None else shown(one["smd_before"])),
            ("bad" if one["gated"] and abs(one["smd"]) > limit else "", shown(one["smd"])),
            ("", "–" if one["ks_before"] is None else f"{one['ks_before']:.3f}"),
            ("", f"{one['ks']:.3f}"),
        ]
        for one in balance["differences"]
    ]
    header = ("text:arm", "text:arm", "text:covariate", "SMD before", "SMD", "KS before", "KS")
    pairs = [
        [
            ("text", escape(one["left"])),
            ("text", escape(one["right"])),
            ("", f"{100 * one['overlap']:.4g} %"),
            ("", f"{100 * one['same_rows']:.4g} %"),
            ("", "–" if one["token_gap"] is None else f"{100 * one['token_gap']:.3f} %"),
        ]
        for one in balance["pairs"]
    ]
    second = ("text:arm", "text:arm", "same problems", "same traces", "token gap")
    return (
        f"<details><summary>every pair of arms: {len(cells):,} differences</summary>"
        f"<div class='card'>{table(header, cells)}</div><p class='quiet'>* not asked to agree</p>"
        f"</details><details><summary>every pair of arms: problems, traces and tokens in common"
        f"</summary><div class='card'>{table(second, pairs)}</div></details>"
    )


def attrition(manifest: Mapping[str, Any]) -> str:
    """Who stayed and who left, by stratum."""
    entries = manifest["balance"]["attrition"]
    reasons = list(dict.fromkeys(e["reason"] for e in entries if e["reason"] is not None))
    cells = []
    for stratum in sorted({entry["stratum"] for entry in entries}, key=natural):
        mine = {e["reason"]: e["problems"] for e in entries if e["stratum"] == stratum}
        whole, kept = sum(mine.values()), mine.get(None, 0)
        cells.append(
            [
                ("text wrap", escape(stratum)),
                ("", f"{whole:,}"),
                ("", f"{kept:,}"),
                ("wide", plain_bar(kept / whole)),
                *(("", f"{mine[r]:,}" if r in mine else "–") for r in reasons),
            ]
        )
    header = ("text:stratum", "problems", "in every arm", "", *(said(r) for r in reasons))
    caption = (
        "A problem that one arm cannot serve leaves all arms; what is left is what is compared."
    )
    return (
        f"<h2>Who left</h2><div class='card'>{table(header, cells)}</div>"
        f"<figcaption>{caption}</figcaption>"
    )


def whole_design(manifest: Mapping[str, Any]) -> str:
    """What is blocked, what is open, and everything else, folded."""
    sides = "".join(
        f"<div class='card'><b>{title}</b><ul class='paths'>"
        + (
            "".join(f"<li>{said(x)}</li>" for x in manifest["paths"][side])
            or "<li>nothing known</li>"
        )
        + "</ul></div>"
        for side, title in (("blocked", "The same in all arms"), ("open", "Open"))
    )
    names = ("recipe", "template", "inputs", "versions")
    rest = {name: manifest[name] for name in names} | {"key": manifest["key"]}
    text = escape(json.dumps(rest, indent=2, ensure_ascii=False))
    return (
        f"<h2>What a difference can mean</h2><div class='two'>{sides}</div>"
        f"<details><summary>recipe, template, inputs and versions</summary><pre>{text}</pre>"
        "</details>"
    )
