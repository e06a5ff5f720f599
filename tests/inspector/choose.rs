//! A part of a capture is told as it is told within the whole; what was said is taken out as it was; what
//! has a name is called by it.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::pcap_file::{self, arp_reply, arp_request, datagram};

const CHAT: &str = "chat.pcap";

#[test]
fn a_part_is_told_as_in_the_whole() {
    let whole = events(CHAT, &[]);
    for (id, field) in [("tcp-1", "conn"), ("udp-2", "exchange")] {
        let part = events(CHAT, &["--conn", id]);
        let own = |event: &&Value| event[field] == id;
        let expected: Vec<_> = whole.iter().filter(own).collect();
        assert!(expected.len() > 3, "{id}: {expected:?}");
        let told: Vec<_> = part.iter().filter(own).collect();
        assert_eq!(told, expected, "{id}: nothing is renumbered");
        let ends = [part.first(), part.last()];
        assert_eq!(ends, [whole.first(), whole.last()], "{id}");
        for event in &part[1..part.len() - 1] {
            let name = event["event"].as_str().expect("a name");
            assert!(
                event[field] == id || name == "arp_resolved",
                "{id}: {event}"
            );
        }
    }
}

#[test]
fn the_answer_that_a_conversation_follows_from_is_told_with_it() {
    let part = events(CHAT, &["--conn", "udp-1"]);
    let first = part
        .iter()
        .find(|event| event["event"] == "udp_message")
        .expect("a message");
    let because = first["because"].as_array().expect("a reason");
    let answers: Vec<_> = part
        .iter()
        .filter(|event| event["event"] == "arp_resolved")
        .map(|event| &event["frame"])
        .collect();
    assert_eq!(answers, because.iter().collect::<Vec<_>>());
    let story = told(CHAT, &["--conn", "udp-1"]);
    assert!(story.contains("who has 192.168.15.1?"), "{story}");
    assert!(!story.contains("tcp-1"), "{story}");
}

#[test]
fn parts_stay_in_the_order_of_frames() {
    let pairs = [["tcp-1", "udp-1"], ["udp-3", "tcp-1"], ["udp-2", "udp-3"]];
    for (ids, packets) in pairs
        .into_iter()
        .flat_map(|ids| [(ids, false), (ids, true)])
    {
        let mut words = vec!["--conn", ids[0], "--conn", ids[1]];
        words.extend(packets.then_some("--packets"));
        let part = events(CHAT, &words);
        let frames: Vec<_> = part
            .iter()
            .filter_map(|event| event["frame"].as_u64())
            .collect();
        assert!(frames.is_sorted(), "{ids:?}: {frames:?}");
        for id in ids {
            let named = |event: &Value| event["conn"] == id || event["exchange"] == id;
            assert!(part.iter().any(named), "{id}");
        }
        let answers = part.iter().filter(|it| it["event"] == "arp_resolved");
        assert!(answers.count() > 0, "{ids:?} {packets}");
    }
}

#[test]
fn packets_are_those_of_the_conversation() {
    let packets = |words: &[&str]| {
        let words = [&["--view", "packets"], words].concat();
        let told = told(CHAT, &words);
        told.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = packets(&[]);
    let part = packets(&["--conn", "tcp-1"]);
    assert!(part.len() > 10 && part.len() < whole.len());
    let whole_lines: BTreeSet<_> = whole.iter().collect();
    for line in &part {
        assert!(whole_lines.contains(line), "{line}");
        assert!(line.contains(".8520") && line.contains("Flags"), "{line}");
    }
    let tcp = whole.iter().filter(|line| line.contains("Flags")).count();
    assert_eq!(part.len(), tcp);
    let both = packets(&["--conn", "tcp-1", "--host", "192.168.15.43"]);
    assert_eq!(both, Vec::<String>::new(), "it is no end of it");
    let host = packets(&["--host", "192.168.15.43"]);
    // An ARP answer names whom it is for, though not in tcpdump's words.
    let (named, answers): (Vec<_>, Vec<_>) =
        host.iter().partition(|line| line.contains("192.168.15.43"));
    let naming = whole.iter().filter(|line| line.contains("192.168.15.43"));
    assert_eq!(named, naming.collect::<Vec<_>>());
    assert!(!answers.is_empty());
    assert!(
        answers.iter().all(|line| line.contains("ARP, Reply")),
        "{answers:?}"
    );

    let json = events(CHAT, &["--packets", "--conn", "tcp-1"]);
    let packets = json.iter().filter(|event| event["event"] == "packet");
    assert_eq!(packets.count(), tcp);
}

#[test]
fn an_error_belongs_to_what_it_quotes() {
    let part = told(
        "udp-closed-port.pcap",
        &["--view", "packets", "--conn", "udp-2"],
    );
    assert!(part.contains("ICMP"), "{part}");
}

#[test]
fn a_host_counts_wherever_it_is_named() {
    let part = events("conflict.pcap", &[]);
    let conflict = part
        .iter()
        .find(|event| event["event"] == "arp_conflict")
        .expect("a conflict");
    let host = conflict["ip"].as_str().expect("an address");
    let chosen = events("conflict.pcap", &["--host", host]);
    assert!(chosen.contains(conflict));
    let pings = events("ping.pcap", &["--host", "192.168.15.42"]);
    assert!(pings.iter().any(|event| event["event"] == "ping"));
    let nobody = events(CHAT, &["--host", "203.0.113.9"]);
    assert_eq!(nobody.len(), 2, "{nobody:?}");
}

#[test]
fn tables_show_what_was_chosen_and_count_everything() {
    let tables = told(CHAT, &["--view", "summary", "--conn", "udp-2"]);
    assert!(tables.contains("udp-2"), "{tables}");
    for other in ["tcp-1", "udp-1 ", "192.168.15.42"] {
        assert!(!tables.contains(other), "{other}: {tables}");
    }
    assert!(tables.contains("only udp-2"), "{tables}");
    let whole = events(CHAT, &[]);
    let frames = whole.last().expect("events")["frames"].to_string();
    assert!(tables.contains(&frames), "{frames}: {tables}");
    let host = told(CHAT, &["--view", "summary", "--host", "192.168.15.43"]);
    assert!(host.contains("udp-2") && host.contains("udp-3"), "{host}");
    assert!(!host.contains("tcp-1"), "{host}");
}

#[test]
fn what_never_appears_is_a_sentence() {
    for words in [
        &["--conn", "tcp-9"][..],
        &["--conn", "tcp-1", "--conn", "tcp-9", "--view", "packets"],
        &["--conn", "tcp-9", "--view", "summary"],
        &["--conn", "tcp-9", "--json"],
        &["--follow", "tcp-9"],
    ] {
        let output = run(CHAT, words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {output:?}");
        let said = text(&output.stderr);
        assert_eq!(said.lines().count(), 1, "{words:?}: {said}");
        assert!(said.contains("tcp-9 never appeared"), "{words:?}: {said}");
    }
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    for words in [
        &["--conn", "9"][..],
        &["--conn", "tcp-0"],
        &["--host", "everyone"],
        &["--raw", "x.bin"],
        &["--follow", "tcp-1", "--json"],
        &["--follow", "tcp-1", "--conn", "tcp-1"],
        &["--follow", "tcp-1", "--view", "packets"],
        &["--force"],
    ] {
        let output = run(CHAT, words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
    }
}

#[test]
fn a_stream_is_followed_and_taken_out() {
    let files = tempfile::tempdir().expect("a directory");
    for (capture, id, field) in [
        (CHAT, "tcp-1", "conn"),
        (CHAT, "udp-1", "exchange"),
        ("ipv6-chat.pcap", "tcp-1", "conn"),
        ("vlan.pcap", "tcp-1", "conn"),
    ] {
        let raw = files.path().join(format!("{capture}-{id}.bin"));
        let raw_word = raw.to_str().expect("UTF-8");
        let output = run(capture, &["--follow", id, "--raw", raw_word]);
        assert!(output.status.success(), "{capture} {id}: {output:?}");
        assert_eq!(text(&output.stderr), "");
        let followed = text(&output.stdout);
        for (side, arrow) in [("orig", '→'), ("resp", '←')] {
            let said: String = events(capture, &[])
                .iter()
                .filter(|event| event[field] == id && event["from"] == side)
                .filter_map(|event| event["text"].as_str())
                .collect();
            assert!(!said.is_empty(), "{capture} {id}");
            // Once out of JSON, text is escaped as on a terminal: these chats have only line ends.
            let path = beside(&raw, side);
            let bytes = fs::read(&path).expect("written");
            assert_eq!(
                String::from_utf8(bytes).expect("UTF-8"),
                said.replace("\\n", "\n")
            );
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{path:?}");
            let lines = followed
                .lines()
                .skip(1)
                .filter(|line| line.starts_with(arrow));
            let lines: String = lines.filter_map(|line| line.get(4..)).collect();
            assert_eq!(lines, said.replace("\\n", ""), "{capture} {id}");
        }
        let head = followed.lines().next().expect("a line");
        assert!(head.starts_with(&format!("{id}: → ")), "{head}");
    }
}

#[test]
fn bytes_that_are_no_text_are_taken_out_whole() {
    let files = tempfile::tempdir().expect("a directory");
    let mut bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
    bytes.extend("好\x1b]52;c;AAAA\x07\r\n".as_bytes());
    let capture = files.path().join("bytes.pcap");
    let frames = [arp_request(), arp_reply(), datagram(&bytes)];
    fs::write(&capture, pcap_file::write(&frames)).expect("written");
    let raw = files.path().join("out");
    let output = inspector()
        .arg("read")
        .arg(&capture)
        .args(["--follow", "udp-1", "--raw"])
        .arg(&raw)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        fs::read(files.path().join("out.orig")).expect("written"),
        bytes
    );
    assert_eq!(
        fs::read(files.path().join("out.resp")).expect("written"),
        b""
    );
    let told = text(&output.stdout);
    assert!(!told.contains(['\x1b', '\x07', '\r']), "{told:?}");
}

#[test]
fn what_is_missing_is_said_and_not_invented() {
    let files = tempfile::tempdir().expect("a directory");
    let (capture, id) = ("loss-after-tap.pcap", "tcp-1");
    let whole = events(capture, &[]);
    let record = whole
        .iter()
        .find(|event| event["event"] == "tcp_closed")
        .expect("a record");
    // Lost behind the tap: the capture has all of it. Cut to a snaplen, it has not.
    assert_eq!(record["orig_missing"], 0);
    let cut = files.path().join("cut.pcap");
    let bytes = fs::read(captures().join(capture)).expect("there");
    fs::write(&cut, cut_to(&bytes, 80)).expect("written");
    let raw = files.path().join("chat.bin");
    let output = inspector()
        .arg("read")
        .arg(&cut)
        .args(["--follow", id, "--raw"])
        .arg(&raw)
        .output()
        .expect("it runs");
    let seen: u64 = ["orig", "resp"]
        .iter()
        .map(|side| fs::metadata(beside(&raw, side)).expect("written").len())
        .sum();
    let sent = ["orig_bytes", "resp_bytes"].map(|side| record[side].as_u64().expect("a count"));
    let missing = sent.iter().sum::<u64>() - seen;
    assert!(missing > 0 && seen > 0, "{seen} of {sent:?}");
    let said: u64 = text(&output.stderr)
        .lines()
        .filter_map(|line| line.split_once(" bytes that the capture does not hold"))
        .filter_map(|(count, _)| count.parse::<u64>().ok())
        .sum();
    assert_eq!(said, missing, "{output:?}");
    assert!(text(&output.stdout).contains("missing here"), "{output:?}");
}

#[test]
fn files_of_others_are_safe() {
    let files = tempfile::tempdir().expect("a directory");
    let raw = files.path().join("chat.bin");
    let word = raw.to_str().expect("UTF-8");
    fs::write(beside(&raw, "resp"), "precious").expect("written");
    let output = run(CHAT, &["--follow", "tcp-1", "--raw", word]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("--force"), "{output:?}");
    assert_eq!(fs::read(beside(&raw, "resp")).expect("there"), b"precious");
    assert!(!beside(&raw, "orig").exists(), "nothing is left behind");

    let forced = run(CHAT, &["--follow", "tcp-1", "--raw", word, "--force"]);
    assert!(forced.status.success(), "{forced:?}");
    assert_ne!(fs::read(beside(&raw, "resp")).expect("there"), b"precious");

    let target = files.path().join("target");
    fs::write(&target, "precious").expect("written");
    fs::remove_file(beside(&raw, "orig")).expect("there");
    symlink(&target, beside(&raw, "orig")).expect("linked");
    let linked = run(CHAT, &["--follow", "tcp-1", "--raw", word, "--force"]);
    assert_eq!(linked.status.code(), Some(1), "{linked:?}");
    assert_eq!(fs::read(&target).expect("there"), b"precious");
}

#[test]
fn names_are_on_every_view() {
    let names = Names::new(
        "taibai = \"192.168.15.73:8520\"\nshen = \"192.168.15.42\"\ngateway = \"02:00:00:00:0f:01\"\n",
    );
    let story = names.told(&["--view", "timeline"]);
    assert!(
        story.contains("shen 192.168.15.42 asks everyone"),
        "{story}"
    );
    assert!(story.contains("taibai 192.168.15.73:8520 SYN"), "{story}");
    assert!(story.contains("taibai says"), "{story}");
    assert!(story.contains("gateway 02:00:00:00:0f:01"), "{story}");
    let tables = names.told(&["--view", "summary"]);
    assert!(tables.contains("taibai 192.168.15.73:8520"), "{tables}");
    assert!(tables.contains("shen 192.168.15.42:"), "{tables}");
    let followed = names.told(&["--follow", "tcp-1"]);
    assert!(
        followed.contains("← taibai 192.168.15.73:8520"),
        "{followed}"
    );

    let plain = told(CHAT, &["--view", "packets"]);
    let named = names.told(&["--view", "packets"]);
    let mut remarks = 0;
    for (plain, named) in plain.lines().zip(named.lines()) {
        let (grammar, remark) = named.split_once("  # ").unwrap_or((named, ""));
        assert_eq!(grammar, plain, "tcpdump's grammar is untouched");
        remarks += usize::from(remark.contains("taibai 192.168.15.73:8520"));
    }
    assert!(remarks > 10, "{named}");

    let json = names.told(&["--json"]);
    let events: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let closed = events
        .iter()
        .find(|event| event["event"] == "tcp_closed")
        .expect("a record");
    assert_eq!(closed["resp"]["name"], "taibai");
    assert_eq!(closed["orig"]["name"], "shen");
    let resolved = events
        .iter()
        .find(|event| event["event"] == "arp_resolved")
        .expect("an answer");
    assert_eq!(resolved["asked_by"]["name"], "shen");
    assert!(resolved.get("name").is_none(), "{resolved}");
}

#[test]
fn several_names_of_one_socket_are_said_once_at_the_top() {
    let names = Names::new("zhong = \"192.168.15.73:8520\"\nbei = \"192.168.15.73:8520\"\n");
    let sentence = "zhong and bei share 192.168.15.73:8520: they cannot be told apart";
    let story = names.told(&["--view", "timeline"]);
    assert_eq!(story.matches(sentence).count(), 1, "{story}");
    assert!(
        story.find(sentence) < story.find("what happened"),
        "{story}"
    );
    assert!(story.contains("zhong/bei 192.168.15.73:8520"), "{story}");
    for view in [
        &["--view", "packets"][..],
        &["--json"],
        &["--view", "summary"],
    ] {
        let output = names.run(view);
        assert_eq!(
            text(&output.stderr).matches(sentence).count(),
            1,
            "{view:?}"
        );
        assert!(text(&output.stdout).contains("zhong/bei"), "{view:?}");
    }
}

#[test]
fn names_do_not_control_the_terminal() {
    let names = Names::new(
        "\"\\u001b]0;x\\u0007\\u202e\" = \"192.168.15.73:8520\"\nb = \"192.168.15.73:8520\"",
    );
    for view in [
        &["--view", "timeline"][..],
        &["--view", "packets"],
        &["--view", "summary"],
        &["--json"],
        &["--follow", "tcp-1"],
    ] {
        let output = names.run(view);
        for told in [text(&output.stdout), text(&output.stderr)] {
            assert!(
                !told.contains(['\x1b', '\x07', '\u{202e}']),
                "{view:?}: {told:?}"
            );
        }
        assert!(text(&output.stdout).contains("u{202e}"), "{view:?}");
    }
}

#[test]
fn a_bad_file_of_names_is_a_sentence() {
    for (toml, line) in [
        (
            "taibai = \"192.168.15.73:8520\"\nshen = \"nowhere\"\n",
            "line 2",
        ),
        ("taibai\n", "line 1"),
    ] {
        let output = Names::new(toml).run(&[]);
        assert_eq!(output.status.code(), Some(1), "{toml}: {output:?}");
        assert_eq!(text(&output.stdout), "");
        let said = text(&output.stderr);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(line) && said.contains("names.toml"), "{said}");
    }
    let output = run(CHAT, &["--names", "no-such-file.toml"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("no-such-file.toml"));
}

/// A file of names.
struct Names(TempDir);

impl Names {
    fn new(toml: &str) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        fs::write(folder.path().join("names.toml"), toml).expect("written");
        Self(folder)
    }

    fn run(&self, words: &[&str]) -> Output {
        let path = self.0.path().join("names.toml");
        let names = ["--names", path.to_str().expect("UTF-8")];
        run(CHAT, &[&names, words].concat())
    }

    fn told(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        text(&output.stdout).to_owned()
    }
}

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

fn inspector() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inspector"));
    command.env("LC_ALL", "C");
    command.stdin(Stdio::null());
    command
}

fn run(capture: &str, words: &[&str]) -> Output {
    inspector()
        .arg("read")
        .arg(captures().join(capture))
        .args(words)
        .output()
        .expect("it runs")
}

fn told(capture: &str, words: &[&str]) -> String {
    let output = run(capture, words);
    assert!(output.status.success(), "{words:?}: {output:?}");
    text(&output.stdout).to_owned()
}

fn events(capture: &str, words: &[&str]) -> Vec<Value> {
    let told = told(capture, &[&["--json"], words].concat());
    told.lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("UTF-8")
}

/// chat.bin becomes chat.orig.bin.
fn beside(path: &Path, side: &str) -> PathBuf {
    path.with_extension(match path.extension() {
        Some(ending) => format!("{side}.{}", ending.to_string_lossy()),
        None => side.to_owned(),
    })
}

/// A pcap file whose frames were captured to `snaplen` bytes.
fn cut_to(file: &[u8], snaplen: usize) -> Vec<u8> {
    let word = |at: usize| u32::from_ne_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let (mut out, mut at) = (file[..24].to_vec(), 24);
    while at < file.len() {
        let captured = word(at + 8) as usize;
        let kept = captured.min(snaplen);
        out.extend(&file[at..at + 8]);
        out.extend(u32::try_from(kept).expect("small").to_ne_bytes());
        out.extend(&file[at + 12..at + 16]);
        out.extend(&file[at + 16..at + 16 + kept]);
        at += 16 + captured;
    }
    out
}
