"""What every command prints with: data on stdout, messages on stderr."""

import json
import os
from typing import TextIO

import typer


def print_data(data: object) -> None:
    """Prints text as it is and anything else as JSON, on stdout."""
    text = (
        data
        if isinstance(data, str)
        else json.dumps(data, indent=2, ensure_ascii=False, default=str)
    )
    typer.echo(text)


def tell(text: str) -> None:
    """Prints a message, on stderr."""
    typer.echo(text, err=True)


def coloured(stream: TextIO) -> bool:
    """Whether colour helps there: a terminal, and nobody who asked for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
