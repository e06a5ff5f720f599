//! A bar on stderr while a big capture is read.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use inspector::capture::{Descriptions, Ending, Error, Next, Source, savefile::Savefile};

/// Smaller inputs are read before a bar could be looked at, in bytes.
const BIG: u64 = 64 << 20;

/// Frames between two looks at how far it is.
const LOOK_EVERY: u32 = 1 << 14;

/// Capture files, and a bar that tells how far they are read.
pub struct Progress {
    files: Savefile,
    bar: Option<ProgressBar>,
    frames: u32,
}

impl Progress {
    /// Shows a bar if it is wanted and the files are big.
    pub fn new(files: Savefile, wanted: bool) -> Self {
        let (_, total) = files.progress();
        let bar = total.filter(|total| wanted && *total >= BIG).map(|total| {
            let bar =
                ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:30} {percent}%  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left",
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
        if let Some(bar) = &self.bar {
            self.frames = self.frames.wrapping_add(1);
            if self.frames.is_multiple_of(LOOK_EVERY) {
                bar.set_position(self.files.progress().0);
            }
        }
        self.files.next()
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
