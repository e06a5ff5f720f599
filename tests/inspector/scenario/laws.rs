use std::collections::{BTreeMap, BTreeSet};

use inspector::track::{
    event::{Event, HandshakeVerdict, Kind, TcpRecord, TeardownKind},
    flow::Side,
};

/// What must hold of any story that was told to its end, with every event asked for.
pub fn hold(events: &[Event]) {
    hold_without_tcp(events);
    let mut open = BTreeSet::new();
    let mut closed = BTreeMap::new();
    let mut counted: BTreeMap<_, u64> = BTreeMap::new();
    let mut said: BTreeMap<_, u64> = BTreeMap::new();
    let mut stretches: BTreeMap<_, Vec<(i64, u64)>> = BTreeMap::new();
    let mut handshakes = BTreeMap::new();
    let mut teardowns = BTreeMap::new();
    for event in events {
        if let Some(frame) = event.frame {
            let earlier = event.because.iter().all(|because| *because <= frame);
            assert!(earlier, "a cause comes first: {event:?}");
        }
        if let Some(conn) = conn_of(&event.kind) {
            open.insert(conn);
            assert!(
                !closed.contains_key(&conn),
                "nothing after the end: {event:?}"
            );
        }
        match &event.kind {
            Kind::TcpOddity(oddity) => {
                *counted
                    .entry((oddity.conn, oddity.from == Side::Orig, oddity.name.as_str()))
                    .or_default() += 1;
            }
            Kind::TcpMessage(message) => {
                let side = (message.conn, message.from == Side::Orig);
                *said.entry(side).or_default() += message.len;
                stretches
                    .entry(side)
                    .or_default()
                    .push((message.offset, message.len));
            }
            Kind::TcpHandshake(handshake) => {
                let before = handshakes.insert(handshake.conn, handshake.verdict);
                assert_eq!(before, None, "one verdict: {event:?}");
            }
            Kind::TcpTeardown(teardown) => {
                let before = teardowns.insert(teardown.conn, teardown.kind);
                assert_eq!(before, None, "one teardown: {event:?}");
            }
            Kind::TcpClosed(record) => {
                open.insert(record.conn);
                let before = closed.insert(record.conn, (**record).clone());
                assert_eq!(before, None, "closed once: {event:?}");
            }
            _ => {}
        }
    }
    for conn in open {
        let record = closed
            .get(&conn)
            .unwrap_or_else(|| panic!("{conn} is closed"));
        let handshake = handshakes
            .get(&conn)
            .copied()
            .unwrap_or(HandshakeVerdict::NotSeen);
        assert_eq!(handshake, record.handshake, "{conn}");
        let teardown = teardowns.get(&conn).copied().unwrap_or(TeardownKind::None);
        assert_eq!(teardown, record.teardown, "{conn}");
        for (name, counts) in counts(record) {
            for (is_orig, count) in [(true, counts.0), (false, counts.1)] {
                let told: u64 = name
                    .split('+')
                    .map(|name| counted.get(&(conn, is_orig, name)).copied().unwrap_or(0))
                    .sum();
                assert_eq!(told, count, "{conn} {name}");
            }
        }
        for (is_orig, bytes) in [(true, record.bytes.orig), (false, record.bytes.resp)] {
            let said = said.get(&(conn, is_orig)).copied().unwrap_or(0);
            assert!(
                said <= bytes,
                "{conn} says no byte twice: {said} of {bytes}"
            );
        }
    }
    for (side, mut stretches) in stretches {
        stretches.sort_unstable();
        let apart = stretches
            .windows(2)
            .all(|two| two[0].0.strict_add_unsigned(two[0].1) <= two[1].0);
        assert!(apart, "{side:?} says each byte once: {stretches:?}");
    }
}

/// Each question is answered or given up once, and so is each exchange closed.
fn hold_without_tcp(events: &[Event]) {
    let mut open_questions: BTreeMap<_, i32> = BTreeMap::new();
    let mut exchanges: BTreeMap<_, (bool, u64)> = BTreeMap::new();
    for event in events {
        match &event.kind {
            Kind::AddressAsked(it) if it.tries == 1 => {
                *open_questions.entry((it.asked_by.ip, it.ip)).or_default() += 1;
            }
            Kind::AddressResolved(it) => {
                *open_questions
                    .entry((it.asked_by.ip, it.binding.ip))
                    .or_default() -= 1;
            }
            Kind::AddressUnanswered(it) => {
                *open_questions.entry((it.asked_by.ip, it.ip)).or_default() -= 1;
            }
            Kind::UdpMessage(it) => {
                let (is_closed, messages) = exchanges.entry(it.exchange).or_default();
                assert!(!*is_closed, "nothing after the end: {event:?}");
                *messages += 1;
            }
            Kind::UdpClosed(record) => {
                let (is_closed, messages) = exchanges.entry(record.exchange).or_default();
                assert!(!*is_closed, "closed once: {event:?}");
                *is_closed = true;
                assert_eq!(*messages, record.messages.total(), "{event:?}");
            }
            _ => {}
        }
    }
    let unsettled: Vec<_> = open_questions
        .iter()
        .filter(|(_, open)| **open != 0)
        .collect();
    assert!(unsettled.is_empty(), "answered or not, once: {unsettled:?}");
    assert!(exchanges.values().all(|(is_closed, _)| *is_closed));
}

/// What a record counts, with the names of the events that make it up.
fn counts(record: &TcpRecord) -> [(&'static str, (u64, u64)); 7] {
    [
        (
            "retransmission+spurious_retransmission",
            &record.retransmissions,
        ),
        ("spurious_retransmission", &record.spurious_retransmissions),
        ("out_of_order", &record.out_of_order),
        ("duplicate_ack", &record.duplicate_acks),
        ("zero_window", &record.zero_windows),
        ("keep_alive", &record.keep_alives),
        ("bad_checksum", &record.bad_checksums),
    ]
    .map(|(name, both)| (name, (both.orig, both.resp)))
}

fn conn_of(kind: &Kind) -> Option<inspector::track::event::ConnectionId> {
    match kind {
        Kind::TcpStep(it) => Some(it.conn),
        Kind::TcpHandshake(it) => Some(it.conn),
        Kind::TcpMessage(it) => Some(it.conn),
        Kind::TcpOddity(it) => Some(it.conn),
        Kind::TcpTeardown(it) => Some(it.conn),
        Kind::TcpIcmp(it) => Some(it.id),
        _ => None,
    }
}
