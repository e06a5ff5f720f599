//! What the program tells of each capture in captures/ stands in tests/expected, a file for each
//! view. `UPDATE_EXPECTED=1 cargo test golden` writes them anew: read the difference before it is
//! committed.

use std::{
    collections::BTreeSet,
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use inspector::report::{Options, words::Lang};
use unicode_width::UnicodeWidthStr as _;

use super::{
    library::{self, View},
    page,
};

const UPDATE: &str = "UPDATE_EXPECTED";

/// The views that each capture is told in.
const VIEWS: [(&str, &[&str]); 5] = [
    ("timeline", &["--view", "timeline"]),
    ("packets", &["--view", "packets"]),
    ("summary", &["--view", "summary"]),
    ("chat", &["--view", "chat"]),
    ("json", &["--json"]),
];

/// More of some captures: their name, the view's name, and what is typed.
const MORE: [(&str, &str, &[&str]); 16] = [
    ("chat.pcap", "timeline-verbose", &["-v"]),
    (
        "chat.pcap",
        "packets-v-x",
        &["--view", "packets", "-v", "-x"],
    ),
    (
        "ipv6-chat.pcap",
        "packets-v-x",
        &["--view", "packets", "-v", "-x"],
    ),
    (
        "vlan.pcap",
        "packets-v-x",
        &["--view", "packets", "-v", "-x"],
    ),
    (
        "unreachable.pcap",
        "packets-v-x",
        &["--view", "packets", "-v", "-x"],
    ),
    ("ping.pcap", "packets-x", &["-x"]),
    ("chat.pcap", "timeline-verbose.zh", &["-v", "--lang", "zh"]),
    ("chat.pcap", "time-utc", &["--time", "utc"]),
    ("chat.pcap", "time-local", &["--time", "local"]),
    ("chat.pcap", "time-delta", &["--time", "delta"]),
    (
        "chat.pcap",
        "packets-delta",
        &["--view", "packets", "--time", "delta"],
    ),
    ("chat.pcap", "chat-recv", &["--recv", "1024"]),
    (
        "chat.pcap",
        "chat-utc",
        &["--view", "chat", "--time", "utc"],
    ),
    (
        "waiting-in-line.pcap",
        "chat-recv.zh",
        &["--recv", "10", "--lang", "zh"],
    ),
    ("fragments.pcap", "chat-recv", &["--recv", "1024"]),
    ("glued-and-cut.pcap", "chat-recv", &["--recv", "1024"]),
];

/// Captures whose story and tables are told in Chinese, too.
const IN_CHINESE: [&str; 18] = [
    "chat.pcap",
    "conflict.pcap",
    "four-segments.pcap",
    "fragment-lost.pcap",
    "fragments.pcap",
    "half-close.pcap",
    "host-absent.pcap",
    "ipv6-chat.pcap",
    "loss-after-tap.pcap",
    "loss-before-tap.pcap",
    "ping.pcap",
    "refused.pcap",
    "reset.pcap",
    "simultaneous-open.pcap",
    "udp-closed-port.pcap",
    "unanswered.pcap",
    "unreachable.pcap",
    "zero-window.pcap",
];

/// Proofs: the capture, what is asked beside it, and the name under which the answer stands. Every way
/// to fail is among them, as `why::every_failure_has_a_capture` holds.
pub const WHY: [(&str, &[&str], &str); 60] = [
    ("glued-and-cut.pcap", &[], "why"),
    ("conflict.pcap", &[], "why"),
    ("conflict.pcap", &["12"], "why-12"),
    ("host-absent.pcap", &[], "why"),
    ("host-absent.pcap", &["--net", "192.168.15.0/24"], "why-net"),
    (
        "host-absent.pcap",
        &["--net", "192.168.15.0/26"],
        "why-wrong-mask",
    ),
    ("refused.pcap", &[], "why"),
    ("refused.pcap", &["4"], "why-4"),
    ("refused.pcap", &["--net", "192.168.15.0/24"], "why-net"),
    ("unreachable.pcap", &[], "why"),
    ("unanswered.pcap", &[], "why"),
    ("synack-lost.pcap", &[], "why"),
    ("handshake-ack-lost.pcap", &[], "why"),
    ("half-scan.pcap", &[], "why"),
    ("reset.pcap", &[], "why"),
    ("zero-window.pcap", &[], "why"),
    ("zero-window.pcap", &["-c", "28"], "why-stalled"),
    ("gone.pcap", &[], "why"),
    ("udp-closed-port.pcap", &[], "why"),
    ("udp-closed-port.pcap", &["8"], "why-8"),
    ("udp-unanswered.pcap", &[], "why"),
    ("fragment-lost.pcap", &[], "why"),
    ("fragment-lost.pcap", &["4"], "why-4"),
    // What the filter keeps out is what a capture that misses frames lacks.
    ("chat.pcap", &["-f", "not ip[4:2] = 58047"], "why-missing"),
    ("half-close.pcap", &["-c", "12"], "why-half-closed"),
    ("ping.pcap", &[], "why"),
    ("ping.pcap", &["-c", "4"], "why-answered"),
    ("chat.pcap", &["-c", "12"], "why-capture-ended"),
    ("chat.pcap", &["tcp-1", "--idle", "100ms"], "why-idle"),
    (
        "waiting-in-line.pcap",
        &["tcp-2", "--max-connections", "1"],
        "why-forgotten",
    ),
    ("waiting-in-line.pcap", &["tcp-2"], "why-tcp-2"),
    ("loss-after-tap.pcap", &[], "why"),
    ("loss-before-tap.pcap", &[], "why"),
    ("chat.pcap", &[], "why"),
    ("chat.pcap", &["7"], "why-7"),
    ("chat.pcap", &["22"], "why-22"),
    ("chat.pcap", &["192.168.15.1"], "why-gateway"),
    (
        "chat.pcap",
        &["udp-1", "--net", "192.168.15.0/24"],
        "why-udp-1",
    ),
    ("gateway.pcap", &["3"], "why-3"),
    ("gateway-inward.pcap", &["udp-1"], "why-udp-1"),
    ("ipv6-chat.pcap", &["--net", "2001:db8:15::/64"], "why"),
    ("lab/path-mtu.pcap", &[], "why"),
    ("empty-enter.pcap", &[], "why"),
    ("lab/deadlock.pcap", &[], "why"),
    ("lab/vanish.pcap", &[], "why"),
    ("lab/queue.pcap", &[], "why"),
    ("fragments.pcap", &["4"], "why-4"),
    ("loss-after-tap.pcap", &["8"], "why-8"),
    ("loss-before-tap.pcap", &["36"], "why-36"),
    ("lab/loss.pcap", &["18"], "why-18"),
    ("zero-window.pcap", &["23"], "why-23"),
    ("zero-window.pcap", &["24"], "why-24"),
    ("lab/path-mtu.pcap", &["12"], "why-12"),
    ("gateway-inward.pcap", &["4"], "why-4"),
    ("conflict.pcap", &["13"], "why-13"),
    ("simultaneous-open.pcap", &[], "why"),
    ("udp-closed-port.pcap", &["-f", "icmp"], "why-icmp-alone"),
    (
        "chat.pcap",
        &["-f", "tcp and src host 192.168.15.42"],
        "why-one-sided",
    ),
    // Of those who waited, the one who waited longest.
    ("waiting-in-line.pcap", &[], "why"),
    (
        "waiting-in-line.pcap",
        &["tcp-3", "-c", "37"],
        "why-never-accepted",
    ),
];

/// Terminals: the name of what is shown there, the view, columns, colour.
const TERMINALS: [(&str, View, usize, bool); 8] = [
    ("100-columns", View::Timeline, 100, false),
    ("60-columns", View::Timeline, 60, false),
    ("40-columns", View::Timeline, 40, false),
    ("colour", View::Timeline, 100, true),
    ("chat-120-columns", View::Chat, 120, false),
    ("chat-80-columns", View::Chat, 80, false),
    ("chat-40-columns", View::Chat, 40, false),
    ("chat-colour", View::Chat, 100, true),
];

/// Pictures: the capture, the view's name, what it shows, columns, the language.
const PICTURES: [(&str, &str, View, Option<usize>, Lang); 10] = [
    ("chat.pcap", "ladder-120", View::Ladder, Some(120), Lang::En),
    ("chat.pcap", "ladder.zh", View::Ladder, Some(100), Lang::Zh),
    (
        "waiting-in-line.pcap",
        "ladder-132",
        View::Ladder,
        Some(132),
        Lang::En,
    ),
    (
        "loss-after-tap.pcap",
        "ladder-pipe",
        View::Ladder,
        None,
        Lang::En,
    ),
    ("conflict.pcap", "ladder-svg", View::Svg, None, Lang::En),
    (
        "loss-after-tap.pcap",
        "ladder-svg.zh",
        View::Svg,
        None,
        Lang::Zh,
    ),
    ("chat.pcap", "ladder-mermaid", View::Mermaid, None, Lang::En),
    (
        "fragments.pcap",
        "ladder-mermaid",
        View::Mermaid,
        None,
        Lang::En,
    ),
    ("refused.pcap", "page", View::Page, None, Lang::En),
    ("refused.pcap", "page.zh", View::Page, None, Lang::Zh),
];

#[test]
fn every_capture_is_told_as_expected() {
    let mut expected = Expected::default();
    for capture in captures() {
        for (view, words) in VIEWS {
            expected.compare(&capture, view, &told(&capture, words));
        }
    }
    for capture in IN_CHINESE {
        let told = told(capture, &["--lang", "zh"]);
        expected.compare(capture, "timeline.zh", &told);
    }
    for (capture, words, name) in WHY {
        for (lang, ending) in [("en", ""), ("zh", ".zh")] {
            let words = [words, &["--lang", lang]].concat();
            let told = answered(capture, &words);
            expected.compare(capture, &format!("{name}{ending}"), &told);
        }
    }
    let words = ["--json", "--net", "192.168.15.0/24"];
    expected.compare(
        "refused.pcap",
        "why.json",
        &answered("refused.pcap", &words),
    );
    for (capture, view, words) in MORE {
        expected.compare(capture, view, &told(capture, words));
    }
    for (name, view, width, colour) in TERMINALS {
        let shown = shown("chat.pcap", view, width, colour, Lang::En);
        expected.compare("chat.pcap", name, &shown.replace('\x1b', "␛"));
    }
    for (name, view, width) in [
        ("100-columns.zh", View::Timeline, 100),
        ("40-columns.zh", View::Timeline, 40),
        ("chat-100-columns.zh", View::Chat, 100),
        ("chat-40-columns.zh", View::Chat, 40),
    ] {
        let shown = shown("chat.pcap", view, width, false, Lang::Zh);
        expected.compare("chat.pcap", name, &shown);
    }
    for capture in captures() {
        let drawn = drawn(&capture, View::Ladder, Some(80), false, Lang::En);
        expected.compare(&capture, "ladder", &drawn);
    }
    for (capture, view, shows, width, lang) in PICTURES {
        let drawn = drawn(capture, shows, width, false, lang);
        let drawn = match shows {
            View::Page => page::what_people_read(&drawn),
            _ => drawn,
        };
        expected.compare(capture, view, &drawn);
    }
    for (capture, width) in [("chat.pcap", 80), ("conflict.pcap", 120)] {
        let drawn = drawn(capture, View::Ladder, Some(width), true, Lang::En);
        expected.compare(capture, "ladder-colour", &drawn.replace('\x1b', "␛"));
    }
    expected.finish();
}

#[test]
fn a_capture_written_anew_tells_the_same() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = |name: &str| fs::read(root().join("captures").join(name)).expect("it is there");
    for name in ["again.pcapng", "again.pcap"] {
        let again = folder.path().join(name);
        let written = Command::new(env!("CARGO_BIN_EXE_inspector"))
            .current_dir(root())
            .args(["read", "captures/chat.pcap", "-w"])
            .arg(&again)
            .output()
            .expect("it runs");
        assert!(written.status.success(), "{written:?}");
        let again = fs::read(again).expect("it was written");
        for view in library::EVERY_VIEW {
            let tell = |file: &[u8]| {
                let options = library::everything();
                library::tell(file, "chat", view, options).expect("a good capture")
            };
            assert_eq!(tell(&file("chat.pcap")).text, tell(&again).text, "{name}");
        }
    }
}

#[test]
fn the_twin_in_pcapng_holds_the_same_frames() {
    let frames = |name: &str| {
        let file = fs::read(root().join("captures").join(name)).expect("it is there");
        let frames = library::frames(&file).into_iter();
        frames
            .map(|frame| (frame.link_type, frame.original_len, frame.data))
            .collect::<Vec<_>>()
    };
    assert_eq!(frames("chat.pcap"), frames("chat.pcapng"));
}

/// The README's first screen is what a terminal of 100 columns shows.
#[test]
fn the_readme_shows_what_the_program_tells() {
    let told = shown("captures/chat.pcap", View::Ladder, 100, false, Lang::En);
    in_the_readme("first-screen", &told);
    let words = ["3", "--net", "192.168.15.0/24"];
    in_the_readme("why", &answered("gateway.pcap", &words));
}

fn in_the_readme(mark: &str, told: &str) {
    let (begin, end) = (format!("<!-- {mark} -->\n```text\n"), "```\n");
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("there is a README");
    let (before, rest) = readme.split_once(&begin).expect("it has a place for it");
    let (expected, after) = rest.split_once(end).expect("which ends");
    if updating() {
        let anew = [before, &begin, told, end, after].concat();
        fs::write(&path, anew).expect("the README can be written to");
    } else {
        assert!(expected == told, "\n{}", difference(expected, told));
    }
}

/// The picture that the README shows.
#[test]
fn the_picture_is_what_the_program_draws() {
    let path = root().join("captures/chat.svg");
    let drawn = drawn("captures/chat.pcap", View::Svg, None, false, Lang::En);
    if updating() {
        fs::write(&path, &drawn).expect("captures/ can be written to");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == drawn, "\n{}", difference(&expected, &drawn));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for capture in captures() {
        for width in [40, 60, 80, 132] {
            for (view, lang) in [View::Timeline, View::Chat]
                .into_iter()
                .flat_map(|view| Lang::ALL.map(|lang| (view, lang)))
            {
                for line in shown(&capture, view, width, false, lang).lines() {
                    assert!(line.width() <= width, "{capture} at {width}: {line}");
                }
            }
            // A ladder needs some columns; in fewer it has to be scrolled.
            let width = width.max(60);
            for line in shown(&capture, View::Ladder, width, false, Lang::Zh).lines() {
                assert!(line.width() <= width, "{capture} at {width}: {line}");
            }
        }
    }
}

#[test]
fn a_narrow_terminal_loses_no_words() {
    let solid = |told: &str| told.split_whitespace().collect::<String>();
    let narrow = solid(&shown("chat.pcap", View::Timeline, 40, false, Lang::En));
    for word in [
        "SF",
        "ShAdDaFf",
        "02:00:00:00:0f:49",
        "“你好，请问几点关门？”",
        "“Is Li Bai there?”",
    ] {
        assert!(narrow.contains(&solid(word)), "{word} is lost: {narrow}");
    }
}

/// The names of the captures, within captures/.
fn captures() -> Vec<String> {
    let folder = root().join("captures");
    let names = library::own_captures().into_iter().map(|path| {
        let name = path.strip_prefix(&folder).expect("they are there");
        name.to_str().expect("plain names").to_owned()
    });
    names.collect()
}

/// What the program writes into a pipe.
fn told(capture: &str, words: &[&str]) -> String {
    run("read", capture, words)
}

/// What the program answers when it is asked why.
pub fn answered(capture: &str, words: &[&str]) -> String {
    run("why", capture, words)
}

fn run(command: &str, capture: &str, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_inspector"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([command, &format!("captures/{capture}")])
        .args(words)
        // Two hours east of Greenwich, without the need for a table of the world's zones.
        .env("TZ", "EET-2")
        .env("LC_ALL", "C")
        .output()
        .expect("it runs");
    assert!(
        output.status.success(),
        "{capture} {words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.stderr, b"", "{capture} {words:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What the program shows on a terminal.
fn shown(capture: &str, view: View, width: usize, colour: bool, lang: Lang) -> String {
    drawn(capture, view, Some(width), colour, lang)
}

/// The same for a terminal, or for none.
fn drawn(capture: &str, view: View, width: Option<usize>, colour: bool, lang: Lang) -> String {
    let name = capture.strip_prefix("captures/").unwrap_or(capture);
    let file = fs::read(root().join("captures").join(name)).expect("it can be read");
    let options = Options {
        lang,
        width,
        colour,
        ..Options::default()
    };
    let told = library::tell(&file, capture, view, options).expect("a good capture");
    assert!(told.complaints.is_empty(), "{:?}", told.complaints);
    told.text
}

/// Compares, or writes anew where that is asked for, and keeps what is wrong until all is seen.
#[derive(Default)]
struct Expected {
    seen: BTreeSet<PathBuf>,
    wrong: String,
}

impl Expected {
    fn compare(&mut self, capture: &str, view: &str, told: &str) {
        let name = capture.replace('/', "-");
        let path = Self::folder().join(format!("{name}.{view}.txt"));
        if updating() {
            fs::create_dir_all(Self::folder()).expect("tests/ can be written to");
            fs::write(&path, told).expect("tests/expected can be written to");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != told {
            let name = path.strip_prefix(root()).unwrap_or(&path).display();
            let _ = write!(self.wrong, "{name}:\n{}\n", difference(&expected, told));
        }
        self.seen.insert(path);
    }

    /// Fails if anything differed, or if a file is expected that nothing tells any more.
    fn finish(mut self) {
        let entries = fs::read_dir(Self::folder()).expect("tests/expected is there");
        for path in entries.map(|entry| entry.expect("it can be listed").path()) {
            if self.seen.contains(&path) {
                continue;
            }
            if updating() {
                fs::remove_file(&path).expect("tests/expected can be written to");
            } else {
                let _ = writeln!(self.wrong, "nothing tells {} any more", path.display());
            }
        }
        assert!(
            self.wrong.is_empty(),
            "\n{}\nIf that is better: {UPDATE}=1 cargo test golden",
            self.wrong
        );
    }

    fn folder() -> PathBuf {
        root().join("tests/expected")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn updating() -> bool {
    env::var_os(UPDATE).is_some()
}

/// The lines that differ, from the first to the last, with a line before them.
fn difference(expected: &str, told: &str) -> String {
    const MOST: usize = 12;
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), told.lines().collect());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let before = old.iter().zip(&new).take_while(same).count();
    let after = old[before..].iter().rev().zip(new[before..].iter().rev());
    let after = after.take_while(same).count();
    let mut out = String::new();
    let _ = writeln!(out, "  line {}:", before + 1);
    if let Some(line) = before.checked_sub(1).and_then(|at| old.get(at)) {
        let _ = writeln!(out, "    {line}");
    }
    for (sign, lines) in [
        ('-', &old[before..old.len() - after]),
        ('+', &new[before..new.len() - after]),
    ] {
        for line in lines.iter().take(MOST) {
            let _ = writeln!(out, "  {sign} {line}");
        }
        if lines.len() > MOST {
            let _ = writeln!(out, "  {sign} … {} lines more", lines.len() - MOST);
        }
    }
    out
}

#[test]
fn a_difference_shows_what_differs() {
    let shown = difference("one\ntwo\nthree\nfour\n", "one\nzwei\nthree\nfour\n");
    assert_eq!(shown, "  line 2:\n    one\n  - two\n  + zwei\n");
    let added = difference("one\n", "one\ntwo\n");
    assert_eq!(added, "  line 2:\n    one\n  + two\n");
}
