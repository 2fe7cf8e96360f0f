"""Rules that complete facts: what a network of common neighbours goes by, as a definition file."""
