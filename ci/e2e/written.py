"""Scenarios that tests write: one exchange of "123" and "success", and changes to it."""

import pathlib

HERE = pathlib.Path(__file__).parent


def exchange(server=None, **changes):
    """The scripted peer asks a server once and closes; `server` is a target's name or a command."""
    if server is None:
        server = "tcp-server"
    program = {"target": server} if isinstance(server, str) else {"command": server}
    program.update(changes.pop("server_more", {}))
    scenario = {
        "title": "One exchange",
        "transport": "tcp",
        "family": "ipv4",
        "server": program,
        "steps": [
            {"connect": "c"},
            {"send": "123"},
            {"expect": "success", "within_ms": 1500},
            {"shutdown": "c"},
            {"expect": {"end": True}},
            {"close": "c"},
        ],
        "expect": {"connections": {"count": 1, "opening": "three-way", "closed_first": "client"}},
    }
    scenario.update(changes)
    return {key: value for key, value in scenario.items() if value is not None}


def python_server(body):
    """The command of a Python server whose sys.argv holds address and port."""
    return ["python3", "-c", "import socket, sys, os, time\nA, P = sys.argv[1], int(sys.argv[2])\n" + body,
            "{address}", "{port}"]


LISTEN = """
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((A, P))
s.listen(8)
"""

ANSWER = LISTEN + """
while True:
    c, _ = s.accept()
    while c.recv(1024): c.sendall(b'success')
    c.close()
"""
