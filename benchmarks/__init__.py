"""One script per claim; ``make claims`` runs them and prints the table."""
