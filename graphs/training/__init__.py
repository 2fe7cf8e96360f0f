"""Training as a plain loop that can be stopped at any moment and goes on where it was."""
