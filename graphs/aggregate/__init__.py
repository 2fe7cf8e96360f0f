"""Aggregation of multisets: learnable commutative monoids, applied as balanced trees over ragged segments."""
