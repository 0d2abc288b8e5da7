"""PID 1: starts the registrar and the application, forwards signals, reaps, keeps the exit status.

It stays for as long as the container lives, so it imports the standard library only and nothing of ours, and of
the standard library little: ``dataclasses`` alone would cost it a megabyte and a third of its start. What it decides
is a pure state machine (``machine``); what it says with the registrar is written down in ``protocol``.
"""
