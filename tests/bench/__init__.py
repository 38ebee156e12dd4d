"""Measurements of what the project promises to be fast or small: numbers to read, no tests."""
