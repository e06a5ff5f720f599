use arbtest::arbtest;

use super::*;
use crate::{
    decode::tcp,
    link_type::LinkType,
    report::samples::{
        bytes, colourful, ipv4 as over_ipv4, ipv4_with, ipv6 as over_ipv6, is_safe, show,
        tcp_segment,
    },
};

/// What is said of a frame behind its number and time.
fn line(link_type: LinkType, data: &[u8]) -> String {
    let text = lines(Options::default(), link_type, data, data.len());
    assert!(text.starts_with("     1      0.000000  "), "{text}");
    text[22..].trim_end().to_owned()
}

fn ethernet(data: &[u8]) -> String {
    line(LinkType::Ethernet, data)
}

fn lines(options: Options, link_type: LinkType, data: &[u8], original: usize) -> String {
    let mut report = Lines::new(Vec::new(), options);
    show(&mut report, link_type, data, original);
    report.flush().expect("a Vec takes everything");
    String::from_utf8(report.output.into_inner()).expect("UTF-8")
}

fn arp(operation: &str) -> Vec<u8> {
    bytes(&[
        "ffffffffffff 020000000f2a 0806",
        "0001 0800 06 04",
        operation,
        "020000000f2a c0a80f2a",
        "000000000000 c0a80f49",
    ])
}

#[test]
fn arp_is_a_question_and_an_answer() {
    assert_eq!(
        ethernet(&arp("0001")),
        "ARP, Request who-has 192.168.15.73 tell 192.168.15.42, length 28"
    );
    assert_eq!(
        ethernet(&arp("0002")),
        "ARP, Reply 192.168.15.42 is-at 02:00:00:00:0f:2a, length 28"
    );
    let mut padded = arp("0001");
    padded.resize(60, 0);
    assert_eq!(
        ethernet(&padded),
        ethernet(&arp("0001")),
        "padding is not counted"
    );
}

#[test]
fn tcp_with_its_options() {
    assert_eq!(
        ethernet(&over_ipv4(6, &tcp_segment())),
        "IP 192.168.15.42.40001 > 192.168.15.73.8520: Flags [P.], seq 1:7, ack 2, win 64240, \
         options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 6"
    );
    let ack = bytes(&["9c41 2148 00000001 00000002 50 10 faf0 0000 0000"]);
    assert_eq!(
        ethernet(&over_ipv6(6, &ack)),
        "IP6 fe80::1.40001 > fe80::2.8520: Flags [.], ack 2, win 64240, length 0"
    );
    let odd =
        bytes(&["9c41 2148 ffffffff 00000002 80 20 faf0 0000 0007 050a 00000001 00000005 0101 41"]);
    assert_eq!(
        ethernet(&over_ipv4(6, &odd)),
        "IP 192.168.15.42.40001 > 192.168.15.73.8520: Flags [U], seq 4294967295:0, win 64240, urg 7, \
         options [sack 1 {1:5},nop,nop], length 1"
    );
}

#[test]
fn usual_segments_are_told_as_all_are() {
    for bits in 0..0x200 {
        let [mut short, mut long] = [Vec::new(), Vec::new()];
        internet::flags(tcp::Flags(bits), &mut short);
        internet::each_flag(tcp::Flags(bits), &mut long);
        assert_eq!(short, if bits == 0 { b"none".to_vec() } else { long });
    }
    let mut segment = bytes(&["9c41 2148 00000001 00000002 80 10 faf0 0000 0000"]);
    segment.extend(bytes(&["0101 080a 00000001 ffffffff"]));
    assert!(ethernet(&over_ipv4(6, &segment)).ends_with(
        "Flags [.], ack 2, win 64240, options [nop,nop,TS val 1 ecr 4294967295], length 0"
    ));
}

#[test]
fn options_cut_by_the_capture_say_so() {
    let frame = over_ipv4(6, &tcp_segment());
    for (kept, options) in [
        (54, "[[|tcp]]"),
        (56, "[[|tcp]]"),
        (58, "[mss 1460,[|tcp]]"),
        (62, "[mss 1460,sackOK,[|tcp]]"),
        (73, "[mss 1460,sackOK,TS val 1 ecr 0,nop,[|tcp]]"),
    ] {
        let text = lines(
            Options::default(),
            LinkType::Ethernet,
            &frame[..kept],
            frame.len(),
        );
        let wanted = format!("win 64240, options {options}, length 6 [TCP at byte 34: 40 bytes");
        assert!(text.contains(&wanted), "{text}");
    }
}

#[test]
fn udp_icmp_and_neighbours() {
    let udp = bytes(&["9c42 2148 0011 0000", "e4bda0e5a5bd e4bda0"]);
    assert_eq!(
        ethernet(&over_ipv4(17, &udp)),
        "IP 192.168.15.42.40002 > 192.168.15.73.8520: UDP, length 9"
    );
    assert_eq!(
        ethernet(&over_ipv4(1, &bytes(&["08 00 0000 0007 0001 6162"]))),
        "IP 192.168.15.42 > 192.168.15.73: ICMP echo request, id 7, seq 1, length 10"
    );
    let quoted = over_ipv4(17, &udp)[14..].to_vec();
    let unreachable = [bytes(&["03 03 0000 00000000"]), quoted].concat();
    assert_eq!(
        ethernet(&over_ipv4(1, &unreachable)),
        "IP 192.168.15.42 > 192.168.15.73: ICMP 192.168.15.73 udp port 8520 unreachable \
         (quotes UDP 192.168.15.42.40002 > 192.168.15.73.8520), length 45"
    );
    let solicitation =
        bytes(&["87 00 0000 00000000 fe800000000000000000000000000003 01 01 020000000f2a"]);
    assert_eq!(
        ethernet(&over_ipv6(58, &solicitation)),
        "IP6 fe80::1 > fe80::2: ICMP6, neighbor solicitation, who has fe80::3, length 32"
    );
}

#[test]
fn fragments_tags_and_what_is_not_entered() {
    assert_eq!(
        ethernet(&ipv4_with(17, 0x20b9, &[0; 16])),
        "IP 192.168.15.42 > 192.168.15.73: UDP (frag 4660:16@1480+)"
    );
    assert_eq!(
        ethernet(&over_ipv4(47, &[0; 16])),
        "IP 192.168.15.42 > 192.168.15.73: GRE, length 16: not decoded"
    );
    let mut tagged = arp("0001");
    tagged.splice(12..12, bytes(&["8100 6064"]));
    assert_eq!(
        ethernet(&tagged),
        "vlan 100, p 3, ARP, Request who-has 192.168.15.73 tell 192.168.15.42, length 28"
    );
    let lldp = bytes(&["0180c200000e 020000000f2a 88cc", "0207 0402"]);
    assert_eq!(
        ethernet(&lldp),
        "ethertype LLDP (0x88cc), length 4: not decoded"
    );
    let spanning_tree = bytes(&["0180c2000000 020000000f2a 0007", "42 42 03 00000000"]);
    assert_eq!(
        ethernet(&spanning_tree),
        "LLC, dsap spanning tree (0x42) ssap 0x42, ctrl 0x03, length 4: not decoded"
    );
    assert_eq!(
        line(LinkType::Other(147), b"anything"),
        "link type 147, length 8: not decoded"
    );
}

#[test]
fn tunnels_over_udp_are_named() {
    let over_udp = |port: &str, payload: &str| {
        let mut datagram = bytes(&["9c42", port, "0000 0000", payload]);
        let len = datagram.len() as u16;
        datagram[4..6].copy_from_slice(&len.to_be_bytes());
        ethernet(&over_ipv4(17, &datagram))
    };
    for (port, payload, said) in [
        (
            "12b5",
            "08 000000 00007b 00 ffff",
            "4789: UDP, VXLAN, flags [I] (0x08), vni 123, length 10",
        ),
        (
            "17c1",
            "00 40 6558 00000a 00",
            "6081: UDP, Geneve, flags [C], vni 10, proto bridged Ethernet (0x6558), length 8",
        ),
        (
            "0868",
            "30 ff 0001 00000001 45",
            "2152: UDP, GTP-U, type 255, teid 0x00000001, length 9",
        ),
        ("0dd8", "6000", "3544: UDP, Teredo, length 2"),
        (
            "06a5",
            "0002 0005 0006",
            "1701: UDP, L2TP, data, tunnel 5, session 6, length 6",
        ),
        ("12b5", "00 000000 00007b 00", "4789: UDP, length 8"),
    ] {
        assert_eq!(
            over_udp(port, payload),
            format!("IP 192.168.15.42.40002 > 192.168.15.73.{said}")
        );
    }
}

#[test]
fn what_cannot_be_read_says_so_in_its_place() {
    let mut frame = over_ipv4(6, &tcp_segment());
    frame[14] = 0x42;
    assert_eq!(
        ethernet(&frame),
        "02:00:00:00:0f:2a > 02:00:00:00:0f:49, [|ipv4], length 80 \
         [IPv4 at byte 14: the IHL field says 8 bytes, at least 20 are needed]"
    );
    let frame = over_ipv4(6, &tcp_segment());
    let text = lines(
        Options::default(),
        LinkType::Ethernet,
        &frame[..40],
        frame.len(),
    );
    assert!(
        text.ends_with(
            "IP 192.168.15.42 > 192.168.15.73: [|tcp], length 46 \
             [TCP at byte 34: 20 bytes are needed, the capture kept 6]\n"
        ),
        "{text}"
    );
}

#[test]
fn verbose_and_hex_show_every_field_and_every_byte() {
    let options = Options {
        verbose: true,
        hex: true,
        ..Options::default()
    };
    let mut frame = over_ipv4(17, &bytes(&["9c42 2148 000e 1c46", "e4bda0e5a5bd"]));
    frame.resize(60, 0);
    let text = lines(options, LinkType::Ethernet, &frame, frame.len());
    let golden = r#"     1      0.000000  IP 192.168.15.42.40002 > 192.168.15.73.8520: UDP, length 6
        ethernet 0-13
          0-5      destination       02:00:00:00:0f:49
          6-11     source            02:00:00:00:0f:2a
          12-13    ether_type        0x0800 (IPv4)
        ipv4 14-33
          14       version           4
          14       header_len        20
          15       dscp              0
          15       ecn               0
          16-17    total_length      34
          18-19    identification    0x1234
          20       reserved          no
          20       dont_fragment     yes
          20       more_fragments    no
          20-21    fragment_offset   0
          22       ttl               64
          23       protocol          17 (UDP)
          24-25    checksum          0x88d3 (ok)
          26-29    source            192.168.15.42
          30-33    destination       192.168.15.73
        udp 34-41
          34-35    source_port       40002
          36-37    destination_port  8520
          38-39    length            14
          40-41    checksum          0x1c46 (bad: want 0x7722, got 0x1c46)
        payload 42-47 (6 bytes)
        padding 48-59 (12 bytes)
        0x0000:  0200 0000 0f49 0200 0000 0f2a 0800 4500  .....I.....*..E.
        0x0010:  0022 1234 4000 4011 88d3 c0a8 0f2a c0a8  .".4@.@......*..
        0x0020:  0f49 9c42 2148 000e 1c46 e4bd a0e5 a5bd  .I.B!H...F......
        0x0030:  0000 0000 0000 0000 0000 0000            ............
"#;
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn any_bytes_on_any_link_type_are_safe() {
    let links = [0, 1, 101, 108, 113, 147, 228, 229, 276].map(LinkType::from_number);
    arbtest(|u| {
        let mut data: Vec<u8> = u.arbitrary()?;
        if u.arbitrary()? {
            data.splice(
                ..0,
                over_ipv4(*u.choose(&[1, 6, 17, 58])?, &data[..data.len().min(64)]),
            );
        }
        let original = data.len() + u.int_in_range(0..=9)?;
        let text = lines(colourful(None), *u.choose(&links)?, &data, original);
        assert!(is_safe(&text), "{text:?}");
        Ok(())
    })
    .budget_ms(500);
}
