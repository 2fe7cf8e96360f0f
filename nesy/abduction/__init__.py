"""Abduction: when an answer is wrong, the least costly edits of symbols, attachments and meanings that give it."""

from nesy.abduction.abducer import Abducer
from nesy.abduction.results import Abduction, Edit, Success

__all__ = ["Abducer", "Abduction", "Edit", "Success"]
