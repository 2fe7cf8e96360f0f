"""Links that were hidden from a graph, predicted."""
