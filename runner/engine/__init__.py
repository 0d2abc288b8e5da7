"""Runs a bound plan: asks, waits, and returns outcomes.

It decides nothing itself (``retry`` does) and knows no server, clock or log (ports do). Everything that
happens is an event; everything that ended is an outcome; exceptions are bugs or cancellation.
"""
