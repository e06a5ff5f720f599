use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use super::{corpus, library, pcap_file};

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
    // DHCP goes well: nobody answers an offer where it came from.
    (
        "pcapng/pcapng-gen__le-test001.pcapng",
        &["udp-2"],
        "udp_monologue",
        &["not_owned_yet"],
        &["udp_silence"],
    ),
    (
        "vlan-linktypes/PcapPlusPlus__raw_ip.pcap",
        &["udp-2"],
        "udp_one_way",
        &["broadcast_address"],
        &["udp_silence"],
    ),
    (
        "vlan-linktypes/PcapPlusPlus__null_loopback.pcap",
        &["udp-1"],
        "udp_one_way",
        &["broadcast_address"],
        &["udp_silence"],
    ),
    // Services that answer nothing.
    (
        "udp/tcpdump__syslog_udp.pcap",
        &[],
        "udp_monologue",
        &["no_datagram_back", "one_way_service"],
        &["udp_silence"],
    ),
    (
        "udp/zeek__vxlan.pcap",
        &[],
        "udp_monologue",
        &["one_way_service"],
        &["udp_silence"],
    ),
    // The last piece never came.
    (
        "fragments/zeek__fragmented-3.pcap",
        &[],
        "fragments_missing",
        &[
            "at_least_too_long",
            "fragment_lost_before",
            "to_unknown_mac",
        ],
        &["too_long_for_the_link"],
    ),
    // A keep-alive repeats a byte from before the capture.
    (
        "arp/nDPI__nest_log_sink.pcap",
        &["tcp-1"],
        "closed",
        &["began_before"],
        &["missing"],
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

/// The first FIN answers a message that was cut, and the reset what came of it afterwards.
#[test]
fn a_reset_goes_back_to_the_character_that_was_cut() {
    let proof = own("glued-and-cut.pcap", &[]);
    let cut = claim(&proof, "cut_character");
    assert_eq!(cut["certainty"], "inferred", "{proof}");
    assert_eq!(cut["proof"], serde_json::json!([26, 28, 30]), "{proof}");
    compare(&own("reset.pcap", &[]), &[], &["cut_character"]);
}

/// What a broken datagram's proof stands on is told down to the question for the address.
#[test]
fn a_lost_fragment_is_followed_to_its_root() {
    let proof = own("fragment-lost.pcap", &[]);
    compare(
        &proof,
        &["fragment_lost_before", "straight", "learnt"],
        &["at_least_too_long"],
    );
}

/// An answer from another port, as TFTP gives it, is an answer.
#[test]
fn an_answer_from_another_port_is_no_silence() {
    let question = pcap_file::datagram(b"what?");
    let mut answer = pcap_file::datagram(b"this");
    answer[..12].rotate_left(6);
    answer[26..34].rotate_left(4);
    answer[34..38].copy_from_slice(&[0xc0, 0x00, 0xa4, 0x11]);
    let frames = [question.clone(), answer];
    let proof = forged(&frames, &["udp-1"]);
    assert_eq!(proof["verdict"], "udp_monologue", "{proof}");
    assert_eq!(claim(&proof, "answered_elsewhere")["frame"], 2, "{proof}");
    let alone = forged(&[question], &["udp-1"]);
    assert_eq!(alone["verdict"], "udp_unanswered", "{alone}");
}

/// Many datagrams that are no text ask nothing; a person's words may still wait for an answer.
#[test]
fn a_stream_of_datagrams_expects_no_answer() {
    let stream: Vec<_> = (0..8).map(|n| pcap_file::datagram(&[0xff, n])).collect();
    compare(&forged(&stream, &[]), &["no_question"], &["udp_silence"]);
    let words: Vec<_> = (0..8).map(|_| pcap_file::datagram(b"hello?")).collect();
    compare(&forged(&words, &[]), &["udp_silence"], &["no_question"]);
}

#[test]
fn a_broadcast_address_of_a_given_subnet_answers_nobody() {
    let mut last = pcap_file::datagram(b"hello");
    last[33] = 0x2f;
    sum_ipv4(&mut last);
    let fits = forged(&[last.clone()], &["--net", "192.168.15.40/29"]);
    compare(&fits, &["broadcast_address"], &["udp_silence"]);
    let wide = forged(&[last], &["--net", "192.168.15.0/24"]);
    compare(&wide, &["udp_silence"], &["broadcast_address"]);
}

/// Small ones pass, and the big one never does.
#[test]
fn a_path_mtu_black_hole_is_inferred() {
    let told = |len: usize, is_whole: bool| {
        let mut frames = opened();
        for _ in 0..4 {
            let mut big = segment(true, (1001, 9001), ACK, &vec![b'x'; len]);
            big[20] = if is_whole { 0x40 } else { 0 };
            sum(&mut big);
            frames.push(big);
        }
        forged(&frames, &[])
    };
    let proof = told(1460, true);
    assert_eq!(proof["verdict"], "unacknowledged", "{proof}");
    assert_eq!(claim(&proof, "black_hole")["bytes"], 1460, "{proof}");
    compare(&told(1460, false), &["gone_or_cut"], &["black_hole"]);
    compare(&told(24, true), &["gone_or_cut"], &["black_hole"]);
}

/// Who took a connection shortly before has a program there, and no firewall before it.
#[test]
fn a_silent_port_that_took_a_connection_before_may_have_a_full_queue() {
    let mut frames = opened();
    for _ in 0..3 {
        let mut syn = segment(true, (5000, 0), SYN, b"");
        syn[34..36].copy_from_slice(&42002_u16.to_be_bytes());
        sum(&mut syn);
        frames.push(syn);
    }
    let proof = forged(&frames, &["tcp-2"]);
    compare(&proof, &["took_before"], &["silent_host"]);
    assert_eq!(claim(&proof, "took_before")["conn"], "tcp-1", "{proof}");
    compare(
        &forged(&frames[3..], &["tcp-1"]),
        &["silent_host"],
        &["took_before"],
    );
}

/// Minutes without a word are named.
#[test]
fn a_long_silence_is_named() {
    let mut frames = opened();
    frames.push(segment(true, (1001, 9001), PSH | ACK, b"hello"));
    frames.push(segment(true, (1006, 9001), PSH | ACK, b"still there?"));
    let mut file = pcap_file::write(&frames);
    compare(&asked_of(&file, &[]), &[], &["long_silence"]);
    let last = file.len() - 16 - frames.last().expect("frames").len();
    file[last..last + 4].copy_from_slice(&1_600_010_800_u32.to_le_bytes());
    let silence = claim(&asked_of(&file, &[]), "long_silence");
    assert_eq!(silence["proof"], serde_json::json!([4, 5]));
    let lasted = silence["silence_ns"].as_u64().expect("a span");
    assert_eq!(lasted / 1_000_000_000, 10_800);
}

/// What is said to be seen can be looked at: its frames are named. What no frame shows is excepted: sums that --net
/// makes, what the whole capture lacks, and a verdict that is proved elsewhere.
#[test]
fn what_is_seen_names_its_frames() {
    let frameless = [
        "same_subnet",
        "other_subnet",
        "outside_nets",
        "no_frame_left",
        "came_out",
    ];
    let mut seen = 0;
    for path in library::own_captures() {
        let conversations = (1..=3).flat_map(|n| [format!("tcp-{n}"), format!("udp-{n}")]);
        for what in conversations.chain(["1".to_owned(), "5".to_owned(), String::new()]) {
            let asked: Vec<_> = [what.as_str()]
                .into_iter()
                .filter(|it| !it.is_empty())
                .collect();
            let output = answer(&path, &asked);
            if output.stdout.is_empty() {
                continue;
            }
            let proof: Value = serde_json::from_slice(&output.stdout).expect("one object");
            for claim in proof["claims"].as_array().expect("claims") {
                let name = claim["claim"].as_str().expect("a name");
                if claim["certainty"] == "seen" && !frameless.contains(&name) {
                    let frames = claim["proof"].as_array().expect("frames");
                    assert!(!frames.is_empty(), "{path:?} {what}: {claim}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 500, "only {seen}");
}

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
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
    sum_ipv4(frame);
    let len = u16::try_from(frame.len() - 34)
        .expect("small")
        .to_be_bytes();
    frame[50..52].fill(0);
    let tcp = folded(&[&frame[26..34], &[0, 6], &len, &frame[34..]]);
    frame[50..52].copy_from_slice(&tcp);
}

fn sum_ipv4(frame: &mut [u8]) {
    frame[24..26].fill(0);
    let header = folded(&[&frame[14..34]]);
    frame[24..26].copy_from_slice(&header);
}

fn folded(parts: &[&[u8]]) -> [u8; 2] {
    let all = parts.concat();
    let words = all
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or_default()));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!u16::try_from(sum).expect("folded")).to_be_bytes()
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
    asked_of(&pcap_file::write(frames), asked)
}

fn asked_of(file: &[u8], asked: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("forged.pcap");
    std::fs::write(&path, file).expect("written");
    prove(&path, asked)
}

fn own(capture: &str, asked: &[&str]) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    prove(&folder.join(capture), asked)
}

fn prove(path: &Path, asked: &[&str]) -> Value {
    let output = answer(path, asked);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("one object")
}

fn answer(path: &Path, asked: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inspector"))
        .env("LC_ALL", "C")
        .arg("why")
        .arg(path)
        .args(asked)
        .arg("--json")
        .output()
        .expect("it runs")
}
