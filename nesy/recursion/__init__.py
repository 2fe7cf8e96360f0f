"""Programs: inductive types, and functions on them by structural recursion."""
