"""Init as ``enlist run`` starts it, with the registrar that starts in milliseconds."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))

from runner.pid1 import processes
from runner.pid1.main import main

STUB = [sys.executable, "-I", "-S", os.path.join(HERE, "stub_registrar.py")]
processes.our_interpreter = lambda: STUB
at = sys.argv.index("--")
sys.exit(main(sys.argv[1:at], sys.argv[at + 1 :]))
