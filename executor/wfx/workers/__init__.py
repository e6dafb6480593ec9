"""Doing ready work: claims, the runs and steps they are for, and what keeps them alive."""
