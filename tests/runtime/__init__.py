"""How Porthole is configured, started, kept running and stopped."""
