//! The benchmark: `cargo bench --bench speed -- --help`.

mod traffic;

use std::{error::Error, fs::File, io::BufWriter, path::PathBuf};

use clap::{Parser, Subcommand};

/// Compares inspector with other tools on made-up captures.
#[derive(Parser)]
struct Typed {
    #[command(subcommand)]
    command: Command,
    /// What `cargo bench` says to every benchmark.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Writes one capture of made-up traffic.
    Make {
        /// What kind of traffic.
        kind: traffic::Kind,
        /// How much of it.
        #[arg(long, default_value_t = 1_000_000)]
        packets: u64,
        /// Where to.
        file: PathBuf,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Typed::parse().command {
        Command::Make {
            kind,
            packets,
            file,
        } => {
            let mut file = BufWriter::with_capacity(1 << 20, File::create(file)?);
            let made = traffic::write(kind, packets, &mut file)?;
            file.into_inner()?;
            println!("{made:?}");
            Ok(())
        }
    }
}
