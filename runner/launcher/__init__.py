"""The command of environments that were installed when it was an entry point; the script beside this is the command.

To be deleted once nobody has such an environment: a new install takes the script and does not package this.
"""

import os
import runpy


def entry() -> None:
    """Do what the script does."""
    runpy.run_path(os.path.join(os.path.dirname(__file__), "enlist"), run_name="__main__")
