"""Dumps made up on the spot, whose every verdict is known beforehand."""

from curate.sample.dump import SampleAccount, Shape, plant, write_sample

__all__ = ["SampleAccount", "Shape", "plant", "write_sample"]
