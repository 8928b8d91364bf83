"""Signals of the quality of a trace, from its text; and what they come to."""
