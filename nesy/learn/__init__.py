"""Learning: languages from pairs, recursions from examples, the learned functions of a program."""

from nesy.learn.learner import Learner, Progress, Report, SenseReport

__all__ = ["Learner", "Progress", "Report", "SenseReport"]
