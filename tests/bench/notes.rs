//! The places in the notes where tables are, between two marks.

use std::{fs, path::Path};

use crate::Failure;

/// What has tables; not each has all.
const NOTES: [&str; 2] = ["README.md", "tests/bench/README.md"];

/// Puts a table wherever it has its marks: `<!-- NAME -->` and `<!-- /NAME -->`.
///
/// Fails when the notes cannot be written, or none has these marks.
pub fn write(name: &str, table: &str) -> Result<(), Failure> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let mut written = 0;
    for note in NOTES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(note);
        let text = fs::read_to_string(&path)?;
        let Some((before, rest)) = text.split_once(&begin) else {
            continue;
        };
        let (_, after) = rest.split_once(&end).ok_or("a mark is missing")?;
        fs::write(&path, format!("{before}{begin}\n{table}{end}{after}"))?;
        written += 1;
    }
    if written == 0 {
        return Err(format!("no note has the marks {begin} and {end}").into());
    }
    Ok(())
}
