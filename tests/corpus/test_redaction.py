"""Values leave a log, and what is left still replays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from wfx.corpus.code import Code
from wfx.corpus.keeping import RedactionDecides, file_name, kept_lines, redacted
from wfx.corpus.redaction import redact
from wfx.corpus.valuepaths import BadPath, parse
from wfx.recording import Recording, parse_recording

Play = Callable[..., Recording]
NUMBER = "4242-1111-2222"
ORDER = {"id": 7, "card": {"number": NUMBER, "limit": "250.50"}, "note": "Ada Lovelace"}


def text_of(recording: Recording, *paths: str) -> str:
    """The kept text of a recording without these values."""
    return "\n".join(kept_lines(redact(recording.events, [parse(path) for path in paths]).events))


def test_a_value_is_replaced_wherever_it_is(play: Play, folder: Path) -> None:
    """In arguments, in what steps are given, in texts made of it, in results, in the output."""
    recording = play("pay", ORDER, note="for Ada")
    whole = "\n".join(kept_lines(recording.events))
    assert whole.count(NUMBER) >= 5

    made = redacted(
        recording,
        [parse("input[0].card.number"), parse("input[0].note"), parse("input.note")],
        Code(folder),
    )
    text = "\n".join(kept_lines(made.events))

    assert made.found == {"input[0].card.number": 1, "input[0].note": 1, "input.note": 1}
    assert NUMBER not in text
    assert "none: charged" not in text
    assert ": charged 0000, all of 0000-0000-0000" in text
    assert "Ada" not in text
    assert '"tok-0000-0000-0000"' in text
    assert '"Xxx Xxxxxxxx"' in text
    again = parse_recording([f"{line}\n" for line in text.splitlines()], source="again")
    assert [event.type for event in again.events] == [event.type for event in recording.events]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("input[0].card.limit", '"250.50"', '"100.00"'),
        ("steps.charge.result.token", f'"tok-{NUMBER}"', '"xxx-0000-0000-0000"'),
        ("steps.payments:charge.input[1]", "-4", "00000000-0000-4000-8000-000000000000"),
        ("steps.*.input[*].number", NUMBER, "0000-0000-0000"),
        ("output", f'"tok-{NUMBER}"', '"xxx-0000-0000-0000"'),
    ],
)
def test_placeholders_are_of_the_same_type_and_look(
    play: Play, folder: Path, path: str, old: str, new: str
) -> None:
    """So that what is decoded is of the class that the code expects."""
    recording = play("pay", ORDER)
    assert old in "\n".join(kept_lines(recording.events))
    made = redacted(recording, [parse(path)], Code(folder))
    assert sum(made.found.values()) >= 1
    assert new in "\n".join(kept_lines(made.events))


def test_payloads_and_errors_are_redacted(play: Play, folder: Path) -> None:
    """By the hook's token or for all of them."""
    recording = play("ask", send={"phone": "030-1234567"})
    for path in ("hooks.payload.phone", "hooks.ask.payload.phone"):
        made = redacted(recording, [parse(path)], Code(folder))
        assert "1234567" not in "\n".join(kept_lines(made.events))
    assert redact(recording.events, [parse("hooks.other.payload")]).found == {}

    declined = play("pay", {"id": 1, "card": {"number": "0000-7777"}})
    made = redacted(declined, [parse("input[0].card.number")], Code(folder))
    assert "0000-7777" not in "\n".join(kept_lines(made.events))


def test_two_values_never_become_one(play: Play, folder: Path) -> None:
    """Code that compares them would take another way."""
    order = {"id": 1, "card": {"number": "1111-1111"}, "note": "2222-2222"}
    text = text_of(play("branch", order), "input[0].note", "input[0].card.number")
    assert '"0000-0000"' in text
    assert '"0000-0001"' in text


def test_what_is_computed_from_a_value_is_computed_from_its_placeholder(
    play: Play, folder: Path
) -> None:
    """A hash, the last digits: what the code asks for now is what is written."""
    recording = play("digest", ORDER)
    made = redacted(recording, [parse("input[0].card.number")], Code(folder))
    text = "\n".join(kept_lines(made.events))
    assert hashlib.sha256(b"0000-0000-0000").hexdigest() in text
    assert hashlib.sha256(NUMBER.encode()).hexdigest() not in text


def test_a_value_that_decides_is_told(play: Play, folder: Path) -> None:
    """A comparison: the log is not written, and the place is named."""
    with pytest.raises(RedactionDecides) as caught:
        redacted(play("branch", ORDER), [parse("input[0].card.number")], Code(folder))
    said = str(caught.value)
    assert "a value at input[0].card.number decided what the code did" in said
    assert "payments.py:" in said


def test_a_log_that_does_not_replay_is_not_redacted(play: Play, folder: Path) -> None:
    """Nobody could tell what the placeholders did."""
    recording = play("pay", ORDER)
    source = (folder / "payments.py").read_text()
    (folder / "payments.py").write_text(source.replace(": charged ", ": paid with "))
    with pytest.raises(RedactionDecides, match="today's code does not replay it as it is"):
        redacted(recording, [parse("input[0].card.number")], Code(folder))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "begins with ''"),
        ("card.number", "begins with 'card', and not with input, output"),
        ("steps.charge", "does not say input, result or error of which step"),
        ("steps.charge.output", "does not say input, result or error"),
        ("hooks.phone", "does not lead to a payload"),
        ("input[x]", "is no path at '[x]'"),
    ],
)
def test_a_path_that_is_none_is_told(path: str, said: str) -> None:
    """With what can be written."""
    with pytest.raises(BadPath, match=r"steps\.charge\.result\.token") as caught:
        parse(path)
    assert said in str(caught.value)


def test_what_an_attempt_failed_with_is_redacted_too(play: Play) -> None:
    """Not only the error that a step ended with; and a long number inside of a text."""
    recording = play("refund", 4_242_111_122_223_333)
    whole = "\n".join(kept_lines(recording.events))
    assert whole.count("card 4242111122223333 is busy") >= 2

    assert "4242111122223333" not in text_of(recording, "input[0]")
    text = text_of(recording, "steps.refuse.error.message")
    assert "xxxx 0000000000000000 xx xxxx" in text
    assert "4242111122223333 is busy" not in text


@pytest.mark.parametrize(
    ("run_id", "name"),
    [
        ("order-20261122", "payments.loop-order-20261122-"),
        ("a/../../order", "payments.loop-a.order-"),
        ("日本/1", "payments.loop-日本.1-"),
        ("x" * 255, f"payments.loop-{'x' * 60}-"),
    ],
)
def test_an_id_of_ones_own_makes_a_name_of_its_own(play: Play, run_id: str, name: str) -> None:
    """Ids that differ where a name does not show it, or only in case, have other names."""
    loop = play("loop", 1)

    def named(id: str) -> str:
        events = [replace(event, run_id=id) for event in loop.events]
        return file_name(replace(loop, events=events))

    made = named(run_id)
    assert made.startswith(name)
    assert len(made.encode()) < 200
    assert "/" not in made
    others = {named(other).lower() for other in (f"1{run_id}", f"{run_id}1", run_id.upper() + " ")}
    assert made.lower() not in others
    assert made == named(run_id)


def test_a_recording_has_one_name_and_its_keys_in_order(play: Play) -> None:
    """Recording a run again replaces its file, and a diff shows what changed."""
    recording = play("loop", 1)
    assert file_name(recording) == f"payments.loop-{recording.run_id[-8:].lower()}.jsonl"
    lines = list(kept_lines(recording.events))
    assert lines[0].startswith('{"digest":')
    assert lines[1].startswith('{"createdAt":')
    assert len(lines) == len(recording.events) + 1
