//! Live capture from a wire of its own: as many small frames as one thread can send, and who loses
//! some of them.

#[path = "../../src/lab/network/netlink.rs"]
#[allow(dead_code, reason = "the lab asks the kernel for more")]
mod netlink;

use std::{
    fmt::Write as _,
    io::{self, Read as _, Seek as _},
    net::Ipv4Addr,
    os::fd::IntoRawFd as _,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use etherparse::PacketBuilder;
use nix::sched::{CloneFlags, unshare};
use pnet::datalink::{self, Config};
use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, Socket, Type};
use wait4::Wait4 as _;

use self::netlink::{End, Netlink};
use crate::{
    Failure, Plan,
    tools::{LISTENERS, Tool},
};

/// A MAC address.
type Mac = [u8; 6];

/// The two ends of the wire: frames go in here and come out there.
const NEAR: (&str, Mac) = ("near", [2, 0, 0, 0, 0, 1]);
const FAR: (&str, Mac) = ("far", [2, 0, 0, 0, 0, 2]);

const MTU: u32 = 1500;

/// Bytes of a frame, and how many conversations there are.
const FRAME: usize = 64;
const CONVERSATIONS: u16 = 1_000;

/// How long programs get to begin, and to read what is left.
const BEGINNING: Duration = Duration::from_secs(1);
const END: Duration = Duration::from_millis(500);

/// Whether a wire of its own can be had here.
pub fn may() -> bool {
    let attempt = thread::spawn(|| unshare(CloneFlags::CLONE_NEWNET).is_ok());
    attempt.join().unwrap_or(false)
}

/// Measures, and writes the table.
///
/// Fails without root, and when a program fails.
pub fn table(plan: &Plan) -> Result<String, Failure> {
    unshare(CloneFlags::CLONE_NEWNET)
        .map_err(|error| format!("a wire of its own takes root: {error}"))?;
    let mut netlink = Netlink::route()?;
    let [near, far] = [NEAR, FAR].map(|(name, mac)| End {
        name,
        mac,
        mtu: MTU,
        namespace: None,
    });
    netlink.add_veth(&near, &far)?;
    netlink.up(near.name)?;
    netlink.up(far.name)?;
    let sender = Sender::new(near.name)?;
    let length = Duration::from_secs(if plan.small { 1 } else { 5 });
    let mut table = String::from("| | frames a second | lost | CPU a frame |\n");
    table += "|---|---|---|---|\n";
    for tool in LISTENERS.into_iter().filter(|tool| tool.is_there()) {
        writeln!(table, "{}", row(tool, &sender, length)?)?;
    }
    Ok(table)
}

fn row(tool: Tool, sender: &Sender, length: Duration) -> Result<String, Failure> {
    let mut told = tempfile::tempfile()?;
    let mut command = tool.command(Path::new(FAR.0), Path::new("/"));
    // Only ours tells on stdout how much it was; a line a frame is not to be kept.
    let stdout = if tool.is_ours() {
        told.try_clone()?.into()
    } else {
        Stdio::null()
    };
    let child = command.stdout(stdout).stderr(told.try_clone()?).spawn()?;
    let listener = Pid::from_child(&child);
    thread::sleep(BEGINNING);
    let sent = sender.send_for(length)?;
    thread::sleep(END);
    kill_process(listener, Signal::INT)?;
    let run = child.wait4()?;
    let mut text = String::new();
    told.rewind()?;
    told.read_to_string(&mut text)?;
    if !run.status.success() {
        return Err(format!("{command:?}: {}: {text}", run.status).into());
    }
    let seen = seen(&text).ok_or_else(|| format!("{command:?} counts nothing: {text}"))?;
    let rate = f64::from(sent) / length.as_secs_f64() / 1e6;
    let lost = 100.0 * f64::from(sent.saturating_sub(seen)) / f64::from(sent);
    let cpu = (run.rusage.utime + run.rusage.stime).as_nanos() / u128::from(seen.max(1));
    Ok(format!(
        "| `{}` | {rate:.2} M | {lost:.1} % | {cpu} ns |",
        tool.typed
    ))
}

/// How many frames a program says it has seen: `frames 1,234`, or `1234 packets captured`.
fn seen(text: &str) -> Option<u32> {
    let mut lines = text.lines().map(str::trim);
    lines.find_map(|line| {
        let count = line
            .strip_prefix("frames ")
            .or_else(|| line.strip_suffix(" packets captured"))?;
        count.trim().replace(',', "").parse().ok()
    })
}

/// One end of the wire.
struct Sender {
    socket: Socket,
    frames: Vec<Vec<u8>>,
}

impl Sender {
    fn new(interface: &str) -> io::Result<Self> {
        let found = datalink::interfaces()
            .into_iter()
            .find(|known| known.name == interface)
            .ok_or(io::ErrorKind::NotFound)?;
        // pnet binds a copy of the socket to the interface, which binds the socket.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
        let config = Config {
            socket_fd: Some(socket.try_clone()?.into_raw_fd()),
            ..Config::default()
        };
        datalink::channel(&found, config)?;
        let frames = (0..CONVERSATIONS).map(datagram).collect();
        Ok(Self { socket, frames })
    }

    /// Sends as fast as it can, and counts.
    fn send_for(&self, length: Duration) -> io::Result<u32> {
        let end = Instant::now() + length;
        let mut sent = 0;
        while Instant::now() < end {
            for frame in &self.frames {
                self.socket.send(frame)?;
                sent += 1;
            }
        }
        Ok(sent)
    }
}

fn datagram(conversation: u16) -> Vec<u8> {
    let (from, to) = (Ipv4Addr::new(10, 3, 0, 1), Ipv4Addr::new(10, 3, 0, 2));
    let builder = PacketBuilder::ethernet2(NEAR.1, FAR.1)
        .ipv4(from.octets(), to.octets(), 64)
        .udp(32_768 + conversation, 8520);
    let payload = vec![b'.'; FRAME - builder.size(0)];
    let mut frame = Vec::new();
    builder.write_to_vec(&mut frame, &payload).expect("it fits");
    frame
}
