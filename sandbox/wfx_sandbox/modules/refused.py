"""Why a module or builtin is kept from workflow code, and what to do instead."""

from __future__ import annotations

from typing import Final

from wfx_sandbox.words import words

_STEP = "Move this call into a function marked @step, and await that."

_IO: Final = frozenset(
    words(
        """
    requests httpx aiohttp urllib3 boto3 botocore smtplib ftplib imaplib poplib telnetlib
    socket ssl http urllib xmlrpc paramiko redis pymongo psycopg psycopg2 asyncpg sqlite3
    sqlalchemy sqlmodel mysql pymysql openai anthropic stripe grpc websockets kafka pika
    celery pathlib shutil tempfile glob fileinput io fcntl select selectors mmap dotenv
    subprocess
"""
    )
)
_HOST: Final = frozenset(
    words(
        """
    sys os threading multiprocessing concurrent signal gc weakref inspect importlib ctypes
    builtins code codeop types pickle marshal shelve dbm runpy ast dis traceback atexit
    locale gettext resource faulthandler tracemalloc pdb profile cProfile timeit trace
    unittest pkgutil
"""
    )
)


def reason_for(module: str, attributes: tuple[str, ...]) -> str:
    """Why workflow code cannot have this module, or this name of a facade."""
    spelled = ".".join([module, *attributes])
    exact = _NAMES.get((module, attributes[0])) if attributes else None
    if exact is not None:
        return f"`{spelled}` {exact[0]}"
    root = module.split(".")[0]
    if root in _IO:
        return f"`{spelled}` does I/O, so workflow code cannot use it: replaying would do it again."
    if root in _HOST or attributes:
        return (
            f"`{spelled}` depends on the process it runs in, so workflow code cannot use it: "
            "a replay would see something else."
        )
    return (
        f"`{spelled}` is not known to be reproducible, so workflow code cannot use it: "
        "a replay might do its work again, or see something else."
    )


def remedy_for(module: str, attributes: tuple[str, ...]) -> str:
    """What to do instead."""
    exact = _NAMES.get((module, attributes[0])) if attributes else None
    return exact[1] if exact is not None else _STEP


_FILES = "reads or changes files, so workflow code cannot use it: replaying would do it again."
_PROCESS = "changes or reads the process, so workflow code cannot use it."

_NAMES: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("time", "sleep"): (
        "blocks the whole worker instead of waiting durably.",
        "Write `await asyncio.sleep(...)`: it is recorded and survives a restart.",
    ),
    ("time", "tzset"): (_PROCESS, "Workflow code always sees UTC."),
    ("asyncio", "run"): (
        "starts a second event loop; workflow code runs on one already.",
        "Await the coroutine directly.",
    ),
    ("asyncio", "to_thread"): ("runs code outside of the log.", _STEP),
    ("asyncio", "all_tasks"): (
        "gives a set whose order differs between runs.",
        "Keep the tasks you create in a list.",
    ),
    ("asyncio", "get_event_loop"): (
        "would hand out the event loop itself.",
        "Use asyncio.create_task, asyncio.sleep and the other functions of asyncio.",
    ),
    ("asyncio", "get_running_loop"): (
        "would hand out the event loop itself.",
        "Use asyncio.create_task, asyncio.sleep and the other functions of asyncio.",
    ),
    ("asyncio", "create_subprocess_exec"): ("starts a process.", _STEP),
    ("asyncio", "create_subprocess_shell"): ("starts a process.", _STEP),
    ("asyncio", "open_connection"): ("opens a connection.", _STEP),
    ("os", "listdir"): (_FILES, _STEP),
    ("os", "remove"): (_FILES, _STEP),
    ("os", "mkdir"): (_FILES, _STEP),
    ("os", "makedirs"): (_FILES, _STEP),
    ("os", "system"): ("starts a process.", _STEP),
    ("os", "popen"): ("starts a process.", _STEP),
    ("os", "putenv"): (_PROCESS, _STEP),
    ("json", "load"): (_FILES, _STEP),
    ("json", "dump"): (_FILES, _STEP),
    ("functools", "update_wrapper"): (
        "sets any attribute of any object.",
        "Use functools.wraps.",
    ),
    ("dataclasses", "make_dataclass"): (
        "makes a class from text.",
        "Write the class with @dataclass.",
    ),
    ("typing", "get_type_hints"): (
        "evaluates text as code.",
        "Read the fields of the dataclass or model instead.",
    ),
    ("pydantic", "create_model"): ("makes a class from text.", "Write the model as a class."),
    ("pydantic", "TypeAdapter"): (
        "validates arbitrary types, which steps already do for their arguments.",
        "Use a model, or validate in a step.",
    ),
    ("pydantic", "ImportString"): ("imports what a string names.", _STEP),
    ("string", "Formatter"): ("reads any attribute of any object.", "Use an f-string."),
    ("wfx", "step_context"): (
        "exists only while a step's body runs.",
        "Call it inside the function marked @step.",
    ),
}

REFUSED_BUILTINS: Final[dict[str, tuple[str, str]]] = {
    "open": ("`open` " + _FILES, _STEP),
    "input": ("`input` waits for a person at this terminal.", "Use wfx.create_hook()."),
    "eval": ("`eval` runs text as code, which no analysis can judge.", _STEP),
    "exec": ("`exec` runs text as code, which no analysis can judge.", _STEP),
    "compile": ("`compile` makes code from text, which no analysis can judge.", _STEP),
    "globals": ("`globals` hands out the module's namespace.", "Name what you need."),
    "locals": ("`locals` hands out a function's namespace.", "Name what you need."),
    "vars": (
        "`vars` hands out an object's namespace.",
        "Use getattr, dataclasses.asdict or model_dump.",
    ),
    "breakpoint": ("`breakpoint` stops the worker.", "Debug with `wfx replay`."),
    "help": ("`help` waits for a person at this terminal.", "Remove it."),
    "memoryview": ("`memoryview` shares memory between objects.", "Use bytes."),
    "exit": ("`exit` ends the process.", "Return from the workflow, or raise."),
    "quit": ("`quit` ends the process.", "Return from the workflow, or raise."),
    "copyright": ("`copyright` is for the interactive shell.", "Remove it."),
    "credits": ("`credits` is for the interactive shell.", "Remove it."),
    "license": ("`license` is for the interactive shell.", "Remove it."),
    "__import__": ("`__import__` imports what a string names.", "Use an import statement."),
    "__file__": ("`__file__` is a path of this machine.", _STEP),
    "__spec__": ("`__spec__` belongs to the interpreter.", "Remove it."),
    "__loader__": ("`__loader__` belongs to the interpreter.", "Remove it."),
}
