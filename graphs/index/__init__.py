"""Search among vectors: the nearest of a query, and graphs of near points."""
