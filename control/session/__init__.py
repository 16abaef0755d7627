"""Pure state of a node's visits."""

from control.session.admission import Admission
from control.session.codes import Attempts, new_code, read_code
from control.session.drain import Drain
from control.session.spent_tokens import SpentTokens

__all__ = ["Admission", "Attempts", "Drain", "SpentTokens", "new_code", "read_code"]
