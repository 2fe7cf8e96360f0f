"""Search for programs that explain examples."""
