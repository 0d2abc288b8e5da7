"""The world as it is: servers, listeners, files, processes, clocks, and their virtual counterparts.

Each adapter implements a protocol of ``runner.ports`` and hides one library or one corner of the system.
Nothing here decides anything: what failed and how far it got is reported, what to do about it is the
engine's. Only ``commands`` names adapters.
"""
