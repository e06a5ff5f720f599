//! What is about times and is not a comparison with other tools: how soon it starts, and whether it
//! slows down as a capture grows.

use std::{fmt::Write as _, process::Command};

use crate::{
    Failure, Plan,
    captures::{Capture, Content, warm},
    measure::{cost, median},
    traffic::Kind,
};

/// Runs of a program on a file so short that only its start counts.
const STARTS: usize = 41;

/// Measures, and writes the table.
///
/// Fails when a program fails.
pub fn table(plan: &Plan) -> Result<String, Failure> {
    let mut table = String::from("| | today | must |\n|---|---|---|\n");
    let short = chat(plan, 100)?;
    let starts = (0..STARTS).map(|_| seconds(&short));
    let start = 1e3 * median(starts.collect::<Result<_, _>>()?);
    writeln!(table, "| milliseconds for 100 packets | {start:.1} | 5 |")?;
    if plan.small {
        return Ok(table);
    }
    let most = plan.chat();
    let (part, whole) = (chat(plan, most / 10)?, chat(plan, most)?);
    let mut growths = Vec::new();
    for _ in 0..plan.rounds {
        growths.push(seconds(&whole)? / seconds(&part)? / 10.0);
    }
    let growth = median(growths);
    writeln!(
        table,
        "| time a packet at {most} packets over that at a tenth of them, *chat* | {growth:.2} × | 1.3 × |"
    )?;
    Ok(table)
}

fn chat(plan: &Plan, packets: u64) -> Result<Capture, Failure> {
    let capture = plan.folder.capture(Content::Made(Kind::Chat), packets)?;
    warm(&capture)?;
    Ok(capture)
}

fn seconds(capture: &Capture) -> Result<f64, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inspector"));
    command
        .args(["read", "--view", "summary"])
        .arg(&capture.path);
    Ok(cost(&command)?.wall.as_secs_f64())
}
