"""The wizard: steps as data, one generic view, the path computed from the answers."""
