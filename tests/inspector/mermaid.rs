//! Mermaid diagrams: each line as Mermaid's grammar has it, and drawn by Mermaid itself where it is there.

use std::{collections::HashSet, env, fs, path::Path};

use inspector::report::{Options, words::Lang};
use serde_json::{Value, json};

use super::{
    browser::Browser,
    ladder::{HOSTILE, chat, without_numbers},
    library::{self, View},
    skip,
};

/// Names `mermaid.min.js`, of the npm package `mermaid`: too big a download for each run of the tests.
const MERMAID: &str = "INSPECTOR_MERMAID";

const ARROWS: [&str; 4] = ["-->>", "->>", "--x", "-x"];

#[test]
fn every_diagram_keeps_to_the_grammar() {
    for (name, diagram) in diagrams() {
        assert_grammar(&name, &diagram);
    }
}

#[test]
fn mermaid_draws_every_diagram() {
    let Some(script) = env::var_os(MERMAID) else {
        skip::for_want_of(MERMAID, "mermaid.min.js, to draw the diagrams with");
        return;
    };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("mermaid.html");
    let script = Path::new(&script).canonicalize().expect("it is there");
    let html = format!(
        "<!DOCTYPE html><meta charset=utf-8><script src=\"file://{}\"></script>",
        script.display()
    );
    fs::write(&page, html).expect("it can be written");
    browser.open(&page, "");
    browser.eval("mermaid.initialize({ startOnLoad: false, maxTextSize: 1e7 })");
    for (name, diagram) in diagrams() {
        let drawn = browser.eval(&format!(
            "mermaid.render('it', {}).then(({{ svg }}) => {{
                const it = new DOMParser().parseFromString(svg, 'text/html');
                return [
                    it.querySelectorAll('.messageLine0, .messageLine1').length,
                    it.querySelectorAll('script, img, [onload], [onerror]').length,
                ];
            }}, (error) => String(error))",
            Value::from(diagram.as_str())
        ));
        let arrows = diagram.lines().filter(|line| is_arrow(line)).count();
        assert_eq!(drawn, json!([arrows, 0]), "{name}:\n{diagram}");
    }
}

/// The diagram of each of our own captures, and of what people say who want to write diagrams of their own.
fn diagrams() -> Vec<(String, String)> {
    let captures = library::own_captures().into_iter().enumerate();
    let of_captures = captures.map(|(at, path)| {
        let options = Options {
            lang: Lang::ALL[at % 2],
            ..Options::default()
        };
        let file = fs::read(&path).expect("it can be read");
        let frames = library::frames(&file);
        let told = library::tell_frames(frames, View::Mermaid, options);
        (path.display().to_string(), told.text)
    });
    let of_words = HOSTILE.into_iter().map(|words| {
        let told = library::tell_frames(chat(words), View::Mermaid, Options::default());
        (words.to_owned(), told.text)
    });
    of_captures.chain(of_words).collect()
}

fn assert_grammar(name: &str, diagram: &str) {
    let mut lines = diagram.lines();
    assert_eq!(lines.next(), Some("sequenceDiagram"), "{name}");
    let mut lanes = HashSet::new();
    let mut open = 0;
    for line in lines {
        let words = line.trim_start();
        let said = if let Some((_, said)) = words.split_once("title: ") {
            said
        } else if let Some(title) = words.strip_prefix("box transparent ") {
            open += 1;
            title
        } else if words == "rect rgba(127, 127, 127, 0.15)" {
            open += 1;
            ""
        } else if words == "end" {
            open -= 1;
            ""
        } else if let Some(lane) = words.strip_prefix("participant ") {
            let (id, shown) = lane.split_once(" as ").expect("a lane is called something");
            assert!(lanes.insert(id), "{name}: {line}");
            shown
        } else {
            let (between, said) = words.split_once(": ").expect("something is said");
            let ends: Vec<_> = if let Some(over) = between.strip_prefix("Note over ") {
                over.split(',').collect()
            } else {
                let arrow = ARROWS.iter().find(|arrow| between.contains(**arrow));
                let arrow = arrow.unwrap_or_else(|| panic!("{name}: {line}"));
                between.splitn(2, arrow).collect()
            };
            assert!(ends.iter().all(|end| lanes.contains(end)), "{name}: {line}");
            assert!(!said.trim().is_empty(), "{name}: {line}");
            said
        };
        let said = without_numbers(&said.replace("<br/>", ""));
        let syntax = ['#', ';', '<', '>', '%', '{', '}', '"', '&', '`', '\\'];
        assert!(!said.contains(syntax), "{name}: {line}");
    }
    assert_eq!(open, 0, "{name}: each box and bracket ends\n{diagram}");
}

fn is_arrow(line: &str) -> bool {
    line.trim_start().starts_with('L') && ARROWS.iter().any(|arrow| line.contains(arrow))
}
