"""What the command line can do: each verb takes a workplace and what was typed, and gives an exit code."""
