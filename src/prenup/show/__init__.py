"""How answers reach people: terminal, page, JSON, CSV; strangers to one another, and none computes anything."""
