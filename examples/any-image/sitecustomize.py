"""Gives variables that were kept from our loader their own names back: what we start gets them as they were."""

import os

_KEPT = "ENLIST_KEPT_"
for _name in [each for each in os.environ if each.startswith(_KEPT)]:
    os.environ[_name.removeprefix(_KEPT)] = os.environ.pop(_name)
