"""Values, programs, and running them."""
