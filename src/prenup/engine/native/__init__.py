"""The fast engine: a sheet becomes machine code, and must agree with the referee on every path."""
