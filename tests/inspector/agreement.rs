/// Where we differ, and why.
mod listed;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    path::Path,
};

use inspector::track::{Checksums, Config, event::TcpRecord};

use super::{corpus, scenario::laws};
use listed::{TUNNELS, UNLIKE_TSHARK, UNLIKE_ZEEK};

type Row = HashMap<String, String>;

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
    let (mut unlisted, mut used) = (Vec::new(), BTreeSet::new());
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
            } else if let Some(listed) = UNLIKE_ZEEK.iter().position(|(file, from, we, _)| {
                *file == capture && orig.ends_with(from) && *we == said
            }) {
                used.insert(listed);
            } else {
                unlisted.push(format!(
                    "{capture} {orig} > {resp}: Zeek {wanted}, we {said}"
                ));
            }
        }
    }
    eprintln!("Zeek: {}", share(agreed, rows));
    let stale = UNLIKE_ZEEK.len() - used.len();
    assert_eq!(stale, 0, "each row listed is there; these are: {used:?}");
    assert!(rows > 50, "the corpus has Zeek's rows");
    assert!(unlisted.is_empty(), "\n{}", unlisted.join("\n"));
}

/// tshark guesses from the time whether a segment is a copy or only late. We know which bytes we saw: what
/// was seen before is a copy, however soon it comes. So the two counts may differ when their sum does not.
const RESENT_OR_LATE: [&str; 2] = ["retransmissions", "out_of_order"];

#[test]
fn counts_are_those_of_tshark() {
    let Some(corpus) = corpus::folder() else {
        return;
    };
    let (mut counts, mut agreed, mut sorted) = (0, 0, 0);
    let (mut unlisted, mut used) = (Vec::new(), BTreeSet::new());
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
            } else if let Some(listed) =
                UNLIKE_TSHARK.iter().position(|(file, from, figures, _)| {
                    *file == capture && from == sender && *figures == difference
                })
            {
                used.insert(listed);
            } else {
                unlisted.push(format!("{capture} {sender}: {difference}"));
            }
        }
    }
    eprintln!("tshark: {}", share(agreed, counts));
    eprintln!(
        "tshark: {}, segments sorted otherwise",
        share(agreed + sorted, counts)
    );
    let stale = UNLIKE_TSHARK.len() - used.len();
    assert_eq!(stale, 0, "each count listed is there; these are: {used:?}");
    assert!(counts > 50, "the corpus has tshark's counts");
    assert!(unlisted.is_empty(), "\n{}", unlisted.join("\n"));
}

#[test]
fn the_laws_hold_for_other_peoples_captures() {
    let Some(corpus) = corpus::folder() else {
        return;
    };
    for ending in [".tcp.tsv", ".udp.tsv", ".arp.tsv"] {
        for capture in corpus::with_truth(&corpus, ending) {
            eprintln!("{capture}");
            laws::hold(&corpus::events(&corpus.join(capture), Config::reading()));
        }
    }
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
