//! What expressions match, and that libpcap's own machine says the same.

use std::{env, fmt::Write as _, fs, path::PathBuf};

use crate::{
    capture::{Next, Source as _, savefile::Savefile, stop::Stop},
    time::Timestamp,
};

use super::*;

fn matches(expression: &str, link_type: LinkType, data: &[u8], original_len: usize) -> bool {
    let frame = Frame {
        at: Timestamp::default(),
        link_type,
        interface: 0,
        original_len,
        data,
    };
    let mut filter = Filter::new(expression).unwrap();
    let first = filter.matches(&frame).unwrap();
    assert_eq!(filter.matches(&frame).unwrap(), first, "the cache agrees");
    first
}

/// TCP from 10.0.0.1 port 40000 to 10.0.0.2 port 80, SYN.
#[rustfmt::skip]
const IP: [u8; 40] = [
    0x45, 0x00, 0x00, 0x28, 0x00, 0x01, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00, 10, 0, 0, 1,
    10, 0, 0, 2, 0x9c, 0x40, 0x00, 0x50, 0, 0, 0, 1, 0, 0, 0, 0,
    0x50, 0x02, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
];

fn ethernet() -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    frame.extend(IP);
    frame
}

fn tagged() -> Vec<u8> {
    let mut frame = ethernet();
    frame.splice(12..12, [0x81, 0x00, 0x00, 0x64]);
    frame
}

/// Names of ports are those of this machine, and a bare Debian knows none.
#[test]
fn ports_have_the_names_that_this_machine_knows() {
    let known = std::fs::read_to_string("/etc/services").unwrap_or_default();
    let filter = Filter::new("port http");
    if known.lines().any(|line| line.starts_with("http\t")) {
        assert!(filter.is_ok());
        assert!(matches("port http", LinkType::RawIp, &IP, IP.len()));
    } else {
        let refused = filter.err().map(|error| error.to_string());
        assert!(refused.is_some_and(|sentence| sentence.contains("http")));
    }
}

#[test]
fn expressions_match_what_they_say() {
    for (expression, expected) in [
        ("", true),
        ("  ", true),
        ("tcp port 80", true),
        ("tcp port 81", false),
        ("src host 10.0.0.1 and dst net 10.0.0.0/24", true),
        ("dst host 10.0.0.1", false),
        ("tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", true),
        ("ether src 02:00:00:00:00:01", true),
        ("udp or arp", false),
        ("not udp", true),
        ("vlan 100", false),
    ] {
        assert_eq!(
            matches(expression, LinkType::Ethernet, &ethernet(), 54),
            expected,
            "{expression}"
        );
    }
}

#[test]
fn lengths_are_the_wires() {
    let cut = &ethernet()[..40];
    assert!(matches("len = 1500", LinkType::Ethernet, cut, 1500));
    assert!(matches("greater 1000", LinkType::Ethernet, cut, 1500));
    assert!(!matches("less 1000", LinkType::Ethernet, cut, 1500));
    // What was cut off cannot match.
    assert!(!matches("tcp[13] & 2 != 0", LinkType::Ethernet, cut, 1500));
}

#[test]
fn tags_are_where_files_have_them() {
    assert!(matches(
        "vlan 100 and tcp port 80",
        LinkType::Ethernet,
        &tagged(),
        58
    ));
    assert!(!matches("vlan 101", LinkType::Ethernet, &tagged(), 58));
    assert!(!matches("tcp port 80", LinkType::Ethernet, &tagged(), 58));
    assert!(matches("not tcp", LinkType::Ethernet, &tagged(), 58));
}

#[test]
fn loopback_frames_match_whatever_machine_they_come_from() {
    let of = |family: [u8; 4]| [&family[..], &IP].concat();
    for (link_type, families) in [
        (LinkType::Null, &[[2, 0, 0, 0], [0, 0, 0, 2]][..]),
        (LinkType::Loop, &[[0, 0, 0, 2]]),
    ] {
        for family in families {
            let frame = of(*family);
            assert!(matches("tcp port 80", link_type, &frame, 44));
            assert!(matches("len = 44", link_type, &frame, 44));
            assert!(!matches("udp", link_type, &frame, 44));
            assert!(!matches("tcp", link_type, &frame[..3], 44));
        }
    }
    // What looks like IP behind another family is none, here as in the decoder.
    for (link_type, family) in [
        (LinkType::Null, [7, 0, 0, 0]),
        (LinkType::Null, [99, 0, 0, 0]),
        (LinkType::Null, [30, 0, 0, 0]),
        (LinkType::Loop, [2, 0, 0, 0]),
    ] {
        let frame = of(family);
        for expression in ["tcp port 80", "ip", "host 10.0.0.1"] {
            assert!(!matches(expression, link_type, &frame, 44), "{family:?}");
        }
        assert!(matches("not tcp", link_type, &frame, 44));
        assert!(matches("len = 44", link_type, &frame, 44));
    }
    let mut six = of([24, 0, 0, 0]);
    six[4] = 0x60;
    assert!(matches("ip6", LinkType::Null, &six, 44));
    for link_type in [LinkType::RawIp, LinkType::Ipv4] {
        assert!(matches("tcp port 80", link_type, &IP, 40));
        // There is no ARP in there, which is no fault of the expression.
        assert!(!matches("arp", link_type, &IP, 40));
    }
}

#[test]
fn link_types_that_libpcap_cannot_look_into_never_match() {
    for number in [147, 189, 300, 12345] {
        let link_type = LinkType::Other(number);
        assert!(!matches("tcp", link_type, &IP, 40));
        assert!(!matches("not tcp", link_type, &IP, 40));
    }
}

#[test]
fn an_expression_without_meaning_for_a_link_type_is_an_error() {
    let frame = Frame {
        at: Timestamp::default(),
        link_type: LinkType::RawIp,
        interface: 0,
        original_len: IP.len(),
        data: &IP,
    };
    let mut filter = Filter::new("ether host 02:00:00:00:00:01").unwrap();
    let said = filter.matches(&frame).unwrap_err().to_string();
    assert!(said.contains("on RAW frames"), "{said}");
    // It stays one.
    assert!(filter.matches(&frame).is_err());
}

#[test]
fn bad_expressions_are_one_sentence() {
    for (expression, word) in [
        ("tcp port", "syntax error"),
        ("port 99999", "illegal port number"),
        ("tcp and udp", "rejects all packets"),
        ("host example.org", "`example.org`"),
        ("tcp\0", "null"),
        (&"arp or ".repeat(600), "longer than 4096"),
    ] {
        let said = Filter::new(expression).unwrap_err().to_string();
        assert!(said.contains(word), "{expression}: {said}");
        assert!(said.contains("man pcap-filter"), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }
}

#[test]
fn words_of_other_link_types_are_understood() {
    for expression in [
        "wlan type mgt subtype beacon",
        "wlan addr1 02:00:00:00:00:01",
    ] {
        assert!(Filter::new(expression).is_ok(), "{expression}");
    }
}

#[test]
fn the_longest_expressions_compile_before_anyone_gives_up() {
    let began = std::time::Instant::now();
    let mut expression = "port 1".to_owned();
    while expression.len() < LONGEST - 15 {
        let port = expression.len();
        write!(expression, " or port {port}").unwrap();
    }
    assert!(matches(&expression, LinkType::Ethernet, &ethernet(), 54) || expression.len() > 4000);
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn the_kernel_lets_pass_at_least_what_matches() {
    let expressions = |expression| Filter::new(expression).unwrap().kernel_expressions();
    assert_eq!(expressions("not tcp")[0], "(not tcp) or vlan");
    assert_eq!(expressions("not tcp and not vlan 5"), Vec::<String>::new());
    assert_eq!(expressions(""), Vec::<String>::new());
}

#[test]
fn libpcaps_own_machine_agrees_on_real_frames() {
    let Some(folder) = env::var_os("INSPECTOR_CORPUS").map(PathBuf::from) else {
        eprintln!("NOT TESTED: INSPECTOR_CORPUS is not set, so no real frame was filtered");
        return;
    };
    let expressions = [
        "tcp",
        "udp port 53 or tcp port 80",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "ip6 and not icmp6",
        "vlan and ip",
        "net 192.168.0.0/16 and greater 100",
        "ip[6:2] & 0x1fff != 0 or (ip[0] & 0xf) * 4 > 20",
        "icmp[icmptype] = icmp-echo or arp",
        "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
        "ip6 protochain 6",
        "len % 7 = 3 and len - 14 > 50",
    ];
    let manifest = fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let (mut compared, mut matched) = (0_u64, 0_u64);
    for name in manifest
        .lines()
        .skip(1)
        .filter_map(|row| row.split('\t').next())
    {
        let stop = Stop::new().unwrap();
        let Ok(mut savefile) = Savefile::open(&[folder.join(name)], &stop) else {
            continue;
        };
        let mut programs = Vec::new();
        // A few hundred frames of a file show all it has to show.
        for _ in 0..300 {
            let Next::Frame(frame) = savefile.next().unwrap() else {
                break;
            };
            let number = match frame.link_type {
                LinkType::RawIp => 12,
                other => i32::from(other.number()),
            };
            if !programs.iter().any(|(known, _)| *known == number) {
                for expression in expressions {
                    let dead = pcap::Capture::dead(pcap::Linktype(number)).unwrap();
                    let theirs = dead.compile(expression, true);
                    let ours = compile(expression, number);
                    assert_eq!(theirs.is_ok(), ours.is_ok(), "{name}: {expression}");
                    if let (Ok(theirs), Ok(ours)) = (theirs, ours) {
                        programs.push((number, (expression, theirs, ours)));
                    }
                }
            }
            for (known, (expression, theirs, ours)) in &programs {
                if *known == number {
                    // Their machine takes the captured length for the wire's.
                    let told = ours.accepts(frame.data, frame.data.len());
                    assert_eq!(told, theirs.filter(frame.data), "{name}: {expression}");
                    compared += 1;
                    matched += u64::from(told);
                }
            }
        }
    }
    assert!(compared > 10_000 && matched > 1_000, "{compared} {matched}");
}
