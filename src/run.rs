//! What was typed becomes a source, a report and a job for the corridor.

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use inspector::{
    capture::{
        self, Source,
        filter::Filter,
        interfaces,
        live::{self, Live},
        raw::Raw,
        savefile::Savefile,
        stop::Stop,
        write::Writer,
    },
    inspect::{self, Job},
    report::{
        self, Opened, Report, json::Json, lines::Lines, summary::Summary, text, timeline::Timeline,
    },
    track::Config,
};
use ipnet::IpNet;

use crate::{
    cli::{self, Backend, Command, Look, View, When},
    progress::Progress,
};

/// Why a run cannot begin or go on.
pub type Error = Box<dyn std::error::Error>;

/// Does what was asked for. False when it was done, but not without trouble, which was told.
pub fn run(command: Command) -> Result<bool, Error> {
    match command {
        Command::Read(read) => self::read(&read),
        Command::Live(live) => self::live(&live),
        Command::Interfaces => list_interfaces(),
    }
}

/// Says on stderr what went wrong.
pub fn complain(problem: &dyn std::fmt::Display) {
    say(&format!("inspector: {problem}"));
}

fn say(sentence: &str) {
    let _ = writeln!(io::stderr(), "{}", text::escape(sentence));
}

fn read(read: &cli::Read) -> Result<bool, Error> {
    let look = &read.look;
    let (paths, words) = read.files_and_words();
    let filter = filter(look, &words)?;
    let stop = Stop::on_signals()?;
    let files = Savefile::open(paths, &stop)?;
    let writer = writer(look, paths, &files)?;
    let opened = Opened {
        source: names(paths),
        live: false,
        link_types: files.link_types(),
        at: None,
    };
    let job = Job {
        filter,
        count: look.count,
        duration: look.duration,
        writer,
        tracking: look.limits.tracking(subnets(&read.net), &Config::reading()),
    };
    let quiet = look.view() == View::Summary && !look.json || !io::stdout().is_terminal();
    let mut source = Progress::new(files, quiet && io::stderr().is_terminal());
    run_job(&mut source, opened, look, job)
}

fn live(live: &cli::Live) -> Result<bool, Error> {
    let look = &live.look;
    let mut filter = filter(look, &live.words)?;
    let stop = Stop::on_signals()?;
    let (mut source, link_type): (Box<dyn Source>, _) = match live.backend {
        Backend::Ring => {
            let settings = live::Settings {
                snaplen: live.snaplen,
                promiscuous: !live.no_promiscuous,
                buffer: live.buffer << 20,
            };
            let source = Live::open(&live.interface, settings, filter.as_ref(), &stop)?;
            let link_type = source.link_type();
            (Box::new(source), link_type)
        }
        Backend::Raw => {
            let promiscuous = !live.no_promiscuous;
            let source = Raw::open(&live.interface, promiscuous, filter.as_mut(), &stop)?;
            for limit in Raw::limits() {
                say(&format!("inspector: with --backend raw, {limit}"));
            }
            let link_type = source.link_type();
            (Box::new(source), link_type)
        }
    };
    let writer = writer(look, &[], &*source)?;
    let nets = if live.net.is_empty() {
        interfaces::find(&live.interface)
            .map_or_else(Vec::new, |interface| subnets(&interface.addresses))
    } else {
        subnets(&live.net)
    };
    say(&format!(
        "listening on {}, {link_type}; Ctrl-C ends it and shows the tables",
        live.interface
    ));
    let opened = Opened {
        source: live.interface.clone(),
        live: true,
        link_types: vec![link_type],
        at: None,
    };
    let job = Job {
        filter,
        count: look.count,
        duration: look.duration,
        writer,
        tracking: look.limits.tracking(nets, &Config::live()),
    };
    run_job(&mut *source, opened, look, job)
}

fn list_interfaces() -> Result<bool, Error> {
    let mut table = Vec::new();
    report::interfaces::write(&interfaces::list(), &appearance(None), &mut table);
    match io::stdout().write_all(&table) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot_print(&error)),
        _ => Ok(true),
    }
}

fn run_job(source: &mut dyn Source, opened: Opened, look: &Look, job: Job) -> Result<bool, Error> {
    let to_stdout = look.write.as_deref() != Some(Path::new("-"));
    let out: Box<dyn Write> = if to_stdout {
        Box::new(io::stdout().lock())
    } else {
        Box::new(io::sink())
    };
    let options = report::Options {
        time: look.time.into(),
        verbose: look.verbose,
        hex: look.hex,
        packets: look.packets,
        top: look.top.0,
        ..appearance(Some(look.colour))
    };
    let mut report: Box<dyn Report> = match look.view() {
        _ if look.json => Box::new(Json::new(out, options)),
        View::Timeline => Box::new(Timeline::new(out, options)),
        View::Packets => Box::new(Lines::new(out, options)),
        View::Summary => Box::new(Summary::new(out, options)),
    };
    let outcome = inspect::inspect(source, opened, &mut *report, job, &mut |trouble| {
        complain(trouble);
    })
    .map_err(|error| cannot_print(&error))?;
    if let (Some(path), Some(frames)) = (&look.write, outcome.written) {
        let frames_word = if frames == 1 { "frame" } else { "frames" };
        say(&format!(
            "{frames} {frames_word} written to {}",
            path.display()
        ));
    }
    Ok(!outcome.troubled)
}

fn filter(look: &Look, words: &[String]) -> Result<Option<Filter>, capture::Error> {
    look.filter(words).as_deref().map(Filter::new).transpose()
}

fn writer(
    look: &Look,
    inputs: &[PathBuf],
    source: &dyn Source,
) -> Result<Option<Writer>, capture::Error> {
    let Some(path) = &look.write else {
        return Ok(None);
    };
    Writer::create(path, look.force, inputs, source.interfaces()).map(Some)
}

/// The subnets of addresses: 192.168.15.42/24 is in 192.168.15.0/24.
fn subnets(addresses: &[IpNet]) -> Vec<IpNet> {
    addresses.iter().map(IpNet::trunc).collect()
}

fn names(files: &[PathBuf]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|file| match file.to_str() {
            Some("-") => "standard input".to_owned(),
            _ => file.display().to_string(),
        })
        .collect();
    match names.as_slice() {
        [first, .., last] if names.len() > 3 => format!("{first} … {last} ({} files)", names.len()),
        _ => names.join(", "),
    }
}

/// Colour and width as the terminal allows them.
fn appearance(when: Option<When>) -> report::Options {
    let terminal = io::stdout().is_terminal();
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let width = terminal.then(columns).flatten();
    report::Options {
        colour: match when.unwrap_or(When::Auto) {
            When::Auto => terminal && !no_color && !dumb,
            When::Always => true,
            When::Never => false,
        },
        width,
        ..report::Options::default()
    }
}

fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

fn cannot_print(error: &io::Error) -> Error {
    format!("cannot write to standard output: {error}; is the disk full?").into()
}
