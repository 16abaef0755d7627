"""What can go wrong around a visit.

ControlError
 +-- NodeFull         every place is taken; the visitor may try again
 +-- NodeNotReady     scenes are still being loaded; the visitor may try again soon
 +-- VisitNotFound    no such visit, or it has ended
 +-- StartError       the node can't start with these settings
"""

from __future__ import annotations


class ControlError(Exception):
    """Base of all errors that control raises on purpose."""


class NodeFull(ControlError):
    """Every place of this node is taken."""


class NodeNotReady(ControlError):
    """The node has not loaded its scenes yet."""


class VisitNotFound(ControlError):
    """No visit has that identifier."""


class StartError(ControlError):
    """The node can't start; the message says what to change."""
