//! A proof of what became of something in capture files.

use std::{io, sync::Arc};

use inspector::{
    capture::{filter::Filter, savefile::Savefile, stop::Stop},
    inspect::{self, Job},
    report::{
        self, Opened,
        choice::Choice,
        why::{What, Why},
    },
    track::Config,
};

use super::{
    Error, appearance, cannot_print, complain, language, names::names_in, source_name, subnets,
};
use crate::cli::{self, look::usual_threads};

/// Reads the files to their end and answers. False when there is no answer, or when something went
/// wrong that was told.
pub(super) fn run(why: &cli::why::Why) -> Result<bool, Error> {
    let (paths, what) = why.files_and_what()?;
    let filter = why.filter.as_deref().map(Filter::new).transpose()?;
    let stop = Stop::on_signals()?;
    let mut source = Savefile::open(paths, &stop)?;
    let options = report::Options {
        lang: why.lang.map_or_else(language, Into::into),
        names: Arc::new(names_in(why.names.as_deref())?),
        nets: subnets(&why.net),
        ..appearance(Some(why.colour))
    };
    let opened = Opened {
        source: source_name(paths),
        live: false,
        link_types: source.link_types(),
        at: None,
    };
    let job = Job {
        threads: usual_threads(),
        filter,
        count: why.count,
        duration: why.duration,
        writer: None,
        tracking: why
            .limits
            .tracking(options.nets.clone(), &Config::reading()),
        choice: Choice::default(),
    };
    let mut report = Why::new(io::stdout(), options, why.json, what);
    let outcome = inspect::inspect(&mut source, opened, &mut report, job, &mut |trouble| {
        complain(trouble);
    })
    .map_err(|error| cannot_print(&error))?;
    if !report.is_answered() {
        complain(&unanswered(what));
    }
    Ok(!outcome.troubled && report.is_answered())
}

/// Why there is no answer, and what to do.
fn unanswered(what: What) -> String {
    let where_to_look =
        "the tables of `inspector read --view summary --top all` show what there is";
    match what {
        What::Worst | What::EveryFailure => {
            "nothing in this capture was asked or answered, so there is nothing to prove".to_owned()
        }
        What::Frame(frame) => format!(
            "frame {frame} is not in this capture, or a filter keeps it out; {where_to_look}"
        ),
        What::Conversation(id) => format!("{id} never appeared; {where_to_look}"),
        What::Host(ip) => format!("{ip} took part in nothing; {where_to_look}"),
    }
}
