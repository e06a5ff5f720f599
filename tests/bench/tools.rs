//! The programs that are compared, each as its users run it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// A program and its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// What is typed. F is the capture file, DIR an empty folder, eth0 the interface.
    pub typed: &'static str,
    /// It is too slow for more packets of a capture than these.
    most: [(&'static str, u64); 2],
    /// How it is asked for its version.
    version: &'static str,
}

/// What each run of another is compared with: it reads each frame and writes it, no more.
pub const BASELINE: Tool = tool("tcpdump -nn -r F -w /dev/null", "--version");

/// What is compared with it.
pub const TOOLS: [Tool; 11] = [
    ours("inspector read F --view summary"),
    ours("inspector read F --view packets"),
    ours("inspector read F"),
    ours("inspector read F --json"),
    tool("softflowd -m 4000000 -r F", "-h"),
    tool("nfpcapd -r F -w DIR", "-V"),
    tool("argus -r F -w /dev/null", "-h"),
    slow(
        "tcptrace -n F",
        "-v",
        [("flows", 1_000_000), ("mix", 1_000_000)],
    ),
    slow(
        "tcpdump -nn -r F",
        "--version",
        [("flows", 100_000), ("", 1_000_000)],
    ),
    slow(
        "tshark -n -q -z conv,tcp -r F",
        "--version",
        [("", 200_000); 2],
    ),
    slow("tshark -n -r F", "--version", [("", 200_000); 2]),
];

/// What is compared live.
pub const LISTENERS: [Tool; 3] = [
    ours("inspector live eth0 --view summary"),
    tool("tcpdump -i eth0 -w /dev/null", "--version"),
    tool("tcpdump -nn -i eth0", "--version"),
];

const fn ours(typed: &'static str) -> Tool {
    tool(typed, "--version")
}

const fn tool(typed: &'static str, version: &'static str) -> Tool {
    slow(typed, version, [("", u64::MAX); 2])
}

const fn slow(typed: &'static str, version: &'static str, most: [(&'static str, u64); 2]) -> Tool {
    Tool {
        typed,
        most,
        version,
    }
}

impl Tool {
    /// The program's name.
    pub fn name(self) -> &'static str {
        self.words().next().unwrap_or_default()
    }

    /// Whether it is ours.
    pub fn is_ours(self) -> bool {
        self.name() == "inspector"
    }

    /// Whether it is installed.
    pub fn is_there(self) -> bool {
        self.program().is_some()
    }

    /// How many packets of a capture it gets at most.
    pub fn most(self, capture: &str) -> u64 {
        let limits = self.most.into_iter();
        let limits = limits.filter(|(which, _)| which.is_empty() || *which == capture);
        limits.map(|(_, most)| most).min().unwrap_or(u64::MAX)
    }

    /// The command that reads this file, or listens to this interface.
    ///
    /// # Panics
    /// When it is not installed.
    pub fn command(self, input: &Path, folder: &Path) -> Command {
        let mut command = Command::new(self.program().expect("it was looked for"));
        for word in self.words().skip(1) {
            match word {
                "F" | "eth0" => command.arg(input),
                "DIR" => command.arg(folder),
                word => command.arg(word),
            };
        }
        command
    }

    /// Its name and version, as far as it says one.
    pub fn version(self) -> Option<String> {
        let asked = Command::new(self.program()?).arg(self.version).output();
        let asked = asked.ok()?;
        let text = [asked.stdout, asked.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut words = text.split_ascii_whitespace();
        let is_version =
            |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
        let version = words.find(is_version)?;
        let version = version.trim_end_matches(['.', ',', ':']);
        Some(format!("{} {version}", self.name()))
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        self.typed.split(' ')
    }

    fn program(self) -> Option<PathBuf> {
        if self.is_ours() {
            return Some(env!("CARGO_BIN_EXE_inspector").into());
        }
        let path = env::var_os("PATH")?;
        let mut places = env::split_paths(&path).chain(["/usr/sbin".into()]);
        places.find_map(|place| {
            let program = place.join(self.name());
            program.is_file().then_some(program)
        })
    }
}
