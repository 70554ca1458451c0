"""Diagnosis: from claims and topology to roots with proof, or to the honest answer that evidence does not decide."""
