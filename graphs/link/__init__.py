"""Links: splits without leaks, models and heuristics that score pairs of nodes, honest evaluation."""
