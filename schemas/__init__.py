"""The schema of the language, as the package ``runner.schemas``.

It is data only: ``enlist.v1.schema.json`` is the single source of what a file may contain, read by the
loader, by editors through the modeline, and by ``enlist init``. It stands at the top of the tree, where
people and editors look for it, and the build maps it into the package, so that wheel, sdist and editable
installs all find the same bytes. Rules that a schema cannot state well (references, exclusive keys, the
exact form of a duration) belong to ``runner.config.check.references``.
"""
