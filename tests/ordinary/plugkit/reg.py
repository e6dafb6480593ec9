TABLE = {}
def reg(n):
    def d(f):
        TABLE[n] = f
        return f
    return d
