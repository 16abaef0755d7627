"""What is refused of content that comes from elsewhere. Messages are for people and say what to do.

ContentError
 +-- SignatureRefused    something signed is not believed
 |    +-- Malformed      it is no envelope, or holds something else than it should
 |    +-- UnknownKey     nobody who is trusted has signed it
 |    +-- Forged         it bears a trusted key's name, but not its signature
 +-- KeyRefused          the text or the file is no key
 +-- KeyRingRefused      a key ring is not newer than the one that is held
 +-- PackageRefused      a folder can't be published as it is
 +-- ArchiveRefused      an archive is damaged, hostile or too large
 +-- NoRoom              the disk has too little room
"""

from __future__ import annotations

from control.errors import ControlError


class ContentError(ControlError):
    """Base of what is raised on purpose where content is read."""


class SignatureRefused(ContentError):
    """Something signed is not believed; nothing of it may be used."""


class Malformed(SignatureRefused):
    """It is no envelope, or its payload is not of the kind that is wanted."""


class UnknownKey(SignatureRefused):
    """None of its signatures is by a trusted key."""


class Forged(SignatureRefused):
    """A signature in the name of a trusted key does not fit what it stands under."""


class KeyRefused(ContentError):
    """A text or a file that should be a key is none."""


class KeyRingRefused(ContentError):
    """A key ring is no newer than what is held already."""


class PackageRefused(ContentError):
    """A package's folder can't be published as it is; the message names the file."""


class ArchiveRefused(ContentError):
    """An archive can't be unpacked; the message names the entry."""


class BatchRefused(ContentError):
    """What should be a batch of blobs is none, or one of them has another digest."""


class NoRoom(ContentError):
    """The disk can't hold it; the message has the figures, or what the system says."""
