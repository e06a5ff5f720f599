//! What one run of a program takes.

use std::{
    env,
    ffi::OsString,
    fmt, fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use wait4::Wait4 as _;

use crate::Failure;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub wall: Duration,
    /// User and system.
    pub cpu: Duration,
    /// The most memory it held at once, in bytes.
    pub peak: u64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3?} ({:.3?} of CPU)", self.wall, self.cpu)
    }
}

/// Runs a program to its end, with its output thrown away; a whole process is what is measured.
///
/// Fails when it cannot be started, or says that it failed.
pub fn cost(command: &Command) -> Result<Cost, Failure> {
    // The kernel counts the memory of who starts a program as the program's own, as it was at its
    // most: so something small has to start it.
    let run = Command::new(env::current_exe()?)
        .arg("alone")
        .arg(command.get_program())
        .args(command.get_args())
        .output()?;
    let text = String::from_utf8_lossy(&run.stdout);
    let mut numbers = text.split_ascii_whitespace().flat_map(str::parse);
    match [(); 3].map(|()| numbers.next()) {
        [Some(wall), Some(cpu), Some(peak)] if run.status.success() => Ok(Cost {
            wall: Duration::from_nanos(wall),
            cpu: Duration::from_nanos(cpu),
            peak,
        }),
        _ => Err(format!("{command:?}: {}", String::from_utf8_lossy(&run.stderr)).into()),
    }
}

/// Runs a program and prints what it took: nanoseconds, nanoseconds of CPU, bytes.
///
/// Fails when it cannot be started, or says that it failed.
pub fn alone(command: &[OsString]) -> Result<(), Failure> {
    let (program, arguments) = command.split_first().ok_or("nothing to run")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let begin = Instant::now();
    let run = command.spawn()?.wait4()?;
    let wall = begin.elapsed();
    if !run.status.success() {
        return Err(run.status.to_string().into());
    }
    let used = run.rusage;
    let cpu = used.utime + used.stime;
    println!("{} {} {}", wall.as_nanos(), cpu.as_nanos(), used.maxrss);
    Ok(())
}

/// The middle one, or the mean of the two in the middle.
///
/// # Panics
/// Of no values at all.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

/// What it is measured on.
pub fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let (processors, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_once(':'));
        value
            .map_or("unknown", |(_, value)| value.trim())
            .to_owned()
    };
    let count = processors.matches("\nprocessor").count() + 1;
    let kibibytes = field(&memory, "MemTotal").replace(" kB", "").parse::<u64>();
    format!(
        "{count} × {}, {} GiB, Linux {}",
        field(&processors, "model name"),
        kibibytes.unwrap_or_default().div_ceil(1 << 20),
        read("/proc/sys/kernel/osrelease").trim()
    )
}
