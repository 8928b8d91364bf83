"""Verdicts on answers: a pure library that knows text and nothing of files."""
