//! The traffic that the benchmark makes: the same each time, and nothing wrong with it but what is meant.

use serde_json::Value;

use crate::{
    library::{self, View},
    traffic::{self, Kind, Made},
};

#[test]
fn made_traffic_is_the_same_each_time_and_begins_the_same() {
    for kind in [Kind::Chat, Kind::Bulk, Kind::Flows, Kind::Flows6] {
        let (file, made) = make(kind, 2_000);
        assert_eq!(file.len() as u64, made.bytes);
        assert_eq!(make(kind, 2_000).0, file, "{kind:?}");
        assert!(file.starts_with(&make(kind, 1_000).0), "{kind:?}");
    }
}

#[test]
fn made_traffic_is_whole_and_its_conversations_are_counted() {
    for (kind, packets) in [
        (Kind::Chat, 30_000),
        (Kind::Bulk, 3_000),
        (Kind::Flows, 30_000),
        (Kind::Flows6, 10_000),
    ] {
        let (file, made) = make(kind, packets);
        let told = library::tell(&file, "made", View::Json, library::everything());
        let told = told.expect("a capture");
        assert_eq!(told.totals()["decoded"], packets, "{kind:?}");
        let events: Vec<Value> = told
            .text
            .lines()
            .map(|line| serde_json::from_str(line).expect("one object a line"))
            .collect();
        let count = |name: &str| events.iter().filter(|event| event["event"] == name).count();
        let closed = count("tcp_closed") + count("udp_closed");
        assert_eq!(closed as u64, made.conversations, "{kind:?}");
        for event in events.iter().filter(|event| event["event"] == "tcp_oddity") {
            assert_eq!(event["name"], "retransmission", "{kind:?}: {event}");
        }
        let again = count("tcp_oddity") as u64;
        let wanted = if kind == Kind::Chat { packets / 100 } else { 0 };
        assert!(
            (wanted / 4..=wanted * 2).contains(&again),
            "{kind:?}: {again} segments are sent again"
        );
    }
}

#[test]
fn made_traffic_has_correct_checksums() {
    for kind in [Kind::Chat, Kind::Bulk, Kind::Flows, Kind::Flows6] {
        let (file, _) = make(kind, 1_000);
        let told = library::tell(&file, "made", View::Packets, library::everything());
        let text = told.expect("a capture").text;
        let mut fields = 0;
        for line in text.lines().filter(|line| line.contains(" checksum ")) {
            fields += 1;
            assert!(line.ends_with(" (ok)"), "{kind:?}: {line}");
        }
        assert!(fields >= 1_000, "{kind:?}: {fields} checksums");
    }
}

fn make(kind: Kind, packets: u64) -> (Vec<u8>, Made) {
    let mut file = Vec::new();
    let made = traffic::write(kind, packets, &mut file).expect("a Vec takes everything");
    (file, made)
}
