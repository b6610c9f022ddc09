"""Ordinary programs from Debian as servers and clients, with only a scenario file."""

from support import PASSED, SCENARIOS, TestCase, User, installed, main, need
from written import exchange


class Shipped(TestCase):
    def test_socat_ncat_and_python_socketserver(self):
        need(self, "socat", "ncat", "python3")
        outcome = self.wireproof("run", SCENARIOS / "programs")
        self.assert_status(outcome, PASSED)
        self.assertEqual(outcome.report["totals"]["skipped"], 0, f"\n{outcome}")
        self.assertGreaterEqual(outcome.report["totals"]["passed"], 6)


def asked(title, server, request, answer, close="c", **changes):
    """A scenario: one request by the scripted peer, and the answer that it begins with."""
    steps = [{"connect": "c"}, {"send": request}, {"expect": answer, "within_ms": 3000}]
    if close == "c":
        steps += [{"close": "c"}]
    else:
        steps += [{"expect": {"end": True}, "within_ms": 3000}, {"close": "c"}]
    both_families = {"matrix": {"family": ["ipv4", "ipv6"]}, "family": "${family}"}
    return exchange(server, title=title, steps=steps, server_more={"ready_within_ms": 8000},
                    **{**both_families, "expect": {"connections": {"count": 1, "opening": "three-way"}},
                       **changes})


class Others(TestCase):
    def run_scenario(self, name, scenario, *more):
        outcome = self.wireproof("run", self.write(f"{name}.json", scenario), *more)
        self.assert_status(outcome, PASSED)
        self.assertEqual({case["status"] for case in outcome.report["cases"]}, {"passed"}, f"\n{outcome}")
        self.assertGreaterEqual(len(outcome.cases), 1)
        return outcome

    def test_python_http_server(self):
        need(self, "python3")
        self.run_scenario("http", asked(
            "python3 -m http.server", ["python3", "-m", "http.server", "--directory", "{scratch}", "--bind", "{address}", "{port}"],
            "GET / HTTP/1.0\r\n\r\n", {"regex": "^HTTP/1.0 200 OK\r\n[\\s\\S]*</html>\\s*$"}, close="server",
            expect={"connections": {"count": 1, "opening": "three-way", "closed_first": "server"}}))

    def test_busybox_httpd(self):
        need(self, "busybox")
        self.run_scenario("busybox", asked(
            "busybox httpd", ["busybox", "httpd", "-f", "-p", "{address}:{port}", "-h", "{scratch}"],
            "GET /none HTTP/1.0\r\n\r\n", {"regex": "^HTTP/1.[01] 404 [\\s\\S]*</HTML>\\s*$"}, close="server",
            matrix=None, family="ipv4"))

    def test_openbsd_netcat(self):
        """nc sends what it reads from its standard input: nothing; it prints what it gets."""
        need(self, "nc.openbsd")
        scenario = exchange(["nc.openbsd", "-l", "{address}", "{port}"], title="nc -l",
                            steps=[{"connect": "c"}, {"send": "hello\n"}, {"shutdown": "c"}, {"expect": {"end": True}},
                                   {"close": "c"}],
                            server_more={"expect": {"output": "hello"}})
        self.run_scenario("nc", scenario)

    def test_nginx(self):
        need(self, "nginx")
        config = ("daemon off;pid {scratch}/pid;error_log stderr;worker_processes 1;events{}"
                  "http{access_log off;client_body_temp_path {scratch}/b;proxy_temp_path {scratch}/p;"
                  "fastcgi_temp_path {scratch}/f;uwsgi_temp_path {scratch}/u;scgi_temp_path {scratch}/s;"
                  "server{listen 127.0.0.1:%PORT%;return 200 success;}}")
        server = ["sh", "-c", "printf '%s' \"$2\" | sed \"s/127.0.0.1:%PORT%/$1/\" > {scratch}/nginx.conf && "
                  "exec nginx -e stderr -c {scratch}/nginx.conf", "nginx", "{address}:{port}", config]
        self.run_scenario("nginx", asked(
            "nginx", server, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            {"regex": "^HTTP/1.1 200 OK\r\n[\\s\\S]*\r\n\r\nsuccess$"}, close="server", matrix=None, family="ipv4",
            expect={"connections": {"count": 1, "opening": "three-way", "closed_first": "server"}}))

    def test_redis(self):
        need(self, "redis-server")
        self.run_scenario("redis", asked(
            "redis-server", ["redis-server", "--bind", "{address}", "--port", "{port}", "--save", "", "--dir", "{scratch}"],
            "PING\r\n", "+PONG\r\n"))

    def test_memcached(self):
        need(self, "memcached")
        self.run_scenario("memcached", asked(
            "memcached", ["memcached", "-l", "{address}", "-p", "{port}", "-U", "0"],
            "version\r\n", {"regex": "^VERSION [0-9.]+\r\n$"}, matrix=None, family="ipv4"))

    def test_dnsmasq_over_udp(self):
        """A query for host.test, answered with its address."""
        need(self, "dnsmasq")
        query = "1234 0100 0001 0000 0000 0000 04686f7374 0474657374 00 0001 0001".replace(" ", "")
        self.run_scenario("dns", {
            "title": "dnsmasq answers a query", "transport": "udp", "family": "ipv4",
            "server": {"command": ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
                                   "--no-hosts", "--user=", "--group=", "--pid-file", "--bind-interfaces",
                                   "--listen-address={address}", "--port={port}", "--address=/host.test/192.0.2.7"],
                       "ready_within_ms": 8000},
            "steps": [{"connect": "c"}, {"send": {"on": "c", "hex": query}},
                      {"expect": {"on": "c", "prefix": {"hex": "123485800001"}}, "within_ms": 3000}],
            "expect": {"datagrams": {"exchanges": 1, "requests": 1, "answers": 1}}})

    def test_socat_over_unix_sockets(self):
        need(self, "socat")
        self.run_scenario("unix", exchange(
            ["socat", "UNIX-LISTEN:{path}", "PIPE"], title="socat on a path",
            transport="unix-stream", family="unix-path", expect=None,
            steps=[{"connect": "c"}, {"send": "123"}, {"expect": "123", "within_ms": 3000}, {"shutdown": "c"},
                   {"expect": {"end": True}}, {"close": "c"}, {"await": {"exit": "server"}}]))

    def test_real_clients_of_the_reference_server(self):
        need(self, "ncat", "socat")
        for name, client in {
                "ncat": ["sh", "-c", "printf 123 | ncat \"$1\" \"$2\"", "ncat", "{address}", "{port}"],
                "socat": ["socat", "-t2", "EXEC:'printf 123',pipes", "TCP:{address}:{port}"]}.items():
            with self.subTest(name):
                scenario = exchange(title=f"{name} as a client", steps=None)
                scenario["client"] = {"command": client}
                scenario["expect"] = {"connections": {"count": 1, "opening": "three-way",
                                                      "bytes": {"client": 3, "server": 7}}}
                self.run_scenario(name, scenario)

    def test_also_as_an_ordinary_user(self):
        need(self, "socat", "ncat")
        user = User(self)
        outcome = self.wireproof("run", "--filter", "programs", program=installed(), user=user)
        self.assert_status(outcome, PASSED)
        self.assertGreaterEqual(outcome.report["totals"]["passed"], 6, f"\n{outcome}")


if __name__ == "__main__":
    main()
