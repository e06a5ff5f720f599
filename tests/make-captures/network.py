"""A small network in namespaces: hosts joined by a bridge, with a router behind it.

    server 192.168.15.73 ──┐
    ann    192.168.15.42 ──┤
    bob    192.168.15.43 ──┼── tap (a bridge, where the recorders listen)
    …                      │
    router 192.168.15.1  ──┘
       ├── 192.168.12.42   (192.168.12.0/24, another subnet)
       └── 198.51.100.7    (198.51.100.0/24, far away)

Every host has its own namespace, so every frame crosses the bridge, once. A MAC address says
whose it is: 02:00:00:00 and the last two bytes of the host's IPv4 address. All is removed at the
end, whatever happens; what a killed run left behind, the next run removes.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

PREFIX = "inspector-captures"
NAMESPACES = Path("/run/netns")
TAP = "tap"
PORT = 8520


class NetworkError(Exception):
    """Something of the network could not be made; the text says what."""


def run(*command):
    """Runs a command to its end; its own words become the error when it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NetworkError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout


def mac_of(ip):
    """The MAC address of the host that has this IPv4 address."""
    third, fourth = (int(part) for part in ip.split(".")[2:])
    return f"02:00:00:00:{third:02x}:{fourth:02x}"


class Network:
    """The namespaces and the processes in them. Use it as a context manager."""

    def __init__(self):
        self.hosts = []
        self.processes = []
        self._remove_leftovers()

    def __enter__(self):
        try:
            self._namespace(TAP)
            self._ip(TAP, "link", "add", TAP, "type", "bridge", "stp_state", "0",
                     "mcast_snooping", "0")
            self._ip(TAP, "link", "set", TAP, "up", "promisc", "on")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends what runs here and removes the namespaces; veth pairs and bridge go with them."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        for host in self.hosts:
            subprocess.run(["ip", "netns", "del", self._name(host)], capture_output=True)
        self.hosts.clear()

    def lan(self, host, ip, address=True):
        """Joins a host to the bridge; with `address=False` it has the MAC, but not the IP."""
        self._namespace(host)
        self._wire(host, "eth0", mac_of(ip), TAP, f"to-{host}")
        self._ip(TAP, "link", "set", f"to-{host}", "master", TAP, "up")
        if address:
            self._ip(host, "address", "add", f"{ip}/24", "dev", "eth0")
        self._ip(host, "link", "set", "eth0", "up")
        # Ports that say whose they are: 42000 to 42999 for 192.168.15.42.
        number = int(ip.split(".")[3])
        if 20 <= number <= 60:
            self.setting(host, "ipv4/ip_local_port_range", f"{number}000 {number}999")

    def router(self, *behind):
        """Puts 192.168.15.1 on the bridge, and behind it hosts given as (name, ip)."""
        self.lan("router", "192.168.15.1")
        self.setting("router", "ipv4/ip_forward", "1")
        for host, ip in behind:
            near_end = ip.rsplit(".", 1)[0] + ".1"
            self._namespace(host)
            self._wire(host, "eth0", mac_of(ip), "router", f"to-{host}")
            self._ip("router", "address", "add", f"{near_end}/24", "dev", f"to-{host}")
            self._ip("router", "link", "set", f"to-{host}", "address", mac_of(near_end), "up")
            self._ip(host, "address", "add", f"{ip}/24", "dev", "eth0")
            self._ip(host, "link", "set", "eth0", "up")
            self._ip(host, "route", "add", "default", "via", near_end)
        for host in self.hosts:
            if host not in (TAP, "router") and host not in dict(behind):
                self._ip(host, "route", "add", "default", "via", "192.168.15.1")

    def stretch(self, host, **options):
        """Puts a relay (relay.py) into the host's wire: its frames then take the relay's way."""
        port, near, far = f"to-{host}", f"near-{host}", f"far-{host}"
        self._ip(TAP, "link", "set", port, "nomaster")
        self._wire(TAP, near, "02:00:00:00:00:aa", TAP, far)
        self._ip(TAP, "link", "set", near, "up")
        self._ip(TAP, "link", "set", far, "master", TAP, "up")
        self.relay(TAP, port, near, **options)

    def vlan(self, host, ip, vlan_id):
        """Gives the host a second interface whose frames carry an 802.1Q tag on the wire."""
        self._wire(host, "vlan", mac_of(ip), host, "untagged")
        self._ip(host, "link", "set", "untagged", "up")
        self._ip(host, "address", "add", f"{ip}/24", "dev", "vlan")
        self._ip(host, "link", "set", "vlan", "up")
        self.relay(host, "untagged", "eth0", tag=vlan_id)

    def relay(self, host, near, far, **options):
        """Starts relay.py between two interfaces of a host and waits until it works."""
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        script = Path(__file__).with_name("relay.py")
        before = self.listeners(host)
        self.python(host, script, near, far, *words)
        self.wait_until(lambda: self.listeners(host) >= before + 2, "the relay to start")

    def ipv6(self, host, ip):
        """Switches IPv6 on for a host and gives it an address, with nothing said unasked."""
        for name, value in (("accept_ra", 0), ("router_solicitations", 0), ("dad_transmits", 0),
                            ("disable_ipv6", 0)):
            self.setting(host, f"ipv6/conf/eth0/{name}", value)
        self._ip(host, "address", "add", f"{ip}/64", "dev", "eth0", "nodad")

    def firewall(self, host, *lines):
        """Adds nftables rules (each may end in `drop`) to what a host receives, after the tap."""
        self._chain(host, "inet", "type filter hook input priority 0", lines)

    def lose_before_tap(self, host, *lines):
        """Adds nftables rules to what a host sends, before the tap sees it."""
        self._chain(TAP, "netdev", f"type filter hook ingress device to-{host} priority 0", lines)

    def setting(self, host, path, value):
        """Writes /proc/sys/net/PATH of a host."""
        self._in(host, "sh", "-c", f"echo {value} > /proc/sys/net/{path}")

    def ip(self, host, *words):
        """Runs `ip` in a host."""
        return self._ip(host, *words)

    def spawn(self, host, *command, **options):
        """Starts a program in a host; it is killed at the end if it still runs then."""
        process = subprocess.Popen([*self._enter(host), *map(str, command)], **options)
        self.processes.append(process)
        return process

    def python(self, host, *arguments, **options):
        """Starts Python in a host, unbuffered and speaking UTF-8."""
        return self.spawn(host, sys.executable, "-u", "-X", "utf8", *arguments, **options)

    def wait_listening(self, host, protocol, port=PORT):
        """Waits until somebody in the host has the port bound (UDP) or listens on it (TCP)."""
        state = {"tcp": "0A", "udp": "07"}[protocol]
        pattern = re.compile(rf":{port:04X} \S+ {state} ")

        def bound():
            return any(pattern.search(self._in(host, "cat", f"/proc/net/{name}"))
                       for name in (protocol, f"{protocol}6"))
        self.wait_until(bound, f"{protocol} port {port} of {host}")

    def listeners(self, host, interface=None):
        """How many packet sockets run in a host, on one interface or on any."""
        index = self._index(host, interface) if interface else None
        rows = [row.split() for row in self._in(host, "cat", "/proc/net/packet").splitlines()[1:]]
        return sum(1 for row in rows if row[5] == "1" and index in (None, int(row[4])))

    def wait_until(self, condition, what, seconds=10):
        """Polls until the condition holds, or says what was waited for in vain."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise NetworkError(f"waited {seconds} s in vain for {what}")
            time.sleep(0.01)

    def _index(self, host, interface):
        return int(self._ip(host, "-o", "link", "show", "dev", interface).split(":")[0])

    def _wire(self, host, interface, mac, other_host, other_interface):
        self._ip(host, "link", "add", interface, "address", mac, "type", "veth", "peer", "name",
                 other_interface, "netns", self._name(other_host))
        # Frames as on a wire: with checksums, and none larger than the MTU.
        for end, name in ((host, interface), (other_host, other_interface)):
            self._in(end, "ethtool", "-K", name, *"tx off rx off tso off gso off gro off".split())

    def _namespace(self, host):
        run("ip", "netns", "add", self._name(host))
        self.hosts.append(host)
        self._in(host, "sh", "-c", "for s in all default; do"
                 " echo 1 > /proc/sys/net/ipv6/conf/$s/disable_ipv6; done; ip link set lo up")

    def _ip(self, host, *words):
        return run("ip", "-n", self._name(host), *words)

    def _chain(self, host, family, hook, rules):
        lines = [f"table {family} test {{", "chain rules {", f"{hook};", *rules, "}", "}", ""]
        self._in(host, "nft", "\n".join(lines))

    def _in(self, host, *command):
        return run(*self._enter(host), *command)

    def _enter(self, host):
        return ["nsenter", f"--net={NAMESPACES / self._name(host)}"]

    def _name(self, host):
        return f"{PREFIX}-{os.getpid()}-{host}"

    def _remove_leftovers(self):
        for path in NAMESPACES.glob(f"{PREFIX}-*"):
            owner = int(path.name.split("-")[2])
            if owner != os.getpid() and not Path(f"/proc/{owner}").exists():
                subprocess.run(["ip", "netns", "del", path.name], capture_output=True)


def leave_by_exception_on_signals():
    """Lets context managers run when the script is told to end."""
    def leave(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
