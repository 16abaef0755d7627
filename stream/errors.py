"""What can go wrong on the way to the visitor.

StreamError
 +-- EncoderError      a codec can't be opened or failed at run time
 +-- AudioError        a sound can't be decoded or coded; says what is wrong with it
 +-- SignallingError   an SDP or candidate that can't be used; the message may be shown to the sender
 +-- PeerClosed        the peer has gone
"""

from __future__ import annotations


class StreamError(Exception):
    """Base of all errors that stream raises on purpose."""


class EncoderError(StreamError):
    """A codec can't be opened, or failed."""


class AudioError(StreamError):
    """A sound can't be decoded or coded."""


class SignallingError(StreamError):
    """The other side's SDP or candidate can't be used."""


class PeerClosed(StreamError):
    """The peer has gone."""
