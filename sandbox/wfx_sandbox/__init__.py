"""How a user's module becomes a program."""
