"""A tree of the right shape to typed parts with their places: requests, captures, policies, the lifecycle."""
