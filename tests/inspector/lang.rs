//! The language of what is told: chosen by `--lang`, else by the locale; never that of JSON.

use std::process::Command;

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
