"""Use cases: one module each, told in terms of the layers below and of ports.

They know what a command does and not where its bytes come from; concrete adapters are chosen in
``wiring``.
"""
