"""Who speaks, whatever an export calls them."""

#: What exports call the four roles, in lower case without spaces, dashes and underscores.
_NAMES = {
    "user": (
        *("user", "human", "humanmessage", "humanmessagechunk", "customer", "client", "visitor", "caller"),
        *("enduser", "guest", "consumer", "contact", "requester", "shopper", "member", "inbound"),
    ),
    "assistant": (
        *("assistant", "ai", "aimessage", "aimessagechunk", "bot", "chatbot", "agent", "model", "gpt"),
        *("operator", "support", "advisor", "representative", "rep", "virtualagent", "wizard", "outbound"),
    ),
    "tool": ("tool", "toolmessage", "function", "functionmessage", "api", "ipython"),
    "system": ("system", "systemmessage", "developer"),
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names}


def role_of(name: str) -> str | None:
    """Return `user`, `assistant`, `tool` or `system`, or None for a name that is not known.

    >>> role_of("Customer"), role_of("virtual agent"), role_of("weather")
    ('user', 'assistant', None)
    """
    plain = name[:40].lower()
    return _ROLES.get(plain.translate(_SPACES))


_SPACES = str.maketrans("", "", " -_")
