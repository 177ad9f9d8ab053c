"""What may happen once: one file a way of happening. Any event may act on drivers while it lasts."""
