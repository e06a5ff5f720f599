//! A bar on stderr while a big capture is read.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use inspector::capture::{
    Batch, Claim, Descriptions, Ending, Error, Next, Source, Then, savefile::Savefile, stop::Stop,
};

/// Smaller inputs are read before a bar could be looked at, in bytes.
const BIG: u64 = 64 << 20;

/// Capture files, and a bar that tells how far they are read.
pub struct Progress {
    files: Savefile,
    bar: Option<ProgressBar>,
    frames: u64,
}

impl Progress {
    /// Shows a bar if it is wanted and the files are big.
    pub fn new(files: Savefile, wanted: bool) -> Self {
        let (_, total) = files.progress();
        let bar = total.filter(|total| wanted && *total >= BIG).map(|total| {
            let bar =
                ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
            if let Ok(style) = ProgressStyle::with_template(
                "{wide_bar} {percent}%  {bytes} of {total_bytes}  {bytes_per_sec}  {msg} packets  {eta} left",
            ) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        Self {
            files,
            bar,
            frames: 0,
        }
    }
}

impl Source for Progress {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        self.files.next()
    }

    fn fill(&mut self, batch: &mut Batch) -> Result<Then, Error> {
        let then = self.files.fill(batch);
        if let Some(bar) = &self.bar {
            self.frames += batch.len() as u64;
            bar.set_position(self.files.progress().0);
            bar.set_message(HumanCount(self.frames).to_string());
        }
        then
    }

    fn claim(&mut self) -> Option<Claim> {
        self.files.claim()
    }

    fn stop(&self) -> Option<&Stop> {
        self.files.stop()
    }

    fn ending(&mut self) -> Ending {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.files.ending()
    }

    fn interfaces(&self) -> Descriptions {
        self.files.interfaces()
    }
}
