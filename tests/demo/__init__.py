"""What a demonstration starts beside Porthole itself; run as processes, never imported by the wizard."""
