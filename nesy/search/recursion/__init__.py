"""Program search: structural recursions over inductive types, from their values on a few arguments."""
