//! A scenario of the lab, watched from its bridge.

use std::{env, ffi::OsString, fmt::Write as _};

use inspector::{
    capture::{
        live::{self, Live},
        stop::Stop,
    },
    lab::{
        NET, SCENARIOS, Scenario, Stage,
        chat::{PORT, udp},
    },
    report::{Opened, names::Names},
    track::Config,
};

use super::{Error, complain, filter, job, names::names_of_people, print, run_job, say, writer};
use crate::cli::lab::Lab;

/// Plays the scenario to its end. False when something went wrong that was told.
pub(super) fn run(lab: &Lab) -> Result<bool, Error> {
    if lab.list {
        return list();
    }
    let look = &lab.look;
    let filter = filter(look, &[])?;
    // First of all, while this process has only one thread.
    let stage = Stage::set(lab.scenario, lab.settings()?).map_err(|error| {
        if error.wants_root() {
            format!("{error}: `{}`", with_sudo(env::args_os())).into()
        } else {
            Error::from(error)
        }
    })?;
    let stop = Stop::on_signals()?;
    let settings = live::Settings::default();
    let mut source = Live::open(Stage::interface(), settings, filter.as_ref(), &stop)?;
    let writer = writer(look, &[], &source)?;
    let link_type = source.link_type();
    let opened = Opened {
        source: format!("lab {}", lab.scenario.name),
        live: true,
        link_types: vec![link_type],
        at: None,
    };
    let tracking = look.limits.tracking(vec![NET], &Config::live());
    let job = job(look, filter, writer, tracking);
    say(&format!("{}: {}", lab.scenario.name, lab.scenario.about));
    say(&format!(
        "looking from {}, the bridge that joins the hosts of {NET}; Ctrl-C ends it",
        Stage::interface()
    ));
    let ended = stop.clone();
    let playing = stage.play(move || ended.request())?;
    let names = match &look.part.names {
        Some(_) => names_of_people(look)?,
        None => names_of_scenario(lab.scenario)?,
    };
    let untroubled = run_job(&mut source, opened, look, &[], names, job)?;
    match playing.outcome() {
        Some(Ok(())) => Ok(untroubled),
        Some(Err(error)) => {
            complain(&error);
            Ok(false)
        }
        None if stop.requested() => {
            complain(&"the scenario was ended before it was over");
            Ok(false)
        }
        // As many frames or as much time as was asked for, or nobody reads any more.
        None => Ok(untroubled),
    }
}

/// The names that its people have in the book of the UDP chat.
fn names_of_scenario(scenario: &Scenario) -> Result<Names, Error> {
    let mut book = String::new();
    if let Some(ip) = scenario.partners {
        for name in udp::NAMES {
            let _ = writeln!(book, "{name} = \"{ip}:{PORT}\"");
        }
    }
    Ok(Names::parse(&book)?)
}

/// What was typed, for a shell and with sudo before it. What was found by its name alone is named by
/// its path, because root looks elsewhere.
fn with_sudo(typed: impl IntoIterator<Item = OsString>) -> String {
    let mut typed = typed.into_iter();
    let mut program = typed.next().unwrap_or_default();
    if !program.as_encoded_bytes().contains(&b'/') {
        program = env::current_exe().map_or(program, OsString::from);
    }
    let words = [program].into_iter().chain(typed);
    words.fold("sudo".to_owned(), |line, word| {
        line + " " + &quoted(&word.to_string_lossy())
    })
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=%,+@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn list() -> Result<bool, Error> {
    let width = SCENARIOS.iter().map(|scenario| scenario.name.len()).max();
    let width = width.unwrap_or_default();
    let mut lines = String::new();
    for scenario in SCENARIOS {
        let _ = writeln!(lines, "{:width$}  {}", scenario.name, scenario.about);
    }
    print(lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_can_be_pasted_into_a_shell_with_sudo() {
        let typed = ["target/release/inspector", "lab", "loss", "--loss", "20%"];
        assert_eq!(
            with_sudo(typed.map(OsString::from)),
            "sudo target/release/inspector lab loss --loss 20%"
        );
        let typed = ["./inspector", "lab", "-w", "it's my file.pcap", ""];
        assert_eq!(
            with_sudo(typed.map(OsString::from)),
            r"sudo ./inspector lab -w 'it'\''s my file.pcap' ''"
        );
        let told = with_sudo(["inspector", "lab"].map(OsString::from));
        assert!(told.starts_with("sudo /"), "{told}");
    }
}
