"""The all-in-one start: Valkey, Caddy, worker, beat and web under supervisor, in the foreground of one terminal."""
