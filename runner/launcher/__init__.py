"""The command of environments that were installed when it was an entry point; the script beside this is the command.

To be deleted once nobody has such an environment: a new install takes the script and does not package this.
"""

import runpy
from pathlib import Path


def entry() -> None:
    """Do what the script does."""
    runpy.run_path(str(Path(__file__).with_name("enlist")), run_name="__main__")
