"""Rules about the source itself, so that nobody has to remember them."""
