"""Whose key it is: the key says so itself.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import jwt


def account_in(key: str) -> str | None:
    """Give the account of a key: a JWT whose claims name the organisation, or else the user (1.1).

    Its rows are the only ones that the key sees, and a foreign row looks exactly like a missing one.
    """
    try:
        claims = jwt.decode(key, options={"verify_signature": False, "verify_exp": False})
    except jwt.PyJWTError:
        return None
    account = claims.get("org_id") or claims.get("user_id")
    return None if account is None else str(account)
