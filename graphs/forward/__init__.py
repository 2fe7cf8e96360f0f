"""Layers that learn alone: no gradient passes from one layer to another, and none waits for those above it."""
