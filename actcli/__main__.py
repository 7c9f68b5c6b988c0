"""``python -m actcli``, and where the program begins: an interrupt ends it in a line even while modules are imported."""

import sys


def main() -> None:
    """Run the command line and exit with what it came to."""
    try:
        from actcli import cli

        cli.main()
    except KeyboardInterrupt:
        sys.stderr.write("actcli: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
