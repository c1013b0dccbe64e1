"""What the commands end with, besides 0; `groundswell --help` and cli.py say what each means."""

FAILED, USAGE, INVALID, UNREACHABLE, INTERRUPTED = 1, 2, 3, 4, 130
