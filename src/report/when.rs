//! Points in time and spans of it, as people read them.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::digits;
use crate::time::Timestamp;

/// Nanoseconds in a second.
const NANOS: u64 = 1_000_000_000;

/// How the time of a line is told (`--time`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// Seconds since the first frame.
    #[default]
    Relative,
    /// Date and time of day in UTC, as RFC 3339 writes them.
    Utc,
    /// Date and time of day in the zone of this machine, with its offset.
    Local,
    /// Seconds since the line before.
    Delta,
}

/// Writes the time of each line, always six digits behind the second.
///
/// Dates are worked out once a second; what is left for each line is six digits.
#[derive(Clone, Debug)]
pub struct Clock {
    format: TimeFormat,
    zone: TimeZone,
    first: Option<Timestamp>,
    previous: Option<Timestamp>,
    /// Since when `prefix` and `suffix` hold, for a second: nanoseconds since the first frame or the epoch.
    begin: Option<i64>,
    prefix: Vec<u8>,
    suffix: String,
}

impl Clock {
    /// For a format; local times are those of this machine's zone.
    pub fn new(format: TimeFormat) -> Self {
        let zone = if format == TimeFormat::Local {
            TimeZone::system()
        } else {
            TimeZone::UTC
        };
        Self {
            format,
            zone,
            first: None,
            previous: None,
            begin: None,
            prefix: Vec::new(),
            suffix: String::new(),
        }
    }

    /// Tells when the first frame was captured, when the first line may come later than it.
    pub fn begin(&mut self, at: Timestamp) {
        self.first.get_or_insert(at);
    }

    /// How many columns a time takes; relative ones grow after 99,999 seconds.
    pub fn columns(&self) -> usize {
        match self.format {
            TimeFormat::Relative | TimeFormat::Delta => 12,
            TimeFormat::Utc => 27,
            TimeFormat::Local => 32,
        }
    }

    /// Writes a time.
    #[inline]
    pub fn write(&mut self, at: Timestamp, out: &mut Vec<u8>) {
        let first = *self.first.get_or_insert(at);
        let previous = self.previous.replace(at).unwrap_or(first);
        match self.format {
            TimeFormat::Relative => self.seconds(at.nanos_since(first), out),
            TimeFormat::Delta => self.seconds(at.nanos_since(previous), out),
            TimeFormat::Utc | TimeFormat::Local => self.date(at, out),
        }
    }

    #[inline]
    fn seconds(&mut self, nanos: i64, out: &mut Vec<u8>) {
        let rest = match within_second(nanos, self.begin) {
            Some(rest) => rest,
            None => self.tell_whole_seconds(nanos),
        };
        match self.prefix.first_chunk() {
            // As long as nearly all are.
            Some(prefix @ [_, _, _, _, _, b'.']) => out.extend_from_slice(prefix),
            _ => out.extend_from_slice(&self.prefix),
        }
        digits::six(rest / 1000, out);
    }

    /// Returns the nanoseconds behind the second.
    fn tell_whole_seconds(&mut self, nanos: i64) -> u32 {
        let size = nanos.unsigned_abs();
        let rest = (size % NANOS) as u32;
        // Below zero they count the other way.
        self.begin = (nanos >= 0).then(|| nanos - i64::from(rest));
        self.prefix.clear();
        if nanos < 0 {
            self.prefix.push(b'-');
        }
        digits::decimal(size / NANOS, &mut self.prefix);
        digits::pad_left(0, self.columns() - 7, &mut self.prefix);
        self.prefix.push(b'.');
        rest
    }

    fn date(&mut self, at: Timestamp, out: &mut Vec<u8>) {
        let rest = match within_second(at.as_nanos(), self.begin) {
            Some(rest) => rest,
            None => self.tell_second(at),
        };
        out.extend_from_slice(&self.prefix);
        digits::six(rest / 1000, out);
        out.extend_from_slice(self.suffix.as_bytes());
    }

    /// Returns the nanoseconds behind the second.
    fn tell_second(&mut self, at: Timestamp) -> u32 {
        use std::{fmt::Write as _, io::Write as _};

        let (second, rest) = seconds(at);
        self.begin = at.as_nanos().checked_sub(rest.into());
        self.prefix.clear();
        self.suffix.clear();
        // Every second of a 64-bit count of nanoseconds lies within jiff's years.
        let whole = jiff::Timestamp::from_second(second).unwrap_or_default();
        let zoned = whole.to_zoned(self.zone.clone());
        let _ = write!(self.prefix, "{}", zoned.strftime("%Y-%m-%dT%H:%M:%S."));
        if self.format == TimeFormat::Local {
            let _ = write!(self.suffix, "{}", zoned.strftime("%:z"));
        } else {
            self.suffix.push('Z');
        }
        rest
    }
}

/// Writes points in time for programs: RFC 3339 in UTC with nine digits, as [`Timestamp`] displays itself.
///
/// Dates are worked out once a second, too.
#[derive(Debug, Default)]
pub struct Instants {
    /// Since when `prefix` holds, for a second.
    begin: Option<i64>,
    /// `2026-11-22T20:32:25.`
    prefix: [u8; 20],
}

impl Instants {
    /// Writes a time.
    pub fn write(&mut self, at: Timestamp, out: &mut Vec<u8>) {
        let nanos = within_second(at.as_nanos(), self.begin).unwrap_or_else(|| {
            let (_, rest) = seconds(at);
            self.begin = at.as_nanos().checked_sub(rest.into());
            // A 64-bit count of nanoseconds reaches only years of four digits.
            let all = at.to_string();
            self.prefix = all.as_bytes().first_chunk().copied().unwrap_or_default();
            rest
        });
        out.extend_from_slice(&self.prefix);
        digits::nine(nanos, out);
        out.push(b'Z');
    }
}

/// A span as people say it: `850 ns`, `25 µs`, `1.2 ms`, `3.0 s`, `2 min 5 s`, `3 h 12 min`, `5 d 2 h`.
pub fn span(time: Duration, out: &mut Vec<u8>) {
    let nanos = time.as_nanos();
    let seconds = time.as_secs();
    // Half of the last digit shown is where the next unit begins: 999.95 ms is 1.0 s.
    if nanos < 1000 {
        digits::decimal(nanos as u64, out);
        out.extend_from_slice(b" ns");
    } else if nanos < 999_500 {
        digits::decimal(((nanos + 500) / 1000) as u64, out);
        out.extend_from_slice(" µs".as_bytes());
    } else if nanos < 999_950_000 {
        tenths(((nanos + 50_000) / 100_000) as u64, b" ms", out);
    } else if nanos < 59_950_000_000 {
        tenths(((nanos + 50_000_000) / 100_000_000) as u64, b" s", out);
    } else if seconds < 3600 {
        two(seconds.max(60), 60, b" min", 1, b" s", out);
    } else if seconds < 86_400 {
        two(seconds, 3600, b" h", 60, b" min", out);
    } else {
        two(seconds, 86_400, b" d", 3600, b" h", out);
    }
}

/// [`span`] as a string, where speed does not matter.
pub fn span_text(time: Duration) -> String {
    let mut out = Vec::new();
    span(time, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// How many nanoseconds lie behind the second that began then, unless it is over.
#[inline]
fn within_second(nanos: i64, begin: Option<i64>) -> Option<u32> {
    let rest = nanos.checked_sub(begin?)?.cast_unsigned();
    (rest < NANOS).then_some(rest as u32)
}

/// Whole seconds since the epoch, and the nanoseconds since then.
fn seconds(at: Timestamp) -> (i64, u32) {
    let (nanos, second) = (at.as_nanos(), NANOS.cast_signed());
    (nanos.div_euclid(second), nanos.rem_euclid(second) as u32)
}

fn tenths(number: u64, unit: &[u8], out: &mut Vec<u8>) {
    digits::decimal(number / 10, out);
    out.push(b'.');
    digits::decimal(number % 10, out);
    out.extend_from_slice(unit);
}

fn two(seconds: u64, big: u64, big_unit: &[u8], small: u64, small_unit: &[u8], out: &mut Vec<u8>) {
    digits::decimal(seconds / big, out);
    out.extend_from_slice(big_unit);
    let rest = seconds % big / small;
    if rest > 0 {
        out.push(b' ');
        digits::decimal(rest, out);
        out.extend_from_slice(small_unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANOS: i64 = super::NANOS.cast_signed();

    fn told(clock: &mut Clock, nanos: i64) -> String {
        let mut out = Vec::new();
        clock.write(Timestamp::from_nanos(nanos), &mut out);
        let text = String::from_utf8(out).expect("ASCII");
        assert_eq!(text.len(), clock.columns());
        text
    }

    #[test]
    fn relative_counts_from_the_first_frame() {
        let mut clock = Clock::new(TimeFormat::Relative);
        clock.begin(Timestamp::from_nanos(1_000_000_500));
        assert_eq!(told(&mut clock, 1_000_000_500), "    0.000000");
        assert_eq!(told(&mut clock, 1_000_031_500), "    0.000031");
        assert_eq!(told(&mut clock, 99_999 * NANOS), "99997.999999");
        assert_eq!(told(&mut clock, 500), "   -1.000000");
    }

    #[test]
    fn delta_counts_from_the_line_before() {
        let mut clock = Clock::new(TimeFormat::Delta);
        assert_eq!(told(&mut clock, 5 * NANOS), "    0.000000");
        assert_eq!(told(&mut clock, 6 * NANOS), "    1.000000");
        assert_eq!(told(&mut clock, 6 * NANOS + 2000), "    0.000002");
        assert_eq!(told(&mut clock, 6 * NANOS), "   -0.000002");
    }

    #[test]
    fn dates_follow_the_second_and_the_zone() {
        let at = 1_795_379_545 * NANOS + 302_959_999;
        let mut clock = Clock::new(TimeFormat::Utc);
        assert_eq!(told(&mut clock, at), "2026-11-22T20:32:25.302959Z");
        assert_eq!(told(&mut clock, at + NANOS), "2026-11-22T20:32:26.302959Z");
        assert_eq!(told(&mut clock, -1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(told(&mut clock, i64::MAX), "2262-04-11T23:47:16.854775Z");
        assert_eq!(told(&mut clock, i64::MIN), "1677-09-21T00:12:43.145224Z");

        let mut clock = Clock::new(TimeFormat::Local);
        clock.zone = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(told(&mut clock, at), "2026-11-23T04:32:25.302959+08:00");
    }

    #[test]
    fn instants_are_what_a_time_displays() {
        let mut instants = Instants::default();
        let ends = [0, 1, -1, NANOS, NANOS - 1, i64::MIN, i64::MAX];
        for nanos in ends
            .into_iter()
            .flat_map(|nanos| [nanos, nanos ^ 0x2a5f_17c3])
        {
            let at = Timestamp::from_nanos(nanos);
            let mut out = Vec::new();
            instants.write(at, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), at.to_string());
        }
    }

    #[test]
    fn spans_in_the_unit_that_fits() {
        for (nanos, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1000, "1 µs"),
            (25_400, "25 µs"),
            (999_499, "999 µs"),
            (999_500, "1.0 ms"),
            (1_234_000, "1.2 ms"),
            (999_949_999, "999.9 ms"),
            (999_950_000, "1.0 s"),
            (3_000_000_000, "3.0 s"),
            (59_949_999_999, "59.9 s"),
            (59_950_000_000, "1 min"),
            (125_000_000_000, "2 min 5 s"),
            (3_599_999_999_999, "59 min 59 s"),
            (11_520_000_000_000, "3 h 12 min"),
            (439_200_000_000_000, "5 d 2 h"),
        ] {
            assert_eq!(span_text(Duration::from_nanos(nanos)), text);
        }
        assert!(span_text(Duration::MAX).ends_with(" h"));
    }
}
