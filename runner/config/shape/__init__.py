"""The shape of a file, as the generated schema says it: which keys there are, and values of which types."""
