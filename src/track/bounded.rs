//! A map that stops growing: a newcomer to a full one pushes out the entry that came first.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// The map.
#[derive(Debug)]
pub struct Bounded<K, V> {
    map: HashMap<K, V, ahash::RandomState>,
    order: VecDeque<K>,
    limit: usize,
    evicted: u64,
}

impl<K: Hash + Eq + Copy, V> Bounded<K, V> {
    /// An empty map for at most `limit` entries (at least one).
    pub fn new(limit: usize) -> Self {
        Self {
            map: HashMap::default(),
            order: VecDeque::new(),
            limit: limit.max(1),
            evicted: 0,
        }
    }

    /// Entries that were pushed out.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// An entry, to read.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key)
    }

    /// An entry, to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key)
    }

    /// A new entry, or a new value for an old one.
    pub fn insert(&mut self, key: K, value: V) {
        if self.map.insert(key, value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.map.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
            self.evicted += 1;
        }
    }

    /// The values, in the order in which their keys came.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.order.iter().filter_map(|key| self.map.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    #[test]
    fn the_first_to_come_is_the_first_to_go() {
        let mut map = Bounded::new(2);
        map.insert(1, "one");
        map.insert(2, "two");
        map.insert(1, "uno");
        assert_eq!((map.get(&1), map.evicted()), (Some(&"uno"), 0));
        map.insert(3, "three");
        assert_eq!((map.get(&1), map.evicted()), (None, 1));
        assert_eq!(map.values().copied().collect::<Vec<_>>(), ["two", "three"]);
    }
}
