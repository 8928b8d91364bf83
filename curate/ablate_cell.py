"""The process of one cell: `python -m curate.ablate_cell FOLDER`; its guard starts it.

It knows the trainer and the verifiers, which do not know each other.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from curate.errors import CurateError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cell; 0 where all of it is done, 1 where it cannot be."""
    parser = ArgumentParser(prog="curate.ablate_cell", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--phase", choices=("all", "train", "evaluate"), default="all")
    parser.add_argument("--share", default="0/1", metavar="I/N")
    options = parser.parse_args(arguments)
    from curate.train.guard import end_with_parent, tell_failure

    end_with_parent()
    from curate.ablate_scorers import verify_scorers
    from curate.train.work import work

    number, _, of = options.share.partition("/")
    try:
        work(options.folder, verify_scorers(), phase=options.phase, share=(int(number), int(of)))
    except CurateError as error:
        tell_failure(options.folder, error)
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
