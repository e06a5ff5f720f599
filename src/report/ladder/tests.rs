use super::{
    layout::{Bracket, Layout, Row, Rung},
    *,
};
use crate::{
    decode::decode,
    link_type::LinkType,
    report::samples::{self, ip, totals},
    track::{Checksums, Config, Tracker, event::Kind},
};

/// Collects frames (milliseconds, bytes from the IP header on) as the corridor does.
fn collect(frames: &[(u64, Vec<u8>)], options: Options) -> Ladder {
    let mut ladder = Ladder::new(options);
    // Nobody computed the checksums of these.
    let mut tracker = Tracker::new(Config {
        checksums: Checksums::Ignore,
        ..Config::reading()
    });
    let mut events = Vec::new();
    for (at, (millis, data)) in frames.iter().enumerate() {
        let number = at as u64 + 1;
        let frame = Frame {
            at: samples::START + std::time::Duration::from_millis(*millis),
            link_type: LinkType::RawIp,
            interface: 0,
            original_len: data.len(),
            data,
        };
        let packet = decode(frame.link_type, data, data.len());
        tracker.observe(number, frame.at, &packet, &mut events);
        if ladder.wants_packets() {
            ladder.packet(number, &frame, &packet).expect("no I/O");
        }
        for event in events.drain(..) {
            ladder.event(&event).expect("no I/O");
        }
    }
    tracker.finish(&mut events);
    for event in events.drain(..) {
        ladder.event(&event).expect("no I/O");
    }
    let totals = Totals {
        frames: frames.len() as u64,
        overview: tracker.overview(),
        ..totals()
    };
    ladder.closed(&totals).expect("no I/O");
    ladder
}

/// A datagram.
fn udp(from: [u8; 4], to: [u8; 4], ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let len = 8 + payload.len() as u16;
    let mut data = header(17, from, to, usize::from(len));
    for number in [ports[0], ports[1], len, 0] {
        data.extend(number.to_be_bytes());
    }
    data.extend(payload);
    data
}

/// A segment without options. Flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16.
fn tcp(is_orig: bool, flags: u8, seq: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    let (mut from, mut to) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let mut ports = [40001u16, 8520];
    if !is_orig {
        std::mem::swap(&mut from, &mut to);
        ports.reverse();
    }
    let mut data = header(6, from, to, 20 + payload.len());
    data.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    data.extend(seq.to_be_bytes());
    data.extend(ack.to_be_bytes());
    data.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    data.extend(payload);
    data
}

fn header(protocol: u8, from: [u8; 4], to: [u8; 4], len: usize) -> Vec<u8> {
    let [high, low] = (20 + len as u16).to_be_bytes();
    let mut data = vec![0x45, 0, high, low, 0, 1, 0, 0, 64, protocol, 0, 0];
    data.extend(from);
    data.extend(to);
    data
}

fn rungs(layout: &Layout) -> Vec<&Rung> {
    let rungs = layout.rows.iter().filter_map(|row| match row {
        Row::Rung(rung) => Some(rung),
        _ => None,
    });
    rungs.collect()
}

#[test]
fn a_big_capture_is_cut_with_a_count() {
    let frame = |at: u64| (at, udp([10, 0, 0, 1], [10, 0, 0, 2], [40001, 8520], b"88"));
    let many = 3 * MAX_ARROWS as u64;
    let frames: Vec<_> = (0..many).map(frame).collect();
    let ladder = collect(&frames, Options::default());
    assert_eq!(ladder.entries.len(), MAX_ARROWS);
    assert!(!ladder.wants_packets());
    let layout = ladder.layout(8);
    let cut = layout.notes.last().expect("it says so");
    assert!(
        cut.contains("before #1001") && cut.contains("2000 more frames"),
        "{cut}"
    );
    assert!(cut.contains("--frames 1001-1500"), "{cut}");
    assert!(!cut.contains("--conn"), "there is but one: {cut}");

    // That is how to see more.
    let options = Options {
        frames: Some(1001..=1500),
        ..Options::default()
    };
    let ladder = collect(&frames, options);
    let layout = ladder.layout(8);
    let frames: Vec<_> = rungs(&layout).iter().map(|rung| rung.frame).collect();
    assert_eq!(frames, (1001..=1500).collect::<Vec<_>>());
}

#[test]
fn nothing_is_kept_of_what_is_not_drawn() {
    let frame = |at: u64| (at, udp([10, 0, 0, 1], [10, 0, 0, 2], [40001, 8520], b"88"));
    let frames: Vec<_> = (0..2 * MAX_ARROWS as u64).map(frame).collect();
    for (options, is_cut) in [
        (Options::default(), true),
        (
            Options {
                frames: Some(1..=20),
                ..Options::default()
            },
            false,
        ),
    ] {
        let mut ladder = collect(&frames, options);
        assert_eq!(ladder.cut_at.is_some(), is_cut);
        let (talks, entries) = (ladder.talks.len(), ladder.entries.len());
        for mut event in samples::all("88") {
            let is_tcp = matches!(event.kind.conversation(), Some(Conversation::Tcp(_)));
            event.frame = Some(5000);
            if is_tcp && !matches!(event.kind, Kind::TcpClosed(_)) {
                ladder.event(&event).expect("no I/O");
            }
        }
        assert_eq!(ladder.judge.open(), 0, "of connections that are not drawn");
        assert_eq!((ladder.talks.len(), ladder.entries.len()), (talks, entries));
    }
}

#[test]
fn frames_that_are_not_there_are_not_drawn_in_silence() {
    let options = Options {
        frames: Some(200..=300),
        ..Options::default()
    };
    let frame = udp([10, 0, 0, 1], [10, 0, 0, 2], [40001, 8520], b"88");
    let layout = collect(&[(0, frame)], options).layout(8);
    let told = "There is no frame 200 (--frames): the capture has 1 frame.";
    assert!(
        layout.notes.iter().any(|it| it == told),
        "{:?}",
        layout.notes
    );
}

#[test]
fn the_busiest_hosts_have_rails_of_their_own() {
    let server = [10, 0, 0, 200];
    let mut frames = Vec::new();
    for host in 1..=20u8 {
        // The later the busier.
        for turn in 0..host {
            let ports = [40000 + u16::from(turn), 8520];
            frames.push((
                frames.len() as u64,
                udp([10, 0, 0, host], server, ports, b"88"),
            ));
        }
    }
    let ladder = collect(&frames, Options::default());
    let layout = ladder.layout(5);
    let lanes: Vec<_> = layout
        .lanes
        .iter()
        .map(|lane| lane.address.as_str())
        .collect();
    assert_eq!(
        lanes,
        [
            "10.0.0.200",
            "10.0.0.18",
            "10.0.0.19",
            "10.0.0.20",
            "others (17)"
        ]
    );
    // Who has no rail is named where it speaks, and where it is spoken to.
    let first = rungs(&layout)[0].label.text();
    assert!(first.starts_with("10.0.0.1: “88”"), "{first}");
    let answer = (999, udp(server, [10, 0, 0, 1], [8520, 40000], b"88"));
    let last = [&frames[..], &[answer]].concat();
    let last = collect(&last, Options::default()).layout(5);
    let last = rungs(&last).last().expect("there is one").label.text();
    assert!(last.starts_with("→ 10.0.0.1: “88”"), "{last}");
    let drawn: u64 = rungs(&layout).iter().map(|rung| rung.count).sum();
    assert_eq!(drawn, frames.len() as u64, "no arrow is lost");
    assert!(
        layout.notes.iter().any(|note| note.starts_with("17 hosts")),
        "{:?}",
        layout.notes
    );
    assert_eq!(ladder.layout(64).lanes.len(), 21);
}

#[test]
fn a_copy_is_linked_to_the_lost_arrow() {
    let frames = [
        (0, tcp(true, 0x02, 100, 0, b"")),
        (1, tcp(false, 0x12, 500, 101, b"")),
        (2, tcp(true, 0x10, 101, 501, b"")),
        (3, tcp(true, 0x18, 101, 501, "你好".as_bytes())),
        (900, tcp(true, 0x18, 101, 501, "你好".as_bytes())),
        (901, tcp(false, 0x10, 501, 107, b"")),
    ];
    let layout = collect(&frames, Options::default()).layout(8);
    let rungs = rungs(&layout);
    assert_eq!(rungs.len(), 5, "the last ACK is folded");
    assert_eq!(rungs[3].label.text(), "“你好” 6 B ↻ again in #5");
    assert_eq!(rungs[4].copy_of, Some(4));
    assert_eq!(rungs[4].line, layout::Line::Copy);
    assert_eq!(rungs[4].label.text(), "“你好” 6 B ↻ copy of #4 ✓ #6");
    let silent = |row: &Row| matches!(row, Row::Silence(words) if words == "… 897.0 ms …");
    assert!(layout.rows.iter().any(silent));
}

#[test]
fn states_that_nobody_saw_are_marked() {
    let frames = [
        (0, tcp(true, 0x02, 100, 0, b"")),
        (1, tcp(false, 0x12, 500, 101, b"")),
        (2, tcp(true, 0x10, 101, 501, b"")),
    ];
    let layout = collect(&frames, Options::default()).layout(8);
    let rungs = rungs(&layout);
    let marks = |rung: &Rung| -> Vec<_> {
        let marks = rung.before.iter().chain(&rung.after);
        marks
            .map(|mark| (mark.lane, mark.state, mark.is_inferred))
            .collect()
    };
    assert_eq!(
        marks(rungs[0]),
        [(1, State::Listen, true), (0, State::SynSent, false)]
    );
    // Its ACK proves that the originator received the SYN-ACK.
    assert_eq!(
        marks(rungs[1]),
        [(0, State::Established, false), (1, State::SynRcvd, false)]
    );
    assert_eq!(marks(rungs[2]), [(1, State::Established, true)]);
}

#[test]
fn full_segments_in_a_row_become_one_arrow() {
    let mut frames = vec![
        (0, tcp(true, 0x02, 100, 0, b"")),
        (1, tcp(false, 0x12, 500, 101, b"")),
        (2, tcp(true, 0x10, 101, 501, b"")),
    ];
    for at in 0..30u32 {
        frames.push((3, tcp(true, 0x10, 101 + at * 100, 501, &[b'x'; 100])));
    }
    let layout = collect(&frames, Options::default()).layout(8);
    let rungs = rungs(&layout);
    let run = rungs.last().expect("there is one");
    assert_eq!((run.frame, run.last_frame), (33 - run.count + 1, 33));
    assert!(run.count >= 28, "{}", run.count);
    assert_eq!(rungs.iter().map(|rung| rung.count).sum::<u64>(), 33);
}

/// A handshake, then segments of 100 bytes without PSH that begin at these places, a millisecond apart.
fn segments_at(places: &[u32]) -> Vec<(u64, Vec<u8>)> {
    let mut frames = vec![
        (0, tcp(true, 0x02, 100, 0, b"")),
        (1, tcp(false, 0x12, 500, 101, b"")),
        (2, tcp(true, 0x10, 101, 501, b"")),
    ];
    for (at, place) in (3..).zip(places) {
        frames.push((at, tcp(true, 0x10, 101 + place, 501, &[b'x'; 100])));
    }
    frames
}

#[test]
fn what_acknowledges_a_part_of_a_run_is_not_told_for_all_of_it() {
    let mut frames = segments_at(&[0, 100, 200, 300, 400]);
    frames.insert(6, (5, tcp(false, 0x10, 501, 301, b"")));
    let run = |frames: &[_]| {
        let layout = collect(frames, Options::default()).layout(8);
        let run = rungs(&layout).last().expect("there is one").label.text();
        assert!(run.contains("segments"), "{run}");
        run
    };
    assert!(!run(&frames).contains('✓'), "{}", run(&frames));
    frames.push((20, tcp(false, 0x10, 501, 601, b"")));
    assert!(run(&frames).ends_with("✓ #10"), "{}", run(&frames));
}

#[test]
fn a_hole_ends_a_run_and_is_told() {
    let frames = segments_at(&[0, 100, 200, 300, 500, 600, 700, 800, 400]);
    let layout = collect(&frames, Options::default()).layout(8);
    let told: Vec<_> = rungs(&layout)[3..]
        .iter()
        .map(|rung| (rung.frames(), rung.label.text()))
        .collect();
    let holes: Vec<_> = told
        .iter()
        .filter(|(_, label)| label.contains("(100 B before it not seen yet)"))
        .map(|(frames, _)| frames.as_str())
        .collect();
    assert_eq!(holes, ["#8–11"], "{told:?}");
    assert!(told.iter().any(|(frames, _)| frames == "#5–7"), "{told:?}");
}

#[test]
fn there_is_no_silence_where_acks_lie() {
    // Of the other side the capture has nothing.
    let frames = [
        (0, tcp(true, 0x02, 100, 0, b"")),
        (1, tcp(true, 0x10, 101, 501, b"")),
        (400, tcp(true, 0x10, 101, 601, b"")),
        (800, tcp(true, 0x10, 101, 701, b"")),
        (1700, tcp(true, 0x10, 101, 801, b"")),
        (1800, tcp(true, 0x18, 101, 801, b"88")),
    ];
    let told = |frames: &[_]| -> Vec<String> {
        let layout = collect(frames, Options::default()).layout(8);
        let rows = layout.rows.iter().filter_map(|row| match row {
            Row::Rung(rung) => Some(format!("{} {}", rung.frames(), rung.label.text())),
            Row::Silence(words) => Some(words.clone()),
            Row::Verdict(_) => None,
        });
        rows.collect()
    };
    assert_eq!(
        told(&frames),
        [
            "#1 SYN seq=0 to port 8520",
            "#2–4 ACK ack=1 ×3",
            "… 900.0 ms …",
            "#5 ACK ack=301",
            "#6 “88” 2 B"
        ]
    );
    // Such as are folded into what they acknowledge break a silence too.
    let mut frames = segments_at(&[0]);
    frames.push((400, tcp(false, 0x10, 501, 201, b"")));
    frames.push((800, tcp(true, 0x18, 201, 501, b"88")));
    assert!(
        !told(&frames).iter().any(|row| row.contains('…')),
        "{:?}",
        told(&frames)
    );
}

#[test]
fn a_syn_ack_that_comes_first_does_not_ask() {
    let frames = [
        (0, tcp(false, 0x12, 500, 101, b"")),
        (1, tcp(true, 0x02, 100, 0, b"")),
        (2, tcp(true, 0x10, 101, 501, b"")),
    ];
    let layout = collect(&frames, Options::default()).layout(8);
    let told: Vec<_> = rungs(&layout)
        .iter()
        .map(|rung| (rung.from, rung.label.text()))
        .collect();
    let told: Vec<_> = told.iter().map(|(from, label)| (*from, &**label)).collect();
    assert_eq!(
        told,
        [
            (1, "SYN-ACK seq=0 ack=1"),
            (0, "SYN seq=0 to port 8520"),
            (0, "ACK ack=1")
        ]
    );
}

#[test]
fn what_did_not_arrive_ends_in_a_cross() {
    let frames = [
        (0, tcp(true, 0x02, 100, 0, b"")),
        (900, tcp(true, 0x02, 100, 0, b"")),
        (901, tcp(false, 0x12, 500, 101, b"")),
        (902, tcp(true, 0x10, 101, 501, b"")),
        (903, tcp(true, 0x18, 101, 501, b"88")),
        (1200, tcp(true, 0x18, 101, 501, b"88")),
        (1300, tcp(true, 0x18, 101, 501, b"88")),
        (1310, tcp(true, 0x18, 101, 501, b"88")),
        (1320, tcp(true, 0x18, 101, 501, b"88")),
        (1330, tcp(true, 0x18, 101, 501, b"88")),
        (1331, tcp(false, 0x10, 501, 103, b"")),
        // It had arrived.
        (1400, tcp(true, 0x18, 101, 501, b"88")),
    ];
    let layout = collect(&frames, Options::default()).layout(8);
    let lost: Vec<_> = rungs(&layout)
        .iter()
        .filter(|rung| rung.is_unheard)
        .map(|rung| rung.frame)
        .collect();
    assert_eq!(lost, [1, 5, 6, 7, 8, 9]);
    // Of one side alone nothing shows what the other answered.
    let alone: Vec<_> = frames
        .iter()
        .filter(|(_, data)| data[12..16] == [10, 0, 0, 1])
        .filter(|(at, _)| *at > 900)
        .cloned()
        .collect();
    let alone = collect(&alone, Options::default()).layout(8);
    let copies = rungs(&alone)
        .iter()
        .filter(|it| it.copy_of.is_some())
        .count();
    assert!(copies > 2, "{copies}");
    assert!(!rungs(&alone).iter().any(|rung| rung.is_unheard));
    let signs = layout.signs.join(", ");
    assert!(signs.contains('✗') && signs.contains('↻'), "{signs}");
    assert!(!signs.contains('○'), "no gateway is in it: {signs}");
    let mut svg = Vec::new();
    write_svg(&layout, &mut svg).expect("no I/O");
    let svg = String::from_utf8(svg).expect("text");
    assert!(svg.contains(&layout.signs[0]), "the picture explains them");
}

#[test]
fn the_programs_of_a_host_that_talks_to_itself_have_rails() {
    let lo = [127, 0, 0, 1];
    let frames = [
        (0, udp(lo, lo, [40001, 8520], "在吗？".as_bytes())),
        (1, udp(lo, lo, [8520, 40001], "在的".as_bytes())),
    ];
    let layout = collect(&frames, Options::default()).layout(8);
    let lanes: Vec<_> = layout
        .lanes
        .iter()
        .map(|lane| lane.address.as_str())
        .collect();
    assert_eq!(lanes, ["127.0.0.1:40001", "127.0.0.1:8520"]);
    assert_eq!(layout.groups[0].title, "programs of one host");
    let ends: Vec<_> = rungs(&layout)
        .iter()
        .map(|rung| (rung.from, rung.to))
        .collect();
    assert_eq!(ends, [(0, 1), (1, 0)]);
}

#[test]
fn people_are_called_by_their_names() {
    let names = "taibai = \"10.0.0.2:8520\"\nshen = \"10.0.0.1\"";
    let options = Options {
        names: std::sync::Arc::new(crate::report::names::Names::parse(names).expect("good")),
        ..Options::default()
    };
    let frames = [(0, udp([10, 0, 0, 1], [10, 0, 0, 2], [40001, 8520], b"88"))];
    let layout = collect(&frames, options).layout(8);
    let lanes: Vec<_> = layout
        .lanes
        .iter()
        .map(|lane| lane.name.as_deref())
        .collect();
    assert_eq!(lanes, [Some("shen"), Some("taibai")]);
}

#[test]
fn pieces_of_a_datagram_are_tied_together() {
    let whole = udp([10, 0, 0, 1], [10, 0, 0, 2], [40001, 8520], &[b'x'; 40]);
    let piece = |from: usize, to: usize| {
        let payload = &whole[20 + from..20 + to];
        let mut data = header(17, [10, 0, 0, 1], [10, 0, 0, 2], payload.len());
        let more = if to < 48 { 0x20 } else { 0 };
        data[6] = more;
        data[7] = (from / 8) as u8;
        data.extend(payload);
        data
    };
    let frames = [(0, piece(0, 16)), (1, piece(16, 32)), (2, piece(32, 48))];
    let layout = collect(&frames, Options::default()).layout(8);
    let rungs = rungs(&layout);
    let brackets: Vec<_> = rungs.iter().map(|rung| rung.bracket).collect();
    let [begin, middle, end] = [Bracket::Begin, Bracket::Middle, Bracket::End].map(Some);
    assert_eq!(brackets, [begin, middle, end]);
    assert!(
        rungs[2].label.text().contains("40 B in 3 pieces"),
        "{}",
        rungs[2].label.text()
    );
}

#[test]
fn any_event_may_come_without_its_frame() {
    for words in [samples::HOSTILE, "88"] {
        let mut ladder = Ladder::new(Options::default());
        for event in samples::all(words) {
            ladder.event(&event).expect("no I/O");
        }
        ladder.closed(&totals()).expect("no I/O");
        let layout = ladder.layout(8);
        let told = layout.rows.iter().map(|row| match row {
            Row::Rung(rung) => rung.label.text(),
            Row::Silence(words) => words.clone(),
            Row::Verdict(verdict) => verdict.text.clone(),
        });
        for words in told {
            assert!(samples::is_safe(&words), "{words:?}");
        }
    }
}

#[test]
fn addresses_are_shortened_among_neighbours() {
    let short = draft::short;
    assert_eq!(short(ip("192.168.15.73"), ip("192.168.15.42")), ".73");
    assert_eq!(
        short(ip("192.168.12.42"), ip("192.168.15.42")),
        "192.168.12.42"
    );
    assert_eq!(short(ip("2001:db8::1"), ip("2001:db8::2")), "2001:db8::1");
}
