"""From bytes to a ``Plan``, or to diagnostics that point into the file; from a plan and an environment to a ``BoundPlan``.

In the order in which a file passes through: ``read`` (bytes to a tree with positions), ``shape`` (as the schema says),
``typed`` (parts with types), ``check`` (errors that the schema cannot say), the compiler, and, apart from a run,
``lint`` (warnings). ``binding`` gives a plan its values. The loader is the one way through all of it.
"""
