"""
What a Python value looks like in the log.

Only this package turns values into JSON and back. JSON's own values stand for themselves;
everything else is a *form*: an object whose key `$` names the form. The table is the
format: rows may be added, and none may change its shape, because logs outlive code.

| Python | JSON |
|---|---|
| None, bool, finite float, list | itself |
| int of at most 64 bits | itself |
| str without surrogates | itself |
| dict with such str keys, none of them `$` | itself, order kept |
| other int | `{"$": "int", "value": "0x…"}` |
| NaN, infinities | `{"$": "float", "value": "nan"}`, `"inf"`, `"-inf"` |
| str with surrogates | `{"$": "str", "value": base64 of UTF-8 with the surrogates let through}` |
| bytes, bytearray | `{"$": "bytes", "value": base64}`, `{"$": "bytearray", …}` |
| datetime | `{"$": "datetime", "value": ISO 8601, "zone"?: IANA key, "name"?: of a fixed offset, "offset"?: like timedelta's value, if it has a part of a second, "fold"?: 1}` |
| time | `{"$": "time", …}`, like datetime |
| date | `{"$": "date", "value": ISO 8601}` |
| timedelta | `{"$": "timedelta", "value": [days, seconds, microseconds]}` |
| Decimal, UUID, Fraction, complex, paths, IP addresses, ZoneInfo | `{"$": form, "value": text}`; the forms are `forms.TEXT_FORMS` |
| URL types of pydantic | `{"$": "url", "class": tag, "value": text}` |
| tuple, set, frozenset | `{"$": "tuple", "items": […]}`, `{"$": "set", …}`, `{"$": "frozenset", …}` |
| deque | `{"$": "deque", "items": […], "maxlen"?: int}` |
| other dict | `{"$": "dict", "items": [[key, value], …]}` |
| OrderedDict, Counter | `{"$": "ordered_dict", "items": [[…]]}`, `{"$": "counter", …}` |
| defaultdict of a builtin | `{"$": "defaultdict", "items": [[…]], "factory": "list" or null}` |
| named tuple | `{"$": "namedtuple", "class": tag, "fields": {…}}` |
| Enum member | `{"$": "enum", "class": tag, "name": str}`; combined flags have `"value": int` instead |
| dataclass | `{"$": "dataclass", "class": tag, "fields": {…}, "state"?: {other attributes}}` |
| pydantic model | `{"$": "model", "class": tag, "args"?: […], "fields": {…}, "set"?: […], "extra"?: {…}, "private"?: {…}}` |
| exception | `{"$": "exception", …}` with the keys of an error of the log (`encode_error`), without `stack` |

A class tag is `module:qualname`; a `ClassRegistry` finds the class again, on the host in
the imported module, in a sandbox in the run's own namespace. Decoding makes instances only
of classes of the family that the form names, and without calling their `__init__`,
`__post_init__` or validators: what was valid when it was written comes back as it was.
A field that the class has gained since gets its default; one that it has lost is dropped.

Two things are not kept: that two places held the same object, and the kind of a `tzinfo`
that is neither `timezone` nor `ZoneInfo` (it becomes the offset it had at that moment).
"""  # noqa: E501 (rows of a table)

from __future__ import annotations

from wfx.codec.compare import MISSING, differences, equal, first_difference
from wfx.codec.decoding import decode
from wfx.codec.encoding import encode, encode_items
from wfx.codec.failure import decode_error, encode_error
from wfx.codec.registry import HOST, ClassRegistry, HostRegistry, retag, retag_error
from wfx.codec.text import dumps, loads

__all__ = [
    "HOST",
    "MISSING",
    "ClassRegistry",
    "HostRegistry",
    "decode",
    "decode_error",
    "differences",
    "dumps",
    "encode",
    "encode_error",
    "encode_items",
    "equal",
    "first_difference",
    "loads",
    "retag",
    "retag_error",
]
