use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

use super::{
    net, pcap_file,
    pcap_file::{arp_reply, arp_request, datagram},
    skip,
};

const VIEWS: [&[&str]; 6] = [
    &["--view", "timeline"],
    &["--view", "packets"],
    &["--view", "packets", "-v", "-x"],
    &["--view", "summary"],
    &["--json"],
    &["--follow", "udp-1"],
];

#[test]
fn help_and_version_are_no_errors() {
    for words in [["--help"], ["--version"], ["-h"], ["-V"]] {
        let output = run(&words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        assert!(stdout(&output).contains("inspector"), "{words:?}");
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let wrong: [&[&str]; 7] = [
        &[],
        &["frobnicate"],
        &["read"],
        &["live"],
        &["read", "x.pcap", "--view", "nonsense"],
        &["live", "eth0", "--backend", "nonsense"],
        &["live", "eth0", "--duration", "soon"],
    ];
    for words in wrong {
        let output = run(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
        assert_eq!(stdout(&output), "", "{words:?}");
        assert!(
            stderr(&output).contains("--help") || stderr(&output).contains("Usage"),
            "{words:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_missing_file_is_a_sentence() {
    assert_sentence(&run(&["read", "no-such-file.pcap"]), &["no-such-file.pcap"]);
}

#[test]
fn an_empty_file_is_a_sentence() {
    let files = Files::new();
    assert_sentence(
        &read(&files.file("empty.pcap", b"")),
        &["empty.pcap", "empty"],
    );
}

#[test]
fn garbage_is_a_sentence() {
    let files = Files::new();
    let garbage = files.file("notes.txt", b"Dear diary, today I captured nothing at all.");
    assert_sentence(&read(&garbage), &["notes.txt", "pcap"]);
}

#[test]
fn garbage_of_a_few_bytes_is_a_sentence() {
    let files = Files::new();
    assert_sentence(
        &read(&files.file("short.pcap", &[0xd4, 0xc3, 0xb2])),
        &["short.pcap"],
    );
}

#[test]
fn a_folder_is_a_sentence() {
    let files = Files::new();
    assert_sentence(&read(files.0.path()), &["folder"]);
}

#[test]
fn a_file_that_may_not_be_read_is_a_sentence() {
    // Root may read everything, but nobody can read a socket.
    let files = Files::new();
    let path = files.0.path().join("closed.pcap");
    let _socket = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    assert_sentence(&read(&path), &["closed.pcap"]);
}

#[test]
fn a_bad_filter_is_a_sentence() {
    let files = Files::new();
    let capture = files.capture();
    let output = inspector(&["read"])
        .arg(capture)
        .args(["-f", "tcp prot 8520"])
        .output();
    assert_sentence(&output.expect("it runs"), &["filter", "pcap-filter"]);
}

#[test]
fn a_name_with_control_characters_reaches_the_terminal_escaped() {
    let files = Files::new();
    let name = OsStr::from_bytes(b"\x1b]0;owned\x07\xff.pcap");
    let output = read(&files.0.path().join(name));
    assert_sentence(&output, &["owned"]);
    assert!(!stderr(&output).contains(['\x1b', '\x07']), "{output:?}");
}

#[test]
fn a_file_cut_inside_a_record_is_told_as_far_as_it_goes() {
    let files = Files::new();
    let whole = pcap_file::write(&[arp_request(), arp_reply(), datagram(b"cut off")]);
    let cut = files.file("cut.pcap", &whole[..whole.len() - 3]);

    let output = read_json(&cut);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let events = events(&output);
    assert!(events.iter().any(|event| event["event"] == "arp_resolved"));
    let end = events.last().expect("events");
    assert_eq!(end["event"], "capture_closed");
    assert_eq!(end["frames"], 2);
    assert_eq!(end["truncated_tail"], true);
    assert_eq!(
        stderr(&output).lines().count(),
        1,
        "one warning: {}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("cut.pcap"));

    let story = read(&cut);
    assert_eq!(story.status.code(), Some(1));
    assert!(
        stdout(&story).contains("02:00:00:00:0f:49"),
        "{}",
        stdout(&story)
    );
}

#[test]
fn a_bad_file_among_good_ones_changes_only_the_exit_code() {
    let files = Files::new();
    let output = inspector(&["read", "--json", "no-such-file.pcap"])
        .arg(files.capture())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(events(&output).last().expect("events")["frames"], 3);
    assert!(stderr(&output).contains("no-such-file.pcap"));
}

#[test]
fn several_files_are_numbered_on() {
    let files = Files::new();
    let first = files.file("a.pcap", &pcap_file::write(&[arp_request()]));
    let second = files.file("b.pcap", &pcap_file::write(&[arp_reply()]));
    let output = inspector(&["read", "--json"])
        .arg(first)
        .arg(second)
        .output()
        .expect("it runs");
    let events = events(&output);
    let resolved = events.iter().find(|event| event["event"] == "arp_resolved");
    let resolved = resolved.expect("asked in the first file, answered in the second");
    assert_eq!(resolved["frame"], 2);
    assert_eq!(resolved["because"], serde_json::json!([1]));
}

#[test]
fn a_dash_is_standard_input() {
    let files = Files::new();
    let capture = files.capture();
    let from_file = read_json(&capture);
    let piped = from_stdin(&fs::read(capture).expect("there"));
    assert_same_story(&from_file, &piped);
}

#[test]
fn gzip_is_read_from_a_file_and_from_a_pipe() {
    let files = Files::new();
    let capture = files.capture();
    let plain = fs::read(&capture).expect("there");
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&plain).expect("packed");
    let packed = packed.finish().expect("packed");
    let told = read_json(&capture);
    assert_same_story(&told, &read_json(&files.file("packed.pcap.gz", &packed)));
    assert_same_story(
        &told,
        &read_json(&files.file("packed-without-a-telling-name", &packed)),
    );
    assert_same_story(&told, &from_stdin(&packed));
}

#[test]
fn gzip_cut_short_is_told_as_far_as_it_goes() {
    let files = Files::new();
    let frames: Vec<_> = (0..500)
        .map(|i| datagram(format!("line {i}").as_bytes()))
        .collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed
        .write_all(&pcap_file::write(&frames))
        .expect("packed");
    let packed = packed.finish().expect("packed");
    let output = read_json(&files.file("cut.pcap.gz", &packed[..packed.len() / 2]));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        events(&output).last().expect("events")["event"],
        "capture_closed"
    );
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

#[test]
fn a_closed_pipe_is_success_and_quiet() {
    let files = Files::new();
    // More than any pipe holds, so that writing goes on after the reader has left.
    let frames: Vec<_> = (0..20_000)
        .map(|i| datagram(format!("line {i}").as_bytes()))
        .collect();
    let capture = files.file("long.pcap", &pcap_file::write(&frames));
    for view in VIEWS.into_iter().filter(|view| !view.contains(&"summary")) {
        let mut child = inspector(&["read"])
            .arg(&capture)
            .args(view)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut first = String::new();
        let mut reader = BufReader::new(child.stdout.take().expect("piped"));
        reader.read_line(&mut first).expect("a line");
        drop(reader);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{view:?}: {output:?}");
        assert_eq!(stderr(&output), "", "{view:?}");
    }
}

#[test]
fn a_full_disk_is_a_sentence() {
    let files = Files::new();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has it");
    let output = inspector(&["read"])
        .arg(files.capture())
        .stdout(full)
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

#[test]
fn nothing_from_the_wire_controls_the_terminal() {
    let files = Files::new();
    let hostile = "\x1b[31m\x07\u{9b}2J\u{202e}\u{200b}\u{7f}".as_bytes();
    let mut mixed = hostile.to_vec();
    mixed.extend([0xff, 0x00]);
    let frames = [
        datagram(hostile),
        datagram(&mixed),
        datagram("好\x1b]52;c;AAAA\x07".as_bytes()),
    ];
    let capture = files.file("hostile.pcap", &pcap_file::write(&frames));
    for view in VIEWS {
        let output = inspector(&["read"])
            .arg(&capture)
            .args(view)
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{view:?}: {output:?}");
        let told = stdout(&output);
        let bad = |c: &char| (c.is_control() && *c != '\n') || "\u{202e}\u{200b}".contains(*c);
        assert_eq!(told.chars().find(bad), None, "{view:?}: {told:?}");
    }
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let files = Files::new();
    let capture = files.capture();
    assert!(
        !stdout(&read(&capture)).contains('\x1b'),
        "a pipe gets no colour"
    );
    if !net::has_terminals() {
        return skip::loudly("no terminal can be made here (package bsdutils, and /dev/pts)");
    }
    let in_a_terminal = |environment: &[(&str, &str)]| {
        let command = format!(
            "'{}' read '{}'",
            env!("CARGO_BIN_EXE_inspector"),
            capture.display()
        );
        let output = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .env_remove("NO_COLOR")
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{output:?}");
        stdout(&output).to_owned()
    };
    assert!(
        in_a_terminal(&[]).contains('\x1b'),
        "a terminal gets colour"
    );
    assert!(
        !in_a_terminal(&[("NO_COLOR", "1")]).contains('\x1b'),
        "but not against NO_COLOR"
    );
    assert!(
        !in_a_terminal(&[("TERM", "dumb")]).contains('\x1b'),
        "nor when it is dumb"
    );
}

#[test]
fn a_filter_reads_as_it_does_live() {
    let files = Files::new();
    let filtered = inspector(&["read", "--json", "-f", "udp port 8520"])
        .arg(files.capture())
        .output()
        .expect("it runs");
    let events = events(&filtered);
    let end = events.last().expect("events");
    assert_eq!(
        (&end["frames"], &end["filtered"]),
        (&Value::from(3), &Value::from(2))
    );
    let message = events
        .iter()
        .find(|event| event["event"] == "udp_message")
        .expect("told");
    assert_eq!(message["frame"], 3, "a filter does not renumber");
    assert_eq!(message["text"], "给我看看");
}

#[test]
fn interfaces_lists_loopback() {
    let output = run(&["interfaces"]);
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains("lo"), "{}", stdout(&output));
}

/// Files for one test, gone after it.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    /// A question, its answer, and a datagram.
    fn capture(&self) -> PathBuf {
        let frames = [arp_request(), arp_reply(), datagram("给我看看".as_bytes())];
        self.file("good.pcap", &pcap_file::write(&frames))
    }
}

fn inspector(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inspector"));
    command.env("LC_ALL", "C");
    command.args(words).stdin(Stdio::null());
    command
}

fn run(words: &[&str]) -> Output {
    inspector(words).output().expect("it runs")
}

fn read(path: &Path) -> Output {
    inspector(&["read"]).arg(path).output().expect("it runs")
}

fn read_json(path: &Path) -> Output {
    inspector(&["read", "--json"])
        .arg(path)
        .output()
        .expect("it runs")
}

fn from_stdin(bytes: &[u8]) -> Output {
    let mut command = inspector(&["read", "--json", "-"]);
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(bytes)
        .expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).expect("UTF-8")
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).expect("UTF-8")
}

fn events(output: &Output) -> Vec<Value> {
    let parsed = stdout(output).lines().map(serde_json::from_str);
    parsed.collect::<Result<_, _>>().expect("one object a line")
}

/// The same events from another source: all but the source's name is equal.
fn assert_same_story(one: &Output, other: &Output) {
    assert!(
        one.status.success() && other.status.success(),
        "{one:?} {other:?}"
    );
    let told = |output| {
        let mut events = events(output);
        for event in &mut events {
            event.as_object_mut().expect("an object").remove("source");
        }
        events
    };
    let first = told(one);
    assert!(first.len() > 3, "{first:?}");
    assert_eq!(first, told(other));
}

/// One line on stderr that holds these words, nothing on stdout, and exit code 1.
fn assert_sentence(output: &Output, words: &[&str]) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(stdout(output), "");
    let told = stderr(output);
    assert_eq!(told.lines().count(), 1, "one sentence: {told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is missing: {told}");
    }
}

/// A pager shows what is drawn as wide as its terminal, which only `COLUMNS` tells.
#[test]
fn what_is_drawn_into_a_pipe_is_as_wide_as_columns_says() {
    let widest = |view: &str, columns: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inspector"));
        command.args(["read", "captures/chat.pcap", "--view", view, "--lang", "en"]);
        command.env_remove("COLUMNS");
        command.envs(columns.map(|columns| ("COLUMNS", columns)));
        let output = command.output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines().map(UnicodeWidthStr::width).max()
    };
    for view in ["chat", "ladder"] {
        assert!(widest(view, Some("64")) <= Some(64), "{view}");
        for others in [None, Some(""), Some("0"), Some("wide")] {
            let usual = widest(view, others);
            assert!(usual > Some(80) && usual <= Some(100), "{view}: {usual:?}");
        }
    }
}
