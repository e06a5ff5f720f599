//! A map that stops growing: a newcomer to a full one pushes out the entry that came first among those not used more
//! often than it was their turn. The more someone is used, the longer a flood of others it outlives.

use std::hash::Hash;

use crate::track::{index::Index, table::KeyHash};

/// The map.
#[derive(Debug)]
pub struct Bounded<K, V> {
    hash: KeyHash,
    index: Index,
    /// A ring, in order of arrival from `turn` on.
    places: Vec<Place<K, V>>,
    /// Whose turn it is to go, once the map is full.
    turn: usize,
    limit: usize,
    evicted: u64,
}

#[derive(Debug)]
struct Place<K, V> {
    key: K,
    value: V,
    hash: u32,
    /// How often it was used since it came, less how often it was spared.
    uses: u8,
}

impl<K: Hash + Eq + Copy, V> Bounded<K, V> {
    /// An empty map for at most `limit` entries (at least one, at most 2³¹).
    pub fn new(limit: usize) -> Self {
        Self {
            hash: KeyHash::default(),
            index: Index::default(),
            places: Vec::new(),
            turn: 0,
            limit: limit.clamp(1, 1 << 31),
            evicted: 0,
        }
    }

    /// Entries that were pushed out.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// An entry, to look at; that is no use of it.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.places.get(self.find(key)?).map(|place| &place.value)
    }

    /// An entry, to use.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(key)?;
        self.places.get_mut(at).map(|place| {
            place.uses = place.uses.saturating_add(1);
            &mut place.value
        })
    }

    /// An entry, to use; a new one where there is none yet.
    pub fn get_or_insert_with(&mut self, key: K, new: impl FnOnce() -> V) -> Option<&mut V> {
        let hash = self.hash(&key);
        let found = self.find_hashed(hash, &key);
        let at = found.unwrap_or_else(|| self.add(hash, key, new()));
        self.places.get_mut(at).map(|place| {
            place.uses = place.uses.saturating_add(u8::from(found.is_some()));
            &mut place.value
        })
    }

    /// A new entry, or a new value for an old one.
    pub fn insert(&mut self, key: K, value: V) {
        match self.get_mut(&key) {
            Some(known) => *known = value,
            None => _ = self.add(self.hash(&key), key, value),
        }
    }

    /// The values, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.places.iter().map(|place| (&place.key, &place.value))
    }

    /// Adds an entry that is not there yet. Returns where.
    fn add(&mut self, hash: u32, key: K, value: V) -> usize {
        let newcomer = Place {
            key,
            value,
            hash,
            uses: 0,
        };
        let at = if self.places.len() < self.limit {
            self.places.push(newcomer);
            self.places.len() - 1
        } else {
            self.replace_next(newcomer)
        };
        self.index.insert(hash, at as u32);
        at
    }

    fn hash(&self, key: &K) -> u32 {
        self.hash.of(key)
    }

    fn find(&self, key: &K) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        self.find_hashed(self.hash(key), key)
    }

    fn find_hashed(&self, hash: u32, key: &K) -> Option<usize> {
        let is_its = |at| {
            let place = self.places.get(at as usize);
            place.is_some_and(|place| place.key == *key)
        };
        Some(self.index.find(hash, is_its)? as usize)
    }

    /// Puts a newcomer in the place of whose turn it is to go: who was used is spared once for each use. On the whole
    /// nobody is spared more often than used, so it does not take long.
    fn replace_next(&mut self, newcomer: Place<K, V>) -> usize {
        let len = self.places.len().max(1);
        while let Some(place) = self.places.get_mut(self.turn)
            && place.uses > 0
        {
            place.uses -= 1;
            self.turn = (self.turn + 1) % len;
        }
        let at = self.turn;
        self.turn = (at + 1) % len;
        if let Some(place) = self.places.get_mut(at) {
            self.index.remove(place.hash, at as u32);
            *place = newcomer;
            self.evicted += 1;
        }
        at
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
        let mut values: Vec<_> = map.iter().map(|(_, value)| *value).collect();
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
    fn who_was_used_much_outlives_who_is_used_once() {
        let mut map = Bounded::new(10);
        for _ in 0..20 {
            map.get_or_insert_with(0, || ());
        }
        for newcomer in 1..150 {
            map.get_or_insert_with(newcomer, || ());
        }
        assert!(map.get(&0).is_some());
        for newcomer in 150..1000 {
            map.get_or_insert_with(newcomer, || ());
        }
        assert!(map.get(&0).is_none());
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
