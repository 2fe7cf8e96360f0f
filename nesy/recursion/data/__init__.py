"""From programs to data: samplers of terms, inputs by recursion depth, tasks as token sequences, splits."""
