"""Reading and comparing mathematics."""
