"""Reading and computing handwritten arithmetic, learned from pictures and answers alone."""
