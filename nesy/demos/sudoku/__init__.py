"""A sudoku of handwritten digits, read and solved from its picture."""
