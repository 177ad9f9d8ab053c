"""The deal file: what was agreed, what the world may do, where every number comes from, and what could be changed."""
