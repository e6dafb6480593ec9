from wfx import workflow
import calendar


@workflow
async def main():
    c = calendar.Calendar()
    c.firstweekday = 6
    return c.monthdayscalendar(2026, 2), list(c.iterweekdays()), c.getfirstweekday()
