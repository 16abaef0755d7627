"""Pure state of a node's visits."""

from control.session.admission import Admission

__all__ = ["Admission"]
