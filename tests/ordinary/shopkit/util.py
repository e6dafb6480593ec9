def helper(n): return n * 2
_private = 5
