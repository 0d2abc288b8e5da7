"""Where concrete adapters are chosen: one module a use case, and nothing but choosing.

Each is imported only when its command runs, so that ``validate`` pays for neither event loop nor HTTP.
"""
