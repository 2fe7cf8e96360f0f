"""Where puzzles meet networks: symbols guarantee, networks guide."""
