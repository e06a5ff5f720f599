//! What a source knows of the interfaces its frames were seen on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::link_type::LinkType;

/// An interface as a capture describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name as raw bytes, empty where the capture does not tell it.
    pub name: Vec<u8>,
    /// What its frames begin with.
    pub link_type: LinkType,
    /// Bytes after which its frames were cut; 0 when they were not.
    pub snaplen: u32,
}

/// The interfaces of one source, at the index that [`Frame::interface`](super::Frame) names.
///
/// It is a handle: clones see what the source learns while it is read, a file of several
/// interfaces tells them one by one.
#[derive(Clone, Debug, Default)]
pub struct Descriptions(Arc<Mutex<Vec<Description>>>);

impl Descriptions {
    /// How many are known by now.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none is known yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The interface at an index.
    pub fn get(&self, index: u32) -> Option<Description> {
        self.lock().get(usize::try_from(index).ok()?).cloned()
    }

    /// The link types known by now, each once, in order of appearance.
    pub fn link_types(&self) -> Vec<LinkType> {
        let mut link_types = Vec::new();
        for description in self.lock().iter() {
            if !link_types.contains(&description.link_type) {
                link_types.push(description.link_type);
            }
        }
        link_types
    }

    /// Adds an interface.
    pub(super) fn push(&self, description: Description) {
        self.lock().push(description);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Description>> {
        // A list that is only pushed to is whole, whoever panicked while holding it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
