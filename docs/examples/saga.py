"""
A saga: book one thing after the other, and undo what was booked when one of them fails.

    wfx run docs/examples/saga.py:book_trip Kyoto
    wfx run docs/examples/saga.py:book_trip Atlantis

Atlantis has no cars to rent: the hotel and the flight are cancelled again, in that order.
The list of what to undo is an ordinary variable. It survives a crash, because the log makes
the code take the same decisions again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from wfx import FatalError, step, step_context, workflow


class NoneLeft(FatalError):
    """There is nothing to book; raised by a step, caught by the workflow."""


@dataclass(frozen=True)
class Booking:
    """Something that was booked and can be cancelled."""

    kind: str
    reference: str


@dataclass
class Trip:
    """What the workflow returns."""

    destination: str
    leaves: date
    status: str = "booked"
    bookings: list[Booking] = field(default_factory=list)
    cancelled: list[Booking] = field(default_factory=list)
    reason: str | None = None


@step(max_retries=5, backoff=0.1)
async def book(kind: str, destination: str, leaves: date) -> Booking:
    """Book a flight, a hotel or a car."""
    context = step_context()
    if kind == "hotel" and context.attempt == 1:
        raise ConnectionError("the hotel's line is busy")  # tried again
    if kind == "car" and destination == "Atlantis":
        raise NoneLeft(f"there are no cars in {destination}")  # not tried again
    # The step's id is the same at every attempt: a booking system that is given it as an
    # idempotency key books once, however often the step runs.
    return Booking(kind, f"{kind}-{context.step_id[-6:]}")


@step(max_retries=20, backoff=0.1)
def cancel(booking: Booking) -> Booking:
    """Undo a booking; tried for a long time, because nobody else will do it."""
    if step_context().attempt == 1:
        raise ConnectionError("the cancellation desk is closed for lunch")
    return booking


@workflow
async def book_trip(destination: str, leaves: date = date(2027, 4, 1)) -> Trip:
    """Book all of a trip, or nothing of it."""
    trip = Trip(destination, leaves)
    try:
        trip.bookings.append(await book("flight", destination, leaves))
        trip.bookings.append(await book("hotel", destination, leaves + timedelta(days=1)))
        trip.bookings.append(await book("car", destination, leaves + timedelta(days=1)))
    except NoneLeft as error:
        while trip.bookings:
            trip.cancelled.append(await cancel(trip.bookings.pop()))
        trip.status = "cancelled"
        trip.reason = str(error)
    return trip
