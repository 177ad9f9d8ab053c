"""What can be asked of a deal: one file a question, it reads runs and gives an answer that anything can show."""
