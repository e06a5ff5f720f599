//! The files of --svg, --mermaid and --html.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use inspector::{
    capture::write,
    report::{
        Options, Report,
        ladder::{self, Ladder, layout::Layout},
        page::Page,
    },
};

use super::{Error, complain, say};
use crate::cli::look::Look;

/// A picture has at most this many rails.
const MAX_LANES: usize = 24;

/// Files to draw into, and what collects what is drawn.
pub(super) struct Pictures {
    files: Vec<Picture>,
    ladder: Option<Ladder>,
    page: Option<Page>,
}

struct Picture {
    path: PathBuf,
    file: File,
    kind: Kind,
}

/// What a file shows.
#[derive(Clone, Copy)]
enum Kind {
    /// The ladder.
    Ladder(fn(&Layout, &mut dyn io::Write) -> io::Result<()>),
    /// All of the session.
    Page,
}

impl Pictures {
    /// Creates the files, all or none.
    pub(super) fn create(
        look: &Look,
        inputs: &[PathBuf],
        options: &Options,
    ) -> Result<Self, Error> {
        let typed = &look.pictures;
        let has_ladder = typed.svg.is_some() || typed.mermaid.is_some();
        let mut pictures = Self {
            files: Vec::new(),
            ladder: has_ladder.then(|| Ladder::new(options.clone())),
            page: typed.html.is_some().then(|| Page::new(options.clone())),
        };
        let wanted = [
            (&typed.svg, Kind::Ladder(ladder::write_svg)),
            (&typed.mermaid, Kind::Ladder(ladder::write_mermaid)),
            (&typed.html, Kind::Page),
        ];
        for (path, kind) in wanted {
            let Some(path) = path else {
                continue;
            };
            let file = write::create(path, look.force, inputs)
                .inspect_err(|_| pictures.abandon(look.force))?;
            pictures.files.push(Picture {
                path: path.clone(),
                file,
                kind,
            });
        }
        Ok(pictures)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What is to be told besides the report that is shown.
    pub(super) fn reports(&mut self) -> impl Iterator<Item = &mut dyn Report> {
        let ladder = self.ladder.as_mut().map(|it| it as &mut dyn Report);
        let page = self.page.as_mut().map(|it| it as &mut dyn Report);
        ladder.into_iter().chain(page)
    }

    /// Draws what was collected. False when something could not be written, which was told.
    pub(super) fn draw(self) -> bool {
        let layout = self.ladder.map(|ladder| ladder.layout(MAX_LANES));
        let mut is_whole = true;
        for picture in self.files {
            let mut out = BufWriter::new(&picture.file);
            let drawn = match (picture.kind, &layout, &self.page) {
                (Kind::Ladder(draw), Some(layout), _) => draw(layout, &mut out),
                (Kind::Page, _, Some(page)) => page.write(&mut out),
                _ => Ok(()),
            };
            let drawn = drawn.and_then(|()| out.flush());
            let path = picture.path.display();
            match drawn {
                Ok(()) if picture.path == Path::new("-") => {}
                Ok(()) => say(&match picture.kind {
                    Kind::Ladder(_) => format!("the ladder is drawn in {path}"),
                    Kind::Page => format!("the page is in {path}: open it in a browser"),
                }),
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
