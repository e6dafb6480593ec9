"""Streams: ordered output, readable while it is written."""

from __future__ import annotations

import pytest

from wfx.errors import EntityGone, NotFound
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.world import StreamInfo


class Streams(Conformance):
    """Chunks of a run's output."""

    def test_chunks_are_read_in_the_order_they_were_written(self, scene: s.Scene) -> None:
        """From any index, up to a limit, with the step and attempt that wrote them."""
        streams = scene.world.streams
        for place in range(5):
            index = streams.write(
                scene.run_id, "out", b"chunk %d" % place, step_id="step_1", attempt=2
            )
            assert index == place

        chunks, closed = streams.read(scene.run_id, "out", 1, 3)

        assert [(chunk.index, chunk.data) for chunk in chunks] == [
            (1, b"chunk 1"),
            (2, b"chunk 2"),
            (3, b"chunk 3"),
        ]
        assert closed is False
        chunk = chunks[0]
        assert (chunk.run_id, chunk.stream) == (scene.run_id, "out")
        assert (chunk.step_id, chunk.attempt, chunk.created_at) == ("step_1", 2, s.START)

    def test_a_stream_can_be_read_while_it_is_written(self, scene: s.Scene) -> None:
        """A reader goes on where it stopped."""
        streams = scene.world.streams
        streams.write(scene.run_id, "out", b"a")
        assert len(streams.read(scene.run_id, "out", 0)[0]) == 1
        assert streams.read(scene.run_id, "out", 1) == ([], False)

        streams.write(scene.run_id, "out", b"b")

        ((chunk,), closed) = streams.read(scene.run_id, "out", 1)
        assert (chunk.data, closed) == (b"b", False)

    def test_a_closed_stream_takes_no_more(self, scene: s.Scene) -> None:
        """410; its reader learns the end with the last chunks, not before."""
        streams = scene.world.streams
        for data in (b"a", b"b"):
            streams.write(scene.run_id, "out", data)
        streams.close(scene.run_id, "out")
        streams.close(scene.run_id, "out")

        with pytest.raises(EntityGone):
            streams.write(scene.run_id, "out", b"c")
        assert streams.read(scene.run_id, "out", 0, 1)[1] is False
        assert streams.read(scene.run_id, "out", 1, 1)[1] is True
        assert streams.read(scene.run_id, "out", 2) == ([], True)

    def test_a_stream_that_nobody_wrote_is_empty_and_open(self, scene: s.Scene) -> None:
        """It may still come."""
        assert scene.world.streams.read(scene.run_id, "later") == ([], False)

    def test_a_stream_may_be_closed_without_a_chunk(self, scene: s.Scene) -> None:
        """Then it is there, empty and closed."""
        scene.world.streams.close(scene.run_id, "empty")

        assert scene.world.streams.read(scene.run_id, "empty") == ([], True)
        assert scene.world.streams.list(scene.run_id) == [StreamInfo("empty", 0, True)]

    def test_streams_of_a_run_are_listed_by_name(self, scene: s.Scene) -> None:
        """With their number of chunks; those of other runs are not."""
        other = s.new_run(scene.world, scene.clock)
        streams = scene.world.streams
        streams.write(scene.run_id, "b", b"1")
        streams.write(scene.run_id, "a", b"1")
        streams.write(scene.run_id, "b", b"2")
        streams.close(scene.run_id, "a")
        streams.write(other.run_id, "c", b"1")

        assert streams.list(scene.run_id) == [StreamInfo("a", 1, True), StreamInfo("b", 2, False)]

    def test_the_streams_of_an_unknown_run_are_not_found(self, scene: s.Scene) -> None:
        """404 for each verb."""
        streams = scene.world.streams
        for use in (
            lambda: streams.write("wrun_unknown", "out", b"a"),
            lambda: streams.close("wrun_unknown", "out"),
            lambda: streams.read("wrun_unknown", "out"),
            lambda: streams.list("wrun_unknown"),
        ):
            with pytest.raises(NotFound):
                use()

    def test_chunks_keep_every_byte(self, scene: s.Scene) -> None:
        """Also none at all."""
        every = bytes(range(256))
        scene.world.streams.write(scene.run_id, "raw", every)
        scene.world.streams.write(scene.run_id, "raw", b"")

        chunks, _ = scene.world.streams.read(scene.run_id, "raw")

        assert [chunk.data for chunk in chunks] == [every, b""]

    def test_a_stream_outlives_the_end_of_its_run(self, scene: s.Scene) -> None:
        """It can be read, and a late attempt may still write."""
        scene.world.streams.write(scene.run_id, "out", b"a")
        scene.append(s.run_completed())

        assert scene.world.streams.write(scene.run_id, "out", b"b") == 1
        assert len(scene.world.streams.read(scene.run_id, "out")[0]) == 2
