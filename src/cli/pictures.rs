//! What may be typed to have pictures drawn.

use std::{ops::RangeInclusive, path::PathBuf};

use clap::Args;

/// Which pictures, and of what.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pictures")]
pub struct Pictures {
    /// Draw the ladder into an SVG file too, whatever is shown
    #[arg(long, value_name = "FILE", conflicts_with = "follow")]
    pub svg: Option<PathBuf>,
    /// Draw the ladder into a file as a Mermaid sequence diagram too
    #[arg(long, value_name = "FILE", conflicts_with = "follow")]
    pub mermaid: Option<PathBuf>,
    /// Write all of the session as one HTML page too: summary, ladder, who said what, story, tables, and each
    /// frame's layers and bytes
    #[arg(long, value_name = "FILE", conflicts_with = "follow")]
    pub html: Option<PathBuf>,
    /// Draw only these frames of the ladder, such as 20-60 (all are tracked)
    #[arg(long, value_name = "A-B", value_parser = frames)]
    pub frames: Option<RangeInclusive<u64>>,
}

impl Pictures {
    /// The files that pictures go to.
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.svg, &self.mermaid, &self.html].into_iter().flatten()
    }
}

/// `20-60`, `20-` to the end, `20` alone.
fn frames(typed: &str) -> Result<RangeInclusive<u64>, String> {
    let number = |digits: &str| {
        let digits = Some(digits).filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
        digits?.parse().ok().filter(|number| *number > 0)
    };
    let range = match typed.split_once('-') {
        Some((from, "")) => number(from).map(|from| from..=u64::MAX),
        Some((from, to)) => number(from).zip(number(to)).map(|(from, to)| from..=to),
        None => number(typed).map(|only| only..=only),
    };
    range
        .filter(|range| !range.is_empty())
        .ok_or_else(|| "write frame numbers from 1 on such as 20-60, 20- or 20".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_numbers_from_one_on() {
        assert_eq!(frames("20-60"), Ok(20..=60));
        assert_eq!(frames("20-"), Ok(20..=u64::MAX));
        assert_eq!(frames("7"), Ok(7..=7));
        for wrong in ["", "-", "0-3", "9-3", "-60", "a-b", "1-2-3", "+1-2"] {
            assert!(frames(wrong).is_err(), "{wrong}");
        }
    }
}
