//! The captures that are measured with: made once, kept in a folder.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    Failure, repeated,
    traffic::{self, Kind, Made},
};

/// Where captures are kept.
pub struct Folder {
    pub path: PathBuf,
    /// The capture that *mix* repeats.
    pub mix: Option<PathBuf>,
}

/// A capture file.
pub struct Capture {
    pub path: PathBuf,
    pub made: Made,
}

/// What a capture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Made(Kind),
    /// Real traffic, repeated.
    Mix,
}

impl Content {
    /// What the notes call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Made(Kind::Chat) => "chat",
            Self::Made(Kind::Bulk) => "bulk",
            Self::Made(Kind::Flows) => "flows",
            Self::Made(Kind::Flows6) => "flows6",
            Self::Mix => "mix",
        }
    }
}

/// How much of a kept file is compared with what would be made today.
const LOOKED_AT: u64 = 2_000;

impl Folder {
    /// A capture with so many packets, made when it is not there yet; *mix* may have up to one
    /// repetition fewer.
    ///
    /// Fails when it cannot be written, and for *mix* without a capture to repeat.
    pub fn capture(&self, content: Content, packets: u64) -> Result<Capture, Failure> {
        let name = content.name();
        let path = self.path.join(format!("{name}-{packets}.pcap"));
        if let Some(made) = kept(content, &path) {
            return Ok(Capture { path, made });
        }
        eprintln!("making {}", path.display());
        fs::create_dir_all(&self.path)?;
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        let made = match content {
            Content::Made(kind) => traffic::write(kind, packets, &mut file)?,
            Content::Mix => repeated::write(self.mix()?, packets, &mut file)?,
        };
        file.flush()?;
        let Made {
            packets,
            bytes,
            conversations,
        } = made;
        fs::write(
            note_of(&path),
            format!("{packets} packets, {bytes} bytes, {conversations} conversations\n"),
        )?;
        Ok(Capture { path, made })
    }

    fn mix(&self) -> Result<&Path, Failure> {
        let missing = "there is no capture to repeat: name one with --mix";
        Ok(self.mix.as_deref().ok_or(missing)?)
    }
}

/// What a file that is there already holds, if it is whole and begins as it would be made today.
fn kept(content: Content, path: &Path) -> Option<Made> {
    let note = fs::read_to_string(note_of(path)).ok()?;
    let mut numbers = note.split_ascii_whitespace().flat_map(str::parse);
    let made = Made {
        packets: numbers.next()?,
        bytes: numbers.next()?,
        conversations: numbers.next()?,
    };
    if fs::metadata(path).ok()?.len() != made.bytes {
        return None;
    }
    if let Content::Made(kind) = content {
        let mut today = Vec::new();
        traffic::write(kind, made.packets.min(LOOKED_AT), &mut today).ok()?;
        let mut then = vec![0; today.len()];
        File::open(path).ok()?.read_exact(&mut then).ok()?;
        if then != today {
            return None;
        }
    }
    Some(made)
}

/// Where it is noted how much a file holds.
fn note_of(path: &Path) -> PathBuf {
    path.with_extension("txt")
}

/// Puts a capture into the page cache, whose filling is not what is measured.
pub fn warm(capture: &Capture) -> io::Result<()> {
    io::copy(&mut File::open(&capture.path)?, &mut io::sink())?;
    Ok(())
}
