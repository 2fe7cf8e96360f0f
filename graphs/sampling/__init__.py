"""Parts of a graph that is too big to be computed as a whole, in plain torch."""
