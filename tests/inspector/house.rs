//! The house is as its floor plan says: rooms import only forwards, and each crate has its door.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What each room may import of the others.
const ROOMS: [(&str, &[&str]); 5] = [
    ("capture", &["link_type", "time"]),
    ("decode", &["link_type"]),
    ("lab", &[]),
    ("track", &["decode", "time"]),
    (
        "report",
        &["capture", "decode", "link_type", "time", "track"],
    ),
];

/// Where each dependency is used, below src/.
const DOORS: [(&str, &[&str]); 29] = [
    ("ahash", &["track/"]),
    ("anstyle", &["report/style.rs"]),
    ("base64", &["report/page.rs"]),
    ("clap", &["cli.rs", "cli/"]),
    ("comfy-table", &["report/table.rs"]),
    ("flate2", &["capture/savefile/"]),
    ("hex", &["report/text.rs"]),
    ("indicatif", &["progress.rs"]),
    (
        "ipnet",
        &[
            "capture/interfaces.rs",
            "cli.rs",
            "cli/",
            "lab/stage.rs",
            "report/ladder/",
            "report/mod.rs",
            "report/why",
            "run.rs",
            "track/",
        ],
    ),
    ("jiff", &["cli/values.rs", "report/when.rs", "time.rs"]),
    ("maud", &["report/page"]),
    ("netlink-packet-core", &["lab/network/"]),
    ("netlink-packet-route", &["lab/network/netlink.rs"]),
    ("netlink-sys", &["lab/network/netlink.rs"]),
    ("nix", &["lab/ground.rs", "lab/chat/udp.rs"]),
    ("pcap", &["capture/"]),
    ("pnet", &["capture/", "lab/network/relay.rs"]),
    ("prefetch-index", &["track/fetch.rs"]),
    ("rustix", &["capture/", "lab/", "run.rs"]),
    ("rustyline", &["lab/chat/desk.rs"]),
    ("serde_json", &["report/page"]),
    ("sha2", &["report/page.rs"]),
    ("signal-hook", &["capture/stop.rs"]),
    ("simdutf8", &["track/event/content.rs"]),
    ("smallvec", &["track/event.rs"]),
    ("socket2", &["capture/raw.rs", "lab/"]),
    ("toml", &["report/names.rs", "run/chat.rs"]),
    ("unicode-width", &["report/text.rs"]),
    ("wide", &["track/index.rs"]),
];

#[test]
fn rooms_import_only_forwards() {
    for (room, allowed) in ROOMS {
        let files = sources().into_iter();
        let files = files.filter(|(path, _)| path.starts_with(room));
        let mut seen = 0;
        for (path, code) in files {
            seen += 1;
            for imported in imports(&code) {
                assert!(
                    imported == room || allowed.contains(&imported.as_str()),
                    "{} imports {imported}",
                    path.display()
                );
            }
            let root = path == Path::new(room).join("mod.rs");
            assert!(
                !root || !code.contains("super::"),
                "{} looks behind the house",
                path.display()
            );
        }
        assert!(seen > 3, "the room {room} has {seen} files");
    }
}

#[test]
fn only_a_room_has_a_mod_rs() {
    for (path, _) in sources() {
        let is_room = path.components().count() == 2;
        assert!(
            !path.ends_with("mod.rs") || is_room,
            "{}: a file's folder stands beside the file",
            path.display()
        );
    }
}

#[test]
fn each_crate_is_used_behind_its_door_only() {
    let sources = sources();
    for (name, doors) in DOORS {
        let word = name.replace('-', "_");
        for (path, code) in &sources {
            let path = path.to_str().expect("plain names");
            let may = doors.iter().any(|door| path.starts_with(door));
            assert!(may || !uses(code, &word), "{path} uses {name}");
        }
        for door in doors {
            let behind = sources
                .iter()
                .filter(|(path, _)| path.to_str().is_some_and(|path| path.starts_with(door)));
            let used = behind.map(|(_, code)| code).any(|code| uses(code, &word));
            assert!(used, "nothing behind {door} uses {name}");
        }
    }
}

#[test]
fn each_dependency_has_a_door() {
    let manifest = read("Cargo.toml");
    let section = manifest
        .split("\n[")
        .find_map(|section| section.strip_prefix("dependencies]\n"));
    let dependencies = section.expect("there are some").lines();
    let names: BTreeSet<_> = dependencies
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name))
        .collect();
    assert_eq!(names, DOORS.map(|(name, _)| name).into());
}

#[test]
fn nothing_prints_but_through_a_writer() {
    for (path, code) in sources() {
        for word in ["println!", "print!", "eprintln!", "eprint!", "dbg!"] {
            assert!(!code.contains(word), "{} has a {word}", path.display());
        }
    }
}

#[test]
fn only_capture_and_the_lab_look_at_the_clock() {
    for (path, code) in sources() {
        let here = path.starts_with("capture") || path.starts_with("lab");
        for word in ["SystemTime", "Instant::now", "Timestamp::now", "Zoned::now"] {
            assert!(
                here || !code.contains(word),
                "{} uses {word}",
                path.display()
            );
        }
    }
}

#[test]
fn the_floor_plan_shows_the_house() {
    let readme = read("README.md");
    let plan = readme
        .split("<!-- floor-plan -->")
        .nth(1)
        .expect("README has the mark");
    let plan = plan
        .split("```")
        .nth(1)
        .expect("a plan in a block of its own");
    let mut folders: Vec<(usize, PathBuf)> = Vec::new();
    let mut shown = BTreeSet::new();
    for line in plan.lines().skip(1) {
        let indent = line.len() - line.trim_start().len();
        folders.retain(|(depth, _)| *depth < indent);
        let folder = folders
            .last()
            .map_or_else(PathBuf::new, |(_, folder)| folder.clone());
        for name in names(line) {
            let path = folder.join(name);
            let there = root().join(&path);
            assert!(
                there.exists(),
                "the plan shows {}, which is not there",
                path.display()
            );
            assert_eq!(there.is_dir(), name.ends_with('/'), "{}", path.display());
            if there.is_dir() {
                folders.push((indent, path.clone()));
            }
            shown.insert(path);
        }
    }
    let entries = fs::read_dir(root().join("src")).expect("src is there");
    for entry in entries {
        let path = Path::new("src").join(entry.expect("it can be listed").file_name());
        assert!(
            shown.contains(&path),
            "the plan does not show {}",
            path.display()
        );
    }
}

/// The names at the beginning of a line of the plan: files, and folders with a slash.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split_whitespace();
    words.take_while(|word| word.ends_with('/') || word.contains(".rs"))
}

/// The code of every file below src/, without comments and without tests.
fn sources() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("it can be listed") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(root().join("src")).expect("below src");
            // These two names belong to tests, which their rooms declare so.
            if !inside.ends_with("tests.rs") && !inside.ends_with("samples.rs") {
                let code = code(&fs::read_to_string(&path).expect("it can be read"));
                found.insert(inside.to_owned(), code);
            }
        }
    }
    assert!(found.len() > 40, "only {} files", found.len());
    found
}

fn code(text: &str) -> String {
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..tests].lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules of this crate that are named after `crate::`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(word(rest).to_owned());
            continue;
        };
        let mut depth = 1;
        let mut begins = true;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => begins = true,
                c if begins && !c.is_whitespace() => {
                    found.insert(word(&list[at..]).to_owned());
                    begins = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

/// Whether code names a crate.
fn uses(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let begins = before.is_none_or(|c| !c.is_alphanumeric() && !"_:.\"".contains(c));
        let alone = code[..at].ends_with("use ") && after.starts_with([';', ' ']);
        begins && (after.starts_with("::") || alone)
    })
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("it is there")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn imports_are_found_however_they_are_written() {
    let code =
        "use crate::{\n    capture::{Frame, Ending},\n    time,\n};\nlet x = crate::track::new();";
    let found: Vec<_> = imports(code).into_iter().collect();
    assert_eq!(found, ["capture", "time", "track"]);
    assert!(uses("use hex;", "hex") && uses("let x = hex::encode(y);", "hex"));
    assert!(!uses("options.hex, crate::hex::x", "hex"));
}
