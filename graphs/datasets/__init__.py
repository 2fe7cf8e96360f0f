"""Readers and generators of the data sets that the papers use."""
