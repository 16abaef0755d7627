"""What can go wrong around a visit.

ControlError
 +-- NodeFull         every place is taken; the visitor may try again
 +-- NodeNotReady     scenes are still being loaded; the visitor may try again soon
 +-- NodeDraining     the node is about to stop; the visitor may enter elsewhere
 +-- ShowroomNotFound no such showroom is shown here
 +-- VisitNotFound    no such visit, or it has ended
 +-- FollowersFull    every follower's place is taken; the visitor may try again
 +-- GuideNotFound    no guided visit has that code, or it has ended
 +-- TooManyAttempts  too many wrong codes came from that address; it may try again later
 +-- SceneTooLarge    a scene does not fit the GPU's memory beside those that are in use
 +-- StartError       the node can't start with these settings
 +-- TaskFailed       a task that has to run as long as the process has failed
"""

from __future__ import annotations


class ControlError(Exception):
    """Base of all errors that control raises on purpose."""


class NodeFull(ControlError):
    """Every place of this node is taken."""


class NodeNotReady(ControlError):
    """The node has not loaded its scenes yet."""


class NodeDraining(ControlError):
    """The node is about to stop, and takes nobody new."""


class ShowroomNotFound(ControlError):
    """No showroom of that name is shown here."""


class VisitNotFound(ControlError):
    """No visit has that identifier."""


class FollowersFull(ControlError):
    """Every follower's place of this node is taken."""


class GuideNotFound(ControlError):
    """No guided visit has that code."""


class TooManyAttempts(ControlError):
    """Too many wrong codes came from there."""


class SceneTooLarge(ControlError):
    """A scene does not fit the GPU's memory; the message has the figures."""


class StartError(ControlError):
    """The node can't start; the message says what to change."""


class TaskFailed(ControlError):
    """What has to run all the time has failed; the log says why, and the process has to be started anew."""
