from wfx import workflow
import statistics


@workflow
async def main():
    d = statistics.NormalDist(100, 15)
    return round(d.cdf(115), 6), d.mean, round(d.inv_cdf(.9), 6), statistics.quantiles([1,2,3,4,5], n=4), statistics.fmean([1,2],weights=[1,3])
