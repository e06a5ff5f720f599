use std::{
    cmp::Reverse,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use inspector::{
    capture::{self, Ending, Frame, Next, Source},
    decode::Packet,
    inspect::{self, Job, Outcome},
    report::{Opened, Options, Report, Totals},
    time::Timestamp,
    track::{
        Checksums, Config,
        event::{Event, Kind, TcpRecord, UdpRecord},
    },
};

use serde_json::Value;

use super::{
    corpus,
    library::{self, Owned, View},
    traffic,
};

#[test]
fn two_threads_tell_what_one_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut captures = library::own_captures();
    // One that ends inside a record, and one behind it.
    let whole = fs::read(captures.first().expect("there are some")).expect("it can be read");
    let cut = folder.path().join("cut.pcap");
    fs::write(&cut, &whole[..whole.len() - 5]).expect("there is room");
    captures.push(cut);
    captures.push(long_chat(folder.path()));
    let looks: [&[&str]; 13] = [
        &[],
        &["--json"],
        &["--view", "summary"],
        &["--view", "chat"],
        &["--view", "ladder"],
        &["--follow", "tcp-1"],
        &["--view", "packets", "-v", "-x"],
        &["--view", "summary", "--top", "all"],
        &["--json", "--packets"],
        &["-c", "3"],
        &["--duration", "500ms", "--json"],
        &["--conn", "tcp-1", "--view", "packets"],
        &["-f", "udp or arp"],
    ];
    for capture in &captures {
        for look in looks {
            let on = |threads| {
                let written = folder.path().join(format!("{threads}.pcapng"));
                let output = Command::new(env!("CARGO_BIN_EXE_inspector"))
                    .args(["read", "--threads", threads, "--force", "-w"])
                    .arg(&written)
                    .arg(capture)
                    .args(look)
                    .output()
                    .expect("it runs");
                let said = String::from_utf8(output.stderr).expect("UTF-8");
                let said = said.replace(&written.display().to_string(), "the file");
                let written = fs::read(written).unwrap_or_default();
                (output.status.code(), output.stdout, said, written)
            };
            assert_eq!(on("1"), on("2"), "{} {look:?}", capture.display());
        }
    }
}

/// Plain frames have their line without being decoded, unless somebody else looks into them, too.
#[test]
fn a_line_is_the_same_of_a_plain_frame() {
    let mut captures = library::own_captures();
    if let Some(corpus) = corpus::folder() {
        let names = corpus::with_truth(&corpus, ".zeek.tsv");
        captures.extend(names.iter().map(|name| corpus.join(name)));
    }
    for capture in captures {
        let file = fs::read(&capture).expect("it can be read");
        let tell = |view| library::tell(&file, "frames", view, Options::default()).ok();
        let [alone, beside] = [View::Packets, View::PacketsBeside].map(tell);
        let [alone, beside] = [alone, beside].map(|told| told.map(|told| told.text));
        assert!(alone == beside, "{}", capture.display());
    }
}

/// The records that the closing tables do not show are not made, but they are counted, and those shown are the largest.
#[test]
fn the_largest_are_shown_and_all_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = long_chat(folder.path());
    let read = |look: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_inspector"))
            .arg("read")
            .arg(&capture)
            .args(look)
            .output()
            .expect("it runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let records: Vec<Value> = read(&["--json"])
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let summary = read(&["--view", "summary", "--top", "3"]);
    for (event, id, name) in [
        ("tcp_closed", "conn", "connections"),
        ("udp_closed", "exchange", "exchanges"),
    ] {
        let records = records.iter().filter(|record| record["event"] == event);
        let mut ranked: Vec<_> = records
            .map(|record| {
                let id = record[id].as_str().expect("a name");
                let number: u64 = id[4..].parse().expect("a number");
                let bytes = ["orig_bytes", "resp_bytes"].map(|side| record[side].as_u64());
                (
                    Reverse(bytes.into_iter().flatten().sum::<u64>()),
                    number,
                    id,
                )
            })
            .collect();
        let all = ranked.len();
        assert!(all > 300, "{all} {name}");
        ranked.sort_unstable();
        ranked.truncate(3);
        ranked.sort_unstable_by_key(|(_, number, _)| *number);
        let largest: Vec<_> = ranked.iter().map(|(.., id)| *id).collect();
        let rows = summary
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        let shown: Vec<_> = rows
            .filter(|word| word.starts_with(&largest[0][..4]))
            .collect();
        assert_eq!(shown, largest);
        let counted = format!(
            "of {} {name}; {} are not shown",
            grouped(all),
            grouped(all - 3)
        );
        assert!(summary.contains(&counted), "{counted}: {summary}");
    }
}

/// As the tables write numbers of less than a million.
fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    }
}

/// More events than are handed to another thread at once, and than may wait there.
fn long_chat(folder: &Path) -> PathBuf {
    let mut file = Vec::new();
    traffic::write(traffic::Kind::Chat, 10_000, &mut file).expect("a Vec takes everything");
    let path = folder.join("long.pcap");
    fs::write(&path, file).expect("there is room");
    path
}

/// What came before a wire fell silent is told then, and not with the next frame: also by another thread.
#[test]
fn silence_is_told_at_once() {
    let on = |threads| {
        let (outcome, told) = watch(threads, None);
        outcome.expect("nothing fails");
        told.expect("it was told while the wire was silent")
    };
    let told = on(1);
    assert!(told.len() > 10, "{told:?}");
    assert!(told.ends_with(&["idle".into(), "flush".into()]), "{told:?}");
    assert_eq!(told, on(2));
}

#[test]
fn a_report_that_cannot_write_ends_the_run() {
    for threads in [1, 2] {
        for place in ["opened", "event", "idle", "flush", "closed"] {
            let (outcome, _) = watch(threads, Some((place, ErrorKind::StorageFull)));
            let error = outcome.expect_err(place);
            assert_eq!(error.kind(), ErrorKind::StorageFull, "{place}");
            let (outcome, _) = watch(threads, Some((place, ErrorKind::BrokenPipe)));
            let gone = outcome.expect("nobody reads any more, which is no failure");
            assert_eq!((gone.frames, gone.troubled), (None, false), "{place}");
        }
    }
}

/// Watches a wire that falls silent, with a report that fails at some place; and what was told until then.
fn watch(
    threads: usize,
    fails: Option<(&'static str, ErrorKind)>,
) -> (io::Result<Outcome>, Option<Vec<String>>) {
    let (to, told) = mpsc::channel();
    let chat = fs::read(&library::own_captures()[0]).expect("it is there");
    let mut source = Silence {
        frames: library::frames(&chat),
        next: 0,
        told,
        heard: None,
    };
    let mut report = Pen {
        told: Vec::new(),
        to: Some(to),
        fails,
    };
    let opened = Opened {
        source: "a wire".to_owned(),
        live: true,
        link_types: Vec::new(),
        at: None,
    };
    let job = Job {
        threads,
        tracking: Config::live(),
        ..Job::default()
    };
    let complain = &mut |trouble: &capture::Error| panic!("{trouble}");
    let outcome = inspect::inspect(&mut source, opened, &mut report, job, complain);
    (outcome, source.heard)
}

/// A wire that falls silent after some frames, until that was told.
struct Silence {
    frames: Vec<Owned>,
    next: usize,
    told: Receiver<Vec<String>>,
    heard: Option<Vec<String>>,
}

impl Source for Silence {
    fn next(&mut self) -> Result<Next<'_>, capture::Error> {
        self.next += 1;
        if let Some(frame) = self.frames.get(self.next - 1) {
            return Ok(Next::Frame(frame.as_frame()));
        }
        if self.next == self.frames.len() + 1 {
            let last = self.frames.last().expect("there are some");
            return Ok(Next::Idle(last.at));
        }
        self.heard = self.told.recv_timeout(Duration::from_secs(20)).ok();
        Ok(Next::End)
    }

    fn ending(&mut self) -> Ending {
        Ending::default()
    }
}

/// Tells what it was told, once it is to flush that after a silence.
struct Pen {
    told: Vec<String>,
    to: Option<Sender<Vec<String>>>,
    fails: Option<(&'static str, ErrorKind)>,
}

impl Pen {
    fn write(&mut self, place: &str, what: String) -> io::Result<()> {
        if let Some((fails_at, kind)) = self.fails
            && fails_at == place
        {
            // Nobody need wait for more.
            self.to = None;
            return Err(kind.into());
        }
        let was_idle = self.told.last().is_some_and(|told| told == "idle");
        self.told.push(what);
        if let Some(to) = self.to.take_if(|_| place == "flush" && was_idle) {
            to.send(self.told.clone()).expect("somebody listens");
        }
        Ok(())
    }
}

impl Report for Pen {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.write("opened", format!("opened {:?}", source.at))
    }

    fn packet(&mut self, _: u64, _: &Frame<'_>, _: &Packet<'_>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.write("event", format!("{event:?}"))
    }

    fn idle(&mut self, _: Timestamp) -> io::Result<()> {
        self.write("idle", "idle".to_owned())
    }

    fn closed(&mut self, _: &Totals) -> io::Result<()> {
        self.write("closed", "closed".to_owned())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write("flush", "flush".to_owned())
    }
}

/// Nobody listening, segments that are expected are passed over in short.
#[test]
fn a_record_is_the_same_whoever_listens() {
    for capture in library::own_captures() {
        check(&capture);
    }
    let Some(corpus) = corpus::folder() else {
        return;
    };
    for name in corpus::with_truth(&corpus, ".zeek.tsv") {
        check(&corpus.join(name));
    }
}

fn check(capture: &Path) {
    for checksums in [Checksums::Verify, Checksums::Ignore] {
        let told = |everything: bool| {
            let mut config = Config {
                checksums,
                ..Config::reading()
            };
            config.interest.events = everything;
            config.interest.text = everything;
            records(corpus::events(capture, config))
        };
        assert_eq!(told(false), told(true), "{}", capture.display());
    }
}

fn records(events: Vec<Event>) -> (Vec<TcpRecord>, Vec<UdpRecord>) {
    let (mut connections, mut exchanges) = (Vec::new(), Vec::new());
    for event in events {
        match event.kind {
            Kind::TcpClosed(record) => connections.push(*record),
            Kind::UdpClosed(record) => exchanges.push(*record),
            _ => {}
        }
    }
    (connections, exchanges)
}
