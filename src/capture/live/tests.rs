//! Captures on `lo` and on a veth pair in network namespaces of their own, which only root may make.

use std::{
    env,
    io::{self, Write as _},
    net::UdpSocket,
    process::Command,
    time::{Duration, Instant},
};

use super::*;

/// Runs this test again, alone, inside new network and mount namespaces, where
/// `INSPECTOR_NAMESPACE` is set.
/// True when this is that run.
pub(in crate::capture) fn in_namespace(test: &str) -> bool {
    if env::var_os("INSPECTOR_NAMESPACE").is_some() {
        ip("link set lo up");
        return true;
    }
    let has = |program: &str| Command::new(program).arg("-V").output().is_ok();
    let missing = if !rustix::process::geteuid().is_root() {
        "makes a network namespace, which only root may"
    } else if !has("ip") || !has("unshare") {
        "needs the programs `ip` and `unshare` (packages iproute2 and util-linux)"
    } else {
        ""
    };
    if !missing.is_empty() {
        assert!(
            env::var_os("INSPECTOR_TESTS_MUST_RUN").is_none(),
            "{test} {missing}"
        );
        // Past the test runner, which keeps back what a passing test says.
        let _ = writeln!(io::stderr(), "NOT TESTED: {test} {missing}");
        return false;
    }
    let status = Command::new("unshare")
        .args(["--net", "--mount"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1", test])
        .env("INSPECTOR_NAMESPACE", "1")
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed in its namespace");
    false
}

pub(in crate::capture) fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    assert!(status.unwrap().success(), "ip {arguments}");
}

/// Sends `count` datagrams over `lo` to `port`.
pub(in crate::capture) fn send(count: usize, port: u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for number in 0..count {
        let text = format!("datagram {number}");
        socket
            .send_to(text.as_bytes(), ("127.0.0.1", port))
            .unwrap();
    }
}

/// What a source tells until `frames` frames have come, or `timeout` has passed.
pub(in crate::capture) fn gather(
    source: &mut impl Source,
    frames: usize,
    timeout: Duration,
) -> Vec<(Timestamp, Vec<u8>)> {
    let began = Instant::now();
    let mut seen = Vec::new();
    while seen.len() < frames && began.elapsed() < timeout {
        match source.next().unwrap() {
            Next::Frame(frame) => {
                assert_eq!(frame.link_type, LinkType::Ethernet);
                assert!(frame.original_len >= frame.data.len());
                seen.push((frame.at, frame.data.to_vec()));
            }
            Next::Idle(_) => {}
            Next::End => break,
        }
    }
    seen
}

const LONG: Duration = Duration::from_secs(5);

#[test]
fn frames_on_loopback_come_once_with_the_kernels_time() {
    if !in_namespace("capture::live::tests::frames_on_loopback_come_once_with_the_kernels_time") {
        return;
    }
    let stop = Stop::new().unwrap();
    let mut filter = Filter::new("udp dst port 8520").unwrap();
    let mut live = Live::open("lo", Settings::default(), Some(&filter), &stop).unwrap();
    let before = now();
    send(10, 8519);
    send(100, 8520);
    let after = now();
    let seen = gather(&mut live, 100, LONG);
    assert_eq!(seen.len(), 100);
    for (number, (at, data)) in seen.iter().enumerate() {
        assert!(*at >= before && *at <= after, "{before} {at} {after}");
        assert!(data.ends_with(format!("datagram {number}").as_bytes()));
        let frame = Frame {
            at: *at,
            link_type: LinkType::Ethernet,
            interface: 0,
            original_len: data.len(),
            data,
        };
        assert!(filter.matches(&frame).unwrap(), "the kernel filtered too");
    }
    assert_eq!(gather(&mut live, 1, Duration::from_millis(100)), []);
    let ending = live.ending();
    assert!(ending.received.unwrap() >= 100);
    assert_eq!(ending.kernel_dropped, Some(0));
    assert!(ending.troubles.is_empty());
}

#[test]
fn silence_ticks_and_a_stop_ends_it() {
    if !in_namespace("capture::live::tests::silence_ticks_and_a_stop_ends_it") {
        return;
    }
    let stop = Stop::new().unwrap();
    let mut live = Live::open("lo", Settings::default(), None, &stop).unwrap();
    let began = Instant::now();
    let mut last = Timestamp::default();
    for _ in 0..6 {
        let Next::Idle(at) = live.next().unwrap() else {
            panic!("nothing was sent");
        };
        assert!(at >= last);
        last = at;
    }
    let took = began.elapsed();
    assert!(
        took > Duration::from_millis(400) && took < Duration::from_secs(2),
        "{took:?}"
    );
    assert!(now().since(last) < Duration::from_millis(200));

    // What was sent before the stop is told, and then the end comes at once.
    send(3, 8520);
    stop.request();
    let began = Instant::now();
    let mut frames = 0;
    loop {
        match live.next().unwrap() {
            Next::Frame(_) => frames += 1,
            Next::Idle(_) => {}
            Next::End => break,
        }
    }
    assert!(began.elapsed() < Duration::from_millis(200));
    // Each datagram is answered: nobody listens.
    assert_eq!(frames, 6);
    assert!(matches!(live.next().unwrap(), Next::End));
}

#[test]
fn tagged_frames_have_one_meaning_live_and_in_files() {
    if !in_namespace("capture::live::tests::tagged_frames_have_one_meaning_live_and_in_files") {
        return;
    }
    ip("link add v0 type veth peer name v1");
    ip("link set v0 up");
    ip("link set v1 up");
    // UDP to 10.0.0.2 inside VLAN 100, and untagged.
    let ip_packet: Vec<u8> = [
        &[
            0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x66, 0xcf, 10, 0, 0, 1, 10, 0, 0, 2,
        ][..],
        &[0x21, 0x48, 0x21, 0x48, 0, 8, 0, 0],
    ]
    .concat();
    let macs = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let untagged = [&macs[..], &[8, 0], &ip_packet].concat();
    let tagged = [&macs[..], &[0x81, 0, 0, 100, 8, 0], &ip_packet].concat();
    for (expression, wants_tagged, wants_untagged) in [
        ("udp port 8520", false, true),
        ("not udp", true, false),
        ("vlan 100 and udp port 8520", true, false),
        ("not udp and not vlan 5", true, false),
    ] {
        let stop = Stop::new().unwrap();
        let mut filter = Filter::new(expression).unwrap();
        let mut live = Live::open("v1", Settings::default(), Some(&filter), &stop).unwrap();
        let v0 = interfaces::known_as("v0").unwrap();
        let Ok(pnet::datalink::Channel::Ethernet(mut sender, _)) =
            pnet::datalink::channel(&v0, pnet::datalink::Config::default())
        else {
            panic!("no channel");
        };
        for frame in [&tagged, &untagged] {
            sender.send_to(frame, None).unwrap().unwrap();
        }
        let (mut saw_tagged, mut saw_untagged) = (false, false);
        for (at, data) in gather(&mut live, 100, Duration::from_millis(200)) {
            let frame = Frame {
                at,
                link_type: LinkType::Ethernet,
                interface: 0,
                original_len: data.len(),
                data: &data,
            };
            if filter.matches(&frame).unwrap() {
                saw_tagged |= data == tagged;
                saw_untagged |= data == untagged;
            }
        }
        assert_eq!(saw_tagged, wants_tagged, "{expression}");
        assert_eq!(saw_untagged, wants_untagged, "{expression}");
    }
}

#[test]
fn interfaces_that_are_absent_down_or_vanish_are_told() {
    if !in_namespace("capture::live::tests::interfaces_that_are_absent_down_or_vanish_are_told") {
        return;
    }
    let stop = Stop::new().unwrap();
    let open = |name| Live::open(name, Settings::default(), None, &stop);
    assert!(matches!(
        open("none").err(),
        Some(Error::NoSuchInterface { .. })
    ));
    assert!(matches!(
        open("").err(),
        Some(Error::NoSuchInterface { .. })
    ));
    ip("link add v0 type veth peer name v1");
    assert!(matches!(
        open("v0").err(),
        Some(Error::InterfaceDown { .. })
    ));
    ip("link set v0 up");
    ip("link set v1 up");

    let mut live = open("v0").unwrap();
    ip("link set v0 down");
    gather(&mut live, 1000, Duration::from_millis(800));
    ip("link set v0 up");
    gather(&mut live, 1000, Duration::from_millis(100));
    let ending = live.ending();
    assert!(
        matches!(ending.troubles[..], [Error::WentDown { .. }]),
        "{:?}",
        ending.troubles
    );

    let mut live = open("v0").unwrap();
    ip("link delete v0");
    let began = Instant::now();
    let error = loop {
        assert!(began.elapsed() < LONG);
        if let Err(error) = live.next() {
            break error;
        }
    };
    assert!(matches!(error, Error::InterfaceGone { .. }), "{error}");
    assert!(matches!(live.next().unwrap(), Next::End));
}

#[test]
fn a_link_that_is_down_costs_no_cpu() {
    if !in_namespace("capture::live::tests::a_link_that_is_down_costs_no_cpu") {
        return;
    }
    ip("link add v0 type veth peer name v1");
    ip("link set v0 up");
    let stop = Stop::new().unwrap();
    let mut live = Live::open("v0", Settings::default(), None, &stop).unwrap();
    ip("link set v0 down");
    let began = Instant::now();
    let mut ticks = 0;
    while began.elapsed() < Duration::from_millis(500) {
        live.next().unwrap();
        ticks += 1;
    }
    assert!(ticks < 50, "{ticks}");
}

#[test]
fn without_the_right_to_capture_the_sentence_says_how_to_get_it() {
    let test = "capture::live::tests::without_the_right_to_capture_the_sentence_says_how_to_get_it";
    if rustix::process::geteuid().is_root() && env::var_os("INSPECTOR_UNPRIVILEGED").is_none() {
        // Root without the capability is no more than anyone else.
        let status = Command::new("setpriv")
            .arg("--bounding-set=-net_raw")
            .arg(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", test])
            .env("INSPECTOR_UNPRIVILEGED", "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    let stop = Stop::new().unwrap();
    let error = Live::open("lo", Settings::default(), None, &stop).err();
    assert!(matches!(error, Some(Error::NoRights { .. })), "{error:?}");
}

#[test]
fn counters_of_32_bits_are_followed_beyond_their_end() {
    let stat = |received, dropped, if_dropped| pcap::Stat {
        received,
        dropped,
        if_dropped,
    };
    let mut counters = Counters::default();
    counters.add(stat(u32::MAX, 5, 0));
    counters.add(stat(9, 5, 1));
    counters.add(stat(10, 6, 1));
    assert_eq!(counters.received, (1 << 32) + 10);
    assert_eq!(counters.kernel_dropped, 6);
    assert_eq!(counters.interface_dropped, 1);
}
