//! Each line of --json is as the schema says, and what is not is refused.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use jsonschema::Validator;
use serde_json::Value;

use super::{
    corpus,
    pcap_file::{self, arp_reply, arp_request, datagram},
};

#[test]
fn every_line_of_every_capture_is_as_the_schema_says() {
    let validator = validator();
    let mut kinds = BTreeMap::new();
    for capture in captures() {
        for words in [&["--json"][..], &["--json", "--packets"]] {
            for line in lines(&capture, words) {
                let errors: Vec<_> = validator.iter_errors(&line).collect();
                assert!(
                    errors.is_empty(),
                    "{} {words:?}: {line}: {errors:?}",
                    capture.display()
                );
                let name = line["event"].as_str().expect("a name").to_owned();
                *kinds.entry(name).or_insert(0) += 1;
            }
        }
    }
    for kind in [
        "packet",
        "arp_resolved",
        "tcp_handshake",
        "tcp_closed",
        "udp_message",
        "ping",
    ] {
        assert!(kinds.contains_key(kind), "{kind} is among {kinds:?}");
    }
}

#[test]
fn lines_of_other_peoples_captures_are_as_the_schema_says() {
    let Some(corpus) = corpus::folder() else {
        return;
    };
    let validator = validator();
    let paths = corpus::captures(&corpus);
    assert!(paths.len() > 50, "{paths:?}");
    for path in paths {
        // Some are broken on purpose: what was told of them before is as it should be, too.
        let output = told(&path, &["--json", "--packets", "-c", "500"]);
        for line in parse(&output.stdout) {
            let errors: Vec<_> = validator.iter_errors(&line).collect();
            assert!(errors.is_empty(), "{}: {line}: {errors:?}", path.display());
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_as_the_schema_says() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("hostile.pcap");
    let mut short = arp_reply();
    short.truncate(20);
    let frames = [
        arp_request(),
        short,
        datagram(&[0xff; 300]),
        datagram(b""),
        datagram(b"\x1b[31m"),
        vec![0; 3],
    ];
    fs::write(&path, pcap_file::write(&frames)).expect("written");
    let validator = validator();
    let lines = lines(&path, &["--json", "--packets"]);
    for line in &lines {
        assert!(validator.is_valid(line), "{line}");
    }
    let hex = lines.iter().find_map(|line| line["hex"].as_str());
    assert_eq!(hex.expect("told").len(), 128, "the first 64 bytes");
}

#[test]
fn a_packet_that_is_not_as_it_should_be_is_refused() {
    let validator = validator();
    let mut seen = BTreeMap::new();
    for capture in captures() {
        for line in lines(&capture, &["--json", "--packets"]) {
            for layer in line["layers"].as_array().into_iter().flatten() {
                let name = layer["layer"].as_str().expect("a name").to_owned();
                seen.entry(name)
                    .or_insert_with(|| (line.clone(), layer.clone()));
            }
        }
    }
    assert!(seen.len() > 8, "{:?}", seen.keys());
    for (name, (line, layer)) in seen {
        let with = |layer: Value| {
            let mut line = line.clone();
            line["layers"] = Value::Array(vec![layer]);
            line
        };
        assert!(validator.is_valid(&with(layer.clone())), "{name}");
        let mut extra = layer.clone();
        extra["surprise"] = true.into();
        assert!(
            !validator.is_valid(&with(extra)),
            "{name} with an extra field"
        );
        for field in layer.as_object().expect("an object").keys() {
            let mut wrong = layer.clone();
            wrong[field] = serde_json::json!({});
            assert!(
                !validator.is_valid(&with(wrong)),
                "{name}: {field} of another type"
            );
        }
        for field in ["layer", "offset", "len"] {
            let mut less = layer.clone();
            less.as_object_mut().expect("an object").remove(field);
            assert!(!validator.is_valid(&with(less)), "{name} without {field}");
        }
    }
}

fn validator() -> Validator {
    let output = Command::new(env!("CARGO_BIN_EXE_inspector"))
        .arg("schema")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let schema = serde_json::from_slice(&output.stdout).expect("JSON");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let files = fs::read_dir(folder).expect("the captures are there");
    let mut paths: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|ending| ending == "pcap" || ending == "pcapng")
    });
    paths.sort();
    assert!(paths.len() > 20, "{paths:?}");
    paths
}

fn lines(capture: &Path, words: &[&str]) -> Vec<Value> {
    let output = told(capture, words);
    assert!(output.status.success(), "{output:?}");
    parse(&output.stdout)
}

fn told(capture: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inspector"))
        .arg("read")
        .arg(capture)
        .args(words)
        .output()
        .expect("it runs")
}

fn parse(lines: &[u8]) -> Vec<Value> {
    let lines = str::from_utf8(lines).expect("UTF-8").lines();
    lines
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}
