"""Warnings: what a file says that works, and that its author would hardly want. Each can be suppressed by its code."""
