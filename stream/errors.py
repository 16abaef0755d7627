"""What can go wrong on the way to the visitor.

StreamError
 +-- EncoderError      a codec can't be opened or failed at run time
 +-- AudioError        a sound can't be decoded or coded; says what is wrong with it
 +-- MediaNetworkError a port or an address for media can't be used; says what to do
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


class MediaNetworkError(StreamError):
    """A port or an address can't be used for media."""


class SignallingError(StreamError):
    """The other side's SDP or candidate can't be used."""


class PeerClosed(StreamError):
    """The peer has gone."""
