//! The names of --names.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
};

use inspector::report::names::Names;

use super::{Error, lang};
use crate::cli::look::{Look, View};

/// A file of names is at most this big, in bytes.
const MAX_NAMES: u64 = 16 << 20;

/// The names of `--names`. Where several are one socket's, that is said here unless the timeline says it.
pub(super) fn names_of_people(look: &Look) -> Result<Names, Error> {
    let names = names_in(look.part.names.as_deref())?;
    let is_timeline = look.view() == View::Timeline && !look.json && look.part.follow.is_none();
    if !is_timeline {
        for sentence in names.shared(lang(look)) {
            // Escaped already.
            let _ = writeln!(io::stderr(), "inspector: {sentence}");
        }
    }
    Ok(names)
}

/// The names in a file, or none.
pub(super) fn names_in(path: Option<&Path>) -> Result<Names, Error> {
    let Some(path) = path else {
        return Ok(Names::default());
    };
    let cannot = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let mut toml = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_NAMES).read_to_string(&mut toml))
        .map_err(|error| cannot(&format!("cannot read the names: {error}")))?;
    Ok(Names::parse(&toml).map_err(|error| cannot(&error))?)
}
