//! One list of interfaces over all files and all sections of them.

use crate::capture::{Description, Descriptions};

use super::Fault;

/// More interfaces than any capture has; a file of nothing but interfaces would fill the memory.
const MOST_INTERFACES: usize = 4096;

/// Gives each interface of each section its index in the source's list.
///
/// Two interfaces of one section are never the same; an interface that an earlier section or file
/// described in the same words is, so a rotated set of files has one `eth0` and not hundreds.
#[derive(Default)]
pub(super) struct Registry {
    descriptions: Descriptions,
    known: Vec<Known>,
    section: u64,
}

struct Known {
    description: Description,
    /// The last section that named it.
    section: u64,
}

impl Registry {
    /// A new section, or a new file, begins.
    pub(super) fn begin_section(&mut self) {
        self.section += 1;
    }

    /// The index of the interface that the section at `offset` describes.
    pub(super) fn add(&mut self, description: Description, offset: u64) -> Result<u32, Fault> {
        let same =
            |known: &Known| known.section != self.section && known.description == description;
        let index = match self.known.iter().position(same) {
            Some(index) => index,
            None if self.known.len() == MOST_INTERFACES => {
                let what = format!("it describes more than {MOST_INTERFACES} interfaces");
                return Err(Fault::Damaged(what, offset));
            }
            None => {
                self.descriptions.push(description.clone());
                self.known.push(Known {
                    description,
                    section: self.section,
                });
                self.known.len() - 1
            }
        };
        if let Some(known) = self.known.get_mut(index) {
            known.section = self.section;
        }
        Ok(index as u32)
    }

    /// The list, as far as it is known.
    pub(super) fn descriptions(&self) -> Descriptions {
        self.descriptions.clone()
    }
}

#[cfg(test)]
mod tests {
    use crate::link_type::LinkType;

    use super::*;

    #[test]
    fn sections_share_interfaces_and_a_section_does_not() {
        let description = |snaplen| Description {
            name: b"eth0".to_vec(),
            link_type: LinkType::Ethernet,
            snaplen,
        };
        let mut registry = Registry::default();
        let mut add = |begin: bool, snaplen| {
            if begin {
                registry.begin_section();
            }
            registry.add(description(snaplen), 0).ok()
        };
        assert_eq!(add(true, 96), Some(0));
        assert_eq!(add(false, 96), Some(1));
        assert_eq!(add(true, 128), Some(2));
        assert_eq!(add(false, 96), Some(0));
        assert_eq!(add(false, 96), Some(1));
        assert_eq!(add(false, 96), Some(3));
    }

    #[test]
    fn the_list_is_bounded() {
        let mut registry = Registry::default();
        let described = (0..=MOST_INTERFACES)
            .filter(|_| {
                let description = Description {
                    name: Vec::new(),
                    link_type: LinkType::Ethernet,
                    snaplen: 0,
                };
                registry.add(description, 0).is_ok()
            })
            .count();
        // Section 0 was never begun, so all of these are of one section.
        assert_eq!(described, MOST_INTERFACES);
    }
}
