"""
An agent: a loop that asks a model what to do next, does it, and ends when the model says so.

    wfx run docs/examples/agent.py:investigate "Which is farther from Earth, Mars or Saturn?"

How many turns it takes is not known beforehand. Each thought and each use of a tool is a
step, so a crash in turn 40 costs at most turn 40; what the model said before is in the log
and is not asked, or paid for, again. `think` stands in for a language model here; replace
its body by a call to yours.

When it does not know what is meant, it asks a person: it waits for a payload to the hook
`agent-TOPIC` (the second argument, `planets` if left out), but not for ever:

    wfx run docs/examples/agent.py:investigate "Which of them?"
    wfx hook send agent-planets '"Saturn"'
"""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import BaseModel

from wfx import StepError, create_hook, step, workflow

DISTANCES = {"Mars": 225, "Saturn": 1_400, "Venus": 170}
"""Millions of kilometres from Earth, on average."""


class Turn(BaseModel):
    """One thing the agent did, and what came of it."""

    tool: str
    argument: str
    result: str


class Decision(BaseModel):
    """What the model wants next."""

    action: Literal["look_up", "compare", "ask", "answer"]
    argument: str


class Answer(BaseModel):
    """What the workflow returns."""

    question: str
    answer: str
    turns: list[Turn]


@step(max_retries=5, backoff=0.2, timeout=60)
async def think(question: str, turns: list[Turn]) -> Decision:
    """Ask the model what to do next, with everything that has happened so far."""
    await asyncio.sleep(0.02)
    known = {turn.argument for turn in turns if turn.tool == "look_up"}
    named = [word.strip("?,.") for word in question.split() if word[:1].isupper()]
    planets = [word for word in named[1:] if word != "Earth"]
    for planet in planets:
        if planet not in known:
            return Decision(action="look_up", argument=planet)
    compared = [turn.result for turn in turns if turn.tool == "compare"]
    if compared:
        return Decision(action="answer", argument=compared[-1])
    if len(planets) < 2:
        advice = [turn.result for turn in turns if turn.tool == "ask"]
        if advice:
            return Decision(action="answer", argument=advice[-1])
        return Decision(action="ask", argument="Which two planets do you mean?")
    return Decision(action="compare", argument=",".join(planets))


@step(max_retries=2, backoff=0.1)
async def look_up(planet: str) -> str:
    """Look a planet up."""
    if planet not in DISTANCES:
        raise LookupError(f"no planet is called {planet}")
    return f"{planet} is {DISTANCES[planet]} million km away"


@step
def compare(planets: str) -> str:
    """Find the planet that is farthest away."""
    return max(planets.split(","), key=lambda planet: DISTANCES.get(planet, 0))


TOOLS = {"look_up": look_up, "compare": compare}


async def ask(topic: str, seconds: float) -> str:
    """Ask a person, and go on alone when nobody answers."""
    try:
        async with create_hook(f"agent-{topic}") as hook, asyncio.timeout(seconds):
            return str(await hook)
    except TimeoutError:
        return "nobody answered"


@workflow
async def investigate(
    question: str, topic: str = "planets", patience_seconds: float = 60, turns_max: int = 50
) -> Answer:
    """Answer a question with tools, turn by turn."""
    turns: list[Turn] = []
    while len(turns) < turns_max:
        decision = await think(question, turns)
        if decision.action == "answer":
            return Answer(question=question, answer=decision.argument, turns=turns)
        if decision.action == "ask":
            result = await ask(topic, patience_seconds)
        else:
            try:
                result = await TOOLS[decision.action](decision.argument)
            except (LookupError, StepError) as error:
                result = f"failed: {error}"
        turns.append(Turn(tool=decision.action, argument=decision.argument, result=result))
    return Answer(question=question, answer="I ran out of turns", turns=turns)
