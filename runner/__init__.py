"""enlist: a declarative registration runner."""
