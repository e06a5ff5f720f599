//! What was typed becomes a source, a report and a job for the corridor.

mod chat;
mod follow;
mod lab;
mod names;
mod pictures;
mod why;

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use inspector::{
    capture::{
        self, Source,
        filter::Filter,
        interfaces,
        live::{self, Live},
        raw,
        savefile::Savefile,
        stop::Stop,
        write::Writer,
    },
    inspect::{self, Job},
    report::{
        self, Opened, Report,
        beside::Beside,
        choice::Choice,
        follow::Follow,
        json::{self, Json},
        ladder::Terminal,
        lines::Lines,
        names::Names,
        summary::Summary,
        text,
        timeline::Timeline,
        transcript::Transcript,
        words::Lang,
    },
    track::Config,
};
use ipnet::IpNet;

use self::{follow::RawFiles, names::names_of_people, pictures::Pictures};
use crate::{
    cli::{
        self, Backend, Command, SchemaOf,
        look::{Look, View, When},
    },
    progress::Progress,
};

/// Why a run cannot begin or go on.
pub type Error = Box<dyn std::error::Error>;

/// Does what was asked for. False when it was done, but not without trouble, which was told.
pub fn run(command: Command) -> Result<bool, Error> {
    match command {
        Command::Read(read) => self::read(&read),
        Command::Live(live) => self::live(&live),
        Command::Why(why) => why::run(&why),
        Command::Lab(lab) => lab::run(&lab),
        Command::Chat(chat) => chat::run(&chat),
        Command::Interfaces => list_interfaces(),
        Command::Schema(schema) => print(match schema.of {
            SchemaOf::Read => json::SCHEMA_FILE.as_bytes(),
            SchemaOf::Why => json::WHY_SCHEMA_FILE.as_bytes(),
        }),
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
        source: source_name(paths),
        live: false,
        link_types: files.link_types(),
        at: None,
    };
    let tracking = look.limits.tracking(subnets(&read.net), &Config::reading());
    let job = job(look, filter, writer, tracking);
    let quiet = look.view() == View::Summary && !look.json || !io::stdout().is_terminal();
    let mut source = Progress::new(files, quiet && io::stderr().is_terminal());
    run_job(
        &mut source,
        opened,
        look,
        paths,
        names_of_people(look)?,
        job,
    )
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
            let source = raw::Raw::open(&live.interface, promiscuous, filter.as_mut(), &stop)?;
            for limit in raw::Raw::limits() {
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
        "listening on {}, {link_type}; Ctrl-C ends it and shows {}",
        live.interface,
        if look.view() == View::Ladder {
            "the ladder"
        } else {
            "the tables"
        },
    ));
    let opened = Opened {
        source: live.interface.clone(),
        live: true,
        link_types: vec![link_type],
        at: None,
    };
    let tracking = look.limits.tracking(nets, &Config::live());
    let job = job(look, filter, writer, tracking);
    run_job(&mut *source, opened, look, &[], names_of_people(look)?, job)
}

fn list_interfaces() -> Result<bool, Error> {
    let mut table = Vec::new();
    report::interfaces::write(&interfaces::list(), &appearance(None), &mut table)?;
    print(&table)
}

fn print(bytes: &[u8]) -> Result<bool, Error> {
    match io::stdout().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot_print(&error)),
        _ => Ok(true),
    }
}

/// What to look at and what to tell, as it was typed.
fn job(look: &Look, filter: Option<Filter>, writer: Option<Writer>, tracking: Config) -> Job {
    Job {
        threads: look.threads(),
        filter,
        count: look.count,
        duration: look.duration,
        writer,
        tracking,
        choice: choice(look),
    }
}

fn run_job(
    source: &mut dyn Source,
    opened: Opened,
    look: &Look,
    inputs: &[PathBuf],
    names: Names,
    job: Job,
) -> Result<bool, Error> {
    let out: Box<dyn Write + Send> = if look.write.as_deref() == Some(Path::new("-")) {
        say("inspector: the capture goes to standard output, so nothing else is shown there");
        Box::new(io::sink())
    } else if look.outputs().any(|path| path == Path::new("-")) {
        say("inspector: the picture goes to standard output, so nothing else is shown there");
        Box::new(io::sink())
    } else {
        Box::new(io::stdout())
    };
    let options = report::Options {
        lang: lang(look),
        time: look.time.into(),
        verbose: look.verbose,
        hex: look.hex,
        packets: look.packets,
        recv: look.part.recv,
        top: look.top.0,
        names: Arc::new(names),
        nets: job.tracking.nets.clone(),
        frames: look.pictures.frames.clone(),
        ..appearance(Some(look.colour))
    };
    if let Some(conversation) = look.part.follow {
        let raw = RawFiles::create(look, inputs)?;
        let files = raw.as_ref().map(RawFiles::writers).transpose()?;
        let mut follow = Follow::new(out, &options, conversation, files);
        let outcome = watch(source, opened, look, &mut follow, job)?;
        let whole = raw.is_none_or(|raw| raw.tell(&follow));
        return Ok(outcome && whole);
    }
    let drawn = report::Options {
        width: options.width.or_else(asked_columns),
        ..options.clone()
    };
    let mut pictures = Pictures::create(look, inputs, &options)?;
    let mut report: Box<dyn Report> = match look.view() {
        _ if look.json => Box::new(Json::new(out, options)),
        View::Timeline => Box::new(Timeline::new(out, options)),
        View::Packets => Box::new(Lines::new(out, options)),
        View::Summary => Box::new(Summary::new(out, options)),
        View::Chat => Box::new(Transcript::new(out, drawn)),
        View::Ladder => Box::new(Terminal::new(out, drawn)),
    };
    let outcome = if pictures.is_empty() {
        watch(source, opened, look, &mut *report, job)?
    } else {
        let mut reports: Vec<&mut dyn Report> = vec![&mut *report];
        reports.extend(pictures.reports());
        watch(source, opened, look, &mut Beside::new(reports), job)?
    };
    Ok(pictures.draw() && outcome)
}

/// Runs the job, and says on stderr what is to be said at its end.
fn watch(
    source: &mut dyn Source,
    opened: Opened,
    look: &Look,
    report: &mut dyn Report,
    job: Job,
) -> Result<bool, Error> {
    let outcome = inspect::inspect(source, opened, report, job, &mut |trouble| {
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
    let first = look.pictures.frames.as_ref().map(|it| *it.start());
    let lacks = first
        .zip(outcome.frames)
        .filter(|(first, last)| first > last);
    if let Some((first, last)) = lacks {
        complain(&format!(
            "there is no frame {first} to draw: the capture ends with frame {last}"
        ));
    }
    if !outcome.missed.is_empty() {
        let missed: Vec<_> = outcome.missed.iter().map(ToString::to_string).collect();
        complain(&format!(
            "{} never appeared: look into the tables of --view summary --top all for the numbers",
            missed.join(", ")
        ));
    }
    Ok(!outcome.troubled && outcome.missed.is_empty() && lacks.is_none())
}

/// What is told.
fn choice(look: &Look) -> Choice {
    match look.part.follow {
        Some(conversation) => Choice::new(&[conversation], &[]),
        None => Choice::new(&look.part.conn, &look.part.host),
    }
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

fn source_name(files: &[PathBuf]) -> String {
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
        lang: language(),
        ..report::Options::default()
    }
}

/// The language that was typed, or that the environment asks for.
fn lang(look: &Look) -> Lang {
    look.lang.map_or_else(language, Into::into)
}

/// The language that the environment asks for.
fn language() -> Lang {
    let asked = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| {
            let value = env::var(name).ok()?;
            (!value.is_empty()).then_some(value)
        });
    Lang::of_locale(&asked.unwrap_or_default())
}

fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// What `COLUMNS` asks for: what is drawn must fit where a pager shows it.
fn asked_columns() -> Option<usize> {
    let columns = env::var("COLUMNS").ok()?.parse().ok()?;
    (columns > 0).then_some(columns)
}

fn cannot_print(error: &io::Error) -> Error {
    format!("cannot write to standard output: {error}; is the disk full?").into()
}
