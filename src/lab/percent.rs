//! How many of a hundred.

use std::{fmt, str::FromStr};

/// Hundredths of a percent in all.
const ALL: u32 = 10_000;

/// A share, kept in hundredths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percent(u32);

impl Percent {
    /// A share of whole percents; more than 100 is 100.
    pub const fn from_whole(percents: u32) -> Self {
        Self(if percents > 100 { ALL } else { percents * 100 })
    }

    /// Whether a number drawn by chance, each as likely as the other, falls into the share.
    pub(super) fn covers(self, drawn: u64) -> bool {
        drawn % u64::from(ALL) < u64::from(self.0)
    }
}

impl FromStr for Percent {
    type Err = String;

    /// `10%`, `10` or `0.5%`.
    fn from_str(typed: &str) -> Result<Self, String> {
        let number = typed.strip_suffix('%').unwrap_or(typed);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| -> Option<u32> {
            let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            all.then(|| text.parse().ok()).flatten()
        };
        let hundredths = match fraction.len() {
            1 => digits(fraction).map(|tenths| tenths * 10),
            2 => digits(fraction),
            _ => None,
        };
        let share = digits(whole)
            .and_then(|whole| whole.checked_mul(100))
            .zip(hundredths)
            .and_then(|(whole, hundredths)| whole.checked_add(hundredths))
            .filter(|share| *share <= ALL);
        share
            .map(Self)
            .ok_or_else(|| "write a share such as 10% or 0.5%, up to 100%".to_owned())
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}%"),
            (whole, rest) => write!(f, "{whole}.{rest:02}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_as_people_write_them() {
        for (typed, told) in [
            ("10%", "10%"),
            ("10", "10%"),
            ("0.5%", "0.50%"),
            ("0.05", "0.05%"),
            ("100%", "100%"),
            ("0", "0%"),
        ] {
            let share: Percent = typed.parse().unwrap();
            assert_eq!(share.to_string(), told);
        }
        for typed in [
            "",
            "%",
            "-1",
            "+1",
            "101%",
            "100.01",
            "1.234",
            "ten",
            "9999999999",
            "1.x",
        ] {
            assert!(typed.parse::<Percent>().is_err(), "{typed}");
        }
    }

    #[test]
    fn none_and_all_are_exact() {
        for drawn in 0..u64::from(ALL) {
            assert!(!Percent::from_whole(0).covers(drawn));
            assert!(Percent::from_whole(100).covers(drawn));
        }
    }
}
