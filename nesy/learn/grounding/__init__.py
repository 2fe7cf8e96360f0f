"""From image sequences and their answers alone to a recogniser, a grammar and meanings."""
