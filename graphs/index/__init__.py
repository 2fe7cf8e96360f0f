"""Search among vectors: indexes that find the nearest of a query, and graphs of near points."""
