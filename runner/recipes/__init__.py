"""Files that come with enlist, data only.

``first-run.enlist.yaml`` is what ``enlist sandbox`` plays where no file is named; ``init/`` has what
``enlist init`` writes.
"""
