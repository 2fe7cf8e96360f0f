"""The published configuration of the Neural-Symbolic Recursive Machine, for comparison: `Published`."""

from nesy.learn.published.learner import Published

__all__ = ["Published"]
