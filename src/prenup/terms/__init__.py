"""What the parties agreed: one file a kind of clause, each a small class that writes rows."""
