//! The benchmark: `cargo bench --bench speed -- --help`.

mod captures;
mod compare;
mod limits;
mod live;
mod measure;
mod notes;
mod pace;
mod repeated;
mod tools;
mod traffic;

use std::{env, error, ffi::OsString, path::PathBuf, process::ExitCode, slice};

use clap::{Parser, Subcommand};

use self::{
    captures::{Content, Folder},
    traffic::Kind,
};

/// Why there is no result.
type Failure = Box<dyn error::Error>;

/// Measures inspector, and other tools beside it, on captures that it makes.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench speed --")]
struct Typed {
    /// Without one: all that measures.
    #[command(subcommand)]
    part: Option<Part>,
    /// Captures of about 20 MB, and fewer runs.
    #[arg(long, global = true)]
    small: bool,
    /// Runs of each program; the middle one counts.
    #[arg(long, global = true)]
    rounds: Option<usize>,
    /// Where captures are kept; about 5 GB without --small.
    #[arg(long, global = true, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/bench"))]
    folder: PathBuf,
    /// A pcap file of real traffic, which is repeated.
    #[arg(long, global = true)]
    mix: Option<PathBuf>,
    /// Writes what was measured into README.md and tests/bench/README.md.
    #[arg(long, global = true, conflicts_with = "small")]
    write: bool,
    /// What `cargo bench` says to every benchmark.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Part {
    /// Compares times with those of other tools, where these are installed.
    Compare,
    /// Measures how soon it starts, and whether it slows down.
    Pace,
    /// Counts instructions and memory; fails when there are more than allowed.
    Limits,
    /// Captures live from a wire of its own, as root.
    Live,
    /// What the others run programs with.
    #[command(hide = true)]
    Alone {
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        command: Vec<OsString>,
    },
}

/// Packets of *flows*.
const FLOWS: u64 = 12_500_000;

/// How much is measured.
struct Plan {
    folder: Folder,
    small: bool,
    rounds: usize,
}

fn main() -> ExitCode {
    match run(Typed::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("something is over its bound");
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// False when something is over its bound.
fn run(typed: Typed) -> Result<bool, Failure> {
    let corpus = env::var_os("INSPECTOR_CORPUS").map(PathBuf::from);
    let corpus = corpus.map(|corpus| corpus.join("big/built__devmix.pcap"));
    let corpus = corpus.filter(|mix| mix.exists());
    let plan = Plan {
        folder: Folder {
            path: typed.folder,
            mix: typed.mix.or(corpus),
        },
        small: typed.small,
        rounds: typed.rounds.unwrap_or(if typed.small { 3 } else { 5 }),
    };
    let all = [Part::Compare, Part::Pace, Part::Limits, Part::Live];
    let parts = typed.part.as_ref().map_or(&all[..], slice::from_ref);
    let mut holds = true;
    for part in parts {
        if matches!(part, Part::Live) && typed.part.is_none() && !live::may() {
            eprintln!("without the live part: a wire of its own takes root");
            continue;
        }
        let (name, table) = match part {
            Part::Compare => ("compare", compare::table(&plan)?),
            Part::Pace => ("pace", pace::table(&plan)?),
            Part::Limits => {
                let (table, all_hold) = limits::table(&plan)?;
                holds = all_hold;
                ("limits", table)
            }
            Part::Live => ("live", live::table(&plan)?),
            Part::Alone { command } => {
                measure::alone(command)?;
                continue;
            }
        };
        println!("{table}");
        if typed.write {
            notes::write(name, &table)?;
        }
    }
    Ok(holds)
}

impl Plan {
    /// What is compared on, and how many packets of it.
    fn captures(&self) -> Vec<(Content, u64)> {
        let mut captures = vec![
            (Content::Made(Kind::Chat), self.chat()),
            (Content::Made(Kind::Bulk), self.bulk()),
            (Content::Made(Kind::Flows), self.flows()),
        ];
        if self.folder.mix.is_some() {
            captures.push((Content::Mix, if self.small { 1 } else { 3_000_000 }));
        } else {
            eprintln!("without *mix*: no capture of real traffic was named (--mix)");
        }
        captures
    }

    fn chat(&self) -> u64 {
        if self.small { 200_000 } else { 10_000_000 }
    }

    fn bulk(&self) -> u64 {
        if self.small { 20_000 } else { 1_000_000 }
    }

    fn flows(&self) -> u64 {
        if self.small { 400_000 } else { FLOWS }
    }
}
