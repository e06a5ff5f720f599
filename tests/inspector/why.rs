//! Proofs: every way to fail has a capture and a sentence, each stands on frames that are there, and
//! what programs read is as the schema says.

use std::{
    collections::BTreeSet,
    process::{Command, Output},
};

use inspector::report::why::{MOST_CLAIMS, Verdict};
use serde_json::Value;

use super::{corpus, golden, library};

#[test]
fn every_failure_has_a_capture() {
    let asked = golden::WHY.iter();
    let found: BTreeSet<String> = asked
        .map(|(capture, words, _)| {
            let words = [words, &["--json"][..]].concat();
            let proof = parse(&golden::answered(capture, &words));
            proof["verdict"].as_str().expect("a verdict").to_owned()
        })
        .collect();
    let (_folder, path) = contradicting();
    let output = why(&path, &["--json"]);
    let proof = parse(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(proof["verdict"], "fragments_contradict", "{proof}");
    let found: BTreeSet<_> = found
        .into_iter()
        .chain(["fragments_contradict".to_owned()])
        .collect();
    let failures = Verdict::ALL.iter().filter(|verdict| verdict.is_failure());
    for verdict in failures.chain(&[
        Verdict::TooBig,
        Verdict::Slowed,
        Verdict::Queued,
        Verdict::Loss,
        Verdict::Closed,
        Verdict::UdpAnswered,
    ]) {
        assert!(
            found.contains(verdict.name()),
            "{} has none",
            verdict.name()
        );
    }
}

/// Each way to fail: its capture, what is asked of it, and how its sentences begin in both languages.
const LEAVES: &[(&str, &str, &[&str], &str, &str)] = &[
    (
        "no ARP answer",
        "host-absent.pcap",
        &[],
        "no host of this network has 192.168.15.99",
        "这个网络里没有主机拥有 192.168.15.99",
    ),
    (
        "SYN silent, ARP fine: filtered, or the queue full",
        "unanswered.pcap",
        &[],
        "whether a firewall dropped the SYN, the answer was lost, or the listen queue was full",
        "是防火墙丢弃了 SYN、应答丢失了，还是监听队列满了",
    ),
    (
        "nobody listens",
        "refused.pcap",
        &[],
        "192.168.15.73 is up and its TCP answers, but no program listens on port 8520",
        "192.168.15.73 在线，它的 TCP 会应答，但没有程序在端口 8520 上监听",
    ),
    (
        "ICMP, its words",
        "unreachable.pcap",
        &[],
        "192.168.15.73 says “communication administratively prohibited” in #4, which quotes #3",
        "192.168.15.73 在 #4 里报告“通信被管理员禁止”，并引用了 #3",
    ),
    (
        "SYN-ACK sent again: our ACK lost",
        "handshake-ack-lost.pcap",
        &[],
        "ACK #5 passed here and did not reach 192.168.15.73:8520",
        "ACK #5 经过了这里，却没有到达 192.168.15.73:8520",
    ),
    (
        "stalled by the receiver",
        "zero-window.pcap",
        &["-c", "28"],
        "192.168.15.73:8520 announced a window of 0 in #23: its receive buffer was full",
        "192.168.15.73:8520 在 #23 里通告窗口为 0：它的接收缓冲区满了",
    ),
    (
        "reset in the middle of the talk",
        "reset.pcap",
        &[],
        "192.168.15.42:42994 sent RST #10, 200.5 ms after the last words (#8)",
        "192.168.15.42:42994 发了 RST #10，距最后一条消息（#8）200.5 ms",
    ),
    (
        "idle: both wait",
        "empty-enter.pcap",
        &[],
        "it was 192.168.15.42:42636's turn, and the other side stood in recv()",
        "轮到 192.168.15.42:42636 说话，对方停在 recv()",
    ),
    (
        "idle: in the listen queue",
        "waiting-in-line.pcap",
        &["tcp-3", "-c", "37"],
        "192.168.15.73:8520 said nothing for 1.5 s after ACK #17 had completed the handshake",
        "ACK #17 完成握手之后，192.168.15.73:8520 有 1.5 s 什么也没有说",
    ),
    (
        "the capture ended first",
        "chat.pcap",
        &["-c", "12"],
        "what came next cannot be known from here: capture for longer",
        "接下来发生了什么，从这里无法知道：请抓得更久一些",
    ),
    (
        "left without a word",
        "lab/vanish.pcap",
        &[],
        "192.168.15.42:52280 sent FIN #12 and had not said 88",
        "192.168.15.42:52280 发了 FIN #12，却没有说 88",
    ),
    (
        "the UDP port is closed",
        "udp-closed-port.pcap",
        &[],
        "192.168.15.73 is up, but no program has opened UDP port 8520",
        "192.168.15.73 在线，但没有程序打开 UDP 端口 8520",
    ),
    (
        "UDP without an answer",
        "udp-unanswered.pcap",
        &[],
        "whether the datagram was lost, dropped by a firewall, or read by a program that does not answer",
        "数据报是丢失了、被防火墙丢弃了，还是被一个不答复的程序读了",
    ),
    (
        "a fragment lost",
        "fragment-lost.pcap",
        &[],
        "of datagram 42943 only #3, #4 came, missing are bytes 1480 to 2959",
        "数据报 42943 只到了 #3、#4；缺少第 1480 到 2959 字节",
    ),
    (
        "too big for the way",
        "lab/path-mtu.pcap",
        &[],
        "#9 tells the size that fits: at most 1200 bytes",
        "#9 说明了合适的大小：最多 1200 字节",
    ),
];

#[test]
fn every_leaf_of_the_failure_tree_has_its_sentence_in_both_languages() {
    for (leaf, capture, words, en, zh) in LEAVES {
        for (lang, sentence) in [("en", en), ("zh", zh)] {
            let told = text(capture, &[words, &["--lang", lang][..]].concat());
            let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(told.contains(sentence), "{leaf}: {told}");
        }
    }
}

/// The sentences and the data are the same chain.
#[test]
fn text_and_json_agree() {
    let mut seen = 0;
    for (capture, words, _) in golden::WHY {
        let told = text(capture, &[words, &["--lang", "en"]].concat());
        let told = told.lines().filter_map(|line| {
            let (certainty, sentence) = line.strip_prefix("  ")?.split_once(' ')?;
            ["seen", "inferred", "unknown"]
                .contains(&certainty)
                .then_some((certainty, sentence))
        });
        let told: Vec<_> = told.collect();
        let proof = parse(&text(capture, &[words, &["--json"]].concat()));
        let claims = proof["claims"].as_array().expect("claims");
        assert_eq!(told.len(), claims.len(), "{capture} {words:?}");
        for ((certainty, sentence), claim) in told.iter().zip(claims) {
            assert_eq!(claim["certainty"], *certainty, "{capture}: {sentence}");
            for frame in claim["proof"].as_array().expect("frames") {
                let is_named = sentence.contains(&format!("#{frame}"));
                // Of a long list the first are named, and the others counted.
                assert!(
                    is_named || sentence.contains(" more"),
                    "{claim}: {sentence}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 300, "only {seen}");
}

/// One judge: what `why` says of a conversation, the ladder and the page say too.
#[test]
fn why_the_ladder_and_the_page_agree() {
    let mut failures = 0;
    for path in library::own_captures() {
        let name = path.to_str().expect("captures have plain names");
        let told = |words: &[&str]| {
            let output = inspector("read", name, words);
            assert!(output.status.success(), "{name} {words:?}: {output:?}");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let ladder = told(&["--view", "ladder"]);
        let told_by_ladder: BTreeSet<String> = ladder
            .lines()
            .filter(|line| line.contains('✘'))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|id| id.contains('-'))
            .map(str::to_owned)
            .collect();
        let mut failed = BTreeSet::new();
        for id in (1..=4).flat_map(|n| [format!("tcp-{n}"), format!("udp-{n}")]) {
            let output = why(name, &[&id, "--json"]);
            if output.stdout.is_empty() {
                continue;
            }
            let proof = parse(&String::from_utf8_lossy(&output.stdout));
            let verdict = proof["verdict"].as_str().expect("a name");
            let is_cut_short =
                ["idle", "one_sided", "never_closed", "capture_ended"].contains(&verdict);
            if proof["failed"] == true && !is_cut_short {
                failed.insert(id);
            }
        }
        assert_eq!(told_by_ladder, failed, "{name}: {ladder}");

        let proof = parse(&String::from_utf8_lossy(&why(name, &["--json"]).stdout));
        let others = proof["others"].as_array().expect("a list").len() as u64;
        let unnamed = proof["others_unnamed"].as_u64().expect("a number");
        let count = u64::from(proof["failed"] == true) + others + unnamed;
        let page = told(&["--html", "-", "--view", "summary"]);
        let articles = page.matches("<article class=\"failure\"").count() as u64;
        assert_eq!(articles, count, "{name}: {proof}");
        failures += count;
    }
    assert!(failures > 24, "only {failures}");
}

#[test]
fn proofs_stand_on_frames_that_are_there() {
    let validator = validator();
    let mut seen = 0;
    for path in library::own_captures() {
        let name = path.to_str().expect("captures have plain names");
        let frames = count(name);
        let conversations = (1..=3).flat_map(|n| [format!("tcp-{n}"), format!("udp-{n}")]);
        let all = conversations.chain((1..=frames).map(|frame| frame.to_string()));
        for what in all.chain([String::new()]) {
            let words: Vec<_> = [what.as_str()]
                .into_iter()
                .filter(|it| !it.is_empty())
                .collect();
            let output = why(name, &[&words[..], &["--json"]].concat());
            if output.stdout.is_empty() {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(said.contains("never appeared"), "{name} {what}: {said}");
                continue;
            }
            assert!(output.status.success(), "{name} {what}: {output:?}");
            let proof = parse(&String::from_utf8_lossy(&output.stdout));
            let errors: Vec<_> = validator.iter_errors(&proof).collect();
            assert!(errors.is_empty(), "{name} {what}: {proof}: {errors:?}");
            let claims = proof["claims"].as_array().expect("claims");
            assert!((1..=MOST_CLAIMS).contains(&claims.len()), "{proof}");
            for claim in claims {
                for frame in claim["proof"].as_array().expect("frames") {
                    let frame = frame.as_u64().expect("a number");
                    assert!((1..=frames).contains(&frame), "{name} {what}: {claim}");
                }
            }
            seen += 1;
        }
    }
    assert!(seen > 300, "only {seen}");
}

/// The AND is done by the reader, too: bit by bit.
#[test]
fn the_mask_is_shown_in_bits() {
    let told = text("gateway.pcap", &["3", "--net", "192.168.15.0/24"]);
    let bits: Vec<u32> = told
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .filter(|word| word.len() == 35 && word.bytes().all(|c| b"01.".contains(&c)))
        .map(|word| u32::from_str_radix(&word.replace('.', ""), 2).expect("bits"))
        .collect();
    let [src, mask, src_net, dst, again, dst_net] = bits[..] else {
        panic!("{told}");
    };
    assert_eq!(mask, again);
    assert_eq!((src & mask, dst & mask), (src_net, dst_net));
    assert_ne!(src_net, dst_net);
    assert!(
        told.contains("different: 198.51.100.7 is outside 192.168.15.0/24"),
        "{told}"
    );
    let same = text("refused.pcap", &["--net", "192.168.15.0/24"]);
    assert!(
        same.contains("equal: both are in 192.168.15.0/24"),
        "{same}"
    );
}

#[test]
fn a_terminal_is_never_overrun() {
    use inspector::{
        inspect::{self, Job},
        report::{Opened, Options, why, words::Lang},
    };
    use unicode_width::UnicodeWidthStr as _;

    for capture in ["gateway.pcap", "conflict.pcap", "ipv6-chat.pcap"] {
        let path = format!("{}/captures/{capture}", env!("CARGO_MANIFEST_DIR"));
        let net = ["192.168.15.0/24", "2001:db8:15::/64"].map(|net| net.parse().expect("a net"));
        for (lang, width) in Lang::ALL
            .into_iter()
            .flat_map(|lang| [44, 60, 80].map(|w| (lang, w)))
        {
            let stop = inspector::capture::stop::Stop::new().expect("a file descriptor");
            let mut source =
                inspector::capture::savefile::Savefile::open(&[path.clone().into()], &stop)
                    .expect("a capture");
            let opened = Opened {
                source: capture.to_owned(),
                live: false,
                link_types: Vec::new(),
                at: None,
            };
            let options = Options {
                lang,
                width: Some(width),
                nets: net.to_vec(),
                ..Options::default()
            };
            let mut out = Vec::new();
            let what = why::What::default();
            let mut report = why::Why::new(&mut out, options, false, what);
            inspect::inspect(
                &mut source,
                opened,
                &mut report,
                Job::default(),
                &mut |_| {},
            )
            .expect("a Vec takes everything");
            drop(report);
            for line in String::from_utf8(out).expect("UTF-8").lines() {
                assert!(line.width() <= width, "{capture} at {width}: {line}");
            }
        }
    }
}

#[test]
fn what_is_not_there_is_said_with_what_to_do() {
    for what in ["999", "tcp-9", "udp-9", "192.168.15.200"] {
        let output = why("captures/chat.pcap", &[what]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains(what) && said.contains("--view summary"),
            "{said}"
        );
    }
    // What is neither a file nor a question is wrong usage; nothing else is answered in its place.
    for what in ["tcp-x", "udp", "0", "missing.pcap"] {
        let output = why("captures/chat.pcap", &[what]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains(&format!("{what} is neither a file nor a question"))
                && said.contains("tcp-1 or udp-1"),
            "{said}"
        );
    }
}

#[test]
fn a_frame_may_be_written_as_it_is_told() {
    assert_eq!(text("chat.pcap", &["#3"]), text("chat.pcap", &["3"]));
}

/// Every frame of IP says which MAC it went to, and how its sender knew or that nobody can know it here.
#[test]
fn every_frame_has_its_root() {
    let ways = [
        "straight",
        "to_gateway",
        "to_inferred_gateway",
        "by_way_of",
        "to_unknown_mac",
        "to_claimant",
        "to_many",
    ];
    let mut seen = 0;
    for path in library::own_captures() {
        let name = path.to_str().expect("captures have plain names");
        let file = std::fs::read(name).expect("it is there");
        for (number, frame) in (1..).zip(library::frames(&file)) {
            // ARP needs no way, nor do frames whose type lies deeper.
            if ![[0x08, 0x00], [0x86, 0xdd]].contains(&[frame.data[12], frame.data[13]]) {
                continue;
            }
            let output = why(name, &[&format!("{number}"), "--json"]);
            let proof = parse(&String::from_utf8_lossy(&output.stdout));
            let claims = proof["claims"].as_array().expect("claims");
            let way = claims
                .iter()
                .find(|claim| ways.iter().any(|way| claim["claim"] == *way));
            let Some(way) = way else {
                assert!(name.ends_with("ipv6-chat.pcap"), "{name} {number}: {proof}");
                continue;
            };
            let mac: Vec<_> = frame.data[..6].iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(way["mac"], mac.join(":"), "{name} {number}: {proof}");
            assert_eq!(way["frame"], number, "{name} {number}: {proof}");
            seen += 1;
        }
    }
    assert!(seen > 600, "only {seen}");
}

/// What came before a conversation is not of it: it was needed for its first frame.
#[test]
fn questions_for_an_address_are_needed_for_the_first_frame() {
    for capture in ["chat.pcap", "ipv6-chat.pcap"] {
        for frame in ["1", "2"] {
            let told = text(capture, &[frame]);
            let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
            let needed = format!("#{frame} was needed for tcp-1, whose first frame is #3");
            assert!(told.contains(&needed), "{capture}: {told}");
            assert!(!told.contains("belongs to"), "{capture}: {told}");
        }
    }
}

/// A capture that began after ARP shows a MAC, and not whose it is.
#[test]
fn a_mac_without_an_answer_may_be_a_gateways() {
    let later = ["-f", "udp or tcp"];
    let told = text("gateway.pcap", &later);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("whose MAC this is cannot be known from here"),
        "{told}"
    );
    assert!(!told.contains("went straight to"), "{told}");
    let near = text("chat.pcap", &["-f", "tcp", "--net", "192.168.15.0/24"]);
    let near = near.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(near.contains("went straight to"), "{near}");
}

/// A net that nobody lives in is not passed over in silence.
#[test]
fn a_net_without_the_sender_is_said_to_tell_nothing() {
    let told = text("gateway.pcap", &["--net", "198.51.100.0/24"]);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "192.168.15.42 is in no subnet of --net, so they do not tell its way";
    assert!(told.contains(said), "{told}");
}

#[test]
fn names_are_said_as_everywhere() {
    let folder = tempfile::tempdir().expect("a directory");
    let names = folder.path().join("names.toml");
    std::fs::write(
        &names,
        "ann = \"192.168.15.42\"\nshop = \"192.168.15.73:8520\"\n",
    )
    .expect("written");
    let names = names.to_str().expect("a plain name");
    let told = text("refused.pcap", &["--names", names]);
    assert!(told.contains("shop 192.168.15.73:8520: refused"), "{told}");
    let output = why("captures/refused.pcap", &["--names", names, "--json"]);
    let proof = parse(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(proof["resp"]["name"], "shop", "{proof}");
}

/// Other people's captures have whatever a network has: an answer or a sentence, and no panic.
#[test]
fn other_peoples_captures_have_proofs() {
    let Some(corpus) = corpus::folder() else {
        return;
    };
    let validator = validator();
    let mut asked = 0;
    for path in corpus::captures(&corpus) {
        let name = path.to_str().expect("plain names");
        for what in [&[][..], &["1"], &["7"]] {
            let output = why(name, &[what, &["--json", "-c", "2000"]].concat());
            assert!(
                output.status.code().is_some_and(|code| code < 2),
                "{name}: {output:?}"
            );
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            for line in text.lines() {
                let proof = parse(line);
                let errors: Vec<_> = validator.iter_errors(&proof).collect();
                assert!(errors.is_empty(), "{name} {what:?}: {proof}: {errors:?}");
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "only {asked}");
}

fn text(capture: &str, words: &[&str]) -> String {
    golden::answered(capture, words)
}

/// The fragments of a datagram, and the first once more with another byte.
fn contradicting() -> (tempfile::TempDir, String) {
    let path = format!("{}/captures/fragments.pcap", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read(path).expect("it is there");
    let (mut at, mut number) = (24, 0);
    let mut forged = file[..at].to_vec();
    while at < file.len() {
        let len = u32::from_le_bytes(file[at + 8..at + 12].try_into().expect("four bytes"));
        let end = at + 16 + len as usize;
        let record = &file[at..end];
        forged.extend_from_slice(record);
        number += 1;
        if number == 3 {
            forged.extend_from_slice(record);
            *forged.last_mut().expect("a byte") ^= 1;
        }
        at = end;
    }
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("contradicting.pcap");
    std::fs::write(&path, forged).expect("written");
    let path = path.to_str().expect("a plain name").to_owned();
    (folder, path)
}

fn why(path: &str, words: &[&str]) -> Output {
    inspector("why", path, words)
}

fn inspector(command: &str, path: &str, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inspector"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LC_ALL", "C")
        .args([command, path])
        .args(words)
        .output()
        .expect("it runs")
}

fn validator() -> jsonschema::Validator {
    let output = Command::new(env!("CARGO_BIN_EXE_inspector"))
        .args(["schema", "why"])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let schema = serde_json::from_slice(&output.stdout).expect("JSON");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

fn count(path: &str) -> u64 {
    let file = std::fs::read(path).expect("it is there");
    library::frames(&file).len() as u64
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("one object")
}
