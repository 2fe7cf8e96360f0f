"""Demonstrations: what they show is made here, and nothing else imports it."""
