"""Networks that nesy brings, each beside the script that trained it."""
