use std::{path::Path, process::Command};

use serde_json::Value;

use super::{corpus, pcap_file};

/// A capture, what is asked of it, the verdict, the claims that its proof has, and those that it lacks.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const CORPUS: &[Case] = &[
    // Others' questions reach every port of a switch, and their answers do not.
    (
        "udp/zeek__wikipedia.pcap",
        &["141.142.220.1"],
        "arp_answer_unseen",
        &["sent_itself", "answer_elsewhere"],
        &["nobody_has"],
    ),
    // Captured before the network card computed the checksums.
    (
        "tcp-anomaly/zeek__retransmit-fast009.pcap",
        &[],
        "capture_ended",
        &["bad_checksums", "sum_not_computed", "syn"],
        &["thrown_away", "began_before"],
    ),
    // Nobody hears the other side.
    (
        "handshake/suricata__simple_http_download.onesided.pcap",
        &[],
        "one_sided",
        &["one_sided", "syn"],
        &["began_before", "half_closed_why", "one_fin"],
    ),
    // Hardware addresses of zeros, between two hosts.
    (
        "tcp-anomaly/nDPI__edonkey.pcap",
        &["tcp-1"],
        "loss",
        &["blank_macs"],
        &["loopback", "zero_window"],
    ),
    // A conflict in which nobody talked with anybody.
    (
        "malformed/tcpdump__arp-oobr.pcap",
        &[],
        "address_conflict",
        &["two_hosts"],
        &["cut_off"],
    ),
];

#[test]
fn proofs_of_the_corpus_claim_what_can_be_known() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    for (capture, asked, verdict, has, lacks) in CORPUS {
        let proof = prove(&folder.join(capture), asked);
        assert_eq!(proof["verdict"], *verdict, "{capture}: {proof}");
        compare(&proof, has, lacks);
    }
}

#[test]
fn an_ipv6_address_is_found_by_neighbour_discovery() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    let path = folder.join("fragments/nDPI__dns_fragmented.pcap");
    let proof = prove(&path, &["tcp-1"]);
    assert_eq!(claim(&proof, "to_unknown_mac")["by"], "NDP", "{proof}");
}

/// A subnet that what ARP shows speaks against is not believed.
#[test]
fn a_net_that_arp_contradicts_is_said_to_be_wrong() {
    let wide = own("chat.pcap", &["23", "--net", "192.168.0.0/16"]);
    compare(
        &wide,
        &["net_too_wide"],
        &["straight_to_neighbour", "not_learnt", "same_subnet"],
    );
    let contradiction = claim(&wide, "net_too_wide");
    assert_eq!(contradiction["owner"], "192.168.15.1", "{wide}");
    assert_eq!(
        contradiction["proof"],
        serde_json::json!([22, 23]),
        "{wide}"
    );
    let narrow = own("chat.pcap", &["3", "--net", "192.168.15.0/26"]);
    compare(
        &narrow,
        &["straight", "net_too_narrow"],
        &["to_unnamed_gateway", "other_subnet"],
    );
    let fits = own("chat.pcap", &["3", "--net", "192.168.15.0/24"]);
    compare(&fits, &["same_subnet"], &["net_too_narrow", "net_too_wide"]);
}

/// An ACK that fits nothing, and the RST that says so: RFC 9293 section 3.5.1.
#[test]
fn a_reset_outside_the_window_is_said() {
    let frames = [
        segment(true, (1000, 0), SYN, b""),
        segment(false, (9000, 77), ACK, b""),
        segment(true, (500_077, 0), RST, b""),
    ];
    let proof = forged(&frames, &["tcp-1"]);
    compare(
        &proof,
        &["stray_reset", "syn"],
        &["left_open_unsaid", "began_before"],
    );
    assert_eq!(claim(&proof, "stray_reset")["frame"], 3, "{proof}");
}

/// A segment whose wrong checksum nobody acts upon was thrown away, as far as can be inferred.
#[test]
fn a_wrong_checksum_that_nobody_acts_upon_is_thrown_away() {
    let mut damaged = segment(true, (1001, 9001), ACK, b"hello");
    *damaged.last_mut().expect("a byte") ^= 1;
    let mut frames = opened();
    frames.push(damaged);
    compare(
        &forged(&frames, &[]),
        &["bad_checksums", "thrown_away"],
        &["sum_not_computed"],
    );
    frames.push(segment(false, (9001, 1006), ACK, b""));
    let acted = forged(&frames, &[]);
    compare(&acted, &["sum_not_computed"], &["thrown_away"]);
    assert_eq!(
        claim(&acted, "sum_not_computed")["proof"],
        serde_json::json!([4, 5])
    );
}

/// A window that closes when there is nothing more to send keeps nobody waiting.
#[test]
fn a_closed_window_stalls_only_who_has_something_to_send() {
    let mut frames = opened();
    frames.push(segment(true, (1001, 9001), ACK, b"hello"));
    let mut closed = segment(false, (9001, 1006), ACK, b"");
    set_window(&mut closed, 0);
    frames.push(closed);
    let proof = forged(&frames, &[]);
    assert_ne!(proof["verdict"], "stalled", "{proof}");
}

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// A three-way handshake.
fn opened() -> Vec<Vec<u8>> {
    vec![
        segment(true, (1000, 0), SYN, b""),
        segment(false, (9000, 1001), SYN | ACK, b""),
        segment(true, (1001, 9001), ACK, b""),
    ]
}

/// A segment between 192.168.15.42:42001 and 192.168.15.73:8520, with its numbers and flags.
fn segment(is_orig: bool, (seq, ack): (u32, u32), flags: u8, data: &[u8]) -> Vec<u8> {
    // The bytes of a datagram with room for a TCP header; what differs is put over it.
    let mut frame = pcap_file::datagram(&[&[0; 12], data].concat());
    if !is_orig {
        frame[..12].rotate_left(6);
        frame[26..34].rotate_left(4);
        frame[34..38].rotate_left(2);
    }
    frame[23] = 6;
    frame[38..42].copy_from_slice(&seq.to_be_bytes());
    frame[42..46].copy_from_slice(&ack.to_be_bytes());
    frame[46..50].copy_from_slice(&[0x50, flags, 0xff, 0xff]);
    frame[50..54].fill(0);
    sum(&mut frame);
    frame
}

fn set_window(frame: &mut [u8], window: u16) {
    frame[48..50].copy_from_slice(&window.to_be_bytes());
    sum(frame);
}

/// Puts in the checksums of IPv4 and TCP.
fn sum(frame: &mut [u8]) {
    let folded = |parts: &[&[u8]]| {
        let all = parts.concat();
        let words = all.chunks(2).map(|pair| {
            u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or_default())
        });
        let mut sum: u32 = words.sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        (!u16::try_from(sum).expect("folded")).to_be_bytes()
    };
    frame[24..26].fill(0);
    let header = folded(&[&frame[14..34]]);
    frame[24..26].copy_from_slice(&header);
    let len = u16::try_from(frame.len() - 34)
        .expect("small")
        .to_be_bytes();
    frame[50..52].fill(0);
    let tcp = folded(&[&frame[26..34], &[0, 6], &len, &frame[34..]]);
    frame[50..52].copy_from_slice(&tcp);
}

fn compare(proof: &Value, has: &[&str], lacks: &[&str]) {
    let claims = proof["claims"].as_array().expect("claims");
    let is_claimed = |name: &str| claims.iter().any(|claim| claim["claim"] == name);
    for name in has {
        assert!(is_claimed(name), "no {name}: {proof}");
    }
    for name in lacks {
        assert!(!is_claimed(name), "{name}: {proof}");
    }
}

fn claim(proof: &Value, name: &str) -> Value {
    let claims = proof["claims"].as_array().expect("claims");
    let claim = claims.iter().find(|claim| claim["claim"] == name);
    claim
        .unwrap_or_else(|| panic!("no {name}: {proof}"))
        .clone()
}

fn forged(frames: &[Vec<u8>], asked: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("forged.pcap");
    std::fs::write(&path, pcap_file::write(frames)).expect("written");
    prove(&path, asked)
}

fn own(capture: &str, asked: &[&str]) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    prove(&folder.join(capture), asked)
}

fn prove(path: &Path, asked: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_inspector"))
        .env("LC_ALL", "C")
        .arg("why")
        .arg(path)
        .args(asked)
        .arg("--json")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("one object")
}
