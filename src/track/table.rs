//! A bounded table whose entries grow old: a hash index of 4-byte slots over a slab of entries, and a
//! heap of deadlines. What is due first is what goes first when room is needed, so half-open
//! connections, which may wait two minutes, go before established ones, which may wait five days.

use std::{cmp::Reverse, collections::BinaryHeap, hash::Hash, mem};

use hashbrown::HashTable;

use crate::time::Timestamp;

/// An entry that grows old.
pub trait Ages {
    /// How long such entries wait; the same for all.
    type Patience;

    /// When it is given up unless something happens to it before.
    fn deadline(&self, patience: &Self::Patience) -> Timestamp;
}

/// Where an entry stands. It stays valid until the entry is removed, and never names another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle {
    slot: u32,
    generation: u32,
}

/// The table. Keys are hashed with a key of this process: who chooses addresses and ports cannot
/// choose collisions.
#[derive(Debug)]
pub struct Table<K, V: Ages> {
    hasher: ahash::RandomState,
    index: HashTable<u32>,
    slots: Vec<Slot<K, V>>,
    free: Vec<u32>,
    due: BinaryHeap<Reverse<(Timestamp, Handle)>>,
    limit: usize,
    patience: V::Patience,
    /// The slots that are still to be taken in order, the last first; see [`Table::take_in_order`].
    leaving: Option<Vec<u32>>,
}

#[derive(Debug)]
struct Slot<K, V> {
    generation: u32,
    entry: Option<(K, V)>,
}

/// How many entries that turn out to be still busy are passed over when room is needed.
const SECOND_CHANCES: usize = 16;

impl<K: Hash + Eq, V: Ages> Table<K, V> {
    /// An empty table for at most `limit` entries (at least one, at most 2³¹).
    pub fn new(limit: usize, patience: V::Patience) -> Self {
        Self {
            hasher: ahash::RandomState::new(),
            index: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            due: BinaryHeap::new(),
            limit: limit.clamp(1, 1 << 31),
            patience,
            leaving: None,
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether an entry must go before another can come.
    pub fn is_full(&self) -> bool {
        self.len() >= self.limit
    }

    /// The entry of a key, or of what hashes and compares as its key does.
    #[inline]
    pub fn find<Q: Hash + PartialEq<K>>(&self, key: &Q) -> Option<Handle> {
        let slot = *self.index.find(self.hasher.hash_one(key), |&slot| {
            self.slots
                .get(slot as usize)
                .and_then(|slot| slot.entry.as_ref())
                .is_some_and(|(other, _)| key == other)
        })?;
        let generation = self.slots.get(slot as usize)?.generation;
        Some(Handle { slot, generation })
    }

    /// The entry of a key, to change, as with [`Table::get_mut`].
    #[inline]
    pub fn find_mut<Q: Hash + PartialEq<K>>(&mut self, key: &Q) -> Option<(Handle, &mut V)> {
        let handle = self.find(key)?;
        let slot = self.slots.get_mut(handle.slot as usize)?;
        let (_, value) = slot.entry.as_mut()?;
        Some((handle, value))
    }

    /// An entry, to read.
    pub fn get(&self, handle: Handle) -> Option<&V> {
        let slot = self.slots.get(handle.slot as usize)?;
        if slot.generation != handle.generation {
            return None;
        }
        slot.entry.as_ref().map(|(_, value)| value)
    }

    /// Whether something may be due: it is asked with every packet.
    #[inline]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due.peek().is_some_and(|Reverse((due, _))| *due <= now)
    }

    /// An entry, to change. If that makes it due earlier, [`Table::reschedule`] must follow.
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut V> {
        let slot = self.slots.get_mut(handle.slot as usize)?;
        if slot.generation != handle.generation {
            return None;
        }
        slot.entry.as_mut().map(|(_, value)| value)
    }

    /// A new entry, for a key that has none. When the table is full the entry that is due first goes
    /// and is handed back.
    pub fn insert(&mut self, key: K, value: V) -> (Handle, Option<(K, V)>) {
        let evicted = if self.is_full() { self.evict() } else { None };
        let hash = self.hasher.hash_one(&key);
        let deadline = value.deadline(&self.patience);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: 0,
                entry: None,
            });
            (self.slots.len() - 1) as u32
        });
        let generation = match self.slots.get_mut(slot as usize) {
            Some(place) => {
                place.entry = Some((key, value));
                place.generation
            }
            None => 0,
        };
        let (hasher, slots) = (&self.hasher, &self.slots);
        self.index.insert_unique(hash, slot, |&slot| {
            slots
                .get(slot as usize)
                .and_then(|slot| slot.entry.as_ref())
                .map_or(0, |(key, _)| hasher.hash_one(key))
        });
        let handle = Handle { slot, generation };
        self.due.push(Reverse((deadline, handle)));
        (handle, evicted)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, handle: Handle) -> Option<(K, V)> {
        let slot = self.slots.get_mut(handle.slot as usize)?;
        if slot.generation != handle.generation {
            return None;
        }
        let entry = slot.entry.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        let hash = self.hasher.hash_one(&entry.0);
        if let Ok(found) = self.index.find_entry(hash, |&slot| slot == handle.slot) {
            found.remove();
        }
        self.free.push(handle.slot);
        Some(entry)
    }

    /// Says that an entry is due earlier than before.
    pub fn reschedule(&mut self, handle: Handle) {
        if let Some(deadline) = self.deadline(handle) {
            self.due.push(Reverse((deadline, handle)));
        }
    }

    fn deadline(&self, handle: Handle) -> Option<Timestamp> {
        let value = self.get(handle)?;
        Some(value.deadline(&self.patience))
    }

    /// Takes out an entry whose time has come.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<(K, V)> {
        while let Some(&Reverse((due, _))) = self.due.peek()
            && due <= now
        {
            let Reverse((_, handle)) = self.due.pop()?;
            let Some(deadline) = self.deadline(handle) else {
                continue;
            };
            if deadline <= now {
                return self.remove(handle);
            }
            self.due.push(Reverse((deadline, handle)));
        }
        None
    }

    /// Takes out all entries, in no particular order.
    pub fn drain(&mut self) -> Vec<(K, V)> {
        self.index.clear();
        self.due.clear();
        self.free.clear();
        mem::take(&mut self.slots)
            .into_iter()
            .filter_map(|slot| slot.entry)
            .collect()
    }

    /// Takes out all entries, one with each call, in the order that `order` tells. After the first call nothing
    /// is found any more, and nothing may be inserted before the last.
    pub fn take_in_order<T: Ord>(&mut self, order: impl Fn(&V) -> T) -> Option<(K, V)> {
        let slots = &mut self.slots;
        let leaving = self.leaving.get_or_insert_with(|| {
            self.index = HashTable::new();
            self.due = BinaryHeap::new();
            self.free = Vec::new();
            let of = |slot: u32| {
                let entry = slots.get(slot as usize)?.entry.as_ref();
                entry.map(|(_, value)| order(value))
            };
            let mut leaving: Vec<u32> = (0..slots.len() as u32)
                .filter(|slot| of(*slot).is_some())
                .collect();
            leaving.sort_unstable_by_key(|slot| Reverse(of(*slot)));
            leaving
        });
        let next = leaving.pop();
        let taken = next.and_then(|slot| slots.get_mut(slot as usize)?.entry.take());
        if taken.is_none() {
            self.leaving = None;
            self.slots = Vec::new();
        }
        taken
    }

    /// Takes out the entry that is due first, to make room.
    pub fn evict(&mut self) -> Option<(K, V)> {
        let mut chances = SECOND_CHANCES;
        while let Some(Reverse((due, handle))) = self.due.pop() {
            let Some(deadline) = self.deadline(handle) else {
                continue;
            };
            if deadline > due && chances > 0 {
                chances -= 1;
                self.due.push(Reverse((deadline, handle)));
                continue;
            }
            return self.remove(handle);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Until(i64);

    impl Ages for Until {
        type Patience = ();

        fn deadline(&self, (): &()) -> Timestamp {
            Timestamp::from_nanos(self.0)
        }
    }

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    #[test]
    fn finds_what_was_inserted_and_nothing_else() {
        let mut table = Table::new(1000, ());
        for key in 0..500u32 {
            table.insert(key, Until(i64::from(key)));
        }
        for key in 0..500 {
            let handle = table.find(&key).unwrap();
            assert_eq!(table.get(handle).unwrap().0, i64::from(key));
        }
        assert_eq!(table.find(&500), None);
        assert_eq!(table.len(), 500);
    }

    #[test]
    fn a_handle_never_names_the_next_tenant() {
        let mut table = Table::new(10, ());
        let (old, _) = table.insert(1u32, Until(1));
        table.remove(old);
        let (new, _) = table.insert(2, Until(2));
        assert!(table.get(old).is_none());
        assert!(table.remove(old).is_none());
        assert_eq!(table.get(new).unwrap().0, 2);
    }

    #[test]
    fn what_is_due_comes_out_once_and_what_was_busy_stays() {
        let mut table = Table::new(10, ());
        let (busy, _) = table.insert("busy", Until(5));
        table.insert("idle", Until(6));
        table.get_mut(busy).unwrap().0 = 20;
        assert!(table.pop_due(at(4)).is_none());
        assert_eq!(table.pop_due(at(10)).unwrap().0, "idle");
        assert!(table.pop_due(at(10)).is_none());
        assert_eq!(table.pop_due(at(20)).unwrap().0, "busy");
    }

    #[test]
    fn an_earlier_deadline_counts_once_rescheduled() {
        let mut table = Table::new(10, ());
        let (handle, _) = table.insert("chat", Until(1000));
        table.get_mut(handle).unwrap().0 = 5;
        table.reschedule(handle);
        assert_eq!(table.pop_due(at(5)).unwrap().0, "chat");
        assert!(table.pop_due(at(2000)).is_none());
    }

    #[test]
    fn a_full_table_lets_go_of_what_is_due_first() {
        let mut table = Table::new(3, ());
        table.insert("established", Until(5000));
        table.insert("half-open", Until(130));
        table.insert("half-open 2", Until(131));
        let (_, evicted) = table.insert("new", Until(132));
        assert_eq!(evicted.unwrap().0, "half-open");
        let (_, evicted) = table.insert("newer", Until(133));
        assert_eq!(evicted.unwrap().0, "half-open 2");
        assert!(table.find(&"established").is_some());
        assert_eq!(table.len(), 3);
    }

    #[test]
    fn what_is_taken_in_order_comes_once() {
        let mut table = Table::new(10, ());
        for key in [3u8, 1, 4, 5, 2] {
            table.insert(key, Until(i64::from(key)));
        }
        let gone = table.find(&4).unwrap();
        table.remove(gone);
        let taken: Vec<u8> = std::iter::from_fn(|| table.take_in_order(|until| until.0))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(taken, [1, 2, 3, 5]);
        assert_eq!(table.len(), 0);
        table.insert(7, Until(7));
        assert!(table.find(&7).is_some());
    }

    #[test]
    fn draining_leaves_an_empty_table() {
        let mut table = Table::new(10, ());
        for key in 0..5u8 {
            table.insert(key, Until(1));
        }
        let mut keys: Vec<u8> = table.drain().into_iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        assert_eq!(keys, [0, 1, 2, 3, 4]);
        assert_eq!(table.len(), 0);
        assert!(table.find(&1).is_none());
        table.insert(1, Until(1));
        assert!(table.find(&1).is_some());
    }
}
