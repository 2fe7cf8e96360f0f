"""Definition files that nesy brings, as package data."""
