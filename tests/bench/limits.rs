//! What must hold on every machine: instructions and memory, never times.

use std::{fmt::Write as _, process::Command};

use crate::{FLOWS, Failure, Plan, captures::Content, measure::cost, traffic::Kind};

/// A limit. A run that needs more than `bound` fails.
struct Limit {
    what: &'static str,
    measured: fn(&Plan) -> Result<u64, Failure>,
    /// What CI holds today.
    bound: u64,
    /// What the project promises.
    must: u64,
}

/// So many packets of *flows* that nearly all of their connections are there at once.
const BEGINNING: u64 = 400_000;

const SUMMARY: [&str; 2] = ["--view", "summary"];

/// All of them: the one place where they are written down.
const LIMITS: [Limit; 9] = [
    Limit {
        what: "instructions a packet, *chat*, `--view summary`",
        measured: |plan| instructions(plan, &SUMMARY),
        bound: 620,
        must: 600,
    },
    Limit {
        what: "instructions a packet, *chat*, `--view packets`",
        measured: |plan| instructions(plan, &["--view", "packets"]),
        bound: 1_300,
        must: 1_300,
    },
    Limit {
        what: "instructions a packet, *chat*, `--view timeline` beyond the summary",
        measured: |plan| beyond_summary(plan, &["--view", "timeline"]),
        bound: 1_900,
        must: 1_200,
    },
    Limit {
        what: "instructions a packet, *chat*, `--json` beyond the summary",
        measured: |plan| beyond_summary(plan, &["--json"]),
        bound: 1_620,
        must: 1_200,
    },
    Limit {
        what: "KiB of memory, *bulk*, `--view summary`",
        measured: |plan| peak(plan, Kind::Bulk, plan.bulk()).map(|bytes| bytes / 1024),
        bound: 16 * 1024,
        must: 16 * 1024,
    },
    Limit {
        what: "bytes a connection over IPv4, *flows*, `--view summary`",
        measured: |plan| bytes_a_connection(plan, Kind::Flows, FLOWS),
        bound: 160,
        must: 160,
    },
    Limit {
        what: "bytes a connection over IPv6, *flows*, `--view summary`",
        measured: |plan| bytes_a_connection(plan, Kind::Flows6, 3_000_000),
        bound: 220,
        must: 220,
    },
    Limit {
        what: "bytes a connection over IPv4, the beginning of *flows*, `--view summary`",
        measured: |plan| bytes_a_connection(plan, Kind::Flows, BEGINNING),
        bound: 200,
        must: 160,
    },
    Limit {
        what: "bytes a connection over IPv6, the beginning of *flows*, `--view summary`",
        measured: |plan| bytes_a_connection(plan, Kind::Flows6, BEGINNING),
        bound: 250,
        must: 220,
    },
];

/// Measures, and writes the table; false when something is over its bound.
///
/// Fails when valgrind is not there, or inspector fails.
pub fn table(plan: &Plan) -> Result<(String, bool), Failure> {
    let mut table = String::from("| | today | bound in CI | must |\n|---|---|---|---|\n");
    let mut holds = true;
    for limit in LIMITS {
        let measured = (limit.measured)(plan)?;
        let Limit {
            what, bound, must, ..
        } = limit;
        eprintln!("{what}: {measured} of {bound}");
        writeln!(table, "| {what} | {measured} | {bound} | {must} |")?;
        holds &= measured <= bound;
    }
    Ok((table, holds))
}

/// What each of the second 100,000 packets costs: the beginning of the program cancels out.
fn instructions(plan: &Plan, look: &[&str]) -> Result<u64, Failure> {
    let [first, both] = [100_000, 200_000].map(|packets| {
        let capture = plan.folder.capture(Content::Made(Kind::Chat), packets)?;
        let run = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env!("CARGO_BIN_EXE_inspector"))
            .arg("read")
            .args(look)
            .arg(capture.path)
            .output();
        let run = run.map_err(|error| {
            format!(
                "valgrind: {error}: install it to count instructions (apt-get install valgrind)"
            )
        })?;
        let said = String::from_utf8_lossy(&run.stderr);
        let counted = said.split("Collected : ").nth(1);
        let counted = counted.and_then(|rest| rest.split_ascii_whitespace().next());
        let counted = counted.and_then(|number| number.parse::<u64>().ok());
        counted.ok_or_else(|| Failure::from(format!("valgrind counted nothing: {said}")))
    });
    Ok((both? - first?) / 100_000)
}

/// What telling costs.
fn beyond_summary(plan: &Plan, look: &[&str]) -> Result<u64, Failure> {
    Ok(instructions(plan, look)?.saturating_sub(instructions(plan, &SUMMARY)?))
}

/// The most memory of a run, in bytes.
fn peak(plan: &Plan, kind: Kind, packets: u64) -> Result<u64, Failure> {
    let capture = plan.folder.capture(Content::Made(kind), packets)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_inspector"));
    command
        .args(["read", "--view", "summary"])
        .arg(capture.path);
    Ok(cost(&command)?.peak)
}

/// What each connection adds to the memory of a run with hardly any.
fn bytes_a_connection(plan: &Plan, kind: Kind, packets: u64) -> Result<u64, Failure> {
    let connections = plan
        .folder
        .capture(Content::Made(kind), packets)?
        .made
        .conversations;
    let beyond = peak(plan, kind, packets)?.saturating_sub(peak(plan, kind, 100)?);
    Ok(beyond / connections)
}
