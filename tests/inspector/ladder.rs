//! The ladder: rails that hold, words that cannot become syntax, files written with care.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use inspector::{link_type::LinkType, report::Options, time::Timestamp};
use unicode_width::UnicodeWidthChar as _;

use super::library::{self, Owned, View};

/// What a rail is drawn with.
const RAIL: &str = "│├┤┼○┊╵";

/// What only rails are drawn with. A bracket in the margin begins and ends otherwise.
const ONLY_RAILS: &str = "├┤┊╵";

/// Texts that would move rails if characters were counted instead of columns.
const WIDE: [&str; 6] = [
    "服务端提供服务",
    "e\u{301}e\u{323}\u{301}e\u{301} naïve",
    "हिन्दी ไทยที่ 한국어",
    "🙂 ｆｕｌｌ　ｗｉｄｔｈ",
    "Ελληνικά עברית",
    "a\u{301}服\u{301}务",
];

/// Texts that try to become syntax, or to steer whoever reads them.
pub const HOSTILE: [&str; 8] = [
    "</text></svg><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> &amp; &#60; ]]>",
    "x; L0->>L1: forged",
    "end\nNote over L0: forged",
    "%%{init: {'theme':'dark'}}%% #35; #quot;",
    "\u{1b}]0;title\u{7}\u{1b}[2J\u{202e}txt\u{0}\u{fffe}\u{ffff}",
    "\u{301}\u{301}│├─▶│ <br/>",
    "<!-- --> <![CDATA[ x ]]> <?xml?>",
];

#[test]
fn every_rail_stands_in_its_column_in_every_line() {
    for path in library::own_captures() {
        let file = fs::read(&path).expect("it can be read");
        for width in [60, 80, 100, 132, 200] {
            let name = format!("{} at {width}", path.display());
            assert_rails(&ladder(library::frames(&file), width), &name);
        }
    }
    for words in WIDE {
        for width in [60, 80, 120] {
            assert_rails(&ladder(chat(words), width), &format!("{words} at {width}"));
        }
    }
}

#[test]
fn an_arrow_that_passes_the_gateway_has_a_ring_at_every_width() {
    for name in ["gateway.pcap", "chat.pcap", "gateway-inward.pcap"] {
        let file = library::own_captures()
            .into_iter()
            .find(|path| path.ends_with(name))
            .expect("it is there");
        let file = fs::read(file).expect("it can be read");
        let rings = |width| {
            let told = ladder(library::frames(&file), width);
            told.lines().filter(|line| line.contains('○')).count()
        };
        // With so many columns each host has a rail.
        let all = rings(80);
        assert!(all > 4, "{name}: {all}");
        for width in (84..=240).step_by(4) {
            assert_eq!(rings(width), all, "{name} at {width}");
        }
    }
}

#[test]
fn what_nothing_answered_does_not_look_received() {
    let crosses = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("captures")
            .join(name);
        let file = fs::read(file).expect("it can be read");
        let told =
            |view| library::tell_frames(library::frames(&file), view, Options::default()).text;
        let ladder = told(View::Ladder);
        assert_eq!(
            ladder.contains("✗│") || ladder.contains("│✗"),
            ladder.contains("That is inferred")
        );
        [
            ladder.matches("✗│").count() + ladder.matches("│✗").count(),
            told(View::Svg).matches("l10 10m0 -10l-10 10").count(),
            told(View::Mermaid).matches("-xL").count(),
            told(View::Page).matches(" unheard\"").count(),
        ]
    };
    assert_eq!(crosses("unanswered.pcap"), [3; 4]);
    // The SYNs arrived: they were answered.
    assert_eq!(crosses("synack-lost.pcap"), [5; 4]);
    // So did its SYN-ACKs, but not the first FIN.
    assert_eq!(crosses("handshake-ack-lost.pcap"), [1; 4]);
}

#[test]
fn what_matters_is_not_left_out_for_want_of_room() {
    let path = library::own_captures()
        .into_iter()
        .find(|path| path.ends_with("captures/conflict.pcap"))
        .expect("it is there");
    let file = fs::read(path).expect("it can be read");
    for width in [60, 72, 80, 100, 132] {
        let told = ladder(library::frames(&file), width);
        // The rails of both claimants have the same address: they differ at the end of the other.
        let header: Vec<_> = told
            .lines()
            .take_while(|line| !line.contains("#1 "))
            .collect();
        assert!(header.join("\n").contains(":0f:42"), "at {width}: {told}");
        for words in ["(told unasked)", "goes to the new claimant"] {
            assert!(told.contains(words), "{words} at {width}: {told}");
        }
    }
}

#[test]
fn colours_end_with_each_line() {
    let options = Options {
        width: Some(80),
        colour: true,
        ..Options::default()
    };
    let told = library::tell_frames(chat("你好"), View::Ladder, options);
    assert!(told.text.contains("\x1b["), "no colour at all");
    for line in told.text.lines() {
        let open = line.rfind("\x1b[").map_or("", |at| &line[at..]);
        assert!(open.is_empty() || open.starts_with("\x1b[0m"), "{line:?}");
    }
}

#[test]
fn what_was_said_does_not_become_syntax() {
    let draw = |view, words: &str| {
        let told = library::tell_frames(chat(words), view, Options::default());
        told.text
    };
    let tags = |svg: &str| {
        let tags = svg.split('<').skip(1).map(|tag| {
            let end = tag.find(|c: char| !c.is_alphanumeric() && c != '/' && c != '-');
            tag[..end.unwrap_or(tag.len())].to_owned()
        });
        tags.collect::<Vec<_>>()
    };
    let harmless = draw(View::Svg, "harmless");
    for words in HOSTILE {
        let svg = draw(View::Svg, words);
        assert_eq!(tags(&svg), tags(&harmless), "{words:?}");
        let is_xml = |c: char| !c.is_control() && c != '\u{fffe}' && c != '\u{ffff}' || c == '\n';
        assert!(svg.chars().all(is_xml), "{words:?}");
        let entities = svg.split('&').skip(1);
        for entity in entities {
            let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
            assert!(
                known.iter().any(|known| entity.starts_with(known)),
                "{entity}"
            );
        }

        let lines = |mermaid: &str| {
            let kind = |line: &str| line.trim().split([' ', ':']).next().map(str::to_owned);
            mermaid.lines().filter_map(kind).collect::<Vec<_>>()
        };
        let mermaid = draw(View::Mermaid, words);
        assert_eq!(
            lines(&mermaid),
            lines(&draw(View::Mermaid, "harmless")),
            "{words:?}"
        );
        for line in mermaid.lines().filter(|line| line.contains("->>")) {
            let (_, said) = line.split_once(": ").expect("an arrow says something");
            // What has a meaning to Mermaid or HTML stands there by number.
            let plain: String = without_numbers(said);
            assert!(
                !plain.contains(['#', ';', '<', '>', '%', '{', '"', '&']),
                "{line}"
            );
        }
    }
}

#[test]
fn pictures_are_written_with_care() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("chat.svg");
    let file = path.to_str().expect("a plain name");
    let first = run(&["--view", "packets", "--svg", file]);
    assert!(first.status.success(), "{first:?}");
    assert!(
        first.stdout.starts_with(b"     1 "),
        "the view is shown, too"
    );
    let svg = fs::read_to_string(&path).expect("it was drawn");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("服务端提供服务"), "text stays text");
    assert_eq!(mode(&path), 0o600, "it holds what others said");

    let again = run(&["--svg", file]);
    assert_eq!(again.status.code(), Some(1));
    let sentence = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(sentence.contains("--force"), "{sentence}");
    let forced = run(&["--svg", file, "--force"]);
    assert!(forced.status.success(), "{forced:?}");

    // All or none: what could not all be created leaves nothing behind.
    let other = folder.path().join("chat.mmd");
    let both = run(&["--mermaid", file, "--svg", other.to_str().expect("plain")]);
    assert_eq!(both.status.code(), Some(1));
    assert!(!other.exists());
}

#[test]
fn a_picture_may_go_to_standard_output() {
    let svg = run(&["--svg", "-"]);
    assert!(svg.status.success(), "{svg:?}");
    assert!(svg.stdout.starts_with(b"<svg "), "nothing else is there");
    for (words, says) in [
        (&["--svg", "-", "--mermaid", "-"][..], "only one of"),
        (&["--frames", "3-9"], "--view ladder"),
        (&["--view", "ladder", "--frames", "9-3"], "20-60"),
        (&["--follow", "tcp-1", "--svg", "-"], "cannot be used with"),
    ] {
        let wrong = run(words);
        assert_eq!(wrong.status.code(), Some(2), "{words:?}");
        let sentence = String::from_utf8_lossy(&wrong.stderr).into_owned();
        assert!(sentence.contains(says), "{sentence}");
    }
}

#[test]
fn a_part_is_drawn_where_it_is_asked_for() {
    let told = |words: &[&str]| {
        let output = run(&[&["--view", "ladder"], words].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let some = told(&["--frames", "18-20"]);
    assert!(some.contains("#18 ") && some.contains("#20 "), "{some}");
    assert!(!some.contains("#16 ") && !some.contains("#21 "), "{some}");
    // What came before is tracked all the same.
    assert!(
        some.contains("FIN_WAIT_1") && some.contains("TIME_WAIT"),
        "{some}"
    );
    assert!(some.contains("18 to 20 of 36"), "{some}");

    // What is not there cannot be drawn.
    let none = run(&["--view", "ladder", "--frames", "200-300"]);
    assert_eq!(none.status.code(), Some(1));
    let sentence = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(
        sentence.contains("there is no frame 200") && sentence.contains("frame 36"),
        "{sentence}"
    );

    let one = told(&["--conn", "udp-3"]);
    assert!(
        one.contains("给我你商城的信息") && one.contains("who has .73?"),
        "{one}"
    );
    assert!(!one.contains("tcp-1"), "{one}");
}

/// Fails unless each rail is in its column in each line.
fn assert_rails(told: &str, name: &str) {
    let lines: Vec<Vec<(usize, char)>> = told.lines().map(columns).collect();
    let end = lines
        .iter()
        .position(|line| !line.is_empty() && line.iter().all(|(_, c)| " ╵".contains(*c)));
    let Some(end) = end else {
        return;
    };
    let is_end = |(at, c): &(usize, char)| (*c == '╵').then_some(*at);
    let rails: Vec<usize> = lines[end].iter().filter_map(is_end).collect();
    let mut seen = 0;
    for (line, text) in lines.iter().zip(told.lines()).take(end) {
        for (at, c) in line {
            let is_rail = ONLY_RAILS.contains(*c);
            assert!(!is_rail || rails.contains(at), "{name}: {at} in {text}");
        }
        let is_drawn = line
            .iter()
            .any(|(at, c)| RAIL.contains(*c) && rails.contains(at));
        let is_still = line.iter().any(|(_, c)| *c == '┊');
        if is_still {
            let still = line.iter().filter(|(_, c)| *c == '┊').count();
            assert_eq!(still, rails.len(), "{name}: {text}");
        }
        seen += usize::from(is_drawn);
    }
    assert!(seen > 2, "{name}: {told}");
}

/// The characters of a line with the columns that they stand in.
fn columns(line: &str) -> Vec<(usize, char)> {
    let mut at = 0;
    let mut all = Vec::new();
    for c in line.chars() {
        all.push((at, c));
        at += c.width().unwrap_or(0);
    }
    all
}

fn ladder(frames: Vec<Owned>, width: usize) -> String {
    let options = Options {
        width: Some(width),
        ..Options::default()
    };
    library::tell_frames(frames, View::Ladder, options).text
}

/// Two datagrams that say this.
pub fn chat(words: &str) -> Vec<Owned> {
    let datagram = |at: i64, from: [u8; 4], to: [u8; 4]| {
        let payload = words.as_bytes();
        let udp_len = 8 + payload.len() as u16;
        let mut data = vec![0x45, 0];
        data.extend((20 + udp_len).to_be_bytes());
        data.extend([0, 1, 0, 0, 64, 17, 0, 0]);
        data.extend(from);
        data.extend(to);
        data.extend(8520u16.to_be_bytes());
        data.extend(8520u16.to_be_bytes());
        data.extend(udp_len.to_be_bytes());
        data.extend([0, 0]);
        data.extend(payload);
        Owned {
            at: Timestamp::from_nanos(at * 1_000_000_000),
            link_type: LinkType::RawIp,
            original_len: data.len(),
            data,
        }
    };
    let (one, other) = ([192, 168, 15, 42], [192, 168, 15, 73]);
    vec![datagram(1, one, other), datagram(3, other, one)]
}

pub fn without_numbers(said: &str) -> String {
    let mut out = String::new();
    let mut rest = said;
    while let Some(at) = rest.find('#') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        assert!(digits > 0 && behind[digits..].starts_with(';'), "{said}");
        rest = &behind[digits + 1..];
    }
    out + rest
}

fn run(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inspector"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["read", "captures/chat.pcap"])
        .args(words)
        .output()
        .expect("it runs")
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}
