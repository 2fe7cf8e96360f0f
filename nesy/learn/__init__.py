"""Learning languages from pairs."""

from nesy.learn.learner import Learner, Progress, Report, SenseReport

__all__ = ["Learner", "Progress", "Report", "SenseReport"]
