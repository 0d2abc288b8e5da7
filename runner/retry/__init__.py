"""What is decided about an attempt: which failure class takes it, and what happens then.

All of it is pure: time, chance and the state of the run come in as arguments, a decision goes out. The
engine above branches on the decision and on nothing else.
"""
