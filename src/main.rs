//! `inspector`: parse, run, map the outcome to an exit code; nothing else.

mod cli;
mod progress;
mod run;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match cli::Cli::typed() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version are answers, not mistakes; a closed pipe is no failure of theirs.
            let _ = answer.print();
            return ExitCode::from(if answer.use_stderr() { 2 } else { 0 });
        }
    };
    match run::run(cli.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            run::complain(&error);
            ExitCode::FAILURE
        }
    }
}
