//! The files of --svg and --mermaid.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use inspector::{
    capture::write,
    report::ladder::{self, Ladder, layout::Layout},
};

use super::{Error, complain, say};
use crate::cli::Look;

/// A picture has at most this many rails.
const MAX_LANES: usize = 24;

/// Files to draw into.
pub(super) struct Pictures {
    files: Vec<Picture>,
}

struct Picture {
    path: PathBuf,
    file: File,
    draw: Draw,
}

/// Writes a picture of a layout.
type Draw = fn(&Layout, &mut dyn io::Write) -> io::Result<()>;

impl Pictures {
    /// Creates the files, all or none.
    pub(super) fn create(look: &Look, inputs: &[PathBuf]) -> Result<Self, Error> {
        let typed = &look.pictures;
        let mut pictures = Self { files: Vec::new() };
        let wanted: [(_, Draw); 2] = [
            (&typed.svg, ladder::write_svg),
            (&typed.mermaid, ladder::write_mermaid),
        ];
        for (path, draw) in wanted {
            let Some(path) = path else {
                continue;
            };
            let file = write::create(path, look.force, inputs)
                .inspect_err(|_| pictures.abandon(look.force))?;
            pictures.files.push(Picture {
                path: path.clone(),
                file,
                draw,
            });
        }
        Ok(pictures)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Draws what was collected. False when something could not be written, which was told.
    pub(super) fn draw(self, ladder: &Ladder) -> bool {
        let layout = ladder.layout(MAX_LANES);
        let mut is_whole = true;
        for picture in self.files {
            let mut out = BufWriter::new(&picture.file);
            let drawn = (picture.draw)(&layout, &mut out).and_then(|()| out.flush());
            let path = picture.path.display();
            match drawn {
                Ok(()) if picture.path == Path::new("-") => {}
                Ok(()) => say(&format!("the ladder is drawn in {path}")),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                Err(error) => {
                    complain(&format!(
                        "cannot write to {path}: {error}; is the disk full?"
                    ));
                    is_whole = false;
                }
            }
        }
        is_whole
    }

    /// Nothing was drawn: files that were not there before need not stay behind.
    fn abandon(&self, force: bool) {
        for picture in &self.files {
            let is_file = picture.file.metadata().is_ok_and(|it| it.is_file());
            if !force && is_file && picture.path != Path::new("-") {
                let _ = fs::remove_file(&picture.path);
            }
        }
    }
}
