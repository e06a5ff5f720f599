//! Where entries stand, by the hash of their keys. A line of the cache has room for eight of them; what
//! finds no room in its own stands in one of the next. So a look-up nearly always ends in the one line where it begins,
//! which the memory can be asked for long before, and compares all that is there at once. No entry is looked at to
//! grow, to find another, or to be told from nearly all others.

use std::mem;

use wide::u32x8;

use crate::track::fetch;

/// The index. It holds at most 2³¹ entries.
#[derive(Debug, Default)]
pub struct Index {
    /// None, or a power of two, of whose places no more than seven eighths are taken.
    lines: Vec<Line>,
    len: usize,
}

/// Places that are looked at together.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line {
    /// [`FREE`] where nothing stands.
    hashes: [u32; WIDTH],
    slots: [u32; WIDTH],
}

const WIDTH: usize = 8;

/// The hash of no entry.
const FREE: u32 = 0;

const EMPTY: Line = Line {
    hashes: [FREE; WIDTH],
    slots: [0; WIDTH],
};

impl Index {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Has the memory fetch where a look-up of this hash begins.
    #[inline]
    pub fn fetch(&self, hash: u32) {
        fetch::one(&self.lines, self.home(own(hash)));
    }

    /// The first slot with this hash that is the one looked for.
    #[inline]
    pub fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let (line, place) = self.position(own(hash), is_it)?;
        self.lines.get(line)?.slots.get(place).copied()
    }

    /// The first slot with this hash: nearly always it is the one looked for. With a hash in four milliards it is any.
    #[inline]
    pub fn first(&self, hash: u32) -> Option<u32> {
        let mut at = self.home(hash);
        while let Some(line) = self.lines.get(at) {
            // Behind the last where there is none: this way it is asked only once.
            let place = (line.places_of(hash) | 1 << WIDTH).trailing_zeros();
            if let Some(slot) = line.slots.get(place as usize) {
                return Some(*slot);
            }
            if !line.is_full() {
                break;
            }
            at = self.behind(at);
        }
        None
    }

    /// One more entry.
    pub fn insert(&mut self, hash: u32, slot: u32) {
        if self.len >= self.lines.len() * (WIDTH / 8 * 7) {
            self.grow();
        }
        self.put(own(hash), slot);
        self.len += 1;
    }

    /// Forgets the entry that stands in a slot.
    pub fn remove(&mut self, hash: u32, slot: u32) {
        let Some((mut line, mut place)) = self.position(own(hash), |other| other == slot) else {
            return;
        };
        self.len -= 1;
        // Who found no room here may move up, and who found none there.
        while let Some((from, (hash, slot))) = self.first_that_passed(line) {
            self.set(line, place, (hash, slot));
            (line, place) = from;
        }
        self.set(line, place, (FREE, 0));
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    #[inline]
    fn position(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<(usize, usize)> {
        let mut at = self.home(hash);
        while let Some(line) = self.lines.get(at) {
            let mut found = line.places_of(hash);
            while found != 0 {
                let place = found.trailing_zeros() as usize;
                if line.slots.get(place).is_some_and(|slot| is_it(*slot)) {
                    return Some((at, place));
                }
                found &= found - 1;
            }
            // There always is one that is not full.
            if !line.is_full() {
                break;
            }
            at = self.behind(at);
        }
        None
    }

    /// The first entry behind a line that would stand there had there been room: where it does, and what it is.
    fn first_that_passed(&self, passed: usize) -> Option<((usize, usize), (u32, u32))> {
        let mut at = passed;
        while self.lines.get(at)?.is_full() {
            at = self.behind(at);
            let line = self.lines.get(at)?;
            for (place, (hash, slot)) in line.hashes.iter().zip(&line.slots).enumerate() {
                let way = self.distance(self.home(*hash), at);
                if *hash != FREE && way >= self.distance(passed, at) {
                    return Some(((at, place), (*hash, *slot)));
                }
            }
        }
        None
    }

    /// The line in which the entry of a hash belongs.
    #[inline]
    fn home(&self, hash: u32) -> usize {
        hash as usize & self.mask()
    }

    #[inline]
    fn behind(&self, line: usize) -> usize {
        (line + 1) & self.mask()
    }

    /// How many lines one is behind the other.
    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.mask()
    }

    #[inline]
    fn mask(&self) -> usize {
        self.lines.len().wrapping_sub(1)
    }

    fn set(&mut self, line: usize, place: usize, (hash, slot): (u32, u32)) {
        if let Some(line) = self.lines.get_mut(line)
            && let (Some(its), Some(stands)) =
                (line.hashes.get_mut(place), line.slots.get_mut(place))
        {
            (*its, *stands) = (hash, slot);
        }
    }

    /// Puts an entry into the first line that has room.
    fn put(&mut self, hash: u32, slot: u32) {
        let mut at = self.home(hash);
        while let Some(line) = self.lines.get(at) {
            let free = line.places_of(FREE);
            if free != 0 {
                return self.set(at, free.trailing_zeros() as usize, (hash, slot));
            }
            at = self.behind(at);
        }
    }

    fn grow(&mut self) {
        let more = (2 * self.lines.len()).max(1);
        let before = mem::replace(&mut self.lines, vec![EMPTY; more]);
        for line in before {
            for (hash, slot) in line.hashes.into_iter().zip(line.slots) {
                if hash != FREE {
                    self.put(hash, slot);
                }
            }
        }
    }
}

impl Line {
    /// The places with this hash, a bit each.
    #[inline]
    fn places_of(&self, hash: u32) -> u32 {
        u32x8::new(self.hashes)
            .simd_eq(u32x8::splat(hash))
            .to_bitmask()
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.places_of(FREE) == 0
    }
}

/// A hash that none shares with what is free.
#[inline]
fn own(hash: u32) -> u32 {
    hash.max(FREE + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(index: &Index, hash: u32) -> Vec<u32> {
        let mut slots: Vec<u32> = Vec::new();
        while let Some(slot) = index.find(hash, |slot| !slots.contains(&slot)) {
            slots.push(slot);
        }
        slots.sort_unstable();
        slots
    }

    /// Whatever comes and goes, in an index in which most find no room in their own line.
    #[test]
    fn all_that_came_and_did_not_go_are_found_and_no_other() {
        arbtest::arbtest(|u| {
            let (mut index, mut there) = (Index::default(), Vec::new());
            for slot in 0..u.int_in_range(0..=300)? {
                if u.ratio(2, 3)? {
                    let hash = *u.choose(&[0, 1, 2, 15, 16, 33, u32::MAX])?;
                    index.insert(hash, slot);
                    there.push((hash, slot));
                } else if !there.is_empty() {
                    let (hash, slot) = there.swap_remove(u.choose_index(there.len())?);
                    index.remove(hash, slot);
                    index.remove(hash, slot);
                }
            }
            assert_eq!(index.len(), there.len());
            for hash in [0, 1, 2, 15, 16, 33, u32::MAX, 7] {
                let own = |(its, _): &&(u32, u32)| own(*its) == own(hash);
                let mut expected: Vec<u32> =
                    there.iter().filter(own).map(|(_, slot)| *slot).collect();
                expected.sort_unstable();
                assert_eq!(slots(&index, hash), expected);
                if hash != FREE {
                    assert_eq!(index.first(hash), index.find(hash, |_| true));
                }
            }
            Ok(())
        });
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let mut index = Index::default();
        assert_eq!(index.find(0, |_| true), None);
        index.fetch(0);
        index.insert(0, 7);
        assert_eq!(index.find(0, |_| true), Some(7));
        index.clear();
        assert_eq!((index.len(), index.find(0, |_| true)), (0, None));
    }

    #[test]
    fn an_entry_takes_few_bytes() {
        assert_eq!(size_of::<Line>(), 64);
        let mut index = Index::default();
        for slot in 0..10_000_u32 {
            index.insert(slot.wrapping_mul(0x9e37_79b9), slot);
            let room = index.lines.len() * WIDTH;
            assert!(room <= 3 * index.len().max(WIDTH), "{room} for {slot}");
        }
    }
}
