"""`python -m tests.lab.shell TOPOLOGY`: leaves a topology up, says how to enter its machines, and tears it down."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.lab.topologies import TOPOLOGIES
from tests.lab.world import World


def main(arguments: list[str]) -> int:
    """Build it and wait for the shell inside home to end."""
    name = arguments[0] if arguments else "cgnat"
    if name not in TOPOLOGIES:
        print("\n".join(TOPOLOGIES))
        return 0 if name == "list" else 2
    if os.geteuid() != 0:
        print("The lab makes network namespaces, which needs root: sudo make lab-shell", file=sys.stderr)
        return 2
    with World() as world:
        topology = TOPOLOGIES[name](world)
        print(f"{name}: {(TOPOLOGIES[name].__doc__ or '').strip()}")
        print(f"The home router has {topology.wan} outside; the internet sees {topology.public}.\n")
        for node in world.nodes.values():
            print(f"  ip netns exec {node.space} bash    # {node.name}")
        print("\nThis is a shell on the home machine. Leave it, and everything is torn down.", flush=True)
        subprocess.run(["ip", "netns", "exec", topology.home.space, os.environ.get("SHELL", "bash")], check=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
