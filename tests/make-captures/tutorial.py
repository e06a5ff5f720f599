"""Takes the tutorial's programs out of its text.

The text prints three listings, each line with its number before it. A listing holds a server and
a client, each introduced by a comment. What stands before the first comment belongs to both.
The programs are not ours: they are read when the captures are made and kept nowhere.
"""

import re

NUMBERED = re.compile(r"\s*(\d+)(?: (.*))?$")
SERVER, CLIENT = "# 服务端", "# 客户端"


class TutorialError(Exception):
    """The text is not the one expected; the sentence says what is missing."""


class Tutorial:
    """The six programs: `chat`, `shop` and `udp_chat`, each with a server and a client."""

    def __init__(self, text):
        listings = list(_listings(text))
        if len(listings) != 3:
            raise TutorialError(f"the tutorial has three listings with a server and a client in "
                                f"each, but this text has {len(listings)}")
        self.chat, self.shop, self.udp_chat = map(Listing, listings)


class Listing:
    """A server and the client that talks to it."""

    def __init__(self, lines):
        server = next(i for i, line in enumerate(lines) if line.startswith(SERVER))
        client = next(i for i, line in enumerate(lines) if line.startswith(CLIENT))
        self.server = "\n".join(lines[:client])
        self.client = "\n".join(lines[:server] + lines[client:])

    def at(self, ip, port=None):
        """The same two programs with another server address (and port, where given)."""
        moved = object.__new__(Listing)
        moved.server, moved.client = (_move(code, ip, port) for code in (self.server, self.client))
        return moved


def _move(code, ip, port):
    code = re.sub(r'(["\'])\d+\.\d+\.\d+\.\d+\1', f'"{ip}"', code)
    code = re.sub(r'(?<=",)8520', str(port), code) if port else code
    # An IPv6 address needs an IPv6 socket: the one other thing that may change.
    return code.replace("socket.socket(", "socket.socket(socket.AF_INET6, ") if ":" in ip else code


def _listings(text):
    lines = []
    for line in text.splitlines() + [""]:
        found = NUMBERED.match(line)
        number = int(found[1]) if found else None
        if number == len(lines) + 1:
            lines.append(found[2] or "")
            continue
        if any(line.startswith(SERVER) for line in lines) \
                and any(line.startswith(CLIENT) for line in lines):
            yield lines
        lines = [found[2] or ""] if number == 1 else []
