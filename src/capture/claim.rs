//! Stretches of a file that may be read by whoever has the time, before it is their turn to be looked at: copying
//! them out of the kernel is most of the work of reading, and needs to know nothing of what came before.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom},
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Batch;

/// How much is read at once, in bytes. Larger stretches are read hardly faster and leave the cache sooner.
pub(super) const STRETCH: usize = 96 << 10;

/// The room before a stretch, in bytes: a record that began in the one before is put together there. Kernels merge
/// segments into records of 64 KiB and a bit.
pub(super) const HEADROOM: usize = 80 << 10;

/// A stretch of a file that nobody has read yet.
#[derive(Debug)]
pub struct Claim {
    file: Arc<File>,
    offset: u64,
    read: Arc<AtomicU64>,
}

/// A stretch that was read and not looked at. It stands in a batch's bytes, behind the headroom.
#[derive(Debug)]
pub(super) struct Ahead {
    claim: Claim,
    len: usize,
}

impl Claim {
    /// Reads the stretch into a batch, which is of use for nothing but to be filled then. What cannot be read is
    /// left to that.
    pub fn read_into(self, batch: &mut Batch) {
        let room = batch.room(HEADROOM + STRETCH);
        let room = room.get_mut(HEADROOM..).unwrap_or_default();
        let len = self.read(room);
        self.read.fetch_add(len as u64, Ordering::Relaxed);
        batch.ahead = Some(Ahead { claim: self, len });
    }

    fn read(&self, room: &mut [u8]) -> usize {
        let mut len = 0;
        while let Some(room) = room.get_mut(len..).filter(|room| !room.is_empty()) {
            match self.file.read_at(room, self.offset + len as u64) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        len
    }
}

impl Ahead {
    /// How many bytes were read.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// A regular file that is read from its cursor on, and by claims beyond that.
pub(super) struct Claims {
    file: Arc<File>,
    /// Counts the bytes that were read.
    read: Arc<AtomicU64>,
    /// The end of what was claimed; nothing was before the first claim.
    end: Option<u64>,
    /// The file's size when it was opened. What has grown beyond is read from the cursor on.
    size: u64,
}

impl Claims {
    /// Claims on `file`, which has `size` bytes. `read` counts those that were read.
    pub(super) fn of(file: Arc<File>, size: u64, read: Arc<AtomicU64>) -> Self {
        Self {
            file,
            read,
            end: None,
            size,
        }
    }

    /// The next stretch, if there is a whole one.
    pub(super) fn claim(&mut self) -> Option<Claim> {
        let offset = match self.end {
            Some(end) => end,
            None => (&*self.file).stream_position().ok()?,
        };
        let end = offset.checked_add(STRETCH as u64)?;
        if end > self.size {
            return None;
        }
        self.end = Some(end);
        Some(Claim {
            file: Arc::clone(&self.file),
            offset,
            read: Arc::clone(&self.read),
        })
    }

    /// Moves the cursor behind what was read ahead. False when that is not what lies at the cursor.
    pub(super) fn pass(&mut self, ahead: &Ahead) -> bool {
        let Claim { file, offset, .. } = &ahead.claim;
        let mut cursor = &*self.file;
        Arc::ptr_eq(file, &self.file)
            && cursor.stream_position().is_ok_and(|at| at == *offset)
            && cursor
                .seek(SeekFrom::Start(offset + ahead.len as u64))
                .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, path::PathBuf};

    use tempfile::NamedTempFile;

    use super::*;
    use crate::capture::{Next, Source as _, Then, savefile::Savefile, stop::Stop};

    /// A pcap file with records of these lengths, of bytes that tell their place.
    fn capture(lens: impl Iterator<Item = usize>) -> NamedTempFile {
        let mut bytes = Vec::new();
        bytes.extend(0xa1b2_c3d4_u32.to_le_bytes());
        bytes.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
        for (number, len) in lens.enumerate() {
            for field in [number, 0, len, len] {
                bytes.extend((field as u32).to_le_bytes());
            }
            bytes.extend((0..len).map(|at| (number * 31 + at) as u8));
        }
        let mut file = NamedTempFile::new().expect("a temporary file");
        file.write_all(&bytes).expect("there is room");
        file
    }

    fn open(file: &NamedTempFile) -> Savefile {
        let path: PathBuf = file.path().into();
        let stop = Stop::new().expect("a pipe");
        Savefile::open(&[path], &stop).expect("a capture")
    }

    /// Every frame, read one by one, and how many troubles there were.
    fn one_by_one(file: &NamedTempFile) -> (Vec<Vec<u8>>, usize) {
        let (mut source, mut frames) = (open(file), Vec::new());
        while let Ok(Next::Frame(frame)) = source.next() {
            frames.push(frame.data.to_vec());
        }
        (frames, source.ending().troubles.len())
    }

    /// The same in batches, of which `many` are claimed before the first of them is filled, and read in the opposite
    /// order. Also how many were claimed.
    fn in_claims(file: &NamedTempFile, many: usize) -> (Vec<Vec<u8>>, usize, usize) {
        let (mut source, mut frames) = (open(file), Vec::new());
        let (mut troubles, mut claimed) = (0, 0);
        loop {
            let claims: Vec<_> = (0..many).map_while(|_| source.claim()).collect();
            claimed += claims.len();
            let mut batches: Vec<_> = (0..claims.len().max(1)).map(|_| Batch::default()).collect();
            for (claim, batch) in claims.into_iter().zip(&mut batches).rev() {
                claim.read_into(batch);
            }
            for mut batch in batches {
                let then = source.fill(&mut batch).expect("files tell of troubles");
                frames.extend(batch.frames().map(|frame| frame.data().to_vec()));
                troubles += batch.ending.troubles.len();
                if then == Then::End {
                    return (frames, troubles, claimed);
                }
            }
        }
    }

    #[test]
    fn what_is_read_ahead_is_what_is_read_in_order() {
        let small = capture((0..40_000).map(|number| number % 130));
        let merged = capture((0..200).map(|number| number % 3 * 33_000));
        let huge = capture((0..30).map(|number| if number == 7 { 700_000 } else { 50_000 }));
        for (file, least) in [(&small, 10), (&merged, 10), (&huge, 1)] {
            let (frames, troubles) = one_by_one(file);
            for many in 1..4 {
                let (found, its_troubles, claimed) = in_claims(file, many);
                assert!(found == frames, "{} of {}", found.len(), frames.len());
                assert_eq!(its_troubles, troubles);
                assert!(claimed >= least, "{claimed}");
            }
        }
    }

    #[test]
    fn a_file_may_be_cut_short_or_damaged() {
        let file = capture((0..40_000).map(|number| number % 130));
        let whole = fs::read(file.path()).expect("it is there");
        let mut damaged = whole.clone();
        // The captured length of the first record.
        damaged[1_000_000..1_000_100].fill(0xff);
        for bytes in [&whole[..1_234_567], &damaged] {
            fs::write(file.path(), bytes).expect("there is room");
            let (frames, troubles) = one_by_one(&file);
            assert_eq!(troubles, 1);
            for many in 1..4 {
                let (found, its_troubles, _) = in_claims(&file, many);
                assert!(found == frames, "{} of {}", found.len(), frames.len());
                assert_eq!(its_troubles, troubles);
            }
        }
    }

    #[test]
    fn a_file_that_shrinks_ends_where_it_ends() {
        let file = capture((0..40_000).map(|number| number % 130));
        let mut source = open(&file);
        let claims: Vec<_> = (0..3).map_while(|_| source.claim()).collect();
        assert_eq!(claims.len(), 3);
        let in_the_second = STRETCH as u64 * 3 / 2;
        file.as_file()
            .set_len(in_the_second)
            .expect("it may shrink");
        let mut troubles = 0;
        for claim in claims {
            let mut batch = Batch::default();
            claim.read_into(&mut batch);
            source.fill(&mut batch).expect("files tell of troubles");
            troubles += batch.ending.troubles.len();
        }
        assert_eq!(troubles, 1, "the last record is cut");
    }
}
