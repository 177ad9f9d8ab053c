"""What may be done with what was issued: one file a kind of corporate action."""
