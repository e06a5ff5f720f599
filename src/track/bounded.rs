//! A map that stops growing: a newcomer to a full one pushes out the entry that came first among those not
//! used since it was last their turn.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// The map.
#[derive(Debug)]
pub struct Bounded<K, V> {
    map: HashMap<K, Place<V>, ahash::RandomState>,
    order: VecDeque<K>,
    limit: usize,
    evicted: u64,
}

#[derive(Debug)]
struct Place<V> {
    value: V,
    /// It was used since it came, or since it was last spared.
    is_used: bool,
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

    /// An entry, to look at; that is no use of it.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key).map(|place| &place.value)
    }

    /// An entry, to use.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key).map(|place| {
            place.is_used = true;
            &mut place.value
        })
    }

    /// A new entry, or a new value for an old one.
    pub fn insert(&mut self, key: K, value: V) {
        if let Some(known) = self.get_mut(&key) {
            *known = value;
            return;
        }
        if self.map.len() >= self.limit {
            self.evict();
        }
        let is_used = false;
        self.map.insert(key, Place { value, is_used });
        self.order.push_back(key);
    }

    /// Makes room: who was used is spared once, until all were.
    fn evict(&mut self) {
        for _ in 0..=self.order.len() {
            let Some(key) = self.order.pop_front() else {
                return;
            };
            match self.map.get_mut(&key) {
                Some(place) if place.is_used => {
                    place.is_used = false;
                    self.order.push_back(key);
                }
                _ => {
                    self.map.remove(&key);
                    self.evicted += 1;
                    return;
                }
            }
        }
    }

    /// The values, in no particular order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.map.values().map(|place| &place.value)
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
        assert_eq!((map.get(&1), map.evicted()), (Some(&"one"), 0));
        map.insert(3, "three");
        assert_eq!((map.get(&1), map.evicted()), (None, 1));
        let mut values: Vec<_> = map.values().copied().collect();
        values.sort_unstable();
        assert_eq!(values, ["three", "two"]);
    }

    #[test]
    fn who_is_used_survives_a_flood() {
        let mut map = Bounded::new(3);
        map.insert(0, 0);
        for newcomer in 1..1_000 {
            *map.get_mut(&0).expect("it is in use") += 1;
            map.insert(newcomer, 0);
        }
        assert_eq!(map.get(&0), Some(&999));
        assert_eq!(map.evicted(), 997);
    }

    #[test]
    fn where_all_are_used_the_first_goes() {
        let mut map = Bounded::new(2);
        for key in [1, 2] {
            map.insert(key, ());
            map.get_mut(&key);
        }
        map.insert(3, ());
        assert_eq!(
            (map.get(&1), map.get(&2), map.evicted()),
            (None, Some(&()), 1)
        );
    }
}
