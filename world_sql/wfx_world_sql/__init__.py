"""The SQL world."""
