"""Evaluation: items, generation, scoring; one row per item and sample."""
