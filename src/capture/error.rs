//! Why a capture cannot go on.
/// (being built)
#[derive(Debug)]
pub enum Error {}
