"""Pure state of a node's visits."""

from control.session.admission import Admission
from control.session.codes import Attempts, new_code, read_code

__all__ = ["Admission", "Attempts", "new_code", "read_code"]
