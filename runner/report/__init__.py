"""Renders what the layers below return: diagnostics, plans, events and outcomes, as text and as JSON.

Pure: data in, text out. Where it is written, and in which colour, is an adapter's business.
"""
