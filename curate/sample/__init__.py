"""Dumps made up on the spot, whose every verdict is known beforehand."""
