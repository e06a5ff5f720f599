//! Our decoded fields against tshark's, frame by frame, over every capture in `INSPECTOR_CORPUS`.
//!
//! tshark runs once for a file, with all protocols switched off that we do not enter, so that its
//! fields are those of the outermost headers. A difference fails the test unless [`explained`]
//! lists it, with the file, the field, how often and why. A row there that no longer applies fails
//! the test too.

mod explained;
mod fields;

use std::{
    collections::BTreeMap,
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    thread,
};

use inspector::{
    capture::{Next, Source, savefile::Savefile, stop::Stop},
    decode::{self, Verdict},
};

use explained::EXPLAINED;
use fields::{FIELDS, Row};

/// The protocols that stay switched on: those we enter, and those in which tshark wraps them.
const PROTOCOLS: [&str; 23] = [
    "ah",
    "arp",
    "data",
    "eth",
    "ethertype",
    "frame",
    "icmp",
    "icmpv6",
    "ieee8021ad",
    "ip",
    "ipv6",
    "ipv6.dstopts",
    "ipv6.fraghdr",
    "ipv6.hopopts",
    "ipv6.routing",
    "llc",
    "mptcp",
    "null",
    "raw",
    "sll",
    "tcp",
    "udp",
    "vlan",
];

/// What was compared, and what differed: by file and field, the frames.
#[derive(Default)]
struct Tally {
    files: usize,
    frames: usize,
    compared: usize,
    differences: BTreeMap<(String, &'static str), Vec<String>>,
}

#[test]
fn every_field_agrees_with_tshark() {
    let Some(corpus) = env::var_os("INSPECTOR_CORPUS") else {
        eprintln!("NOT COMPARED WITH TSHARK: set INSPECTOR_CORPUS to a directory of captures");
        return;
    };
    let Some(settings) = settings() else {
        eprintln!("NOT COMPARED WITH TSHARK: tshark cannot be run; apt-get install tshark");
        return;
    };
    let corpus = PathBuf::from(corpus);
    let waiting = Mutex::new(captures(&corpus));
    let tally = Mutex::new(Tally::default());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let Some(path) = waiting.lock().unwrap().pop() else {
                        return;
                    };
                    let name = path.strip_prefix(&corpus).unwrap().display().to_string();
                    let rows = tshark(&path, settings.path());
                    let mut of_file = Tally::default();
                    compare(&path, &name, &rows, &mut of_file);
                    tally.lock().unwrap().add(of_file);
                }
            });
        }
    });
    tally.into_inner().unwrap().judge(&corpus);
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.files += 1;
        self.frames += other.frames;
        self.compared += other.compared;
        self.differences.extend(other.differences);
    }

    /// One line of agreement, or every difference that nobody has explained.
    fn judge(mut self, corpus: &Path) {
        assert!(self.files > 0, "no capture in INSPECTOR_CORPUS");
        let differing: usize = self.differences.values().map(Vec::len).sum();
        let mut explained = 0;
        let mut failures = String::new();
        for row in EXPLAINED
            .iter()
            .filter(|row| corpus.join(row.file).exists())
        {
            let key = (row.file.to_string(), row.field);
            let times = self.differences.get(&key).map_or(0, Vec::len);
            if times == row.times {
                explained += times;
                self.differences.remove(&key);
            } else {
                let file = row.file;
                let field = row.field;
                let expected = row.times;
                writeln!(
                    failures,
                    "{file}: {field}: explained {expected}, found {times}"
                )
                .unwrap();
            }
        }
        for ((file, field), frames) in &self.differences {
            writeln!(failures, "{file}: {field}: {} frames", frames.len()).unwrap();
            for frame in frames.iter().take(4) {
                writeln!(failures, "    {frame}").unwrap();
            }
        }
        eprintln!(
            "tshark: {} files, {} frames, {} fields compared: {} agree, {explained} of {differing} \
             differences explained",
            self.files,
            self.frames,
            self.compared,
            self.compared - differing.min(self.compared),
        );
        assert!(failures.is_empty(), "\n{failures}");
    }
}

/// A directory of settings for tshark in which all other protocols are off; nothing without tshark.
fn settings() -> Option<tempfile::TempDir> {
    let listed = Command::new("tshark")
        .args(["-G", "protocols"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let listed = String::from_utf8(listed.stdout).ok()?;
    let mut disabled = String::new();
    for protocol in listed.lines().filter_map(|line| line.split('\t').nth(2)) {
        if !PROTOCOLS.contains(&protocol) && !protocol.starts_with("_ws.") {
            disabled += protocol;
            disabled.push('\n');
        }
    }
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("disabled_protos"), disabled).unwrap();
    Some(directory)
}

/// The captures below a directory, the biggest last; tables about them lie there too.
pub fn captures(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        let is_table = [".tsv", ".json", ".md"]
            .iter()
            .any(|end| name.ends_with(end));
        if path.is_dir() {
            found.extend(captures(&path));
        } else if name.contains(".pcap") && !is_table {
            found.push(path);
        }
    }
    found.sort_by_key(|path| fs::metadata(path).map_or(0, |metadata| metadata.len()));
    found
}

/// What tshark says of each frame, by its number.
fn tshark(path: &Path, settings: &Path) -> BTreeMap<u64, Row> {
    let mut command = Command::new("tshark");
    command
        .env("WIRESHARK_CONFIG_DIR", settings)
        .arg("-r")
        .arg(path)
        .args([
            "-n",
            "-T",
            "fields",
            "-E",
            "occurrence=a",
            "-E",
            "aggregator=,",
        ]);
    for preference in [
        "ip.defragment:FALSE",
        "ipv6.defragment:FALSE",
        "ip.check_checksum:TRUE",
        "tcp.check_checksum:TRUE",
        "udp.check_checksum:TRUE",
        "tcp.desegment_tcp_streams:FALSE",
        "tcp.analyze_sequence_numbers:FALSE",
    ] {
        command.args(["-o", preference]);
    }
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.stderr(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(Row::parse)
        // tshark numbers pcapng's custom blocks too; they are no frames.
        .filter(|row| !row.is_custom_block())
        .zip(1..)
        .map(|(row, number)| (number, row))
        .collect()
}

fn compare(path: &Path, name: &str, rows: &BTreeMap<u64, Row>, tally: &mut Tally) {
    let mut differ = |field: &'static str, what: String| {
        let key = (name.to_string(), field);
        tally.differences.entry(key).or_default().push(what);
    };
    let mut number = 0;
    let stop = Stop::new().unwrap();
    if let Ok(mut source) = Savefile::open(&[path.to_path_buf()], &stop) {
        while let Ok(Next::Frame(frame)) = source.next() {
            number += 1;
            let Some(row) = rows.get(&number) else {
                continue;
            };
            let packet = decode::decode(frame.link_type, frame.data, frame.original_len);
            for (field, ours) in fields::of(&frame, &packet) {
                tally.compared += 1;
                let theirs = row.get(field);
                if !fields::agree(field, &ours, theirs) {
                    differ(
                        field,
                        format!("frame {number}: ours {ours}, theirs {theirs}"),
                    );
                }
            }
            tally.compared += 1;
            // Whatever we call malformed has to look odd to tshark, and the other way round.
            let ours = packet.verdict() == Verdict::Malformed;
            if ours && !row.looks_odd() || !ours && row.is_malformed() && !packet.is_truncated() {
                let error = packet.error.map(|error| error.to_string());
                differ(
                    "verdict",
                    format!("frame {number}: ours {error:?}, theirs {}", row.oddities()),
                );
            }
        }
    }
    tally.frames += usize::try_from(number).unwrap();
    tally.compared += 1;
    let theirs = rows.len() as u64;
    if number != theirs {
        differ("frames", format!("ours {number}, theirs {theirs}"));
    }
}
