"""The report on a pool: one HTML file that shows what is in it and why, with traces to read."""
