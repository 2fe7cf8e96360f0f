"""Constraint puzzles: finite-domain models, their instances, propagation and exact search. No torch."""
