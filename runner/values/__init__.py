"""Pure functions on the values of the language: units, status sets, placeholders, paths, conditions, secrets.

Nothing here waits, reads or sends. Text in, data out; what cannot be is an exception of this package, which
the caller turns into a diagnostic (while compiling) or into a failure (while running).
"""
