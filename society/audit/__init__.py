"""A planted-truth audit of metrics: scripted societies whose truth is known by construction, and what metrics say of them.

    from society.audit import audit
    print(audit(metrics={"mine": lambda data: my_p_value(data.meanings, data.messages)}).render())

docs/audit.md tells how to read the table.
"""

from society.audit.auditing import audit, builtin
from society.audit.catalogue import societies
from society.audit.replicate import Replicate
from society.audit.scoring import Audit, Failure, Row, Share
from society.audit.society import QUESTIONS, Society
from society.audit.verdicts import Audited, calls

__all__ = [
    "QUESTIONS",
    "Audit",
    "Audited",
    "Failure",
    "Replicate",
    "Row",
    "Share",
    "Society",
    "audit",
    "builtin",
    "calls",
    "societies",
]
