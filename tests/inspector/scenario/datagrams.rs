use std::{net::IpAddr, time::Duration};

use etherparse::{IpFragOffset, IpNumber, Ipv4Header, PacketBuilder};
use inspector::track::{
    Config, Interest,
    event::{Content, Event, Kind, TcpRecord, UdpMessage, UdpRecord},
};

use super::{
    laws,
    script::{ack, data, opened, play, rst_ack, syn, then, ways},
    wire::{A, B, End, Frame, observe, udp},
};

const PORTS: (u16, u16) = (40_001, 8_520);
const BACK: (u16, u16) = (8_520, 40_001);

/// Nobody listens.
const SILENT: Interest = Interest {
    events: false,
    text: false,
    whole: false,
};

fn events(frames: &[Frame]) -> Vec<Event> {
    let (events, _) = observe(frames, Config::reading());
    laws::hold(&events);
    events
}

fn messages(events: &[Event]) -> Vec<&UdpMessage> {
    let message = |event: &'_ Event| matches!(event.kind, Kind::UdpMessage(_));
    events
        .iter()
        .filter(|event| message(event))
        .map(|event| match &event.kind {
            Kind::UdpMessage(message) => message,
            _ => unreachable!("only messages are left"),
        })
        .collect()
}

fn exchanges(events: &[Event]) -> Vec<&UdpRecord> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::UdpClosed(record) => Some(&**record),
            _ => None,
        })
        .collect()
}

/// An ICMP error that quotes the beginning of a frame's IP packet.
fn error(at: u64, from: End, (kind, code): (u8, u8), rest: [u8; 4], about: &[u8]) -> Frame {
    let mut bytes = Vec::new();
    PacketBuilder::ethernet2(from.mac(), from.other().mac())
        .ipv4(from.ip(), from.other().ip(), 64)
        .icmpv4_raw(kind, code, rest)
        .write(&mut bytes, &about[14..14 + 28])
        .unwrap();
    Frame::new(at, bytes)
}

fn ping(at: u64, from: End, is_request: bool, seq: u8) -> Frame {
    let mut bytes = Vec::new();
    PacketBuilder::ethernet2(from.mac(), from.other().mac())
        .ipv4(from.ip(), from.other().ip(), 64)
        .icmpv4_raw(if is_request { 8 } else { 0 }, 0, [0, 7, 0, seq])
        .write(&mut bytes, b"payload")
        .unwrap();
    Frame::new(at, bytes)
}

#[test]
fn questions_are_paired_with_answers() {
    let events = events(&[
        Frame::new(0, udp(A, PORTS, "在吗".as_bytes())),
        Frame::new(700, udp(B, BACK, "在".as_bytes())),
        Frame::new(800, udp(B, BACK, "有事？".as_bytes())),
        Frame::new(900, udp(A, PORTS, b"")),
    ]);
    let answers: Vec<_> = messages(&events)
        .iter()
        .map(|message| message.answers)
        .collect();
    let ms = Duration::from_millis;
    assert_eq!(
        answers,
        [None, Some((1, ms(700))), None, Some((3, ms(100)))]
    );
    let record = exchanges(&events)[0];
    assert_eq!(record.conn_state.as_str(), "SF");
    assert_eq!((record.messages.orig, record.messages.resp), (2, 2));
    assert_eq!((record.bytes.orig, record.bytes.resp), (6, 12));
    assert_eq!(record.unanswered, 1);
    assert_eq!((record.first_frame, record.last_frame), (1, 4));
}

#[test]
fn an_unanswered_question_is_s0() {
    let events = events(&[Frame::new(0, udp(A, PORTS, b"?"))]);
    let record = exchanges(&events)[0];
    assert_eq!((record.conn_state.as_str(), record.unanswered), ("S0", 1));
}

#[test]
fn several_clients_of_one_server_are_exchanges_of_their_own() {
    let events = events(&[
        Frame::new(0, udp(A, (40_001, 8_520), b"1")),
        Frame::new(1, udp(A, (40_002, 8_520), b"2")),
        Frame::new(2, udp(B, (8_520, 40_002), b"b")),
        Frame::new(3, udp(B, (8_520, 40_001), b"a")),
    ]);
    assert_eq!(exchanges(&events).len(), 2);
    let ids: Vec<u64> = messages(&events).iter().map(|it| it.exchange.0).collect();
    assert_eq!(ids, [1, 2, 2, 1]);
}

#[test]
fn an_hour_of_silence_ends_an_exchange() {
    let hour = 3_600_000;
    let apart = events(&[
        Frame::new(0, udp(A, PORTS, b"1")),
        Frame::new(hour, udp(A, PORTS, b"2")),
    ]);
    assert_eq!(exchanges(&apart).len(), 2);
    let close = events(&[
        Frame::new(0, udp(A, PORTS, b"1")),
        Frame::new(hour - 1, udp(A, PORTS, b"2")),
    ]);
    assert_eq!(exchanges(&close).len(), 1);
}

#[test]
fn a_closed_port_is_tied_to_the_datagram_that_met_it() {
    let first = udp(A, PORTS, b"anybody?");
    let events = events(&[
        Frame::new(0, first.clone()),
        error(1, B, (3, 3), [0; 4], &first),
    ]);
    let told = events
        .iter()
        .find(|event| matches!(event.kind, Kind::UdpUnreachable(_)));
    let told = told.unwrap();
    assert_eq!(told.because, [1]);
    let Kind::UdpUnreachable(error) = &told.kind else {
        unreachable!()
    };
    assert_eq!(error.reason, "port unreachable");
    assert_eq!(error.from_ip, IpAddr::from(B.ip()));
    assert_eq!(exchanges(&events)[0].unreachable, 1);
}

#[test]
fn an_error_about_a_syn_decides_the_attempt() {
    let opening = play(&[syn(A, B)], ways(super::PLAIN)[0]);
    let about = opening[0].bytes.clone();
    let verdict_after = |about_what, rest| {
        let told = events(&[opening[0].clone(), error(100, B, about_what, rest, &about)]);
        let said = told.iter().find_map(|event| match &event.kind {
            Kind::TcpIcmp(error) => Some((event.because.clone(), error.mtu)),
            _ => None,
        });
        let (because, mtu) = said.unwrap();
        assert_eq!(because, [1]);
        (told, mtu)
    };
    let (events, mtu) = verdict_after((3, 4), [0, 0, 5, 0x78]);
    assert_eq!(mtu, Some(1_400));
    let news_of_the_mtu = events.iter().find_map(|event| match &event.kind {
        Kind::TcpHandshake(it) => Some(format!("{:?}", it.verdict)),
        _ => None,
    });
    assert_eq!(news_of_the_mtu.as_deref(), Some("Unanswered"));
    let (events, _) = verdict_after((3, 13), [0; 4]);
    let verdict = events.iter().find_map(|event| match &event.kind {
        Kind::TcpHandshake(it) => Some((
            event.because.clone(),
            it.verdict,
            it.icmp_frame.zip(it.icmp.clone()),
        )),
        _ => None,
    });
    let (because, verdict, icmp) = verdict.unwrap();
    assert_eq!(format!("{verdict:?}"), "Unreachable");
    assert!(because.contains(&2), "{because:?}");
    assert_eq!(icmp.map(|(frame, _)| frame), Some(2));
}

#[test]
fn pings_are_paired() {
    let events = events(&[
        ping(0, A, true, 1),
        ping(12, B, false, 1),
        ping(1_000, A, true, 2),
        ping(5_000, A, true, 3),
    ]);
    let told: Vec<String> = events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Ping(it) => Some(format!("{} {:?} {:?}", it.seq, it.rtt, event.because)),
            Kind::PingUnanswered(it) => Some(format!("{} silent at {:?}", it.seq, event.because)),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        ["1 Some(12ms) [1]", "2 silent at [3]", "3 silent at [4]"]
    );
}

#[test]
fn a_ping_to_everyone_is_paired_with_each_reply() {
    let echo = |at, from: [u8; 4], to: [u8; 4], kind| {
        let mut bytes = Vec::new();
        let mac = if kind == 8 { [0xff; 6] } else { A.mac() };
        PacketBuilder::ethernet2(B.mac(), mac)
            .ipv4(from, to, 64)
            .icmpv4_raw(kind, 0, [0, 7, 0, 1])
            .write(&mut bytes, b"payload")
            .unwrap();
        Frame::new(at, bytes)
    };
    let everyone = [192, 168, 15, 255];
    let [three, four] = [3, 4].map(|host| [192, 168, 15, host]);
    let asks = echo(0, A.ip(), everyone, 8);
    let told = |frames: &[Frame]| {
        let (events, overview) = observe(frames, Config::reading());
        let told = events.iter().filter_map(|event| match &event.kind {
            Kind::Ping(it) => Some(format!("{} {} {:?}", it.src, it.dst, event.because)),
            Kind::PingUnanswered(it) => Some(format!("{} silent", it.dst)),
            _ => None,
        });
        (told.collect::<Vec<_>>(), overview.pings_answered)
    };
    let (replies, answered) = told(&[
        asks.clone(),
        echo(1, three, A.ip(), 0),
        echo(2, four, A.ip(), 0),
        echo(3, three, A.ip(), 0),
    ]);
    assert_eq!(
        replies,
        [
            "192.168.15.42 192.168.15.3 [1]",
            "192.168.15.42 192.168.15.4 [1]"
        ]
    );
    assert_eq!(answered, 1);
    let (silence, answered) = told(&[asks]);
    assert_eq!(
        (&silence[..], answered),
        (&["192.168.15.255 silent".to_owned()][..], 0)
    );
}

/// A fragment of a datagram of A's.
fn fragment(at: u64, payload: &[u8], offset: usize, more: bool) -> Frame {
    fragment_of(7, at, payload, offset, more)
}

fn fragment_of(id: u16, at: u64, payload: &[u8], offset: usize, more: bool) -> Frame {
    let mut header =
        Ipv4Header::new(payload.len() as u16, 64, IpNumber::UDP, A.ip(), B.ip()).unwrap();
    header.identification = id;
    header.dont_fragment = false;
    header.more_fragments = more;
    header.fragment_offset = IpFragOffset::try_new((offset / 8) as u16).unwrap();
    header.header_checksum = header.calc_header_checksum();
    let mut bytes = [&B.mac()[..], &A.mac(), &[8, 0]].concat();
    header.write(&mut bytes).unwrap();
    bytes.extend(payload);
    Frame::new(at, bytes)
}

/// A datagram's bytes behind the IP header: 3,608 of them, of 1,200 characters.
fn large() -> Vec<u8> {
    udp(A, PORTS, "谈".repeat(1_200).as_bytes()).split_off(34)
}

fn cut() -> [(usize, usize); 3] {
    [(0, 1_480), (1_480, 2_960), (2_960, 3_608)]
}

fn pieces(order: &[usize]) -> Vec<Frame> {
    let whole = large();
    order
        .iter()
        .zip(0..)
        .map(|(&piece, at)| {
            let (from, to) = cut()[piece];
            fragment(at, &whole[from..to], from, to < whole.len())
        })
        .collect()
}

/// A frame's IP packet in two fragments, cut so many bytes behind the IP header.
fn in_two(frame: &Frame, cut: usize) -> [Frame; 2] {
    let (header, payload) = Ipv4Header::from_slice(&frame.bytes[14..]).unwrap();
    [(0, &payload[..cut]), (cut, &payload[cut..])].map(|(offset, piece)| {
        let mut header = header.clone();
        header.set_payload_len(piece.len()).unwrap();
        header.identification = 9;
        header.dont_fragment = false;
        header.more_fragments = offset == 0;
        header.fragment_offset = IpFragOffset::try_new((offset / 8) as u16).unwrap();
        header.header_checksum = header.calc_header_checksum();
        let mut bytes = frame.bytes[..14].to_vec();
        header.write(&mut bytes).unwrap();
        bytes.extend(piece);
        Frame {
            at: frame.at,
            captured: bytes.len(),
            bytes,
        }
    })
}

/// The only connection's record, and the frames of its messages.
fn connection(events: &[Event]) -> (&TcpRecord, Vec<&[u64]>) {
    let mut records = events.iter().filter_map(|event| match &event.kind {
        Kind::TcpClosed(record) => Some(&**record),
        _ => None,
    });
    let messages = events.iter().filter_map(|event| match &event.kind {
        Kind::TcpMessage(message) => Some(&message.frames[..]),
        _ => None,
    });
    (records.next().unwrap(), messages.collect())
}

fn oddities(events: &[Event]) -> Vec<&'static str> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Oddity(oddity) => Some(oddity.name()),
            _ => None,
        })
        .collect()
}

#[test]
fn fragments_in_any_order_are_one_message() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let events = events(&pieces(&order));
        let [message] = messages(&events)[..] else {
            panic!("one message of {order:?}")
        };
        assert_eq!((message.len, &message.frames[..]), (3_600, &[1, 2, 3][..]));
        assert_eq!(message.content, Content::Text("谈".repeat(1_200)));
        assert_eq!(exchanges(&events)[0].bytes.orig, 3_600);
        assert!(oddities(&events).is_empty());
    }
}

#[test]
fn an_exchange_begins_with_its_first_fragment_and_counts_them_all() {
    let mut frames = pieces(&[0, 1, 2]);
    frames.push(Frame::new(10, udp(B, BACK, b"ok")));
    let events = events(&frames);
    let record = exchanges(&events)[0];
    assert_eq!((record.first_frame, record.last_frame), (1, 4));
    assert_eq!(record.duration, Duration::from_millis(10));
    assert_eq!((record.messages.orig, record.frames.orig), (1, 3));
    assert_eq!((record.messages.resp, record.frames.resp), (1, 1));
}

#[test]
fn a_segment_in_fragments_keeps_all_its_frames() {
    let script = then(opened(), [data(A, B, "你好你好你好你好"), ack(B, A)]);
    let mut frames = play(&script, ways(super::PLAIN)[0]);
    let pieces = in_two(&frames[3], 40);
    frames.splice(3..4, pieces);
    let in_order = events(&frames);
    let (record, messages) = connection(&in_order);
    assert_eq!(messages, [[4, 5]]);
    assert_eq!((record.packets.orig, record.packets.resp), (4, 2));

    // Behind a gap that is filled later, too.
    let script = then(
        opened(),
        [data(A, B, "一"), data(A, B, "你好你好你好你好"), ack(B, A)],
    );
    let mut frames = play(&script, ways(super::PLAIN)[0]);
    let pieces = in_two(&frames[4], 40);
    frames.splice(
        3..5,
        [pieces[0].clone(), pieces[1].clone(), frames[3].clone()],
    );
    let overtaken = events(&frames);
    assert_eq!(connection(&overtaken).1, [&[6][..], &[4, 5]]);
}

#[test]
fn a_connection_begins_with_the_first_fragment_of_its_syn() {
    let mut frames = play(&[syn(A, B), rst_ack(B, A)], ways(super::PLAIN)[0]);
    let pieces = in_two(&frames[0], 8);
    frames.splice(0..1, pieces);
    for interest in [Config::reading().interest, SILENT] {
        let config = Config {
            interest,
            ..Config::reading()
        };
        let (events, _) = observe(&frames, config);
        let (record, _) = connection(&events);
        assert_eq!((record.first_frame, record.last_frame), (1, 3));
        assert_eq!((record.packets.orig, record.packets.resp), (2, 1));
    }
}

#[test]
fn a_fragment_twice_is_nothing_special() {
    let events = events(&pieces(&[0, 1, 1, 0, 2]));
    assert_eq!(messages(&events).len(), 1);
    assert!(oddities(&events).is_empty());
}

#[test]
fn missing_fragments_are_named_after_thirty_seconds() {
    let mut frames = pieces(&[0, 2]);
    frames.push(Frame::new(31_000, udp(B, BACK, b"?")));
    let events = events(&frames);
    let told = events.iter().find_map(|event| match &event.kind {
        Kind::DatagramIncomplete(it) => Some((event.at, it.missing.clone(), it.frames.clone())),
        _ => None,
    });
    let (at, missing, frames) = told.unwrap();
    assert_eq!(at, super::wire::time(30_000));
    assert_eq!(
        (&missing[..], &frames[..]),
        (&[(1_480, Some(2_960))][..], &[1, 2][..])
    );
}

#[test]
fn at_the_end_what_is_not_whole_is_named() {
    let events = events(&pieces(&[1]));
    let told = events.iter().find_map(|event| match &event.kind {
        Kind::DatagramIncomplete(it) => Some(it.missing.clone()),
        _ => None,
    });
    assert_eq!(told.unwrap(), [(0, Some(1_480)), (2_960, None)]);
}

#[test]
fn overlapping_fragments_are_an_alarm_and_no_message() {
    let mut frames = pieces(&[0]);
    frames.push(fragment(1, &[b'x'; 1_480], 1_472, true));
    frames.extend(pieces(&[1, 2]));
    let events = events(&frames);
    assert_eq!(oddities(&events), ["fragment_overlap"]);
    assert!(messages(&events).is_empty());
}

#[test]
fn the_ping_of_death_is_named() {
    let events = events(&[fragment(0, &[0; 1_480], 65_528, false)]);
    assert_eq!(oddities(&events), ["ping_of_death"]);
}

#[test]
fn a_tiny_first_fragment_is_named() {
    let events = events(&[fragment(0, &[0; 8], 0, true)]);
    assert_eq!(oddities(&events), ["tiny_first_fragment"]);
}

#[test]
fn fragments_have_a_budget() {
    let config = Config {
        max_fragment_bytes: 10_000,
        ..Config::reading()
    };
    let frames: Vec<Frame> = (0..1_000_u16)
        .map(|id| fragment_of(id, 0, &[0; 1_480], 0, true))
        .collect();
    let (events, overview) = observe(&frames, config);
    let given_up = events
        .iter()
        .filter(|event| matches!(event.kind, Kind::DatagramIncomplete(_)))
        .count();
    assert_eq!(given_up, 1_000);
    assert_eq!(overview.evicted.fragments, 994);
}

#[test]
fn a_damaged_ip_header_changes_nothing() {
    let mut frame = udp(A, PORTS, b"hi");
    frame[24] ^= 0x55;
    let events = events(&[Frame::new(0, frame)]);
    assert_eq!(oddities(&events), ["bad_checksum"]);
    assert!(exchanges(&events).is_empty());
}

#[test]
fn a_damaged_datagram_changes_nothing() {
    let mut frame = udp(A, PORTS, b"hi");
    frame[40] ^= 0x55;
    let events = events(&[Frame::new(0, frame)]);
    assert_eq!(oddities(&events), ["bad_checksum"]);
    assert!(exchanges(&events).is_empty());
}
