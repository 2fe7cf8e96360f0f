"""Neural modules over symbols."""
