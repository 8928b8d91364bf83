"""Duplicates: exact, near and by meaning, of problems, of traces and among rollouts.

words, characters   texts to hashes of shingles, without a loop over tokens
minhash             hashes of shingles to a signature of fixed size
bands               the curve of detection, and the pairs worth looking at
jaccard             the true similarity of those
clusters            what belongs together, and which one stays
"""
