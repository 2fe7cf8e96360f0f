"""From image sequences and their answers alone to a recogniser, a grammar and meanings."""

from nesy.learn.grounding.belief import Belief
from nesy.learn.grounding.grounding import Grounding
from nesy.learn.grounding.report import Epoch, Report

__all__ = ["Belief", "Epoch", "Grounding", "Report"]
