//! A small network, as the capture scripts make it:
//!
//! ```text
//! server 192.168.15.73 ──┐
//! ann    192.168.15.42 ──┼── tap (a bridge that every frame crosses once)
//! router 192.168.15.1  ──┘
//! ```
//!
//! A MAC address ends in the last two bytes of its host's IPv4 address: 02:00:00:00:0f:49 is
//! 192.168.15.73.

use std::{
    fs::{self, File},
    os::{fd::AsFd as _, unix::fs::PermissionsExt as _},
    path::PathBuf,
    process::{self, Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    process::{Pid, Signal, getuid, kill_process},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};
use tempfile::TempDir;

use super::skip;

pub const SERVER: &str = "192.168.15.73";
pub const ANN: &str = "192.168.15.42";
pub const ROUTER: &str = "192.168.15.1";
pub const PORT: u16 = 8520;

/// The namespace of the bridge, and the bridge's own name.
pub const TAP: &str = "tap";

const NAMESPACES: &str = "/run/netns";
const PREFIX: &str = "inspector-test-";

const HOSTS: [(&str, &str, &str); 3] = [
    ("server", SERVER, "02:00:00:00:0f:49"),
    ("ann", ANN, "02:00:00:00:0f:2a"),
    ("router", ROUTER, "02:00:00:00:0f:01"),
];

/// The namespaces. They go when this is dropped, and with them all interfaces.
pub struct Net {
    prefix: String,
}

impl Net {
    /// The network, or `None`, said loudly, where there can be none.
    pub fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if !getuid().is_root() {
            skip::loudly("network namespaces need root (run the tests with sudo -E)");
            return None;
        }
        for tool in ["ip", "nsenter", "ethtool"] {
            if !is_there(tool) {
                skip::loudly(&format!(
                    "`{tool}` is missing (apt-get install iproute2 ethtool)"
                ));
                return None;
            }
        }
        remove_leftovers();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let net = Self {
            prefix: format!("{PREFIX}{}-{count}", process::id()),
        };
        let probe = output(Command::new("ip").args(["netns", "add", &net.name(TAP)]));
        if !probe.status.success() {
            let why = String::from_utf8_lossy(&probe.stderr);
            skip::loudly(&format!(
                "no network namespace could be made: {}",
                why.trim()
            ));
            return None;
        }
        net.ip(TAP, "link add tap type bridge stp_state 0 mcast_snooping 0");
        net.quiet(TAP);
        net.ip(TAP, "link set tap up promisc on");
        for (host, address, mac) in HOSTS {
            net.join(host, address, mac);
        }
        Some(net)
    }

    /// Runs `ip` in a host.
    pub fn ip(&self, host: &str, words: &str) {
        run(Command::new("ip")
            .args(["-n", &self.name(host)])
            .args(words.split(' ')));
    }

    /// A command that will run in a host, with its output kept.
    pub fn command(&self, host: &str, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net={}", self.path(host)))
            .arg(program)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Makes something, a socket say, in a host; it stays there wherever it is used.
    pub fn inside<T: Send>(&self, host: &str, make: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(self.path(host)).expect("the namespace is there");
        thread::scope(|scope| {
            scope
                .spawn(|| {
                    let kind = Some(LinkNameSpaceType::Network);
                    move_into_link_name_space(namespace.as_fd(), kind).expect("root may enter");
                    make()
                })
                .join()
                .expect("what was to be made in a host was made")
        })
    }

    /// Starts a recorder on an interface of a host and waits until it listens there.
    pub fn listen(&self, host: &str, interface: &str, mut recorder: Command) -> Running {
        let before = self.listeners(host, interface);
        let mut running = Running::new(recorder.spawn().expect("the recorder starts"));
        wait_until("the recorder to listen", || {
            running.has_ended() || self.listeners(host, interface) > before
        });
        // It is bound; it still has to come as far as to read.
        thread::sleep(Duration::from_millis(200));
        running
    }

    /// Waits until somebody in the host listens on the TCP port of the chat.
    pub fn wait_listening(&self, host: &str) {
        wait_until("the server to listen", || {
            let table = self.told(host, "cat", &["/proc/net/tcp"]);
            table
                .lines()
                .any(|line| line.contains(&format!(":{PORT:04X} 00000000:0000 0A")))
        });
    }

    /// Waits until somebody in the host has the UDP port of the chat.
    pub fn wait_bound(&self, host: &str) {
        wait_until("the server to be there", || {
            let table = self.told(host, "cat", &["/proc/net/udp"]);
            table
                .lines()
                .any(|line| line.contains(&format!(":{PORT:04X} 00000000:0000 07")))
        });
    }

    fn join(&self, host: &str, address: &str, mac: &str) {
        run(Command::new("ip").args(["netns", "add", &self.name(host)]));
        self.quiet(host);
        let port = format!("to-{host}");
        let tap = self.name(TAP);
        self.ip(
            host,
            &format!("link add eth0 address {mac} type veth peer name {port} netns {tap}"),
        );
        // Frames as on a wire: with checksums, and none larger than the MTU.
        for (end, interface) in [(host, "eth0"), (TAP, port.as_str())] {
            let switches = "-K IF tx off rx off tso off gso off gro off".replace("IF", interface);
            run(self.command(end, "ethtool").args(switches.split(' ')));
        }
        self.ip(TAP, &format!("link set {port} master tap up"));
        self.ip(host, &format!("address add {address}/24 dev eth0"));
        self.ip(host, "link set eth0 up");
        if address != ROUTER {
            self.ip(host, &format!("route add default via {ROUTER}"));
        }
    }

    /// No IPv6, which would speak unasked.
    fn quiet(&self, host: &str) {
        let script = "for s in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $s; done";
        run(self.command(host, "sh").args(["-c", script]));
    }

    /// How many packet sockets are bound to an interface.
    fn listeners(&self, host: &str, interface: &str) -> usize {
        let index = self.told(host, "ip", &["-o", "link", "show", "dev", interface]);
        let index = index.split(':').next().unwrap_or_default().to_owned();
        let table = self.told(host, "cat", &["/proc/net/packet"]);
        let columns = |line: &str| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        table
            .lines()
            .skip(1)
            .map(columns)
            .filter(|row| row[4] == index && row[5] == "1")
            .count()
    }

    fn told(&self, host: &str, program: &str, arguments: &[&str]) -> String {
        let told = output(self.command(host, program).args(arguments));
        String::from_utf8(told.stdout).expect("tools speak UTF-8")
    }

    fn name(&self, host: &str) -> String {
        format!("{}-{host}", self.prefix)
    }

    fn path(&self, host: &str) -> String {
        format!("{NAMESPACES}/{}", self.name(host))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for host in HOSTS.map(|(host, ..)| host).into_iter().chain([TAP]) {
            if fs::exists(self.path(host)).unwrap_or(false) {
                let _ = Command::new("ip")
                    .args(["netns", "del", &self.name(host)])
                    .status();
            }
        }
    }
}

/// A program that runs beside the test; killed when dropped.
pub struct Running {
    child: Option<Child>,
}

impl Running {
    pub fn new(child: Child) -> Self {
        Self { child: Some(child) }
    }

    pub fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("it is there until it ends")
    }

    pub fn has_ended(&mut self) -> bool {
        self.child()
            .try_wait()
            .expect("the child is ours")
            .is_some()
    }

    /// Sends a signal and waits for the end: what it said, and how long it took.
    pub fn stop(mut self, signal: Signal) -> (Output, Duration) {
        let started = Instant::now();
        kill_process(Pid::from_child(self.child()), signal).expect("the child is ours");
        (self.finish(), started.elapsed())
    }

    /// Waits for the end that comes by itself.
    pub fn finish(mut self) -> Output {
        wait_until("the program to end", || self.has_ended());
        self.child
            .take()
            .expect("it is there until it ends")
            .wait_with_output()
            .expect("its output")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A copy of a program that everybody may run: where it was built, nobody else may be allowed to
/// look. It is made by another process, so that no child of ours ever holds it open for writing,
/// which would keep it from being run.
pub fn copy_for_everybody(program: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a directory");
    let copy = folder.path().join("inspector");
    run(Command::new("cp").arg(program).arg(&copy));
    for path in [folder.path(), &copy] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("opened to all");
    }
    (folder, copy)
}

/// Whether programs can be run on a terminal here: `script` is there, and so are pseudo-terminals.
pub fn has_terminals() -> bool {
    let in_one = Command::new("script")
        .args(["-qec", "true", "/dev/null"])
        .stdin(Stdio::null())
        .output();
    in_one.is_ok_and(|output| output.status.success())
}

/// A program of this name can be run.
pub fn is_there(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v \"$0\"", program])
        .output();
    found.is_ok_and(|found| found.status.success())
}

/// Polls until something holds; fails after ten seconds.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Removes what test runs that were killed could not.
fn remove_leftovers() {
    for entry in fs::read_dir(NAMESPACES).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        if owner.is_some_and(|pid| !fs::exists(format!("/proc/{pid}")).unwrap_or(true)) {
            let _ = Command::new("ip")
                .args(["netns", "del"])
                .arg(&name)
                .status();
        }
    }
}

fn run(command: &mut Command) {
    let done = output(command);
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
