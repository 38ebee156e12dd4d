"""What Porthole remembers. Verbs take and return core values; rows never leave this package."""
