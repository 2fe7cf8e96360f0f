"""Runs of programs made visible: traces as text, JSON and pages; the Abstract State Machine."""
