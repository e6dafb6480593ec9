"""Ordered output of runs, readable while it is written."""

from __future__ import annotations

from wfx.errors import EntityGone, NotFound
from wfx.world import PAGE_DEFAULT, StreamChunk, StreamInfo
from wfx_world_sql import rows
from wfx_world_sql.database import Connection, Part
from wfx_world_sql.reads import rows_of_run


class SqlStreams(Part):
    """Chunks are numbered from 0; the end of a stream is a chunk without data."""

    def write(
        self,
        run_id: str,
        stream: str,
        data: bytes,
        *,
        step_id: str | None = None,
        attempt: int | None = None,
    ) -> int:
        """Append a chunk; its index. Raises NotFound for an unknown run, EntityGone when closed."""
        index = self._append(run_id, stream, bytes(data), step_id, attempt)
        if index is None:
            raise EntityGone(what="stream", id=stream, run_id=run_id, entity_status="closed")
        return index

    def close(self, run_id: str, stream: str) -> None:
        """No more chunks. Doing it twice does nothing."""
        self._append(run_id, stream, None, None, None)

    def _append(
        self, run_id: str, stream: str, data: bytes | None, step_id: str | None, attempt: int | None
    ) -> int | None:
        """The number of the new chunk, or None if the stream is closed."""
        db, sql, name = self._db, self._sql, rows.text_out(stream)

        def work(connection: Connection) -> int | None:
            _, _, clock, runs, last = connection.ask(
                (sql.name_share, [run_id]),  # or it could be deleted meanwhile
                (sql.name_lock, [f"{run_id}/{name}"]),
                (sql.now, [db.now_us()]),
                (sql.run_end, [run_id]),
                (sql.stream_last, [run_id, name]),
            )
            if not runs:
                raise NotFound(what="run", id=run_id)
            if last and last[0][1]:
                return None
            number = last[0][0] + 1 if last else 0
            row = (run_id, name, number, data, step_id, attempt, clock[0][0])
            connection.stage(sql.chunk_insert, [row])
            connection.tell(sql)
            return int(number)

        index = db.write(work, repeatable=data is None)
        db.on_notify()
        return index

    def read(
        self, run_id: str, stream: str, from_index: int = 0, limit: int = PAGE_DEFAULT
    ) -> tuple[list[StreamChunk], bool]:
        """Chunks from an index on, and whether the stream is closed after them."""
        count = max(limit, 0)
        values = [run_id, rows.text_out(stream), max(from_index, 0), count + 1]
        found = rows_of_run(self._db, run_id, self._sql.chunks, values)
        if not found:
            # Perhaps the end lies before the index that was asked for.
            last = self._db.rows(self._sql.stream_last, values[:2])
            return [], bool(last and last[0][1])
        chunks = [rows.chunk(row) for row in found[:count] if row[3] is not None]
        return chunks, found[len(chunks)][3] is None if len(chunks) < len(found) else False

    def list(self, run_id: str) -> list[StreamInfo]:
        """The streams of a run by name."""
        found = rows_of_run(self._db, run_id, self._sql.stream_list, [run_id])
        return sorted(
            (StreamInfo(rows.text_in(name), count, ends > 0) for name, count, ends in found),
            key=lambda info: info.stream,
        )
