"""For each scenario of scenarios/wire/ a change that must make it fail, and the rules that may say so:
its fault is left out, or the program or the script does something else. One of its cases fails, where
the change makes no difference to the others. Data for test_wire.py."""

PACKETS = {"wire.expect.packets"}
STATE = {"script.await-state"}
MATCH = {"script.await-match"}
HELD = {"script.await-held"}


def passing(name):
    """The rule lets its packets through, and only counts them."""
    def change(scenario):
        for rule in scenario["wire"]["rules"]:
            if rule["name"] == name:
                rule["do"] = "pass"
                return
        raise KeyError(name)
    return change


def without_rule(name):
    """The rule is gone, with the steps that wait for it."""
    def change(scenario):
        rules = scenario["wire"]["rules"]
        gone = [rule for rule in rules if rule["name"] == name]
        held = gone[0]["do"]["hold"]
        scenario["wire"]["rules"] = [rule for rule in rules if rule["name"] != name]
        scenario["steps"] = [step for step in scenario["steps"]
                             if step.get("release") != held and step.get("await", {}) != {"held": held}]
    return change


def without_step(*steps):
    def change(scenario):
        for step in steps:
            scenario["steps"].remove(step)
    return change


def without(*path):
    """Without the key at the end of the path."""
    def change(scenario):
        for key in path[:-1]:
            scenario = scenario[key]
        del scenario[path[-1]]
    return change


def put(value, *path):
    def change(scenario):
        for key in path[:-1]:
            scenario = scenario[key]
        scenario[path[-1]] = value
    return change


LINK_DOWN = {"link": "down"}
MUTANTS = {
    "close/fin-ack-lost": (passing("lose-ack"), PACKETS),
    "close/fin-before-data": (without_rule("hold-data"), {"script.nothing"}),
    "close/fin-doubled-in-time-wait": (passing("double-fin"), MATCH),
    "close/fin-lost": (passing("lose-fin"), PACKETS),
    "close/half-close-link-cut": (without_step(LINK_DOWN), {"script.await-packets"}),
    "close/last-ack-lost": (passing("lose-ack"), PACKETS),
    "close/link-down": (without_step(LINK_DOWN), {"script.await-packets"}),
    "close/orphan-in-fin-wait-2": (put({"net.ipv4.tcp_fin_timeout": 60}, "settings"), STATE),
    "close/peer-gone": (without_step(LINK_DOWN), STATE),
    "close/second-fin-lost": (passing("lose-fin"), PACKETS),
    "close/simultaneous": (without_rule("hold-client-fin"), STATE),
    "close/states-at-rest": (without_step({"release": "first-ack"}), STATE),
    "close/time-wait-restarted": (without_step({"release": "fin"}), STATE),
    "data/ack-lost": (passing("lose-ack"), PACKETS),
    "data/fast-retransmit": (passing("lose-data"), PACKETS),
    "data/keep-alive": (without_step({"link": "${link}"}), {"script.expect"}),
    "data/link-down": (without_step(LINK_DOWN), {"script.await-packets"}),
    "data/path-mtu": (without("wire", "client_to_server"), PACKETS),
    "data/path-mtu-black-hole": (without("wire", "client_to_server"), PACKETS),
    "data/segment-corrupted": (passing("flip-bit"), PACKETS),
    "data/segment-doubled": (passing("double-data"), PACKETS),
    "data/segment-lost": (passing("lose-data"), PACKETS),
    "data/segment-reordered": (passing("late"), PACKETS),
    "data/user-timeout": (without_step({"set": {"on": "c", "option": "TCP_USER_TIMEOUT", "value": 700}}),
                          {"script.expect"}),
    "data/window-update-lost": (passing("lose-update"), PACKETS),
    "data/zero-window": (without_step({"set": {"on": "l", "option": "SO_RCVBUF", "value": 8192}}), MATCH),
    "link/at-rest": (put({"both": {"loss": 0.02}}, "wire"), {"tcp.expect.retransmissions"}),
    "link/delayed": (without("wire", "both"), {"wire.expect.gaps"}),
    "link/lossy": (put([], "server", "args"), {"program.exit"}),
    "open/last-ack-lost": (passing("lose-ack"), PACKETS),
    "open/last-ack-lost-silence": (passing("lose-ack"), STATE),
    "open/link-down": (without_step(LINK_DOWN), {"script.connect"}),
    "open/old-duplicate-syn": (without_step({"release": "old"}), MATCH),
    "open/simultaneous": (without_step({"release": "server-syn"}), HELD),
    "open/states-at-rest": (without_step({"release": "syn-ack"}), STATE | HELD),
    "open/syn-ack-doubled": (passing("double-syn-ack"), PACKETS),
    "open/syn-ack-lost": (passing("lose-syn-ack"), PACKETS),
    "open/syn-doubled": (passing("double-syn"), PACKETS),
    "open/syn-doubled-late": (without_step({"release": "syn"}), MATCH),
    "open/syn-lost": (passing("lose-syn"), PACKETS),
    "open/syns-lost": (passing("lose-syns"), PACKETS),
    "reset/blind-syn": (passing("forge-syn"), MATCH),
    "reset/exact-sequence": (passing("forge-rst"), STATE),
    "reset/lost": (passing("lose-rst"), STATE),
    "reset/wrong-sequence": (put(0, "wire", "rules", 0, "do", "sequence_offset"), STATE),
    "udp/corrupted": (put(2, "wire", "rules", 0, "do", "mask"), {"script.answer-wrong"}),
    "udp/doubled": (passing("double"), {"script.answer-missing"}),
    "udp/fragment-lost": (passing("lose-fragment"), {"script.nothing"}),
    "udp/icmp": (without("wire", "rules"), PACKETS),
    "udp/lost": (passing("lose"), {"script.nothing"}),
    "udp/reordered": (passing("late"), {"script.answer-wrong"}),
}
