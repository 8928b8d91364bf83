"""What columns are called where several groups stand side by side."""

from collections.abc import Mapping, Sequence

from curate.trace import TRACE_COLUMNS, TRACES


def names_beside(columns: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """For each group, its columns with the names that they have beside the other groups.

    A column of the dump that is called like one of ours, such as `verdict`, makes room for it as
    `original_verdict`.
    """
    found = {group: {name: name for name in names} for group, names in columns.items()}
    traces = found.get(TRACES, {})
    ours = {name for group, names in columns.items() if group != TRACES for name in names}
    for name in (traces.keys() & ours) - set(TRACE_COLUMNS):
        shown = name
        while shown in traces.keys() | ours:
            shown = f"original_{shown}"
        traces[name] = shown
    return found
