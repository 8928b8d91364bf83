"""Options that several commands have."""

from typing import Annotated, Literal

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Worker processes.", show_default="all cores")
]
Engine = Annotated[
    Literal["local", "ray"],
    typer.Option(help="This machine, or the Ray cluster at `RAY_ADDRESS`."),
]
