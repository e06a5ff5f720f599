use super::*;

type Words = &'static [(&'static str, &'static str, &'static str)];

/// The files below words/, and what is in them.
const AREAS: &[(&str, &[Words])] = &[
    ("follow", &[follow::PHRASES]),
    ("icmp", &[icmp::LABELS]),
    ("ladder", &[ladder::PHRASES, ladder::LABELS]),
    ("page", &[page::PHRASES, page::LABELS]),
    ("story", &[story::PHRASES, story::LABELS]),
    (
        "why",
        &[why::PHRASES, why::LABELS, why::CLAIMS[0], why::CLAIMS[1]],
    ),
    ("tables", &[tables::PHRASES, tables::LABELS]),
    ("transcript", &[transcript::PHRASES, transcript::LABELS]),
];

/// Words that are the same in both languages: protocols call them so.
fn is_of_the_field(words: &str) -> bool {
    !words.contains(' ')
}

#[test]
fn every_file_of_words_is_known_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/words");
    let entries = std::fs::read_dir(folder).expect("it is there");
    for entry in entries {
        let name = entry.expect("it can be listed").file_name();
        let name = name
            .to_str()
            .expect("plain names")
            .trim_end_matches(".rs")
            .to_owned();
        let is_known = AREAS.iter().any(|(area, _)| *area == name);
        assert!(
            is_known || ["template", "tests"].contains(&name.as_str()),
            "{name}"
        );
    }
}

#[test]
fn both_languages_are_complete() {
    for (area, lists) in AREAS {
        for (name, en, zh) in lists.iter().copied().flatten() {
            let place = format!("{area}::{name}");
            assert!(!en.trim().is_empty() && !zh.trim().is_empty(), "{place}");
            assert!(!en.chars().any(is_chinese), "{place}: {en}");
            let words: String = outside_gaps(zh).collect();
            let has_words = words.chars().any(char::is_alphabetic);
            assert!(
                !has_words || words.chars().any(is_chinese) || is_of_the_field(words.trim()),
                "{place} is not Chinese: {zh}"
            );
        }
    }
}

#[test]
fn chinese_is_punctuated_as_chinese() {
    for (area, lists) in AREAS {
        for (name, _, zh) in lists.iter().copied().flatten() {
            let words: Vec<char> = outside_gaps(zh).collect();
            for pair in words.windows(2) {
                let wrong = is_chinese(pair[0]) && ",;:?!()".contains(pair[1]);
                assert!(!wrong, "{area}::{name}: {zh}");
            }
        }
    }
}

/// The characters of a phrase without its gaps and roles.
fn outside_gaps(phrase: &str) -> impl Iterator<Item = char> {
    let mut depth = 0;
    let phrase = phrase.replace(']', "");
    let without_roles = ["good", "odd", "bad", "quiet", "heading", "orig", "resp"]
        .iter()
        .fold(phrase, |phrase, role| {
            phrase.replace(&format!("[{role}|"), "")
        });
    without_roles
        .chars()
        .collect::<Vec<_>>()
        .into_iter()
        .filter(move |c| {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

#[test]
fn a_locale_tells_the_language() {
    for (locale, lang) in [
        ("zh_CN.UTF-8", Lang::Zh),
        ("zh", Lang::Zh),
        ("zh-Hans", Lang::Zh),
        ("ZH_TW", Lang::Zh),
        ("zhx", Lang::En),
        ("de_DE.UTF-8", Lang::En),
        ("C", Lang::En),
        ("", Lang::En),
    ] {
        assert_eq!(Lang::of_locale(locale), lang, "{locale}");
    }
}

#[test]
fn what_goes_into_a_gap_is_escaped_and_counted() {
    let told = story::reason("gone\x1b[2J");
    assert!(told.text(Lang::En).contains("gone\\u{1b}[2J"));
    assert_eq!(story::bytes(1_u64).text(Lang::En), "1 byte");
    assert_eq!(story::bytes(21_u64).text(Lang::En), "21 bytes");
    assert_eq!(story::bytes(1_u64).text(Lang::Zh), "1 字节");
}
