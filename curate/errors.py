"""The errors that a user can fix. A bug keeps its own type and traceback.

CurateError
├── InputError      a file or a row that is not what a command needs
├── PoolError       a pool that is missing, foreign or in use
├── WorkerError     a worker process that cannot even start
└── MissingExtra    an optional package that is not installed
"""


class CurateError(Exception):
    """Something the user can fix: what happened, why, and how to fix it, a line each."""

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  fix: {self.fix}"


class InputError(CurateError):
    """A file, a row or an option is not what the command needs."""


class PoolError(CurateError):
    """A pool is missing, was made by another version, or is in use."""


class WorkerError(CurateError):
    """A worker process ended before it took any work."""


class MissingExtra(CurateError):
    """An optional package is not installed."""

    def __init__(self, package: str, *, extra: str, needed_for: str) -> None:
        super().__init__(
            f"`{package}` is not installed",
            why=f"{needed_for} needs it, and the core of curate does without it",
            fix=f"run `pip install 'curate-traces[{extra}]'`",
        )
