use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use inspector::report::{Options, names::Names, words::Lang};
use serde_json::json;
use tempfile::TempDir;

use super::{
    browser::Browser,
    library::{self, View},
    pcap_file,
    scenario::wire::{self, End},
};

/// What a hostile peer might send to have the page run its script.
const HOSTILE: [&str; 8] = [
    "</script><script>window.canary=1</script>",
    "<img src=x onerror=window.canary=1>",
    "\"><svg onload=window.canary=1>",
    "' autofocus onfocus=window.canary=1 x='",
    "<!--<script>window.canary=1//",
    "javascript:window.canary=1",
    "]]></style><style>*{background:url(http://evil.invalid/)}",
    "{{constructor.constructor('window.canary=1')()}}\u{2028}window.canary=1",
];

#[test]
fn frames_lines_and_bytes_are_tied_together() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("chat.pcap"), &folder, Options::default());
    browser.open(&page, "");

    // Pointing at an arrow shows its frame.
    browser.point_at("#ladder .row[data-f='8'] .shaft");
    assert_eq!(shown(&mut browser), "#8");

    // Pointing at a field lights its bytes, in digits and as characters; and the other way round.
    let field = "#frame .field[data-begin='34'][data-end='36']";
    browser.point_at(field);
    assert_eq!(lit(&mut browser), json!(["34", "35", "34", "35"]));
    browser.point_at("#frame i[data-byte='37']");
    assert_eq!(lit(&mut browser), json!(["36", "37", "36", "37"]));
    let names = "[...document.querySelectorAll('#frame .field.lit')].map((it) => it.children[1].textContent)";
    assert_eq!(browser.eval(names), json!(["destination_port"]));
    // A layer that has no fields is lit as a whole.
    browser.point_at("#frame i[data-byte='70']");
    let lit = lit(&mut browser);
    assert_eq!(lit.as_array().map(Vec::len), Some(60), "{lit}");

    // A number jumps to its frame, everywhere.
    browser.click("#story .row[data-f='3'] a[data-go='2']");
    assert_eq!(shown(&mut browser), "#2");
    assert_eq!(browser.eval("location.hash"), "#f2");
    let selected =
        "[...document.querySelectorAll('.row.sel')].map((it) => it.closest('section').id)";
    assert_eq!(browser.eval(selected), json!(["ladder", "story"]));
    browser.click("#tables a[data-go='22']");
    assert_eq!(shown(&mut browser), "#22");
    browser.eval("history.back(); new Promise((done) => setTimeout(done, 200))");
    assert_eq!(shown(&mut browser), "#2");
    // And so does an address.
    browser.open(&page, "#f16");
    assert_eq!(shown(&mut browser), "#16");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_page_works_by_keyboard() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("chat.pcap"), &folder, Options::default());
    browser.open(&page, "");
    let focus = "(() => {
        const it = document.activeElement;
        return it.dataset.f ?? it.dataset.begin ?? it.dataset.byte ?? it.id;
    })()";

    // On a fresh page the arrow goes to the first line that is in view.
    browser.press("ArrowDown");
    assert_eq!(browser.eval(focus), "1");
    assert_eq!(shown(&mut browser), "#1");
    // One stop for the ladder, arrows within it; a visible focus.
    browser.eval("document.querySelector('#ladder .row').focus()");
    browser.press("ArrowDown");
    browser.press("ArrowDown");
    assert_eq!(browser.eval(focus), "3");
    assert_eq!(shown(&mut browser), "#3");
    let outline = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.eval(outline), "solid");
    browser.press("Tab");
    assert_eq!(
        browser.eval("document.activeElement.closest('section').id"),
        "talk",
        "the next stop is the next part"
    );

    // Into a frame, through its fields, to its bytes, and back.
    browser.eval("document.querySelector('#ladder .row[data-f=\"3\"]').focus()");
    browser.press("Enter");
    assert_eq!(
        browser.eval("document.activeElement.closest('aside').id"),
        "frame"
    );
    browser.press("ArrowDown");
    assert_eq!(
        lit(&mut browser).as_array().map(Vec::len),
        Some(12),
        "the destination"
    );
    browser.press("Tab");
    browser.press("ArrowRight");
    browser.press("ArrowDown");
    assert_eq!(browser.eval(focus), "9", "eight bytes a line");
    browser.press("Escape");
    assert_eq!(browser.eval(focus), "3");

    // From frame to frame.
    browser.press("ArrowRight");
    assert_eq!(shown(&mut browser), "#4");
    browser.press("ArrowLeft");
    browser.press("ArrowLeft");
    assert_eq!(shown(&mut browser), "#2");

    // The filter, and what the keys are.
    browser.press("/");
    assert_eq!(browser.eval(focus), "filter");
    browser.enter("tcp-1 syn");
    let rows =
        "[...document.querySelectorAll('#story .row:not([hidden])')].map((it) => it.dataset.f)";
    assert_eq!(browser.eval(rows), json!(["3", "4"]));
    browser.press("Escape");
    let all = "document.querySelectorAll('#story .row:not([hidden])').length";
    assert_eq!(browser.eval(all), 30);
    browser.press("?");
    assert_eq!(browser.eval("document.getElementById('keys').open"), true);
    browser.press("Escape");
    assert_eq!(browser.eval("document.getElementById('keys').open"), false);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_number_jumps_to_its_frame_wherever_it_stands() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("conflict.pcap"), &folder, Options::default());
    for (width, height) in [(1440, 700), (820, 1180), (390, 844)] {
        browser.resize(width, height);
        browser.open(&page, "");
        // From what went wrong, from another line, from a table, and to a frame that is folded into
        // another's arrow.
        for (link, frame, part) in [
            (".failure a[data-go='16']", "16", "ladder"),
            (".failure a[data-go='2']", "2", "ladder"),
            ("#story .row[data-f='3'] a[data-go='2']", "2", "story"),
            ("#tables a[data-go='1']", "1", "ladder"),
            ("#ladder .row[data-f='6'] a[data-go='7']", "6", "ladder"),
        ] {
            browser.click(link);
            assert_eq!(
                in_view(&mut browser),
                json!([part, frame]),
                "{link} at {width}"
            );
            if !link.contains("'7'") {
                assert_eq!(
                    shown(&mut browser),
                    format!("#{frame}"),
                    "{link} at {width}"
                );
            }
            browser.press("Escape");
        }
    }
    // From frame to frame it stays in the part that was used.
    browser.resize(1440, 700);
    browser.open(&page, "");
    browser.click("#story .row[data-f='3'] a[data-go='2']");
    browser.click("#frame [aria-label='Later frame']");
    assert_eq!(in_view(&mut browser), json!(["story", "3"]));
    // What the filter hides is shown when it is asked for.
    browser.resize(1440, 700);
    browser.open(&page, "");
    browser.press("/");
    browser.enter("tcp-1");
    browser.eval("document.activeElement.blur()");
    browser.click(".failure a[data-go='12']");
    assert_eq!(in_view(&mut browser), json!(["ladder", "12"]));
    assert_eq!(browser.eval("document.getElementById('filter').value"), "");
    // The arrow keys go on from there.
    browser.press("ArrowDown");
    assert_eq!(shown(&mut browser), "#13");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn on_a_phone_the_frame_goes_when_something_else_is_wanted() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("chat.pcap"), &folder, Options::default());
    browser.resize(390, 844);
    let is_open = "document.getElementById('frame').checkVisibility()";
    for leave in [
        "nav a[href='#story']",
        "#filter",
        "#story h2",
        "#ladder .row[data-f='8'] .of",
        "#ladder .row.sel time",
        "#frame .close",
    ] {
        browser.open(&page, "");
        assert_eq!(browser.eval(is_open), false, "nothing was chosen");
        browser.click("#ladder .row[data-f='8'] time");
        assert_eq!(browser.eval(is_open), true);
        browser.click("#frame [aria-label='Later frame']");
        assert_eq!(shown(&mut browser), "#9", "it stays while it is used");
        browser.click("#frame [aria-label='Earlier frame']");
        browser.click(leave);
        browser.eval("new Promise((done) => setTimeout(done, 100))");
        assert_eq!(browser.eval(is_open), false, "{leave}");
        assert_eq!(
            browser.eval("document.querySelectorAll('.sel').length"),
            0,
            "{leave}"
        );
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_ladder_of_a_page_is_even() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("chat.pcap"), &folder, Options::default());
    browser.open(&page, "");
    for (width, height) in [(1440, 900), (1280, 800), (1024, 768), (390, 844)] {
        browser.resize(width, height);
        let heights = "[...new Set([...document.querySelectorAll('.state')]
            .map((it) => Math.round(it.getBoundingClientRect().height)))].length";
        assert_eq!(browser.eval(heights), 1, "states at {width}");
        // The address of a rail is one line high, with the panel beside it or without.
        let lines = "Math.max(...[...document.querySelectorAll('.heads b')]
            .map((it) => it.getBoundingClientRect().height / parseFloat(getComputedStyle(it).lineHeight)))";
        let lines = browser.eval(lines).as_f64().expect("a number");
        assert!(lines < 1.5, "{lines} lines at {width}");
        // Each bubble names its conversation.
        let unnamed = "[...document.querySelectorAll('.bubble')].filter((it) =>
            !it.querySelector('.head .of').checkVisibility()).length";
        assert_eq!(browser.eval(unnamed), 0, "bubbles at {width}");
    }
    let signs = browser.eval("document.querySelector('#talk .signs').innerText");
    assert!(
        signs
            .as_str()
            .is_some_and(|it| it.contains('╭') && it.contains('┏')),
        "{signs}"
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn tables_are_sorted_and_filtered() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("chat.pcap"), &folder, Options::default());
    browser.open(&page, "");
    let column = |table: usize, column: usize| {
        format!(
            "[...document.querySelectorAll('.table')[{table}].querySelectorAll('tbody tr:not([hidden])')]
                .map((row) => row.cells[{column}].textContent)"
        )
    };
    // Addresses as people order them, not as letters are.
    browser.click(".table th button");
    let ascending = [
        "192.168.12.42",
        "192.168.15.1",
        "192.168.15.42",
        "192.168.15.43",
        "192.168.15.73",
    ];
    assert_eq!(browser.eval(&column(0, 0)), json!(ascending));
    let sort = "document.querySelector('.table th').getAttribute('aria-sort')";
    assert_eq!(browser.eval(sort), "ascending");
    browser.click(".table th button");
    let descending: Vec<_> = ascending.into_iter().rev().collect();
    assert_eq!(browser.eval(&column(0, 0)), json!(descending));
    // Spans by their length: 390 µs is shorter than 1.1 s.
    browser.click("#tables .table:nth-of-type(3) th:last-child button");
    assert_eq!(
        browser.eval(&column(2, 0)),
        json!(["udp-3", "udp-1", "udp-2"])
    );
    // Whole numbers: udp-1 is meant, not udp-12; a click on an identifier asks for it.
    browser.click("#tables .table:nth-of-type(3) td a[data-of='udp-2']");
    assert_eq!(
        browser.eval("document.getElementById('filter').value"),
        "udp-2"
    );
    assert_eq!(browser.eval(&column(2, 0)), json!(["udp-2"]));
    let hidden = "document.querySelectorAll('.table')[1].hidden";
    assert_eq!(
        browser.eval(hidden),
        true,
        "a table of which nothing is left"
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn nothing_from_the_wire_runs() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let frames: Vec<_> = HOSTILE
        .iter()
        .flat_map(|payload| {
            let payload = payload.as_bytes();
            [
                wire::udp(End::A, (40_001, 5_353), payload),
                wire::udp(End::B, (5_353, 40_001), payload),
            ]
        })
        .collect();
    let file = folder
        .path()
        .join("'\"><img src=x onerror=window.canary=1>.pcap");
    fs::write(&file, pcap_file::write(&frames)).expect("it can be written");
    let names = "\"<img src=x onerror=window.canary=1>\" = \"192.168.15.42\"\n\
                 \"\\\"><svg onload=window.canary=1>\" = \"192.168.15.73\"";
    let names = Names::parse(names).expect("names may be almost anything");
    for lang in Lang::ALL {
        let options = Options {
            lang,
            names: names.clone().into(),
            verbose: true,
            ..Options::default()
        };
        let page = page_of(&file, &folder, options);
        browser.open(&page, "#f3");
        // All of it is shown: each frame, then all fields and bytes by hand.
        browser.eval("document.querySelectorAll('details').forEach((it) => it.open = true)");
        for _ in 0..frames.len() {
            browser.press("ArrowRight");
        }
        for key in ["/", "Escape", "?", "Escape"] {
            browser.press(key);
        }
        browser.click("#tables th button");
        let said = browser.eval("document.querySelector('#talk').textContent");
        let said = said.as_str().expect("text");
        for payload in HOSTILE {
            // Up to what is escaped for people too.
            let words = payload.split('\u{2028}').next().expect("there is a first");
            assert!(said.contains(words), "{words} is not told: {said}");
        }
        assert_eq!(browser.eval("typeof window.canary"), "undefined");
        let elements =
            "document.querySelectorAll('img, svg, iframe, object, [onerror], [onload]').length";
        assert_eq!(browser.eval(elements), 0);
        let links =
            "[...document.links].filter((it) => !it.getAttribute('href').startsWith('#')).length";
        assert_eq!(browser.eval(links), 0);
        let scripts = "document.scripts.length";
        assert_eq!(browser.eval(scripts), 4, "three of data, one that runs");
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

#[test]
fn the_policy_would_stop_what_got_through() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("refused.pcap"), &folder, Options::default());
    let html = fs::read_to_string(&page).expect("it was written");
    // As if something had not been escaped: scripts, styles, pictures, handlers.
    let broken = html.replace(
        "<main>",
        "<main><script>window.canary=1</script><img src=http://evil.invalid/ onerror=window.canary=2>\
         <p style='color:red' onclick=window.canary=3>x</p>",
    );
    assert_ne!(html, broken);
    fs::write(&page, broken).expect("it can be written");
    browser.open(&page, "");
    browser.eval("document.querySelector('main > p').click()");
    browser.eval("try { document.querySelector('main').innerHTML = '<b>x</b>' } catch {}");
    assert_eq!(browser.eval("typeof window.canary"), "undefined");
    assert_eq!(
        browser.eval("document.querySelectorAll('main > b').length"),
        0
    );
    let complaints = browser.complaints().join("\n");
    for refused in [
        "script-src-elem",
        "img-src",
        "style-src-attr",
        "script-src-attr",
    ] {
        assert!(complaints.contains(refused), "{refused}: {complaints}");
    }
}

#[test]
fn every_capture_fits_every_screen_without_a_complaint() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    for (at, capture) in library::own_captures().into_iter().enumerate() {
        let lang = Lang::ALL[at % 2];
        let page = page_of(
            &capture,
            &folder,
            Options {
                lang,
                ..Options::default()
            },
        );
        browser.darken(at % 3 == 0);
        browser.open(&page, "");
        for (width, height) in [(360, 740), (820, 1180), (1440, 900)] {
            browser.resize(width, height);
            let needed = browser.eval("document.documentElement.scrollWidth");
            assert!(
                needed.as_u64() <= Some(width.into()),
                "{} at {width}: {needed}",
                capture.display()
            );
        }
        assert_eq!(browser.complaints(), [""; 0], "{}", capture.display());
    }
    // Light and dark are two looks.
    let ground = "getComputedStyle(document.body).backgroundColor";
    browser.darken(true);
    let dark = browser.eval(ground);
    browser.darken(false);
    assert_ne!(browser.eval(ground), dark);
}

#[test]
fn a_long_message_hides_nothing_else() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("zero-window.pcap"), &folder, Options::default());
    browser.open(&page, "");
    for (width, height) in [(360, 740), (1280, 900)] {
        browser.resize(width, height);
        // On the ladder what was said is cut, and not what is told of it.
        let hidden = "[...document.querySelectorAll('#ladder .label')].filter((it) => \
                      getComputedStyle(it).overflowY !== 'visible').length";
        assert_eq!(browser.eval(hidden), 0, "at {width}");
        let words = "[...document.querySelectorAll('#ladder .label .words')].map((it) => \
                     it.getBoundingClientRect().height).filter((it) => it > 60).length";
        assert_eq!(browser.eval(words), 0, "at {width}");
        // What is scrolled sideways does not catch who scrolls down.
        let ladder = "(({scrollHeight, clientHeight}) => scrollHeight - clientHeight)\
                      (document.querySelector('.ladder'))";
        assert_eq!(browser.eval(ladder), 0, "at {width}");
    }
    // In the transcript its beginning stands, and the rest is a click away.
    let words = "document.querySelector('#talk .bubble .words')";
    let height = format!("{words}.getBoundingClientRect().height");
    let folded = browser.eval(&height).as_f64().expect("a number");
    let told = browser.eval(&format!("{words}.querySelector('summary').textContent"));
    let told = told.as_str().expect("text").to_owned();
    assert!(
        told.starts_with("show ") && told.ends_with(" more characters"),
        "{told}"
    );
    browser.click("#talk .bubble .words summary");
    let open = browser.eval(&height).as_f64().expect("a number");
    assert!(open > 2.0 * folded, "{open} against {folded}");
}

#[test]
fn what_went_wrong_begins_with_plain_words() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("refused.pcap"), &folder, Options::default());
    browser.open(&page, "");
    let plain = browser.eval("document.querySelector('.failure .what + .plainly').textContent");
    let plain = plain.as_str().expect("text");
    assert!(plain.contains("no program waits at this port"), "{plain}");
    let words = "[...document.querySelectorAll('.glossary dt')].map((it) => it.textContent)";
    let words = browser.eval(words);
    for word in [
        "SYN",
        "ACK",
        "FIN",
        "RST",
        "seq",
        "mss",
        "LISTEN",
        "TIME_WAIT",
    ] {
        let words = words.as_array().expect("a list");
        assert!(words.iter().any(|it| it == word), "{word} in {words:?}");
    }
}

#[test]
fn without_a_script_it_is_told_all_the_same() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page_of(&capture("refused.pcap"), &folder, Options::default());
    browser.allow_scripts(false);
    browser.open(&page, "#f3");
    // What the test itself asks still runs.
    for (part, words) in [
        ("#summary", "refused"),
        ("#ladder", "SYN_SENT"),
        ("#talk", "ConnectionRefusedError"),
        ("#story", "nobody listens on port"),
        ("#tables", "REJ"),
    ] {
        let text = browser.eval(&format!("document.querySelector('{part}').innerText"));
        assert!(
            text.as_str().is_some_and(|text| text.contains(words)),
            "{part}: {text}"
        );
    }
    assert_eq!(
        browser.eval("document.querySelector(':target').dataset.f"),
        "3"
    );
    assert_eq!(
        browser.eval("document.getElementById('filter').checkVisibility()"),
        false
    );
    assert_eq!(
        browser.eval("document.getElementById('frame').checkVisibility()"),
        false
    );
}

#[test]
fn five_thousand_events_stay_quick() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let frames: Vec<_> = (0..6_000_u16)
        .map(|at| {
            wire::udp(
                End::A,
                (40_000 + at % 500, 8_520),
                format!("word {at}").as_bytes(),
            )
        })
        .collect();
    let file = folder.path().join("many.pcap");
    fs::write(&file, pcap_file::write(&frames)).expect("it can be written");
    let page = page_of(&file, &folder, Options::default());
    let size = fs::metadata(&page).expect("it was written").len();
    assert!(size < 24 << 20, "{size} bytes");
    browser.open(&page, "");
    let loaded = "performance.getEntriesByType('navigation')[0].loadEventEnd";
    let loaded = browser.eval(loaded).as_f64().expect("a number");
    // Limits for a busy machine without optimisation; alone it takes a tenth.
    assert!(loaded < 10_000.0, "{loaded} ms to load");
    let filtered = browser.eval(
        "(async () => {
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const [filter, begin] = [document.getElementById('filter'), performance.now()];
            filter.value = 'word 4999';
            filter.dispatchEvent(new Event('input'));
            document.body.getBoundingClientRect();
            return performance.now() - begin;
        })()",
    );
    assert!(filtered.as_f64() < Some(3_000.0), "{filtered} ms to filter");
    let rows = "document.querySelectorAll('#story .row').length";
    assert_eq!(browser.eval(rows), 5_000);
    // What was cut is counted, and the way to see it told.
    let notes = browser
        .eval("[...document.querySelectorAll('main .note')].map((it) => it.innerText).join(' ')");
    let notes = notes.as_str().expect("text");
    for told in ["1000 later lines", "1000 later frames", "--conn tcp-1"] {
        assert!(notes.contains(told), "{told}: {notes}");
    }
    browser.open(&page, "#f5999");
    assert_eq!(shown(&mut browser), "#5999");
    let told = browser.eval("document.getElementById('frame').innerText");
    assert!(
        told.as_str()
            .is_some_and(|told| told.contains("not in this page")),
        "{told}"
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_page_is_written_with_care() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("refused.html");
    let file = path.to_str().expect("a plain name");
    let run = |words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_inspector"))
            .arg("read")
            .arg(capture("refused.pcap"))
            .args(words)
            .env("LC_ALL", "C")
            .output()
            .expect("it runs")
    };
    let first = run(&["--view", "packets", "--html", file]);
    assert!(first.status.success(), "{first:?}");
    assert!(
        first.stdout.starts_with(b"     1 "),
        "the view is shown, too"
    );
    let sentence = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(sentence.contains("open it in a browser"), "{sentence}");
    let page = fs::read_to_string(&path).expect("it was written");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    let mode = fs::metadata(&path).expect("it was written").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600, "it holds what others said");

    let again = run(&["--html", file]);
    assert_eq!(again.status.code(), Some(1));
    let sentence = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(sentence.contains("--force"), "{sentence}");
    assert!(run(&["--html", file, "--force"]).status.success());
    let full = run(&["--html", "/dev/full", "--force"]);
    assert_eq!(full.status.code(), Some(1));
    let sentence = String::from_utf8_lossy(&full.stderr).into_owned();
    assert!(sentence.contains("is the disk full?"), "{sentence}");

    let to_stdout = run(&["--html", "-"]);
    assert!(
        to_stdout.stdout.starts_with(b"<!DOCTYPE html>"),
        "nothing else is there"
    );
    let both = run(&["--html", "-", "--svg", "-"]);
    assert_eq!(both.status.code(), Some(2));
}

/// The body of a page without its data, its parts on lines of their own.
pub fn what_people_read(page: &str) -> String {
    let (_, body) = page.split_once("<body>").expect("it has a body");
    let (body, _) = body.split_once("<script").expect("scripts follow");
    let parts = [
        "<section", "<h", "<p", "<li", "<div", "<tr", "<article", "<dl",
    ];
    let mut lines = body.to_owned();
    for part in parts {
        lines = lines.replace(part, &format!("\n{part}"));
    }
    lines.trim_start().to_owned() + "\n"
}

/// The frame that the page shows.
fn shown(browser: &mut Browser) -> String {
    let shown = browser.eval("document.querySelector('#frame h2').textContent");
    shown.as_str().expect("text").to_owned()
}

/// The part and the frame of the line that was jumped to, if nothing covers it.
fn in_view(browser: &mut Browser) -> serde_json::Value {
    browser.eval(
        "(async () => {
            await new Promise((done) => setTimeout(done, 100));
            const row = document.activeElement;
            const box = row.getBoundingClientRect();
            const x = box.left + 30;
            const isThere = (y) => document.elementFromPoint(x, y)?.closest('.row') === row;
            const isSeen = isThere(box.top + 2) && isThere(box.bottom - 2);
            return isSeen && row.matches('.sel') ? [row.closest('section').id, row.dataset.f] : box;
        })()",
    )
}

/// Which bytes are lit, as digits and as characters.
fn lit(browser: &mut Browser) -> serde_json::Value {
    browser.eval(
        "['span:not(.ascii)', '.ascii'].flatMap((part) =>
            [...document.querySelectorAll(`#frame ${part} > i.lit`)].map((it) => it.dataset.byte))",
    )
}

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(name)
}

/// Writes the page of a capture into a folder.
fn page_of(capture: &Path, folder: &TempDir, options: Options) -> PathBuf {
    let file = fs::read(capture).expect("the capture can be read");
    let name = capture.file_name().expect("a file").to_string_lossy();
    let told = library::tell(&file, &name, View::Page, options).expect("a capture");
    let path = folder.path().join("page.html");
    fs::write(&path, told.text).expect("it can be written");
    path
}
