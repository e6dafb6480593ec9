"""A durable executor for ordinary async Python."""
