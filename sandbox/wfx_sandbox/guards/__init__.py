"""
The checks that compiled workflow code makes while it runs.

The compiler puts a call of one of these where a name, a store, a class statement or an
annotation needs to be judged with the object at hand; `names.py` has the tables they go by.
"""
