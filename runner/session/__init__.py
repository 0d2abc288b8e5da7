"""The one course of a run: wait until ready, register, keep what is registered, deregister.

It is told in terms of the layers below and of ports, and never names an adapter: whoever starts a session (a command, the
registrar beside PID 1, a gate in somebody's service, a test) brings the surroundings that it works in.
"""
