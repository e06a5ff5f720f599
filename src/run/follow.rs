//! The files of --raw.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use inspector::{
    capture::write,
    report::follow::Follow,
    track::flow::{Both, Side},
};

use super::{Error, complain, say};
use crate::cli::look::Look;

/// The files of `--raw`, one a side.
pub(super) struct RawFiles {
    paths: Both<PathBuf>,
    files: Both<File>,
}

impl RawFiles {
    /// Creates both, or neither.
    pub(super) fn create(look: &Look, inputs: &[PathBuf]) -> Result<Option<Self>, Error> {
        let Some(path) = &look.part.raw else {
            return Ok(None);
        };
        let paths = Both {
            orig: beside(path, "orig"),
            resp: beside(path, "resp"),
        };
        let create = |path: &Path| write::create(path, look.force, inputs);
        let orig = create(&paths.orig)?;
        let resp = create(&paths.resp).inspect_err(|_| {
            // Nothing was written: the other file need not stay behind, if it was not there before.
            if !look.force && orig.metadata().is_ok_and(|metadata| metadata.is_file()) {
                let _ = fs::remove_file(&paths.orig);
            }
        })?;
        Ok(Some(Self {
            paths,
            files: Both { orig, resp },
        }))
    }

    /// What writes into them.
    pub(super) fn writers(&self) -> Result<Both<Box<dyn Write + Send>>, Error> {
        let writer = |file: &File| -> io::Result<Box<dyn Write + Send>> {
            Ok(Box::new(BufWriter::new(file.try_clone()?)))
        };
        Ok(Both {
            orig: writer(&self.files.orig)?,
            resp: writer(&self.files.resp)?,
        })
    }

    /// Says what is in the files. False when something is not.
    pub(super) fn tell<W: Write>(&self, follow: &Follow<W>) -> bool {
        for side in [Side::Orig, Side::Resp] {
            let path = self.paths.of(side).display();
            let missing = *follow.missing().of(side);
            if missing > 0 {
                let bytes = if missing == 1 { "byte" } else { "bytes" };
                say(&format!(
                    "{missing} {bytes} that the capture does not hold are not in {path}"
                ));
            }
        }
        for side in [Side::Orig, Side::Resp] {
            let late = *follow.late().of(side);
            if late > 0 {
                let bytes = if late == 1 { "byte" } else { "bytes" };
                say(&format!(
                    "{late} {bytes} captured too late to be put in order are not in {}",
                    self.paths.of(side).display()
                ));
            }
        }
        let Some((side, error)) = follow.raw_trouble() else {
            return true;
        };
        complain(&format!(
            "cannot write to {}: {error}; is the disk full?",
            self.paths.of(*side).display()
        ));
        false
    }
}

/// chat.bin becomes chat.orig.bin.
fn beside(path: &Path, side: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".");
    name.push(side);
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}
