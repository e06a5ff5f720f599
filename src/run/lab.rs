//! A scenario of the lab, watched from its bridge.

use std::fmt::Write as _;

use inspector::{
    capture::{
        live::{self, Live},
        stop::Stop,
    },
    inspect::Job,
    lab::{NET, SCENARIOS, Stage},
    report::Opened,
    track::Config,
};

use super::{Error, choice, complain, filter, print, run_job, say, writer};
use crate::cli::lab::Lab;

/// Plays the scenario to its end. False when something went wrong that was told.
pub(super) fn run(lab: &Lab) -> Result<bool, Error> {
    if lab.list {
        return list();
    }
    let look = &lab.look;
    let filter = filter(look, &[])?;
    // First of all, while this process has only one thread.
    let stage = Stage::set(lab.scenario, lab.settings()?)?;
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
    let job = Job {
        filter,
        count: look.count,
        duration: look.duration,
        writer,
        tracking: look.limits.tracking(vec![NET], &Config::live()),
        choice: choice(look),
    };
    say(&format!("{}: {}", lab.scenario.name, lab.scenario.about));
    say(&format!(
        "looking from {}, the bridge that joins the hosts of {NET}; Ctrl-C ends it",
        Stage::interface()
    ));
    let ended = stop.clone();
    let playing = stage.play(move || ended.request());
    let untroubled = run_job(&mut source, opened, look, &[], job)?;
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

fn list() -> Result<bool, Error> {
    let width = SCENARIOS.iter().map(|scenario| scenario.name.len()).max();
    let width = width.unwrap_or_default();
    let mut lines = String::new();
    for scenario in SCENARIOS {
        let _ = writeln!(lines, "{:width$}  {}", scenario.name, scenario.about);
    }
    print(lines.as_bytes())
}
