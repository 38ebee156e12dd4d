"""How the command line speaks: results to standard output, complaints to standard error, and the exit codes."""

from __future__ import annotations

import sys

OK = 0  # done, or it works
BAD = 1  # refused, or it does not work
USAGE = 2  # wrong words on the line, or in the settings
UNKNOWN = 2  # could not tell, or not reached: as with wrong words, nothing is known about the host
INTERRUPTED = 130


def say(text: str) -> None:
    """One line, seen at once, also by a program that reads along."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(sentence: str, code: int = BAD) -> int:
    """Say what is wrong where errors go; gives the exit code."""
    sys.stderr.write(f"porthole: {sentence}\n")
    return code
