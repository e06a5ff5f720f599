//! The language of what is told: chosen by `--lang`, else by the locale; never that of JSON.

use std::{collections::BTreeSet, process::Command};

use super::{library, page};

const ENGLISH: &str = "who has 192.168.15.73?";
const CHINESE: &str = "谁是 192.168.15.73？";

#[test]
fn the_locale_chooses_the_language() {
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[], ENGLISH),
        (&[("LANG", "zh_CN.UTF-8")], CHINESE),
        (&[("LANG", "de_DE.UTF-8")], ENGLISH),
        (&[("LANG", "en_GB"), ("LC_MESSAGES", "zh_TW")], CHINESE),
        (&[("LANG", "zh_CN"), ("LC_ALL", "C")], ENGLISH),
        (&[("LANG", "C"), ("LC_ALL", "zh")], CHINESE),
        // An empty variable says nothing.
        (&[("LANG", "zh_CN"), ("LC_ALL", "")], CHINESE),
    ];
    for (environment, sentence) in cases {
        let told = told(environment, &[]);
        assert!(told.contains(sentence), "{environment:?}: {told}");
    }
}

#[test]
fn what_is_typed_goes_before_the_locale() {
    for (environment, typed, sentence) in [("C", "zh", CHINESE), ("zh_CN.UTF-8", "en", ENGLISH)] {
        let told = told(&[("LC_ALL", environment)], &["--lang", typed]);
        assert!(told.contains(sentence), "--lang {typed}: {told}");
    }
}

#[test]
fn programs_are_told_the_same_in_every_language() {
    for words in [
        &["--json"][..],
        &["--json", "--packets"],
        &["--view", "packets", "-v", "-x"],
    ] {
        let told = |lang| {
            let words = [&["--lang", lang], words].concat();
            told(&[], &words)
        };
        assert_eq!(told("en"), told("zh"), "{words:?}");
    }
}

/// Words that stay as they are in Chinese: names of protocols and programs, of calls and of options.
const OF_THE_FIELD: &[&str] = &[
    "accept", "ack", "addr", "arp", "close", "connect", "frag", "icmp", "ltn", "mss", "ndp", "net",
    "ping", "recv", "recvfrom", "send", "sendto", "seq", "shutdown", "tcp", "timeline", "udp",
    "view",
];

/// Nothing that people read is left in English: whatever is not quoted is Chinese, or a name of the field.
#[test]
fn everything_that_people_read_is_told_in_chinese() {
    let mut english = BTreeSet::new();
    let mut seen = 0;
    for path in library::own_captures() {
        let name = path.to_str().expect("captures have plain names");
        for (command, words) in [
            ("read", &["--view", "timeline"][..]),
            ("read", &["--view", "chat", "--recv", "1024"]),
            ("read", &["--view", "ladder"]),
            ("read", &["--html", "-", "--view", "summary"]),
            ("why", &[]),
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_inspector"))
                .args([command, name, "--lang", "zh"])
                .args(words)
                .output()
                .expect("it runs");
            assert!(output.status.success(), "{output:?}");
            let mut told = String::from_utf8(output.stdout).expect("UTF-8");
            if told.starts_with("<!") {
                let parts = page::what_people_read(&told);
                let parts = parts
                    .lines()
                    .filter(|part| !part.contains("class=\"words\""));
                told = outside(&parts.collect::<Vec<_>>().join("\n"), '<', '>');
            }
            // What somebody said, and what Python says of it, is not ours.
            let is_ours = |line: &&str| !line.trim_start().starts_with(['│', '┃']);
            let lines: Vec<_> = told.lines().filter(is_ours).collect();
            let told = lines
                .join("\n")
                .replace(name, "")
                .replace("UnicodeDecodeError", "“");
            let told = outside(&told.replace("；程序到此结束", "”"), '“', '”');
            for word in told.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                let is_word =
                    word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                if is_word && !OF_THE_FIELD.contains(&word) {
                    english.insert(format!("{word} {words:?}"));
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 10_000, "only {seen}");
    assert!(english.is_empty(), "{english:#?}");
}

/// What stands outside of brackets.
fn outside(text: &str, open: char, close: char) -> String {
    let mut depth = 0_u32;
    let mut out = String::new();
    for c in text.chars() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
            out.push(' ');
        } else if depth == 0 {
            out.push(c);
        }
    }
    out
}

fn told(environment: &[(&str, &str)], words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_inspector"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["read", "captures/chat.pcap"])
        .args(words)
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env_remove("LANG")
        .envs(environment.iter().copied())
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}
