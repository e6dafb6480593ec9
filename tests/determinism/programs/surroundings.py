"""What a process knows of itself and its machine: read once, recorded."""

import getpass
import os
import platform
import socket
import sys
from os import environ, getcwd, getenv
from sys import version_info
from typing import Any

from wfx import workflow

AT_IMPORT = os.environ.get("WFX_TEST_FLAVOUR", "none")


@workflow
async def environment() -> Any:
    """Variables by name."""
    return [
        os.environ.get("WFX_TEST_FLAVOUR"),
        getenv("WFX_TEST_FLAVOUR", "x"),
        environ.get("WFX_TEST_MISSING", "default"),
        "WFX_TEST_FLAVOUR" in environ,
        "WFX_TEST_MISSING" in os.environ,
        os.environ["WFX_TEST_FLAVOUR"],
        os.environ.get("TZ"),
        os.environ.get("PYTHONHASHSEED"),
        AT_IMPORT,
        repr(os.environ),
        bool(os.environ.get("HOME")),
    ]


@workflow
async def missing() -> Any:
    """KeyError, as ever."""
    try:
        return os.environ["WFX_TEST_MISSING"]
    except KeyError as error:
        return repr(error)


@workflow
async def process() -> Any:
    """Numbers of the process."""
    return [os.getpid(), os.getppid(), os.cpu_count(), getcwd(), getpass.getuser(), os.getpid()]


@workflow
async def machine() -> Any:
    """Names of the machine."""
    return [
        socket.gethostname(),
        platform.node(),
        platform.system(),
        platform.machine(),
        platform.platform(),
        platform.release(),
        platform.python_version(),
        platform.python_implementation(),
        platform.processor(),
        platform.python_compiler(),
    ]


@workflow
async def interpreter() -> Any:
    """What sys tells."""
    return [
        sys.version_info[:2],
        repr(sys.version_info),
        type(sys.version_info).__name__,
        version_info[0],
        sys.version_info >= (3, 11),
        sys.version_info.minor,
        sys.version,
        sys.platform,
        sys.maxsize,
        sys.byteorder,
        sys.float_info.max,
        sys.maxunicode,
        sys.int_info.bits_per_digit,
    ]


@workflow
async def constants() -> Any:
    """The same on every machine."""
    return [os.sep, os.linesep, os.name, os.path.join("a", "b"), os.path.basename("/x/y.txt")]


@workflow
async def debug_constant() -> Any:
    """python -O must not change what the code does."""
    try:
        assert False, "asserted"
    except AssertionError as error:
        return [str(error), __debug__, documented.__doc__]
    return ["no assertion", __debug__, documented.__doc__]


def documented() -> None:
    """A text that python -OO drops."""


@workflow
async def digits_of_numbers() -> Any:
    """How long a number may be as text is a setting of the process."""
    found: list[Any] = [len(str(10**4299))]
    for number in (10**4300, 7**9000):
        try:
            found.append(len(str(number)))
        except ValueError as error:
            found.append(str(error))
    return found
