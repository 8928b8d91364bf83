"""Curate long chain-of-thought traces for reasoning SFT, and measure what the data does."""

__version__ = "0.1.0"
