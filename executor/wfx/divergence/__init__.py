"""A divergence as people and programs are told of it: what, where, why and what to do."""
