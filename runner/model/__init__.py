"""Frozen data that the layers above hand to each other: no behaviour beyond what a value knows about itself.

Everything here is built once and never changed, imports nothing of ours but its neighbours, and does
no input or output. A type belongs here when two layers speak about it.
"""
