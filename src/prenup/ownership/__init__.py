"""Cap tables: who owns what, what it turns into, and who is paid what at an exit."""
