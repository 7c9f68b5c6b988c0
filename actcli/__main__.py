"""``python -m actcli``, and where the program begins: an interrupt ends it in a line even while modules are imported."""

import gc
import sys


def main() -> None:
    """Run the command line and exit with what it came to."""
    # importing makes thousands of objects and hardly any garbage: looking for it is a twentieth of the time to start
    gc.set_threshold(10_000)
    try:
        from actcli import cli

        cli.main()
    except KeyboardInterrupt:
        sys.stderr.write("actcli: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
