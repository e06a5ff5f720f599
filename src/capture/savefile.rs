//! Capture files: pcap and pcapng, plain or gzip, from a path or from standard input.
//!
//! Read in stretches and not through libpcap: that is twice as fast, reads what libpcap
//! refuses (several link types in one pcapng, records above 256 KiB), keeps nanoseconds, works on a
//! pipe, and memory stays flat. Frames are lent out of the one buffer, none is copied.

mod input;
mod pcap;
mod pcapng;
mod registry;
mod window;

use std::{
    collections::VecDeque,
    io::{self, Read},
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    capture::{
        Batch, Claim, Descriptions, Ending, Error, Frame, Next, Source, Then, batch::Place,
        stop::Stop,
    },
    link_type::LinkType,
    time::Timestamp,
};

use registry::Registry;
use window::Window;

/// The longest record that is believed, in bytes. No link carries such frames; libpcap stops at
/// 256 KiB, and a kernel's merged segments reach beyond.
const LONGEST_RECORD: usize = 64 << 20;

/// One or several capture files as one source, in the order given.
///
/// Each is opened when the one before has ended. A file that cannot be read, is damaged or ends
/// inside a record is told in [`Ending::troubles`]; what is whole in it is told, and the next file
/// follows. So [`Source::next`] never fails here.
pub struct Savefile {
    current: Option<Current>,
    waiting: VecDeque<PathBuf>,
    registry: Registry,
    ending: Ending,
    stop: Stop,
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

struct Current {
    path: PathBuf,
    window: Window,
    format: Format,
    frames: u64,
}

impl Savefile {
    /// Opens the first of `paths` that can be read; `-` is standard input. When none can, that is
    /// the error. A stop ends the reading between two frames, also while a pipe is silent.
    pub fn open(paths: &[PathBuf], stop: &Stop) -> Result<Self, Error> {
        let mut savefile = Self::waiting(paths, stop);
        savefile.total = input::total_size(paths.iter().map(PathBuf::as_path));
        savefile.advance();
        if savefile.current.is_none() && !stop.requested() {
            let mut troubles = mem::take(&mut savefile.ending.troubles).into_iter();
            if let Some(first) = troubles.next() {
                return Err(match troubles.len() {
                    0 => first,
                    others => Error::NoneReadable {
                        first: Box::new(first),
                        others,
                    },
                });
            }
        }
        Ok(savefile)
    }

    /// Reads a capture from anything, plain or gzip. Errors name it `name`.
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        name: impl Into<PathBuf>,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let path = name.into();
        let mut savefile = Self::waiting(&[], stop);
        let window = input::unpacked(reader, None).map_err(|error| Error::read(&path, error))?;
        savefile.current = Some(Current::begin(path, window, &mut savefile.registry)?);
        Ok(savefile)
    }

    /// Bytes read, and bytes in all where every file is a regular one. Gzip counts packed.
    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.read.load(Ordering::Relaxed), self.total)
    }

    /// The link types met by now, in order of appearance.
    pub fn link_types(&self) -> Vec<LinkType> {
        self.registry.descriptions().link_types()
    }

    fn waiting(paths: &[PathBuf], stop: &Stop) -> Self {
        Self {
            current: None,
            waiting: paths.iter().cloned().collect(),
            registry: Registry::default(),
            ending: Ending::default(),
            stop: stop.clone(),
            read: Arc::default(),
            total: None,
        }
    }

    /// The next record and where it is from; its data begin the window. Troubles are noted on the way.
    fn record(&mut self) -> Option<(Record, &mut Current)> {
        let record = loop {
            let current = self.current.as_mut()?;
            let read = current
                .format
                .record(&mut current.window, &mut self.registry);
            if self.stop.requested() {
                self.current = None;
                self.waiting.clear();
                return None;
            }
            match read {
                Ok(Some(record)) => break record,
                Ok(None) => {}
                Err(fault) => {
                    self.ending.truncated_tail |= fault.is_truncation();
                    self.ending
                        .troubles
                        .push(fault.at(&current.path, current.frames));
                }
            }
            self.advance();
        };
        let current = self.current.as_mut()?;
        current.frames += 1;
        self.ending.normalised += u64::from(record.normalised);
        Some((record, current))
    }

    /// Goes on to the next file that can be read, if there is one.
    fn advance(&mut self) {
        self.current = None;
        while let Some(path) = self.waiting.pop_front() {
            let opened = input::open(&path, &self.stop, &self.read)
                .and_then(|window| Current::begin(path, window, &mut self.registry));
            match opened {
                Ok(current) => {
                    self.current = Some(current);
                    return;
                }
                // What looks like a bad file is one whose reading was stopped.
                Err(_) if self.stop.requested() => return,
                Err(error) => self.ending.troubles.push(error),
            }
        }
    }
}

impl Source for Savefile {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        let Some((record, current)) = self.record() else {
            return Ok(Next::End);
        };
        let data = current.window.take(record.whole_len);
        let data = data.get(..record.captured_len).unwrap_or(data);
        Ok(Next::Frame(Frame {
            at: record.at,
            link_type: record.link_type,
            interface: record.interface,
            original_len: record.original_len,
            data,
        }))
    }

    fn fill(&mut self, batch: &mut Batch) -> Result<Then, Error> {
        batch.clear();
        if let Some(current) = &mut self.current {
            current.window.go_on_with(batch);
        }
        batch.ahead = None;
        let then = match self.record() {
            Some((record, current)) => {
                current.window.place(&record, batch);
                let normalised = current.format.place_all(&mut current.window, batch);
                // The first is counted.
                current.frames += batch.len() as u64 - 1;
                current.window.change_buffer(batch);
                self.ending.normalised += normalised;
                Then::More
            }
            None => Then::End,
        };
        batch.ending.add(mem::take(&mut self.ending));
        Ok(then)
    }

    fn claim(&mut self) -> Option<Claim> {
        self.current.as_mut()?.window.claim()
    }

    fn stop(&self) -> Option<&Stop> {
        Some(&self.stop)
    }

    fn ending(&mut self) -> Ending {
        mem::take(&mut self.ending)
    }

    fn interfaces(&self) -> Descriptions {
        self.registry.descriptions()
    }
}

impl Current {
    /// Reads the file's own header.
    fn begin(path: PathBuf, mut window: Window, registry: &mut Registry) -> Result<Self, Error> {
        let format = Format::begin(&mut window, registry).map_err(|fault| match fault {
            Fault::NotThis if window.bytes().is_empty() => Error::Empty { path: path.clone() },
            fault => fault.at(&path, 0),
        })?;
        Ok(Self {
            path,
            window,
            format,
            frames: 0,
        })
    }
}

/// How a file is laid out.
enum Format {
    Pcap(pcap::Reader),
    Pcapng(pcapng::Reader),
}

impl Format {
    fn begin(window: &mut Window, registry: &mut Registry) -> Result<Self, Fault> {
        window.need(4)?;
        registry.begin_section();
        match window.bytes().first_chunk() {
            Some(&pcapng::SECTION_HEADER) => Ok(Self::Pcapng(pcapng::Reader::begin(window)?)),
            Some(magic) => Ok(Self::Pcap(pcap::Reader::begin(*magic, window, registry)?)),
            None => Err(Fault::NotThis),
        }
    }

    fn record(
        &mut self,
        window: &mut Window,
        registry: &mut Registry,
    ) -> Result<Option<Record>, Fault> {
        match self {
            Self::Pcap(reader) => reader.record(window),
            Self::Pcapng(reader) => reader.record(window, registry),
        }
    }

    /// Places the records that are in the window already, up to one that is not, or of which [`Format::record`]
    /// has something to tell. Returns how many of them contradicted themselves.
    fn place_all(&mut self, window: &mut Window, batch: &mut Batch) -> u64 {
        match self {
            Self::Pcap(reader) => reader.place_all(window, batch),
            Self::Pcapng(reader) => reader.place_all(window, batch),
        }
    }
}

/// A record whose header was consumed and whose data begins the window.
#[derive(Clone, Copy)]
struct Record {
    at: Timestamp,
    link_type: LinkType,
    interface: u32,
    original_len: usize,
    captured_len: usize,
    /// Bytes to the next record: the data, its padding and what else follows.
    whole_len: usize,
    /// The header contradicted itself.
    normalised: bool,
}

impl Record {
    /// Where the data lie that begin at `start`.
    #[inline]
    fn place(&self, start: usize) -> Place {
        Place {
            at: self.at,
            link_type: self.link_type,
            interface: self.interface,
            original_len: self.original_len as u32,
            start: start as u32,
            len: self.captured_len as u32,
        }
    }
}

/// Why no record could be read.
enum Fault {
    /// The file does not begin as this format does.
    NotThis,
    Truncated,
    Version(&'static str, (u16, u16)),
    /// What is wrong, and at which byte of the file.
    Damaged(String, u64),
    Read(io::Error),
}

impl Fault {
    fn is_truncation(&self) -> bool {
        match self {
            Self::Truncated => true,
            // A gzip file that was cut short.
            Self::Read(error) => error.kind() == io::ErrorKind::UnexpectedEof,
            _ => false,
        }
    }

    fn at(self, path: &Path, frames: u64) -> Error {
        let path = path.to_owned();
        match self {
            fault if fault.is_truncation() => Error::Truncated { path, frames },
            Self::Truncated | Self::NotThis => Error::NotACapture { path },
            Self::Version(format, version) => Error::Version {
                path,
                format,
                version,
            },
            Self::Damaged(what, offset) => Error::Damaged {
                path,
                frame: frames + 1,
                offset,
                what,
            },
            Self::Read(error) => Error::read(&path, error),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// The byte order in which a file, or a section of it, was written.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    /// Two bytes at `at`. The caller has made sure that they are there; else it is 0.
    fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let raw = chunk(bytes, at);
        match self {
            Self::Little => u16::from_le_bytes(raw),
            Self::Big => u16::from_be_bytes(raw),
        }
    }

    /// Four bytes at `at`, as [`Order::u16`].
    #[inline]
    fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let raw = chunk(bytes, at);
        match self {
            Self::Little => u32::from_le_bytes(raw),
            Self::Big => u32::from_be_bytes(raw),
        }
    }

    /// Four words of four bytes.
    #[inline]
    fn words(self, bytes: [u8; 16]) -> [u32; 4] {
        let words: [u32; 4] = [0, 4, 8, 12].map(|at| u32::from_le_bytes(chunk(&bytes, at)));
        match self {
            Self::Little => words,
            Self::Big => words.map(u32::swap_bytes),
        }
    }

    /// Eight bytes at `at`, as [`Order::u16`].
    fn i64(self, bytes: &[u8], at: usize) -> i64 {
        let raw = chunk(bytes, at);
        match self {
            Self::Little => i64::from_le_bytes(raw),
            Self::Big => i64::from_be_bytes(raw),
        }
    }
}

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk().copied())
        .unwrap_or([0; N])
}

#[cfg(test)]
pub(in crate::capture) mod tests;
