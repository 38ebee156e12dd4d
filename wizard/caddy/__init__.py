"""Caddy: its configuration as a pure function of the proxy hosts, and the one door to its admin API."""
