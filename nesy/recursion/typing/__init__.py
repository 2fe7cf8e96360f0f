"""Types of programs: inference, comparisons, positivity."""
