from wfx import workflow
import csv, io


@workflow
async def main():
    buf = io.StringIO()
    w = csv.DictWriter(buf, fieldnames=["a","b"])
    w.writeheader(); w.writerow({"a": 1, "b": "x,y"})
    rows = list(csv.DictReader(io.StringIO(buf.getvalue())))
    return buf.getvalue(), rows, list(csv.reader(["a,b", "c,d"]))
