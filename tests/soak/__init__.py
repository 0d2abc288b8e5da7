"""Deterministic simulation of the engine: random files, random control planes, and what must always hold.

``python -m tests.soak --runs 200000`` runs as many as you like; the suite runs a few thousand. A failing
seed is printed, and ``--first SEED --runs 1 --show`` plays it again with its file and its trace.
"""
