"""A world without real time and without a network: a loop whose clock jumps, a transport that plays a script.

Production code: ``enlist test`` runs a file's own tests here, and so does our suite. The engine does not
know the difference, which is the point.
"""
