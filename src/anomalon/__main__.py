"""The command line: what `anomalon` and `python -m anomalon` run."""

import sys

__all__ = ["run"]


def run() -> int:
    """Load the command line and run it; Ctrl-C in the meantime is no error either."""
    try:
        from anomalon.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
