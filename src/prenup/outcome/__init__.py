"""What came out: double entry by clause, values to each party with their spread, and the laws that must hold."""
