"""One module a command: a pure function, and the adapters that it is given, which are named here and nowhere else.

Each is imported only when its command runs, so that ``validate`` pays for neither event loop nor HTTP.
"""
