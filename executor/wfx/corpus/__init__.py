"""
A corpus: recordings of many runs, judged by today's code and told about.

Here is what `wfx replay`, `wfx record` and the pytest plugin have in common: `sources`
finds logs, `code` finds the code that each of them is judged by, `judging` replays one,
`pool` many; a `Judgment` is a plain value that says what was found.
"""
