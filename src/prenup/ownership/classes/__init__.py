"""What may be issued: one file a kind of class."""
