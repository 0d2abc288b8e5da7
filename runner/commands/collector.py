"""What a run is made of, once it is there: the collector need not go through it again and again."""

import gc


def pass_over_what_is_there() -> None:
    """Let the collector pass over all that there is now.

    It lives as long as the run. Going through that of thousands of registrations would hold up the loop for more than a
    tenth of a second, every few seconds, for nothing. Once only, lest garbage of later tries be kept too.
    """
    if not gc.get_freeze_count():
        gc.freeze()
