use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    path::Path,
};

use inspector::track::{Checksums, event::TcpRecord};

use super::corpus;

type Row = HashMap<String, String>;

/// Rows of Zeek's `conn.log` that we tell otherwise: the capture, the originator's port, what we say, and
/// why.
const UNLIKE_ZEEK: &[(&str, &str, &str, &str)] = &[
    (
        "tcp-anomaly/zeek__retransmit-fast009.pcap",
        "50368",
        "RSTO ShADadtR",
        "the snaplen cut the payload; only what was lost on the wire is a gap to us",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1576",
        "RSTO ^fAR",
        "Zeek splits at its timers, we do not",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1577",
        "SF ^fAFa",
        "Zeek splits at its timers, we do not",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1577",
        "RSTRH ^r",
        "a late RST: Zeek's second piece of the connection before stands against it",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1576",
        "RSTRH ^r",
        "a late RST: Zeek's second piece of the connection before stands against it",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1576",
        "nothing",
        "the third piece of what is two connections to us",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1577",
        "nothing",
        "the third piece of what is two connections to us",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1286",
        "nothing",
        "inside a tunnel, which we do not enter",
    ),
    (
        "vlan-linktypes/zeek__vxlan-encapsulated-http.pcap",
        "40354",
        "nothing",
        "inside a tunnel, which we do not enter",
    ),
    (
        "zeek-extra/zeek__gtp6_gtp_0x32.pcap",
        "44960",
        "nothing",
        "inside a tunnel, which we do not enter",
    ),
    (
        "zeek-extra/zeek__auth_change_session_keys.pcap",
        "",
        "S1 ShADd",
        "the responder's card fills in the checksums (the header's field is 0, TCP's is the pseudo header's sum); Zeek takes its segments for damaged",
    ),
    (
        "zeek-extra/zeek__globus-url-copy.pcap",
        "35391",
        "SF ShADadfF",
        "Zeek's GridFTP script stops looking at the data connection before it ends",
    ),
    (
        "zeek-extra/zeek__zeek-image-post-1080-8000-x.pcap",
        "1080",
        "SF HadADfF turned round",
        "Zeek was told there which addresses are its own",
    ),
];

#[test]
fn conn_state_and_history_are_those_of_zeek() {
    let Some(corpus) = corpus::folder() else {
        return;
    };
    let ignored: Vec<String> = corpus::table(&corpus.join("truth/ZEEK_MAP.tsv"))
        .into_iter()
        .filter(|row| row["checksums_ignored"] == "yes")
        .map(|mut row| row.remove("path").expect("each row has one"))
        .collect();
    let (mut rows, mut agreed) = (0, 0);
    let mut unlisted = Vec::new();
    for capture in corpus::with_truth(&corpus, ".zeek.tsv") {
        let checksums = if ignored.contains(&capture) {
            Checksums::Ignore
        } else {
            Checksums::Verify
        };
        let mut ours = by_sockets(corpus::connections(&corpus.join(&capture), checksums));
        for theirs in truth(&corpus, &capture, ".zeek.tsv") {
            if theirs.get("proto").is_none_or(|proto| proto != "tcp")
                || !theirs.contains_key("conn_state")
                || !theirs.contains_key("history")
            {
                continue;
            }
            rows += 1;
            let (orig, resp) = (socket(&theirs, "orig"), socket(&theirs, "resp"));
            let record = match orig.as_str() {
                "" => ours.values_mut().next(),
                _ => ours.get_mut(&sockets(&orig, &resp)),
            }
            .and_then(VecDeque::pop_front);
            let said = record.map_or_else(
                || "nothing".to_owned(),
                |record| {
                    let flipped = !orig.is_empty() && record.flow.orig.to_string() != orig;
                    let note = if flipped { " turned round" } else { "" };
                    format!("{} {}{note}", record.conn_state.as_str(), record.history)
                },
            );
            let wanted = format!("{} {}", theirs["conn_state"], theirs["history"]);
            if said == wanted {
                agreed += 1;
            } else if !UNLIKE_ZEEK
                .iter()
                .any(|(file, from, we, _)| *file == capture && orig.ends_with(from) && *we == said)
            {
                unlisted.push(format!(
                    "{capture} {orig} > {resp}: Zeek {wanted}, we {said}"
                ));
            }
        }
    }
    eprintln!("Zeek: {}", share(agreed, rows));
    assert!(rows > 50, "the corpus has Zeek's rows");
    assert!(unlisted.is_empty(), "\n{}", unlisted.join("\n"));
}

const REUSE: &str =
    "a SYN after an RST opens a new connection, though its sequence number is the same";
const PADDED: &str =
    "acknowledgments there carry padding that IP counts as payload; it overlaps what follows";
const LINGERED: &str =
    "more than five seconds after the close, segments belong to a new connection";
const EARLY_ACK: &str =
    "captured after its acknowledgment, but never before: tshark calls it spurious";
const STRAY_ACK: &str =
    "an ACK and a FIN that overtook each other ask for nothing and repeat nothing";
const TWO_VLANS: &str = "the same sockets in two VLANs; tshark keeps them apart";

/// Counts of tshark's that differ from ours: the capture, the sender's socket, the count with tshark's figure
/// and ours, and why.
const UNLIKE_TSHARK: &[(&str, &str, &str, &str)] = &[
    (
        "big/PcapPlusPlus__example2.pcap",
        "10.0.0.1:55260 > 212.58.244.71:80",
        "retransmissions 7 6",
        LINGERED,
    ),
    (
        "big/built__devmix.pcap",
        "10.170.2.48:25 > 10.170.5.247:30709",
        "retransmissions 2 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "10.170.2.48:25 > 10.170.5.247:30709",
        "spurious_retransmissions 2 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "10.170.5.247:30709 > 10.170.2.48:25",
        "retransmissions 8 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "10.170.5.247:30709 > 10.170.2.48:25",
        "spurious_retransmissions 8 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "107.195.111.118:443 > 13.186.252.78:45104",
        "keep_alives 2 0",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "107.195.111.118:443 > 13.186.252.78:45104",
        "retransmissions 2 3",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "107.195.111.118:443 > 13.186.252.78:45124",
        "retransmissions 0 1",
        "a FIN one further is still the FIN again",
    ),
    (
        "big/built__devmix.pcap",
        "112.240.216.187:990 > 12.215.11.154:49254",
        "spurious_retransmissions 3 2",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "14.114.133.72:8091 > 14.49.4.229:40632",
        "retransmissions 1 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "14.114.133.72:8091 > 14.49.4.229:40632",
        "spurious_retransmissions 1 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "15.95.24.205:3955 > 15.95.37.101:2998",
        "retransmissions 2 0",
        REUSE,
    ),
    (
        "big/built__devmix.pcap",
        "175.243.1.87:49668 > 175.243.252.38:50562",
        "keep_alives 1 0",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "175.243.252.38:50562 > 175.243.1.87:49668",
        "duplicate_acks 0 1",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "56.171.25.238:443 > 194.147.10.135:41517",
        "retransmissions 1 0",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "56.171.25.29:443 > 194.147.10.135:31329",
        "retransmissions 1 0",
        STRAY_ACK,
    ),
    (
        "fragments/zeek__ipv6-http-atomic-frag.pcap",
        "[2001:db8:1::2]:36951 > [2001:db8:1::1]:80",
        "retransmissions 1 0",
        EARLY_ACK,
    ),
    (
        "fragments/zeek__ipv6-http-atomic-frag.pcap",
        "[2001:db8:1::2]:36951 > [2001:db8:1::1]:80",
        "spurious_retransmissions 1 0",
        EARLY_ACK,
    ),
    (
        "handshake/suricata__split-handshake-4whs.pcap",
        "1.1.1.1:12345 > 2.2.2.2:80",
        "retransmissions 1 0",
        "the SYN-ACK of a simultaneous open is no copy",
    ),
    (
        "handshake/zeek__pop3.pcap",
        "192.168.0.4:26242 > 212.227.15.188:110",
        "retransmissions 2 0",
        REUSE,
    ),
    (
        "handshake/zeek__pop3.pcap",
        "192.168.0.4:26245 > 212.227.15.171:110",
        "retransmissions 2 0",
        REUSE,
    ),
    (
        "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        "147.234.1.253:21 > 192.168.1.2:2720",
        "retransmissions 3 1",
        "damaged on purpose: sequence numbers jump",
    ),
    (
        "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        "147.234.1.253:21 > 192.168.1.2:2720",
        "spurious_retransmissions 1 0",
        "damaged on purpose: sequence numbers jump",
    ),
    (
        "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        "192.168.1.2:2720 > 147.234.1.253:21",
        "retransmissions 2 1",
        "damaged on purpose: sequence numbers jump",
    ),
    (
        "malformed/pcap-parser__err-buffertoosmall.pcapng",
        "93.184.216.34:443 > 192.168.178.113:54652",
        "retransmissions 1 0",
        STRAY_ACK,
    ),
    (
        "tcp-anomaly/nDPI__edonkey.pcap",
        "201.15.177.227:1754 > 135.192.214.240:7551",
        "retransmissions 2 1",
        LINGERED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "194.226.199.21:58155 > 52.18.127.189:443",
        "out_of_order 6 0",
        PADDED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "194.226.199.21:58155 > 52.18.127.189:443",
        "retransmissions 2 9",
        PADDED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "194.226.199.9:49756 > 92.223.106.21:443",
        "retransmissions 4 3",
        PADDED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "2.22.40.186:443 > 194.226.199.61:6946",
        "out_of_order 4 0",
        PADDED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "2.22.40.186:443 > 194.226.199.61:6946",
        "retransmissions 14 19",
        PADDED,
    ),
    (
        "tcp-anomaly/zeek__reassembly.pcap",
        "63.193.213.194:2564 > 128.3.97.175:80",
        "retransmissions 17 15",
        EARLY_ACK,
    ),
    (
        "teardown/zeek__fin_retransmission.pcap",
        "10.1.30.117:55344 > 17.167.193.62:443",
        "retransmissions 2 1",
        "a FIN where the SYN stood is the first FIN",
    ),
    (
        "vlan-linktypes/zeek__vlan-collisions.pcap",
        "141.142.228.5:59856 > 192.150.187.43:80",
        "keep_alives 4 0",
        TWO_VLANS,
    ),
    (
        "vlan-linktypes/zeek__vlan-collisions.pcap",
        "141.142.228.5:59856 > 192.150.187.43:80",
        "spurious_retransmissions 0 1",
        TWO_VLANS,
    ),
    (
        "vlan-linktypes/zeek__vlan-collisions.pcap",
        "192.150.187.43:80 > 141.142.228.5:59856",
        "spurious_retransmissions 4 8",
        TWO_VLANS,
    ),
];

/// tshark guesses from the time whether a segment is a copy or only late. We know which bytes we saw: what
/// was seen before is a copy, however soon it comes. So the two counts may differ when their sum does not.
const RESENT_OR_LATE: [&str; 2] = ["retransmissions", "out_of_order"];

/// Captures with TCP inside tunnels, which tshark enters and we do not.
const TUNNELS: &[&str] = &[
    "big/built__devmix.pcap",
    "zeek-extra/zeek__gtp6_gtp_0x32.pcap",
];

#[test]
fn counts_are_those_of_tshark() {
    let Some(corpus) = corpus::folder() else {
        return;
    };
    let (mut counts, mut agreed, mut sorted) = (0, 0, 0);
    let mut unlisted = Vec::new();
    for capture in corpus::with_truth(&corpus, ".tcp.tsv") {
        let mut theirs: BTreeMap<(String, &str), u64> = BTreeMap::new();
        for row in truth(&corpus, &capture, ".tcp.tsv") {
            for (end, way) in [("a", "ab"), ("b", "ba")] {
                let sender = ends(&row, end);
                for (ours, name) in COUNTED {
                    let count: u64 = row[&format!("{name}_{way}")].parse().expect("a number");
                    *theirs.entry((sender.clone(), ours)).or_default() += count;
                }
            }
        }
        let mut ours: BTreeMap<(String, &str), u64> = BTreeMap::new();
        for record in corpus::connections(&corpus.join(&capture), Checksums::Ignore) {
            for (name, (orig, resp)) in our_counts(&record) {
                let (from, to) = (record.flow.orig.to_string(), record.flow.resp.to_string());
                *ours.entry((format!("{from} > {to}"), name)).or_default() += orig;
                *ours.entry((format!("{to} > {from}"), name)).or_default() += resp;
            }
        }
        for ((sender, name), &want) in &theirs {
            let figures = |name| {
                let key = (sender.clone(), name);
                let theirs = theirs.get(&key).copied().unwrap_or(0);
                (theirs, ours.get(&key).copied().unwrap_or(0))
            };
            let (_, got) = figures(name);
            // Where nothing happened and nothing was found there is little to agree on.
            if want == 0 && got == 0 {
                continue;
            }
            if !ours.keys().any(|(known, _)| known == sender) {
                assert!(
                    TUNNELS.contains(&capture.as_str()),
                    "{capture} {sender}: not seen"
                );
                continue;
            }
            counts += 1;
            let difference = format!("{name} {want} {got}");
            let sorted_otherwise = RESENT_OR_LATE.contains(name) && {
                let (again, late) = (figures(RESENT_OR_LATE[0]), figures(RESENT_OR_LATE[1]));
                again.0 + late.0 == again.1 + late.1
            };
            if want == got {
                agreed += 1;
            } else if sorted_otherwise {
                sorted += 1;
            } else if !UNLIKE_TSHARK.iter().any(|(file, from, figures, _)| {
                *file == capture && from == sender && *figures == difference
            }) {
                unlisted.push(format!("{capture} {sender}: {difference}"));
            }
        }
    }
    eprintln!("tshark: {}", share(agreed, counts));
    eprintln!(
        "tshark: {}, segments sorted otherwise",
        share(agreed + sorted, counts)
    );
    assert!(counts > 50, "the corpus has tshark's counts");
    assert!(unlisted.is_empty(), "\n{}", unlisted.join("\n"));
}

/// Our names of counts, and tshark's.
const COUNTED: [(&str, &str); 6] = [
    ("retransmissions", "retransmission"),
    ("spurious_retransmissions", "spurious_retransmission"),
    ("out_of_order", "out_of_order"),
    ("duplicate_acks", "duplicate_ack"),
    ("zero_windows", "zero_window"),
    ("keep_alives", "keep_alive"),
];

fn our_counts(record: &TcpRecord) -> [(&'static str, (u64, u64)); 6] {
    [
        ("retransmissions", &record.retransmissions),
        ("spurious_retransmissions", &record.spurious_retransmissions),
        ("out_of_order", &record.out_of_order),
        ("duplicate_acks", &record.duplicate_acks),
        ("zero_windows", &record.zero_windows),
        ("keep_alives", &record.keep_alives),
    ]
    .map(|(name, both)| (name, (both.orig, both.resp)))
}

fn truth(corpus: &Path, capture: &str, ending: &str) -> Vec<Row> {
    corpus::table(&corpus.join("truth").join(format!("{capture}{ending}")))
}

fn by_sockets(records: Vec<TcpRecord>) -> HashMap<[String; 2], VecDeque<TcpRecord>> {
    let mut sorted: HashMap<_, VecDeque<_>> = HashMap::new();
    for record in records {
        let key = sockets(&record.flow.orig.to_string(), &record.flow.resp.to_string());
        sorted.entry(key).or_default().push_back(record);
    }
    sorted
}

/// Two sockets in whichever direction.
fn sockets(one: &str, other: &str) -> [String; 2] {
    let mut pair = [one.to_owned(), other.to_owned()];
    pair.sort();
    pair
}

/// A socket of one of Zeek's rows.
fn socket(row: &Row, side: &str) -> String {
    let column = |name: &str| row.get(&format!("id.{side}_{name}"));
    // A table without sockets has a single row.
    column("h")
        .zip(column("p"))
        .map_or_else(String::new, |(ip, port)| joined(ip, port))
}

/// Sender and receiver of one of tshark's rows.
fn ends(row: &Row, sender: &str) -> String {
    let other = if sender == "a" { "b" } else { "a" };
    let end = |end: &str| joined(&row[&format!("addr_{end}")], &row[&format!("port_{end}")]);
    format!("{} > {}", end(sender), end(other))
}

fn joined(address: &str, port: &str) -> String {
    if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    }
}

fn share(agreed: usize, all: usize) -> String {
    let per_mille = agreed * 1000 / all.max(1);
    let (percent, tenth) = (per_mille / 10, per_mille % 10);
    format!("{agreed} of {all} rows agree, {percent}.{tenth} %")
}
