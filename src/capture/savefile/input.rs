//! Where a savefile's bytes come from: a file, a pipe, standard input; unpacked when they are gzip.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Cursor, IsTerminal as _, Read},
    os::{fd::AsFd as _, unix::fs::OpenOptionsExt as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::MultiGzDecoder;
use rustix::fs::OFlags;

use crate::capture::{
    Error,
    claim::Claims,
    stop::{Stop, Woken},
};

use super::window::Window;

/// How much of a gzip file is read at once, in bytes.
const PACKED_BLOCK: usize = 256 << 10;

/// RFC 1952 section 2.3.1: `ID1`, `ID2` and the only compression method there is.
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];

/// Opens `path`, or standard input for `-`. Every byte read is added to `read`.
pub(super) fn open(path: &Path, stop: &Stop, read: &Arc<AtomicU64>) -> Result<Window, Error> {
    let failed = |error| Error::read(path, error);
    let file = if path == Path::new("-") {
        if io::stdin().is_terminal() {
            return Err(Error::TerminalInput);
        }
        standard_input().map_err(failed)?
    } else {
        // Opening a named pipe would wait for its writer, deaf to Ctrl-C.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
        file.map_err(failed)?
    };
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let file = Arc::new(file);
    let input = Input {
        file: Arc::clone(&file),
        stop: stop.clone(),
        read: Arc::clone(read),
    };
    let claims = metadata
        .is_file()
        .then(|| Claims::of(file, metadata.len(), Arc::clone(read)));
    unpacked(input, claims).map_err(failed)
}

/// The bytes of `reader`, unpacked when they are gzip; otherwise they may be claimed.
pub(super) fn unpacked(
    reader: impl Read + Send + 'static,
    claims: Option<Claims>,
) -> io::Result<Window> {
    let mut window = Window::new(Box::new(reader), claims);
    window.need(GZIP_MAGIC.len())?;
    if !window.bytes().starts_with(&GZIP_MAGIC) {
        return Ok(window);
    }
    let (head, reader) = window.into_parts();
    let packed = BufReader::with_capacity(PACKED_BLOCK, Cursor::new(head).chain(reader));
    Ok(Window::new(Box::new(MultiGzDecoder::new(packed)), None))
}

/// The bytes of all of `paths` together, when all are regular files, also where standard input is one.
pub(super) fn total_size<'a>(paths: impl Iterator<Item = &'a Path>) -> Option<u64> {
    let mut total = 0_u64;
    for path in paths {
        let metadata = if path == Path::new("-") {
            standard_input().and_then(|file| file.metadata())
        } else {
            fs::metadata(path)
        };
        match metadata {
            Ok(metadata) if metadata.is_file() => total = total.saturating_add(metadata.len()),
            Ok(_) => return None,
            // Told when its turn comes.
            Err(_) => {}
        }
    }
    Some(total)
}

fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// A file whose reading a stop ends, as if it ended there.
struct Input {
    file: Arc<File>,
    stop: Stop,
    read: Arc<AtomicU64>,
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stop.wait(self.file.as_fd(), None)? {
                Woken::Stopped => return Ok(0),
                Woken::Silence => continue,
                Woken::Readable | Woken::Failed => {}
            }
            match (&*self.file).read(buffer) {
                Ok(count) => {
                    self.read.fetch_add(count as u64, Ordering::Relaxed);
                    return Ok(count);
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
