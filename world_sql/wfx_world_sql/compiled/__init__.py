"""The texts of all statements, as a running world imports them: those of its database only."""
