//! Writing captures, pcapng or pcap, so that nothing is lost silently.
//!
//! Not through libpcap: it drops what does not fit on a full disk, tells nobody, and leaves a file
//! that ends inside a record.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, IsTerminal as _, Write as _},
    os::{
        fd::AsFd as _,
        unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use crate::{link_type::LinkType, time::Timestamp};

use super::{Description, Descriptions, Error, Frame};

/// Bytes that are collected before they are written.
const BUFFER: usize = 256 << 10;

/// What a capture may be read by: its owner. It holds what others said.
const MODE: u32 = 0o600;

/// The snaplen of a pcap file whose source does not tell one.
const SNAPLEN: u32 = 262_144;

/// A capture file being written.
///
/// After an error the file ends after its last whole record, and all further calls do nothing.
#[must_use = "what is still in the buffer is written by `finish`, which tells whether it could be"]
pub struct Writer {
    path: PathBuf,
    file: File,
    /// A file that can be cut back, no pipe.
    regular: bool,
    format: Format,
    descriptions: Descriptions,
    buffer: Vec<u8>,
    /// Where the blocks in the buffer end, and whether each is a frame.
    ends: Vec<(usize, bool)>,
    /// Bytes and frames that are in the file.
    written: u64,
    frames: u64,
    failed: bool,
}

enum Format {
    /// The interfaces that were described, in the order of their numbers, and the last one used.
    Pcapng(Vec<(u32, LinkType)>, usize),
    /// The file's link type, once its header was written.
    Pcap(Option<LinkType>),
}

impl Writer {
    /// Creates `path`, `-` for standard output: a pcap file when the name ends in `.pcap`, else
    /// pcapng.
    ///
    /// A file that exists is overwritten only with `force`, and never when it is one of `inputs`; a
    /// symbolic link is not followed. Only the owner may read the file. `descriptions` are the
    /// source's, see [`Source::interfaces`](super::Source::interfaces).
    pub fn create(
        path: &Path,
        force: bool,
        inputs: &[PathBuf],
        descriptions: Descriptions,
    ) -> Result<Self, Error> {
        let file = create(path, force, inputs)?;
        let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let is_pcap = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("pcap"));
        let mut writer = Self {
            path: path.to_owned(),
            file,
            regular: regular && path != Path::new("-"),
            format: if is_pcap {
                Format::Pcap(None)
            } else {
                Format::Pcapng(Vec::new(), 0)
            },
            descriptions,
            buffer: Vec::with_capacity(BUFFER),
            ends: Vec::new(),
            written: 0,
            frames: 0,
            failed: false,
        };
        match &mut writer.format {
            Format::Pcapng(..) => writer.section_header(),
            Format::Pcap(_) => {
                if let Some(first) = writer.descriptions.get(0) {
                    writer.file_header(&first);
                }
            }
        }
        Ok(writer)
    }

    /// Adds a frame.
    ///
    /// Fails when the file cannot be written to, when a pcap file would need a second link type, or
    /// when the format has no room for the frame's time.
    pub fn write(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        if self.failed {
            return Ok(());
        }
        match &self.format {
            Format::Pcapng(..) => self.enhanced_packet(frame)?,
            Format::Pcap(_) => self.record(frame)?,
        }
        if self.buffer.len() < BUFFER {
            return Ok(());
        }
        self.flush()
    }

    /// Writes what was collected. After it the file is a whole capture of all frames so far.
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.failed || self.buffer.is_empty() {
            return Ok(());
        }
        let (done, result) = self.write_buffer();
        // All of the buffer, or as much of it as is whole.
        let whole = self.ends.partition_point(|(end, _)| *end <= done);
        let ends = self.ends.get(..whole).unwrap_or_default();
        let kept = ends.last().map_or(0, |(end, _)| *end);
        self.written += kept as u64;
        self.frames += ends.iter().filter(|(_, is_frame)| *is_frame).count() as u64;
        self.ends.clear();
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER);
        let Err(source) = result else {
            return Ok(());
        };
        self.failed = true;
        let cut = done == kept || (self.regular && self.file.set_len(self.written).is_ok());
        let (path, frames) = (self.path.clone(), self.frames);
        Err(if cut {
            Error::Write {
                path,
                frames,
                source,
            }
        } else {
            Error::WriteCut {
                path,
                frames,
                source,
            }
        })
    }

    /// Writes the rest, and gives the number of frames in the file.
    pub fn finish(mut self) -> Result<u64, Error> {
        if let Format::Pcap(None) = self.format
            && !self.failed
        {
            // No frame came to tell a link type.
            self.file_header(&self.described(0, LinkType::Ethernet));
        }
        self.flush()?;
        Ok(self.frames)
    }

    /// Frames in the file and in the buffer.
    pub fn frames(&self) -> u64 {
        let waiting = self.ends.iter().filter(|(_, is_frame)| *is_frame);
        self.frames + waiting.count() as u64
    }

    /// How many bytes of the buffer could be written.
    fn write_buffer(&mut self) -> (usize, io::Result<()>) {
        let mut done = 0;
        while let Some(rest) = self.buffer.get(done..).filter(|rest| !rest.is_empty()) {
            match self.file.write(rest) {
                Ok(0) => return (done, Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (done, Err(error)),
            }
        }
        (done, Ok(()))
    }

    /// Section Header Block, with nothing of this machine in it and its length left open.
    fn section_header(&mut self) {
        self.block(0x0a0d_0d0a, |buffer| {
            put(buffer, &[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]);
        });
        self.end(false);
    }

    /// Interface Description Block: link type, snaplen, `if_name`, `if_tsresol` of nanoseconds.
    fn interface_description(&mut self, description: &Description) {
        self.block(1, |buffer| {
            put(
                buffer,
                &[description.link_type.number().into(), description.snaplen],
            );
            let name = String::from_utf8_lossy(&description.name);
            if !name.is_empty() {
                buffer.extend(2_u16.to_le_bytes());
                buffer.extend((name.len() as u16).to_le_bytes());
                buffer.extend(name.as_bytes());
                pad(buffer);
            }
            buffer.extend([9, 0, 1, 0, 9, 0, 0, 0]);
            buffer.extend([0; 4]);
        });
        self.end(false);
    }

    fn enhanced_packet(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let Ok(nanos) = u64::try_from(frame.at.as_nanos()) else {
            return Err(self.out_of_range(frame.at));
        };
        let number = self.number(frame);
        self.block(6, |buffer| {
            let (high, low) = ((nanos >> 32) as u32, nanos as u32);
            let [captured, original] = lengths(frame);
            put(buffer, &[number, high, low, captured, original]);
            buffer.extend_from_slice(frame.data);
            pad(buffer);
        });
        self.end(true);
        Ok(())
    }

    /// The number of the frame's interface in the file. One of the source's that has frames of two
    /// link types becomes two.
    fn number(&mut self, frame: &Frame<'_>) -> u32 {
        let wanted = (frame.interface, frame.link_type);
        let Format::Pcapng(known, last) = &mut self.format else {
            return 0;
        };
        if known.get(*last) == Some(&wanted) {
            return *last as u32;
        }
        let at = known.iter().position(|one| *one == wanted);
        *last = at.unwrap_or(known.len());
        let number = *last as u32;
        if at.is_none() {
            known.push(wanted);
            let description = self.described(frame.interface, frame.link_type);
            self.interface_description(&description);
        }
        number
    }

    /// The header of a pcap file, with times in nanoseconds.
    fn file_header(&mut self, description: &Description) {
        self.format = Format::Pcap(Some(description.link_type));
        let snaplen = match description.snaplen {
            0 => SNAPLEN,
            snaplen => snaplen,
        };
        // Version 2.4: major in the lower half, as both are 16 bits.
        let words = [0xa1b2_3c4d, 4 << 16 | 2, 0, 0, snaplen];
        put(&mut self.buffer, &words);
        put(&mut self.buffer, &[description.link_type.number().into()]);
        self.end(false);
    }

    fn record(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        match self.format {
            Format::Pcap(Some(first)) if first != frame.link_type => {
                let error = Error::SecondLinkType {
                    path: self.path.clone(),
                    first,
                    second: frame.link_type,
                    frames: self.frames(),
                };
                return Err(self.closed(error));
            }
            Format::Pcap(Some(_)) => {}
            _ => {
                let description = self.described(frame.interface, frame.link_type);
                self.file_header(&description);
            }
        }
        let nanos = frame.at.as_nanos();
        let Ok(seconds) = u32::try_from(nanos.div_euclid(1_000_000_000)) else {
            return Err(self.out_of_range(frame.at));
        };
        let fraction = nanos.rem_euclid(1_000_000_000) as u32;
        let [captured, original] = lengths(frame);
        put(&mut self.buffer, &[seconds, fraction, captured, original]);
        self.buffer.extend_from_slice(frame.data);
        self.end(true);
        Ok(())
    }

    /// What the source tells of an interface, for frames of a link type.
    fn described(&self, interface: u32, link_type: LinkType) -> Description {
        let told = self.descriptions.get(interface).unwrap_or(Description {
            name: Vec::new(),
            link_type,
            snaplen: 0,
        });
        Description { link_type, ..told }
    }

    fn out_of_range(&mut self, at: Timestamp) -> Error {
        let error = Error::TimeOutOfRange {
            path: self.path.clone(),
            at,
            frames: self.frames(),
        };
        self.closed(error)
    }

    /// Ends the file with what it has. When that fails, it is the worse news.
    fn closed(&mut self, error: Error) -> Error {
        let flushed = self.flush();
        self.failed = true;
        flushed.err().unwrap_or(error)
    }

    /// Adds a block around what `body` writes. [`Writer::end`] makes it part of the file.
    fn block(&mut self, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
        let start = self.buffer.len();
        put(&mut self.buffer, &[kind, 0]);
        body(&mut self.buffer);
        let len = (self.buffer.len() - start + 4) as u32;
        put(&mut self.buffer, &[len]);
        if let Some(field) = self.buffer.get_mut(start + 4..start + 8) {
            field.copy_from_slice(&len.to_le_bytes());
        }
    }

    /// What stands in the buffer is whole.
    fn end(&mut self, is_frame: bool) {
        self.ends.push((self.buffer.len(), is_frame));
    }
}

/// Whoever forgets to finish loses no frame, only the chance to hear of a failure.
impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

fn lengths(frame: &Frame<'_>) -> [u32; 2] {
    [frame.data.len(), frame.original_len].map(|len| u32::try_from(len).unwrap_or(u32::MAX))
}

fn put(buffer: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        buffer.extend(word.to_le_bytes());
    }
}

/// Fills up to four bytes. Blocks begin at such places, so the buffer's length will do.
fn pad(buffer: &mut Vec<u8>) {
    buffer.resize(buffer.len().next_multiple_of(4), 0);
}

/// Creates a file that holds what others said, `-` for standard output: only its owner may read it.
///
/// One that exists is overwritten only with `force`, and never when it is one of `inputs`; a symbolic
/// link is not followed.
pub fn create(path: &Path, force: bool, inputs: &[PathBuf]) -> Result<File, Error> {
    let failed = |source| Error::Create {
        path: path.to_owned(),
        source,
    };
    if path == Path::new("-") {
        let stdout = io::stdout();
        if stdout.is_terminal() {
            return Err(Error::TerminalOutput);
        }
        let file = stdout.as_fd().try_clone_to_owned().map_err(failed)?;
        return Ok(File::from(file));
    }
    // The flags of all: std adds that no child inherits the file.
    let mut options = OpenOptions::new();
    options
        .write(true)
        .mode(MODE)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created.map_err(failed),
    }
    let kind = fs::symlink_metadata(path).map_err(failed)?.file_type();
    // A device or a pipe holds nothing that could be overwritten.
    let empty = kind.is_char_device() || kind.is_fifo();
    if !force && !empty {
        return Err(Error::Exists {
            path: path.to_owned(),
        });
    }
    if kind.is_symlink() {
        let source = io::Error::other("it is a symbolic link, and those are not followed");
        return Err(failed(source));
    }
    let file = options.open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_file() {
        let same = |input: &PathBuf| {
            fs::metadata(input)
                .is_ok_and(|input| (input.dev(), input.ino()) == (metadata.dev(), metadata.ino()))
        };
        if inputs.iter().any(same) {
            return Err(Error::OverwritesInput {
                path: path.to_owned(),
            });
        }
        file.set_permissions(Permissions::from_mode(MODE))
            .map_err(failed)?;
        file.set_len(0).map_err(failed)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
