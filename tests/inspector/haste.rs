use std::{fs, path::Path, process::Command};

use inspector::track::{
    Checksums, Config,
    event::{Event, Kind, TcpRecord, UdpRecord},
};

use super::{corpus, library};

#[test]
fn two_threads_tell_what_one_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut captures = library::own_captures();
    // One that ends inside a record, and one behind it.
    let whole = fs::read(captures.first().expect("there are some")).expect("it can be read");
    let cut = folder.path().join("cut.pcap");
    fs::write(&cut, &whole[..whole.len() - 5]).expect("there is room");
    captures.push(cut);
    let looks: [&[&str]; 8] = [
        &[],
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
