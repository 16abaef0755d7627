"""Real WebRTC visitors for an edge node: ``locust -f bench/locustfile.py --host http://NODE:8080``.

More and more of them come until what they get breaks a bound; the largest number before is the node's capacity.
Options: ``--help``, under "Visitors of an edge node". README.md, "Measure", has examples.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

import gevent
from locust import events

from bench.visitors.load_run import LoadRun
from bench.visitors.options import add_options
from bench.visitors.shape import CapacityRamp
from bench.visitors.user import ShowroomVisitor

__all__ = ["CapacityRamp", "ShowroomVisitor"]


def interrupt_cleanly(main_greenlet: Any) -> None:
    """Let SIGINT and SIGTERM reach locust's main greenlet, which stops the run and so ends all visits.

    Python's own handler would raise in whichever greenlet happens to run, and locust handles SIGTERM only after a
    headless ramp is over."""
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, gevent.kill, main_greenlet, KeyboardInterrupt)


def prepare(environment: Any, **_: Any) -> None:
    """Give this process what its visitors need."""
    environment.load_run = run = LoadRun(environment)
    wrong = run.check()
    if wrong is not None:
        sys.exit(f"locust: {wrong}")
    run.attach()
    interrupt_cleanly(gevent.getcurrent())
    shape = environment.shape_class
    if isinstance(shape, CapacityRamp):
        environment.events.test_stop.add_listener(lambda **_: shape.finish())


events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(prepare)
