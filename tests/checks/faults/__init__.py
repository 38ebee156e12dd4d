"""Seeded faults, each with what a run has to say about it. One registry: `catalogue.FAULTS`."""
