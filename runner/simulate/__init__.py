"""Fleets in figures: a model of the server that they meet, and what came of them. Pure, and without a clock of its own."""
