"""What the world does: one file a process or a kind of event, each a small class that writes rows."""
