"""An index of many vectors: built, asked, filtered, saved."""
