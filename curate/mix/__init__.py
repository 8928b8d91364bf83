"""Mixtures that are experiments: arms that differ in one thing, matched, proved and signed."""
