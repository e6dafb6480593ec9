"""
What is refused rather than reproduced: the lines of a workflow, and how the refusal begins.

A refusal is what `wfx check` finds where it can be seen in the source, and otherwise the
violation that parks the run. The workflow's first line is line 6 of its file.
"""

from __future__ import annotations

from typing import Final

CASES: Final[dict[str, tuple[str, str]]] = {
    "sleep that blocks": (
        "import time\ntime.sleep(1)",
        "7: WFX205 `time.sleep` blocks the whole worker instead of waiting durably.",
    ),
    "clock by id": (
        "import time\ntime.clock_gettime(time.CLOCK_REALTIME)",
        (
            "7: WFX201 `time.clock_gettime` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "clock info": (
        "import time\ntime.get_clock_info('time')",
        (
            "7: WFX201 `time.get_clock_info` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "algorithms of the machine": (
        "import hashlib\nhashlib.new('ripemd160')",
        "WFX201 `ripemd160` is an algorithm that not every machine has.",
    ),
    "algorithms of the machine for keys": (
        "import hmac\nhmac.new(b'k', b'm', 'sm3')",
        "WFX201 `sm3` is an algorithm that not every machine has.",
    ),
    "zone changed": (
        "import time\ntime.tzset()",
        "7: WFX201 `time.tzset` changes or reads the process, so workflow code cannot use it.",
    ),
    "locale": (
        "import locale\nlocale.setlocale(locale.LC_ALL, '')",
        (
            "6: WFX201 `locale` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "calendar locale": (
        "import calendar\ncalendar.LocaleTextCalendar()",
        (
            "7: WFX201 `calendar.LocaleTextCalendar` depends on the process it runs in, "
            "so workflow code cannot use it: a replay would see something else."
        ),
    ),
    "timeit": (
        "import timeit\ntimeit.default_timer()",
        (
            "6: WFX201 `timeit` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "subclass of Random": (
        "import random\nclass Dice(random.Random):\n    pass",
        "7: WFX235 workflow code cannot inherit from `Random`.",
    ),
    "getnode": (
        "import uuid\nuuid.getnode()",
        (
            "7: WFX201 `uuid.getnode` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "environment": (
        "import os\ndict(os.environ)",
        "7: WFX211 the whole environment would go into the log.",
    ),
    "environment items": (
        "import os\nos.environ.items()",
        "7: WFX211 the whole environment would go into the log.",
    ),
    "environment written": (
        "import os\nos.environ['A'] = '1'",
        "7: WFX208 the environment belongs to the whole process.",
    ),
    "environment put": (
        "import os\nos.putenv('A', '1')",
        "7: WFX201 `os.putenv` changes or reads the process, so workflow code cannot use it.",
    ),
    "secret": (
        "import os\nos.environ.get('API_KEY')",
        "7: WFX210 the environment variable `API_KEY` looks like a secret (*KEY*).",
    ),
    "argv": (
        "import sys\nsys.argv",
        (
            "7: WFX201 `sys.argv` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "modules": (
        "import sys\nsys.modules",
        (
            "7: WFX201 `sys.modules` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "path": (
        "import sys\nsys.path",
        (
            "7: WFX201 `sys.path` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "executable": (
        "import sys\nsys.executable",
        (
            "7: WFX201 `sys.executable` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "flags": (
        "import sys\nsys.flags",
        (
            "7: WFX201 `sys.flags` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "recursion limit": (
        "import sys\nsys.setrecursionlimit(50)",
        (
            "7: WFX201 `sys.setrecursionlimit` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "frame": (
        "import sys\nsys._getframe()",
        "7: WFX243 `_getframe` is a private attribute of `Facade`.",
    ),
    "references": (
        "import sys\nsys.getrefcount(1)",
        (
            "7: WFX201 `sys.getrefcount` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "size": (
        "import sys\nsys.getsizeof([])",
        (
            "7: WFX201 `sys.getsizeof` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "exit": (
        "import sys\nsys.exit()",
        (
            "7: WFX201 `sys.exit` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "stdout": (
        "import sys\nsys.stdout.write('x')",
        (
            "7: WFX201 `sys.stdout` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "file of module": (
        "__file__",
        "6: WFX203 `__file__` is a path of this machine.",
    ),
    "open": (
        "open('/etc/hostname')",
        (
            "6: WFX203 `open` reads or changes files, so workflow code cannot use it: "
            "replaying would do it again."
        ),
    ),
    "Path": (
        "import pathlib\npathlib.Path('x').exists()",
        (
            "7: WFX201 `pathlib.Path` does I/O, so workflow code cannot use it: "
            "replaying would do it again."
        ),
    ),
    "listdir": (
        "import os\nos.listdir('.')",
        (
            "7: WFX201 `os.listdir` reads or changes files, so workflow code cannot use "
            "it: replaying would do it again."
        ),
    ),
    "path exists": (
        "import os\nos.path.exists('/')",
        (
            "7: WFX201 `os.path.exists` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "stat": (
        "import os\nos.stat('/')",
        (
            "7: WFX201 `os.stat` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "tempfile": (
        "import tempfile\ntempfile.mkdtemp()",
        (
            "6: WFX201 `tempfile` does I/O, so workflow code cannot use it: replaying "
            "would do it again."
        ),
    ),
    "glob": (
        "import glob\nglob.glob('*')",
        "6: WFX201 `glob` does I/O, so workflow code cannot use it: replaying would do it again.",
    ),
    "input": (
        "input()",
        "6: WFX203 `input` waits for a person at this terminal.",
    ),
    "socket": (
        "import socket\nsocket.socket()",
        (
            "7: WFX201 `socket.socket` does I/O, so workflow code cannot use it: "
            "replaying would do it again."
        ),
    ),
    "resolve": (
        "import socket\nsocket.gethostbyname('localhost')",
        (
            "7: WFX201 `socket.gethostbyname` does I/O, so workflow code cannot use it: "
            "replaying would do it again."
        ),
    ),
    "urlopen": (
        "import urllib.request\nurllib.request.urlopen('http://localhost')",
        (
            "6: WFX201 `urllib.request` does I/O, so workflow code cannot use it: "
            "replaying would do it again."
        ),
    ),
    "subprocess": (
        "import subprocess\nsubprocess.run(['true'])",
        (
            "6: WFX201 `subprocess` does I/O, so workflow code cannot use it: replaying "
            "would do it again."
        ),
    ),
    "system": (
        "import os\nos.system('true')",
        "7: WFX201 `os.system` starts a process.",
    ),
    "thread": (
        "import threading\nthreading.Thread()",
        (
            "6: WFX201 `threading` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "current thread": (
        "import threading\nthreading.get_ident()",
        (
            "6: WFX201 `threading` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "executor": (
        "import concurrent.futures\nconcurrent.futures.ThreadPoolExecutor()",
        (
            "6: WFX201 `concurrent.futures` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "to_thread": (
        "import asyncio\nawait asyncio.to_thread(print)",
        "7: WFX201 `asyncio.to_thread` runs code outside of the log.",
    ),
    "subprocess of asyncio": (
        "import asyncio\nawait asyncio.create_subprocess_exec('true')",
        "7: WFX201 `asyncio.create_subprocess_exec` starts a process.",
    ),
    "connection": (
        "import asyncio\nawait asyncio.open_connection('h', 1)",
        "7: WFX201 `asyncio.open_connection` opens a connection.",
    ),
    "all_tasks": (
        "import asyncio\nasyncio.all_tasks()",
        "7: WFX201 `asyncio.all_tasks` gives a set whose order differs between runs.",
    ),
    "loop": (
        "import asyncio\nasyncio.get_running_loop()",
        "7: WFX201 `asyncio.get_running_loop` would hand out the event loop itself.",
    ),
    "second loop": (
        "import asyncio\nasyncio.run(None)",
        "7: WFX201 `asyncio.run` starts a second event loop; workflow code runs on one already.",
    ),
    "hash of a class": (
        "str.__hash__('x')",
        "6: WFX231 `__hash__` differs between processes.",
    ),
    "hash by name": (
        "'x'.__hash__()",
        "6: WFX231 `__hash__` differs between processes.",
    ),
    "weakref": (
        "import weakref\nweakref.ref(print)",
        (
            "6: WFX201 `weakref` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "gc": (
        "import gc\ngc.collect()",
        (
            "6: WFX201 `gc` depends on the process it runs in, so workflow code cannot "
            "use it: a replay would see something else."
        ),
    ),
    "destructor": (
        "class A:\n    def __del__(self): pass",
        "7: WFX233 workflow code cannot define `__del__`.",
    ),
    "monkeypatch": (
        "import json\njson.dumps = None",
        "7: WFX236 `Facade` is shared by all runs and cannot be changed here.",
    ),
    "warning filters": (
        "import warnings\nwarnings.catch_warnings()",
        (
            "7: WFX201 `warnings.catch_warnings` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "decimal default": (
        "import decimal\ndecimal.DefaultContext",
        (
            "7: WFX201 `decimal.DefaultContext` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "first weekday": (
        "import calendar\ncalendar.setfirstweekday(3)",
        (
            "7: WFX201 `calendar.setfirstweekday` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "frames of a traceback": (
        "import traceback\ntraceback.extract_stack()",
        (
            "7: WFX201 `traceback.extract_stack` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "inspect": (
        "import inspect\ninspect.stack()",
        (
            "7: WFX201 `inspect.stack` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "tracemalloc": (
        "import tracemalloc\ntracemalloc.start()",
        (
            "6: WFX201 `tracemalloc` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "resource": (
        "import resource\nresource.getrusage(0)",
        (
            "6: WFX201 `resource` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "globals": (
        "globals()",
        "6: WFX203 `globals` hands out the module's namespace.",
    ),
    "vars": (
        "vars()",
        "6: WFX203 `vars` hands out an object's namespace.",
    ),
    "eval": (
        "eval('1')",
        "6: WFX203 `eval` runs text as code, which no analysis can judge.",
    ),
    "memoryview": (
        "memoryview(b'x')",
        "6: WFX203 `memoryview` shares memory between objects.",
    ),
    "copy of context": (
        "import contextvars\ncontextvars.copy_context()",
        (
            "7: WFX201 `contextvars.copy_context` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "recursion": (
        "def f(n):\n    return f(n + 1)\nf(0)",
        "WFX251 workflow code ran out of the stack",
    ),
    "recursion caught": (
        (
            "def f(n):\n    try:\n        return f(n + 1)\n    except RecursionError:\n      "
            "  return n\nf(0)"
        ),
        "WFX251 workflow code ran out of the stack",
    ),
    "memory": (
        "try:\n    [0] * 10**15\nexcept MemoryError:\n    pass",
        "WFX251 workflow code ran out of memory",
    ),
    "host name": (
        "import socket\nsocket.getfqdn()",
        (
            "7: WFX201 `socket.getfqdn` does I/O, so workflow code cannot use it: "
            "replaying would do it again."
        ),
    ),
    "uname": (
        "import os\nos.uname()",
        (
            "7: WFX201 `os.uname` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "load": (
        "import os\nos.getloadavg()",
        (
            "7: WFX201 `os.getloadavg` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "times": (
        "import os\nos.times()",
        (
            "7: WFX201 `os.times` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "user id": (
        "import os\nos.getuid()",
        (
            "7: WFX201 `os.getuid` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "terminal": (
        "import os\nos.get_terminal_size()",
        (
            "7: WFX201 `os.get_terminal_size` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "home": (
        "import os\nos.path.expanduser('~')",
        (
            "7: WFX201 `os.path.expanduser` depends on the process it runs in, so "
            "workflow code cannot use it: a replay would see something else."
        ),
    ),
    "absolute path": (
        "import os\nos.path.abspath('x')",
        (
            "7: WFX201 `os.path.abspath` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "zones of the host": (
        "import zoneinfo\nzoneinfo.available_timezones()",
        (
            "7: WFX201 `zoneinfo.available_timezones` depends on the process it runs in, "
            "so workflow code cannot use it: a replay would see something else."
        ),
    ),
    "own hash by address": (
        "object.__hash__(1)",
        "6: WFX231 `__hash__` differs between processes.",
    ),
    "type hints": (
        "import typing\ntyping.get_type_hints(print)",
        "7: WFX201 `typing.get_type_hints` evaluates text as code.",
    ),
    "weak method": (
        "from weakref import WeakSet\nWeakSet()",
        (
            "6: WFX201 `weakref` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "signal": (
        "import signal\nsignal.getsignal(2)",
        (
            "6: WFX201 `signal` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "multiprocessing": (
        "import multiprocessing\nmultiprocessing.cpu_count()",
        (
            "6: WFX201 `multiprocessing` depends on the process it runs in, so workflow "
            "code cannot use it: a replay would see something else."
        ),
    ),
    "sysconfig": (
        "import sysconfig\nsysconfig.get_paths()",
        (
            "6: WFX201 `sysconfig` is not known to be reproducible, so workflow code "
            "cannot use it: a replay might do its work again, or see something else."
        ),
    ),
    "site": (
        "import site\nsite.getsitepackages()",
        (
            "6: WFX201 `site` is not known to be reproducible, so workflow code cannot "
            "use it: a replay might do its work again, or see something else."
        ),
    ),
    "pickle": (
        "import pickle\npickle.dumps({1})",
        (
            "6: WFX201 `pickle` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "marshal": (
        "import marshal\nmarshal.dumps({1})",
        (
            "6: WFX201 `marshal` depends on the process it runs in, so workflow code "
            "cannot use it: a replay would see something else."
        ),
    ),
    "http": (
        "import http.client\nhttp.client.HTTPConnection('h')",
        (
            "6: WFX201 `http.client` does I/O, so workflow code cannot use it: replaying "
            "would do it again."
        ),
    ),
}
