"""What a file may contain: each key declared once, at the field that holds its value.

Everything else that must know a key asks here: the JSON Schema and the reference page in ``schemas/``, the reading of
files with their places, the defaults of a plan, the hints of findings. It stands below all other packages because the
types that it declares are those that flow through the engine.
"""
