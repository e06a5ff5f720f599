//! The comparison: after each run of a program, tcpdump runs on the same file.

use std::{fmt::Write as _, time::Duration};

use crate::{
    Failure, Plan,
    captures::{Content, warm},
    measure::{Cost, cost, machine, median},
    tools::{BASELINE, TOOLS, Tool},
};

/// A program is not run again on a capture after its runs took this long together, and a tenth of
/// it with small captures.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was measured of one capture.
struct Column {
    name: &'static str,
    /// Seconds that the baseline took, and its memory in bytes.
    baseline: (f64, u64),
    /// A cell for each tool.
    cells: Vec<Cell>,
}

/// A program on a capture.
#[derive(Default)]
struct Cell {
    /// Its time over tcpdump's, of each pair of runs.
    ratios: Vec<f64>,
    spent: Duration,
    peak: u64,
    failed: bool,
    /// So many packets it read, where these are not all.
    slice: Option<u64>,
}

/// Compares, and writes the table.
///
/// Fails when inspector or tcpdump does.
pub fn table(plan: &Plan) -> Result<String, Failure> {
    let (tools, missing): (Vec<_>, Vec<_>) = TOOLS.into_iter().partition(|tool| tool.is_there());
    for tool in missing {
        eprintln!("without `{}`: it is not installed", tool.typed);
    }
    let columns = plan.captures().into_iter();
    let columns = columns.map(|(content, packets)| column(plan, &tools, content, packets));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let mut table = String::from("|");
    for column in &columns {
        write!(table, " | {}", column.name)?;
    }
    write!(
        table,
        " |\n|---{}|\n| `{}`",
        "|---".repeat(columns.len()),
        BASELINE.typed
    )?;
    for Column { baseline, .. } in &columns {
        let (seconds, peak) = baseline;
        write!(table, " | 1 × = {seconds:.2} s, {}", mebibytes(*peak))?;
    }
    table += " |\n";
    for (row, tool) in tools.iter().enumerate() {
        let mark = if tool.is_ours() { "**" } else { "" };
        write!(table, "| {mark}`{}`{mark}", tool.typed)?;
        for column in &columns {
            write!(table, " | {mark}{}{mark}", column.cells[row].text())?;
        }
        table += " |\n";
    }
    let mut versions: Vec<_> = tools.iter().filter_map(|tool| tool.version()).collect();
    versions.insert(0, machine());
    versions.dedup();
    writeln!(table, "\n{}.", versions.join(", "))?;
    Ok(table)
}

fn column(plan: &Plan, tools: &[Tool], content: Content, packets: u64) -> Result<Column, Failure> {
    let name = content.name();
    let mut baseline = Vec::new();
    let mut cells = Vec::new();
    for tool in tools {
        let share = packets.min(tool.most(name) / if plan.small { 10 } else { 1 });
        let capture = plan.folder.capture(content, share)?;
        let slice = (share < packets).then_some(capture.made.packets);
        warm(&capture)?;
        cells.push((
            capture,
            Cell {
                slice,
                ..Cell::default()
            },
        ));
    }
    let patience = if plan.small { PATIENCE / 10 } else { PATIENCE };
    for _ in 0..plan.rounds {
        for (tool, (capture, cell)) in tools.iter().zip(&mut cells) {
            if cell.spent >= patience || cell.failed {
                continue;
            }
            let folder = tempfile::tempdir()?;
            let run = |tool: Tool| cost(&tool.command(&capture.path, folder.path()));
            let own = match run(*tool) {
                Err(failure) if !tool.is_ours() => {
                    eprintln!("{name}: {failure}");
                    cell.failed = true;
                    continue;
                }
                run => run?,
            };
            let tcpdump = run(BASELINE)?;
            eprintln!("{name}: {}: {own}; tcpdump: {tcpdump}", tool.typed);
            cell.ratios
                .push(own.wall.as_secs_f64() / tcpdump.wall.as_secs_f64());
            cell.spent += own.wall;
            cell.peak = cell.peak.max(own.peak);
            if cell.slice.is_none() {
                baseline.push(tcpdump);
            }
        }
    }
    let seconds = baseline.iter().map(|Cost { wall, .. }| wall.as_secs_f64());
    let peak = baseline.iter().map(|Cost { peak, .. }| *peak).max();
    Ok(Column {
        name,
        baseline: (median(seconds.collect()), peak.unwrap_or_default()),
        cells: cells.into_iter().map(|(_, cell)| cell).collect(),
    })
}

impl Cell {
    fn text(&self) -> String {
        if self.failed {
            return "failed".into();
        }
        let times = median(self.ratios.clone());
        let digits = if times < 10.0 { 2 } else { 0 };
        let slice = match self.slice {
            Some(packets) if packets >= 1_000_000 => {
                format!(" (of {} M packets)", packets / 1_000_000)
            }
            Some(packets) => format!(" (of {} k packets)", packets / 1000),
            None => String::new(),
        };
        format!("{times:.digits$} ×, {}{slice}", mebibytes(self.peak))
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
