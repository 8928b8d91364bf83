"""Which columns of a file mean what."""

from dataclasses import asdict, dataclass

from curate.records import need_table, read_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The columns of the file; where one is not said, the usual names are tried."""

    problem: str | None = None
    reference: str | None = None
    choices: str | None = None
    """A list of texts, or an object `{label: text}` or `{"text": […], "label": […]}`."""
    wrong: tuple[str, ...] = ()
    """Columns that hold one wrong choice each; the reference is then the right one's text."""
    id: str | None = None
    """What tells an item from all others; the line number where there is none."""
    cluster: str | None = None
    """What items share that are no independent draws (passage, template); else the item itself."""
    tests: str | None = None
    """Tests of a program, in the shapes of `curate.verify.code.tests`."""
    trace: str | None = None
    """A thinking text, under which the probes look at the reference as well."""
    solution: str | None = None
    """A whole response that must score 1 (`check_suite`)."""


def columns_of(own: object, known: object, place: str) -> Fields:
    """The columns that a table names, and those of a known benchmark where it does not.

    Raises:
        InputError: a key is unknown or a value does not fit.
    """
    first = asdict(known) if isinstance(known, Fields) else {}
    table = {} if own is None or own is known else need_table(own, f"{place}, `fields`")
    named = {name: value for name, value in first.items() if value is not None}
    return read_record(Fields, named | dict(table), f"{place}, `fields`")
