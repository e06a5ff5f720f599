//! Frames from a plain `AF_PACKET` socket, through pnet's channel: the raw socket itself, without
//! libpcap's ring. It knows less; [`Raw::limits`] says what.

use std::{
    fs, io,
    os::fd::{AsFd as _, IntoRawFd as _},
    time::Duration,
};

use pnet::datalink::{self, Channel, Config, DataLinkReceiver};
use rustix::event::Timespec;
use socket2::{Domain, SockFilter, Socket, Type};

use crate::link_type::LinkType;

use super::{
    Description, Descriptions, Ending, Error, Frame, Next, Source,
    filter::{Filter, Instruction},
    interfaces, now,
    stop::{Stop, Woken},
};

/// Bytes of a frame that are kept; no frame has more.
const SNAPLEN: usize = 262_144;

/// What the kernel is asked to hold until it is read, in bytes. It gives less to most users.
const BUFFER: usize = 64 << 20;

/// How long silence lasts until the next [`Next::Idle`].
const TICK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// Ticks between two looks whether the interface is still there and up.
const LOOK_AFTER_TICKS: u32 = 5;

/// The most instructions that the kernel takes.
const LONGEST_PROGRAM: usize = 4096;

/// A running capture.
pub struct Raw {
    receiver: Box<dyn DataLinkReceiver>,
    /// The same socket, for waiting on it.
    socket: Socket,
    name: String,
    index: u32,
    link_type: LinkType,
    descriptions: Descriptions,
    stop: Stop,
    ended: bool,
    ticks: u32,
    went_down: bool,
}

impl Raw {
    /// What this way of capturing cannot know, a sentence each.
    pub const fn limits() -> &'static [&'static str] {
        &[
            "times are taken when a frame is read, not by the kernel when it arrived",
            "dropped frames are not counted",
            "VLAN tags are lost, the kernel hands them over beside the frame: a tagged frame looks \
             untagged and passes filters for untagged ones, and a filter with `vlan` is refused",
            "the length on the wire is not told, so a cut frame looks whole",
        ]
    }

    /// Opens the interface `name`.
    ///
    /// What `filter` refuses is dropped in the kernel where it takes the program; the caller still
    /// asks [`Filter::matches`] of every frame. Fails as [`Live::open`](super::live::Live::open),
    /// when the interface's frames begin with something unknown, when `filter` speaks of VLAN tags,
    /// and on `any`, which is a word of the ring's.
    pub fn open(
        name: &str,
        promiscuous: bool,
        filter: Option<&mut Filter>,
        stop: &Stop,
    ) -> Result<Self, Error> {
        if filter.as_ref().is_some_and(|filter| filter.asks_for_tags()) {
            return Err(Error::RawTags);
        }
        let Some(interface) = interfaces::known_as(name) else {
            if name == "any" {
                return Err(Error::RawAny);
            }
            return Err(Error::NoSuchInterface { name: name.into() });
        };
        if !interface.is_up() {
            return Err(Error::InterfaceDown { name: name.into() });
        }
        let failed = |error| failure(name, &error);
        // Without a protocol it is deaf until pnet binds it, so no frame slips past the filter.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(failed)?;
        let link_type = link_type(&interface)?;
        // With the right to, more than the limit for everybody; else up to that limit.
        if rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER).is_err() {
            let _ = socket.set_recv_buffer_size(BUFFER);
        }
        let mut program = Vec::new();
        if interface.is_loopback() {
            program.extend(WITHOUT_OUTGOING);
        }
        match filter
            .map(|filter| filter.instructions(link_type))
            .transpose()?
        {
            Some(Some(instructions)) => program.extend(instructions),
            _ => program.push(ACCEPT),
        }
        attach(&socket, &program, interface.is_loopback()).map_err(failed)?;
        let config = Config {
            read_buffer_size: SNAPLEN,
            // The waiting is done here, on two descriptors.
            read_timeout: Some(Duration::ZERO),
            promiscuous,
            socket_fd: Some(socket.try_clone().map_err(failed)?.into_raw_fd()),
            ..Config::default()
        };
        let Channel::Ethernet(_, receiver) =
            datalink::channel(&interface, config).map_err(failed)?
        else {
            return Err(failed(io::ErrorKind::Unsupported.into()));
        };
        let descriptions = Descriptions::default();
        descriptions.push(Description {
            name: name.as_bytes().to_vec(),
            link_type,
            snaplen: SNAPLEN as u32,
        });
        Ok(Self {
            receiver,
            socket,
            name: name.to_owned(),
            index: interface.index,
            link_type,
            descriptions,
            stop: stop.clone(),
            ended: false,
            ticks: 0,
            went_down: false,
        })
    }

    /// What its frames begin with.
    pub fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Looks whether the interface is there, under its name, and up: the socket itself falls silent.
    fn look(&mut self) -> Result<(), Error> {
        match interfaces::find(&self.name) {
            Some(interface) if interface.index == self.index => {
                self.went_down |= !interface.up;
                Ok(())
            }
            _ => {
                let name = self.name.clone();
                Err(Error::InterfaceGone { name })
            }
        }
    }

    /// Waits for a frame. False when something else ended the wait.
    fn wait(&mut self, timeout: &Timespec) -> Result<bool, Error> {
        match self.stop.wait(self.socket.as_fd(), Some(timeout)) {
            Ok(Woken::Readable) => Ok(true),
            Ok(Woken::Stopped) => Ok(false),
            Ok(Woken::Silence) => {
                self.ticks = self.ticks.wrapping_add(1);
                if self.ticks.is_multiple_of(LOOK_AFTER_TICKS) {
                    self.look()?;
                }
                Ok(false)
            }
            Ok(Woken::Failed) => {
                // Taking the error clears it; when it lasts, this must not come round at once.
                let _ = self.socket.take_error();
                self.look()?;
                self.stop.pause(timeout);
                Ok(false)
            }
            Err(error) => Err(failure(&self.name, &error)),
        }
    }
}

impl Source for Raw {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        if self.ended || self.stop.requested() {
            self.ended = true;
            return Ok(Next::End);
        }
        match self.wait(&TICK) {
            Ok(true) => {}
            Ok(false) if self.stop.requested() => {
                self.ended = true;
                return Ok(Next::End);
            }
            Ok(false) => return Ok(Next::Idle(now())),
            Err(error) => {
                self.ended = true;
                return Err(error);
            }
        }
        match self.receiver.next() {
            Ok(data) => Ok(Next::Frame(Frame {
                at: now(),
                link_type: self.link_type,
                interface: 0,
                original_len: data.len(),
                data,
            })),
            // What went wrong shows in the next wait, which tells an interface that is down from
            // one that is gone.
            Err(error) if is_passing(&error) => Ok(Next::Idle(now())),
            Err(error) => {
                self.ended = true;
                Err(failure(&self.name, &error))
            }
        }
    }

    fn ending(&mut self) -> Ending {
        let mut troubles = Vec::new();
        if self.went_down {
            let name = self.name.clone();
            troubles.push(Error::WentDown { name });
        }
        Ending {
            troubles,
            ..Ending::default()
        }
    }

    fn interfaces(&self) -> Descriptions {
        self.descriptions.clone()
    }
}

/// On loopback each frame comes twice, going out and coming in: `ldb [type of packet]`, and drop it
/// when that is outgoing (4). The kernel lends such facts at offsets from -4096.
const WITHOUT_OUTGOING: [Instruction; 3] = [
    Instruction {
        code: 0x30,
        jt: 0,
        jf: 0,
        k: (-4096_i32 + 4).cast_unsigned(),
    },
    Instruction {
        code: 0x15,
        jt: 0,
        jf: 1,
        k: 4,
    },
    Instruction {
        code: 0x06,
        jt: 0,
        jf: 0,
        k: 0,
    },
];

const ACCEPT: Instruction = Instruction {
    code: 0x06,
    jt: 0,
    jf: 0,
    k: SNAPLEN as u32,
};

/// Has the kernel run `program`. One that it does not take is left out, but for what loopback needs.
fn attach(socket: &Socket, program: &[Instruction], loopback: bool) -> io::Result<()> {
    let raw = |program: &[Instruction]| {
        let program = program.iter();
        let program: Vec<_> = program
            .map(|one| SockFilter::new(one.code, one.jt, one.jf, one.k))
            .collect();
        socket.attach_filter(&program)
    };
    if program.len() <= LONGEST_PROGRAM && raw(program).is_ok() {
        return Ok(());
    }
    let mut least = Vec::new();
    if loopback {
        least.extend(WITHOUT_OUTGOING);
    }
    least.push(ACCEPT);
    raw(&least)
}

/// What the interface's frames begin with, by the kernel's `ARPHRD_` number.
fn link_type(interface: &datalink::NetworkInterface) -> Result<LinkType, Error> {
    let name = &interface.name;
    let told = fs::read_to_string(format!("/sys/class/net/{name}/type")).ok();
    let hardware = told.and_then(|number| number.trim().parse().ok());
    let has_mac = interface.mac.is_some_and(|mac| !mac.is_zero());
    match hardware {
        _ if interface.is_loopback() => Ok(LinkType::Ethernet),
        Some(1) => Ok(LinkType::Ethernet),
        // Tunnels hand over IP packets as they are.
        Some(768 | 769 | 776 | 65534) => Ok(LinkType::RawIp),
        // In a network namespace /sys may still be the machine's.
        None if has_mac => Ok(LinkType::Ethernet),
        _ => Err(Error::UnknownHardware {
            name: name.clone(),
            hardware,
        }),
    }
}

fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, NetworkDown, Other, TimedOut, WouldBlock};
    // pnet calls an error that `poll` reports "Unexpected poll event", of the kind `Other`.
    matches!(
        error.kind(),
        Interrupted | NetworkDown | Other | TimedOut | WouldBlock
    )
}

/// The system's words for a failure, in our sentence.
fn failure(name: &str, error: &io::Error) -> Error {
    let name = name.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => Error::NoRights { name },
        io::ErrorKind::NetworkDown => Error::InterfaceDown { name },
        _ if error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error()) => {
            Error::NoSuchInterface { name }
        }
        _ => Error::Capture {
            name,
            message: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use crate::capture::live::tests::{gather, in_namespace, ip, send};

    use super::*;

    #[test]
    fn frames_on_loopback_come_once_and_filtered() {
        if !in_namespace("capture::raw::tests::frames_on_loopback_come_once_and_filtered") {
            return;
        }
        let stop = Stop::new().unwrap();
        let mut filter = Filter::new("udp dst port 8520").unwrap();
        let mut raw = Raw::open("lo", true, Some(&mut filter), &stop).unwrap();
        let before = now();
        send(10, 8519);
        send(100, 8520);
        let seen = gather(&mut raw, 200, Duration::from_millis(500));
        assert_eq!(seen.len(), 100);
        let mut last = before;
        for (number, (at, data)) in seen.iter().enumerate() {
            assert!(*at >= last && *at <= now());
            last = *at;
            assert!(data.ends_with(format!("datagram {number}").as_bytes()));
        }
        let ending = raw.ending();
        assert_eq!(ending.received, None);
        assert_eq!(ending.kernel_dropped, None);
    }

    #[test]
    fn what_only_the_ring_can_do_is_refused() {
        // Both are told before anything is opened, so this needs no rights.
        let stop = Stop::new().unwrap();
        for expression in ["vlan", "not vlan", "udp or (vlan 5 and tcp)"] {
            let mut filter = Filter::new(expression).unwrap();
            let error = Raw::open("lo", true, Some(&mut filter), &stop).err();
            assert!(matches!(error, Some(Error::RawTags)), "{expression}");
        }
        let error = Raw::open("any", true, None, &stop).err();
        assert!(matches!(error, Some(Error::RawAny)), "{error:?}");
        let limits = Raw::limits().join("\n");
        assert!(limits.contains("a filter with `vlan` is refused"));
    }

    #[test]
    fn large_frames_are_whole_and_a_stop_ends_silence() {
        if !in_namespace("capture::raw::tests::large_frames_are_whole_and_a_stop_ends_silence") {
            return;
        }
        let stop = Stop::new().unwrap();
        let mut raw = Raw::open("lo", true, None, &stop).unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        socket.send_to(&vec![7; 65_000], address).unwrap();
        let seen = gather(&mut raw, 2, Duration::from_millis(300));
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].1.len(), 14 + 20 + 8 + 65_000);

        let wish = stop.clone();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(250));
            wish.request();
        });
        let began = Instant::now();
        let mut ticks = 0;
        while let Next::Idle(_) = raw.next().unwrap() {
            ticks += 1;
        }
        assert!(ticks >= 1);
        assert!(began.elapsed() < Duration::from_millis(450));
        assert!(matches!(raw.next().unwrap(), Next::End));
        stopper.join().unwrap();
    }

    #[test]
    fn interfaces_that_are_absent_down_or_vanish_are_told() {
        if !in_namespace("capture::raw::tests::interfaces_that_are_absent_down_or_vanish_are_told")
        {
            return;
        }
        let stop = Stop::new().unwrap();
        let open = |name| Raw::open(name, true, None, &stop);
        assert!(matches!(
            open("none").err(),
            Some(Error::NoSuchInterface { .. })
        ));
        ip("link add v0 type veth peer name v1");
        assert!(matches!(
            open("v0").err(),
            Some(Error::InterfaceDown { .. })
        ));
        ip("link set v0 up");
        ip("link set v1 up");
        let mut raw = open("v0").unwrap();
        ip("link set v0 down");
        gather(&mut raw, 1000, Duration::from_millis(800));
        ip("link set v0 up");
        gather(&mut raw, 1000, Duration::from_millis(100));
        assert!(raw.went_down);

        ip("link delete v0");
        let began = Instant::now();
        let error = loop {
            assert!(began.elapsed() < Duration::from_secs(5));
            if let Err(error) = raw.next() {
                break error;
            }
        };
        assert!(matches!(error, Error::InterfaceGone { .. }), "{error}");
        assert!(matches!(raw.next().unwrap(), Next::End));
    }
}
