//! A capture several times over, each time later.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use crate::{Failure, traffic::Made};

/// Bytes at the beginning of a capture file, and before each frame.
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

/// Writes a classic pcap file of this machine's byte order as often as makes at most so many
/// packets, but at least once.
///
/// Fails when it is another kind of file, is cut short, or cannot be read or written.
pub fn write(source: &Path, packets: u64, to: &mut impl Write) -> Result<Made, Failure> {
    let file = fs::read(source)?;
    let (header, records) = file
        .split_at_checked(FILE_HEADER)
        .ok_or("it is too short")?;
    if ![0xa1b2_c3d4, 0xa1b2_3c4d].contains(&word(header, 0)) {
        return Err(format!("{} is no pcap file", source.display()).into());
    }
    let (mut count, mut latest) = (0, 0);
    each(records, |seconds, _| {
        count += 1;
        latest = latest.max(seconds);
        Ok(())
    })?;
    let span = latest - word(records, 0) + 1;
    to.write_all(header)?;
    let times = (packets / count).max(1);
    for time in 0..times as u32 {
        each(records, |seconds, record| {
            to.write_all(&seconds.wrapping_add(time * span).to_ne_bytes())?;
            to.write_all(&record[4..])
        })?;
    }
    Ok(Made {
        packets: count * times,
        bytes: FILE_HEADER as u64 + records.len() as u64 * times,
        conversations: 0,
    })
}

/// Shows each record with the seconds of its time.
fn each(
    mut records: &[u8],
    mut show: impl FnMut(u32, &[u8]) -> io::Result<()>,
) -> Result<(), Failure> {
    while !records.is_empty() {
        if records.len() < RECORD_HEADER {
            return Err("it is cut short".into());
        }
        let length = RECORD_HEADER + word(records, 8) as usize;
        let (record, rest) = records.split_at_checked(length).ok_or("it is cut short")?;
        show(word(record, 0), record)?;
        records = rest;
    }
    Ok(())
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes[at..at + 4].try_into().expect("four bytes");
    u32::from_ne_bytes(word)
}
