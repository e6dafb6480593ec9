"""What an import gives workflow code: facades with hand-written lists of names."""
