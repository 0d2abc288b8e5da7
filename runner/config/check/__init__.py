"""What the schema cannot say: errors about names, order and contradictions."""
