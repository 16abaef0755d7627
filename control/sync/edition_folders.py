"""Packages as the loader wants them: folders whose files are hard links to blobs, so that they take no room twice.

Blocking; one thread at a time.
"""

from __future__ import annotations

import os
from pathlib import Path

from control.content.release import FileList
from control.sync.blob_cache import BlobCache
from control.sync.durable import TEMPORARY, remove_folder, remove_tree, sync_folder


class EditionFolders:
    """``editions/RELEASE/`` for each release, named by its digest."""

    def __init__(self, folder: Path, blobs: BlobCache) -> None:
        """Make the folder where there is none. Raises OSError."""
        self._folder = folder / "editions"
        self._folder.mkdir(exist_ok=True)
        self._blobs = blobs

    def path(self, release: str) -> Path:
        """Where its package is, or would be."""
        return self._folder / release

    def lay_out(self, release: str, files: FileList) -> Path:
        """Make the package's folder, whole. All its blobs must be there. Raises OSError."""
        unfinished = self._folder / (TEMPORARY + release)
        remove_tree(unfinished)
        unfinished.mkdir()
        folders = {unfinished}
        for entry in files.files:
            target = unfinished / entry.path
            if target.parent not in folders:
                target.parent.mkdir(parents=True, exist_ok=True)
                folders.update(parent for parent in target.parents if parent.is_relative_to(unfinished))
            os.link(self._blobs.path(entry.digest), target)
        for folder in folders:
            sync_folder(folder)
        whole = self.path(release)
        remove_folder(whole)
        unfinished.rename(whole)
        sync_folder(self._folder)
        return whole

    def is_whole(self, release: str, files: FileList) -> bool:
        """Whether each of its files is the blob that it should be. That the blobs are right is theirs to tell."""
        folder = self.path(release)
        try:
            return folder.is_dir() and all(
                os.path.samestat(
                    os.stat(folder / entry.path, follow_symlinks=False), os.stat(self._blobs.path(entry.digest))
                )
                for entry in files.files
            )
        except OSError:
            return False  # a file is missing, or a folder is in its place

    def drop(self, release: str) -> None:
        """Delete a package's folder, if there is one; the blobs stay."""
        remove_folder(self.path(release))

    def all(self) -> frozenset[str]:
        """The releases that have a folder."""
        return frozenset(path.name for path in self._folder.iterdir() if not path.name.startswith(TEMPORARY))
