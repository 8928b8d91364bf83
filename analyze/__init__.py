"""Effects with intervals: what the data did, and how sure that is."""
