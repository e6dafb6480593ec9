"""The command `wfx`, which is also `python -m wfx`."""

from __future__ import annotations

import sys


def main() -> int:
    """The console script."""
    try:
        from wfx.cli import main as command
    except KeyboardInterrupt:
        # Before anything began, while modules were loaded: said as the command says it.
        sys.exit("Error: interrupted")
    return command()


if __name__ == "__main__":
    sys.exit(main())
