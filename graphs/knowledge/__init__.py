"""Knowledge graphs: which facts (head, relation, tail) are missing, and which other facts say so."""
