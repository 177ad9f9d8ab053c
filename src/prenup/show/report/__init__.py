"""The report: one page that opens anywhere, prints well, and puts the answers before the working."""
