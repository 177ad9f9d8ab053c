"""What can be asked of a deal: one file a question, each reading runs and giving an answer that any presentation can show."""
