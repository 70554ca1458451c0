"""Lambda functions run in clean processes: no host environment, complete logs, and none survives the server.

AWS ("Lambda runtime environment", "Configuring environment variables", "Python Lambda function logging"): a function
sees its own and the reserved variables, TZ is UTC, the root logger has a handler, and all that a run prints is in its
log. Stock MiniStack: the server's whole environment is inherited; `logging` below WARNING has no handler and is lost
even when the level asks for it; output is collected for a guessed time, so late lines land in the next run's log; and
workers outlive a killed server.

The sandbox's own addition is an application id of the SDK: it tells what this process asks of AWS from what others ask.
"""

import itertools
import os
import queue
import signal
import subprocess
import threading
import time
import types
from collections.abc import Mapping
from typing import Any

from ministack.core import lambda_runtime

from sandbox.emulator.patching import PatchContext, replace, require_attribute, substitute
from sandbox.emulator.settings import HOST_VARIABLES_FOR_FUNCTIONS

# Written to standard error after each run: everything before it belongs to that run.
END_OF_RUN = "\x1eend-of-run"
COLLECT_SECONDS = 2.0
COLLECT_AFTER_DEATH_SECONDS = 0.05
_LONGEST_NAME = 40
"""The SDK takes an application's id of 50 characters."""

_ENVIRONMENT_SET = "    os.environ.update(env)\n"
_PREPARE = """\
    import logging, threading
    if not logging.getLogger().handlers:
        _handler = logging.StreamHandler(sys.stderr)
        _handler.setFormatter(logging.Formatter("[%(levelname)s]\\t%(asctime)s\\t%(name)s\\t%(message)s"))
        logging.getLogger().addHandler(_handler)
    _parent = os.getppid()
    def _die_with_parent():
        while os.getppid() == _parent:
            time.sleep(0.5)
        os._exit(1)
    threading.Thread(target=_die_with_parent, daemon=True).start()
"""
_ANSWER_SENT = """"trace": traceback.format_exc()}) + "\\n")
        _real_stdout.flush()
"""
_MARKED_ANSWER = f""""trace": traceback.format_exc()}}) + "\\n")
        sys.stderr.write({END_OF_RUN!r} + "\\n")
        sys.stderr.flush()
        _real_stdout.flush()
"""

_processes: set[subprocess.Popen[str]] = set()
_callers: dict[int, str] = {}
_numbers = itertools.count(1)
_processes_lock = threading.Lock()


def apply(context: PatchContext) -> None:
    """Change the worker's script, its environment and how its output is collected."""
    script = require_attribute(lambda_runtime, "_PYTHON_WORKER_SCRIPT", str)
    script = substitute(script, _ENVIRONMENT_SET, _ENVIRONMENT_SET + _PREPARE, "_PYTHON_WORKER_SCRIPT")
    script = substitute(script, _ANSWER_SENT, _MARKED_ANSWER, "_PYTHON_WORKER_SCRIPT")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script
    replace(
        lambda_runtime.Worker,
        "_drain_stderr_bounded",
        ("self", "first_line_wait", "idle_confirm", "hard_cap"),
        _collect,
    )
    require_attribute(lambda_runtime, "subprocess", types.ModuleType)
    extra = context.settings.function_variables

    def spawn(arguments: list[str], *, env: Mapping[str, str], **options: Any) -> subprocess.Popen[str]:
        own = function_environment(env, os.environ, extra)
        name = f"{own.get('AWS_LAMBDA_FUNCTION_NAME', 'function')[:_LONGEST_NAME]}.{next(_numbers)}"
        process: subprocess.Popen[str] = subprocess.Popen(
            arguments, env={**own, "AWS_SDK_UA_APP_ID": name}, start_new_session=True, **options
        )
        with _processes_lock:
            _callers[process.pid] = name
            _processes.difference_update([each for each in _processes if each.returncode is not None])
            _processes.add(process)
        return process

    lambda_runtime.subprocess = types.SimpleNamespace(**{**vars(subprocess), "Popen": spawn})


def function_environment(
    given: Mapping[str, str], server: Mapping[str, str], extra: Mapping[str, str]
) -> dict[str, str]:
    """A function's environment: what MiniStack made for it, without what it only inherited from the server."""
    wanted = {*HOST_VARIABLES_FOR_FUNCTIONS, *extra}
    own = {name: value for name, value in given.items() if name in wanted or server.get(name) != value}
    return {"TZ": ":UTC", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", **own}


def caller(process: subprocess.Popen[str]) -> str:
    """The name by which a function's process says in each call who makes it."""
    return _callers[process.pid]


def kill_all() -> None:
    """Kill every worker and what it started. For the end of the server, from its signal handler: takes no lock."""
    for process in list(_processes):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _collect(worker: Any, *_waits: float) -> str:
    """What a run wrote to standard error, which is also its standard output: up to the mark, or to its death."""
    lines: list[str] = []
    deadline = time.monotonic() + COLLECT_SECONDS
    while time.monotonic() < deadline:
        dead = worker._proc is None or worker._proc.poll() is not None
        try:
            line = worker._stderr_queue.get(timeout=COLLECT_AFTER_DEATH_SECONDS)
        except queue.Empty:
            if dead:
                break
            continue
        text, mark, _nothing = line.partition(END_OF_RUN)
        if text or not mark:
            lines.append(text)
        if mark:
            break
    return "\n".join(lines)
