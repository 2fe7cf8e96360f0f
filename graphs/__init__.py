"""Tensors on graphs, usable without `nesy`: aggregation, relational networks, links, vector search."""
