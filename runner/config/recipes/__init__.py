"""From ``use`` and ``with`` to a plain registration: recipes are found, given their values, and put in their place.

All this happens to the tree of a file, before it has types: whatever looks at a file afterwards sees plain
registrations, whose parts know their place in the recipe and in the file.
"""
