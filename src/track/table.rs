//! A bounded table whose entries grow old: a hash index over a slab of entries, and reminders of when they
//! do. What is due first is what goes first when room is needed, so half-open
//! connections, which may wait two minutes, go before established ones, which may wait five days.

mod reminders;

use std::{cmp::Reverse, hash::Hash, mem, num::NonZeroU32, time::Duration};

use crate::{
    time::Timestamp,
    track::{fetch, index::Index},
};

use reminders::{Due, Reminders};

/// An entry that grows old.
pub trait Ages {
    /// How long such entries wait; the same for all.
    type Patience;

    /// When it is given up unless something happens to it before.
    fn deadline(&self, patience: &Self::Patience) -> Timestamp;

    /// Has the memory fetch those parts of an entry that do not lie where it begins.
    fn fetch_parts(&self) {}

    /// Has the memory fetch what lies outside the entry, before it is dropped.
    fn fetch_rest(&self) {}
}

/// Where an entry stands, until it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(
    /// One more than the number of its slot, so that it may be missing and yet be copied at once: a copy in two parts
    /// is not to be had before all that was written earlier has reached the cache.
    NonZeroU32,
);

impl Handle {
    #[inline]
    const fn to(slot: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(slot))
    }

    #[inline]
    const fn slot(self) -> u32 {
        self.0.get() - 1
    }
}

/// What a key is looked up by, in 32 bits. They depend on a secret of this process: who chooses addresses and ports
/// cannot choose collisions.
#[derive(Clone, Debug, Default)]
pub struct KeyHash(ahash::RandomState);

impl KeyHash {
    /// The bits of a key.
    #[inline]
    pub fn of(&self, key: &impl Hash) -> u32 {
        self.0.hash_one(key) as u32
    }
}

/// The table.
#[derive(Debug)]
pub struct Table<K, V: Ages> {
    hash: KeyHash,
    index: Index,
    slots: Vec<Option<(K, V)>>,
    free: Vec<u32>,
    due: Reminders,
    /// Which reminder of each slot counts, by its [`Due::fraction`]: one where others were put beside it, or whose
    /// entry is gone, does not count any more.
    reminded: Vec<u32>,
    limit: usize,
    patience: V::Patience,
    /// The slots that are still to be taken in order, the last first; see [`Table::take_in_order`].
    leaving: Option<Vec<Leaving>>,
}

/// Where an entry stands that is still to be taken in order, and what that goes by: its upper and its lower half.
#[derive(Clone, Copy, Debug)]
struct Leaving {
    order: [u32; 2],
    slot: u32,
}

impl Leaving {
    fn new(order: u64, slot: u32) -> Self {
        Self {
            order: [(order >> 32) as u32, order as u32],
            slot,
        }
    }

    fn order(self) -> u64 {
        let [high, low] = self.order.map(u64::from);
        high << 32 | low
    }
}

/// How many entries that turn out to be still busy are passed over when room is needed.
const SECOND_CHANCES: usize = 16;

/// How many entries before it is taken an entry is fetched from memory.
const FETCHED_AHEAD: usize = 24;

/// How many entries before, what belongs to it: that is known only when it is there.
const FOLLOWED_AHEAD: usize = 8;

/// Fewer reminders than this are not worth tidying up.
const FEW: usize = 1024;

impl<K: Hash + Eq, V: Ages> Table<K, V> {
    /// An empty table for at most `limit` entries (at least one, at most 2³¹).
    pub fn new(limit: usize, patience: V::Patience) -> Self {
        Self::with_hash(limit, patience, KeyHash::default())
    }

    /// The same, looked up by what others know too.
    pub fn with_hash(limit: usize, patience: V::Patience, hash: KeyHash) -> Self {
        Self {
            hash,
            index: Index::default(),
            slots: Vec::new(),
            free: Vec::new(),
            due: Reminders::default(),
            reminded: Vec::new(),
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

    /// What a key is looked up by.
    #[inline]
    pub fn hash(&self, key: &impl Hash) -> u32 {
        self.hash.of(key)
    }

    /// The entry of a key, or of what hashes and compares as its key does.
    #[inline]
    pub fn find<Q: Hash + PartialEq<K>>(&self, key: &Q) -> Option<Handle> {
        self.find_hashed(self.hash.of(key), key)
    }

    /// The same, where its hash is known.
    #[inline]
    pub fn find_hashed<Q: PartialEq<K>>(&self, hash: u32, key: &Q) -> Option<Handle> {
        let is_its = |slot| self.is_of(Handle::to(slot), key);
        self.index.find(hash, is_its).map(Handle::to)
    }

    /// Where the entry of a key with this hash stands, if there is one, without a look at the entry.
    #[inline]
    pub fn guess(&self, hash: u32) -> Option<Handle> {
        let slot = self.index.first(hash)?;
        // No slot is so high that it would overflow: said so, it is one instruction.
        NonZeroU32::new(slot.wrapping_add(1)).map(Handle)
    }

    /// Has the memory fetch what [`guess`](Self::guess) will look at.
    #[inline]
    pub fn fetch_guess(&self, hash: u32) {
        self.index.fetch(hash);
    }

    /// Has the memory fetch an entry that will be needed soon.
    #[inline]
    pub fn fetch(&self, handle: Handle) {
        fetch::entry(&self.slots, handle.slot() as usize);
    }

    /// The same for the rest of an entry that [`fetch`](Self::fetch) was called for.
    #[inline]
    pub fn fetch_parts(&self, handle: Handle) {
        if let Some(value) = self.get(handle) {
            value.fetch_parts();
        }
    }

    /// The entry of a key, to change, if it stands where it was guessed.
    #[inline]
    pub fn get_guessed<Q: PartialEq<K>>(
        &mut self,
        guess: Option<Handle>,
        key: &Q,
    ) -> Option<&mut V> {
        let handle = guess.filter(|handle| self.is_of(*handle, key))?;
        self.get_mut(handle)
    }

    /// Where the entry of a key stands whose hash is known. It may stand where it was guessed.
    #[inline]
    pub fn find_guessed<Q: PartialEq<K>>(
        &self,
        guess: Option<Handle>,
        hash: u32,
        key: &Q,
    ) -> Option<Handle> {
        match guess {
            Some(handle) if self.is_of(handle, key) => guess,
            _ => self.find_hashed(hash, key),
        }
    }

    /// Whether this is the entry of a key.
    #[inline]
    fn is_of<Q: PartialEq<K>>(&self, handle: Handle, key: &Q) -> bool {
        let entry = self
            .slots
            .get(handle.slot() as usize)
            .and_then(Option::as_ref);
        entry.is_some_and(|(other, _)| key == other)
    }

    /// An entry, to read.
    #[inline]
    pub fn get(&self, handle: Handle) -> Option<&V> {
        let entry = self.slots.get(handle.slot() as usize)?.as_ref();
        entry.map(|(_, value)| value)
    }

    /// An entry, to change. If that makes it due earlier, [`Table::reschedule`] must follow.
    #[inline]
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut V> {
        let entry = self.slots.get_mut(handle.slot() as usize)?.as_mut();
        entry.map(|(_, value)| value)
    }

    /// When the first entry may be due; at the end of all time where there is none.
    #[inline]
    pub fn next_due(&self) -> Timestamp {
        let never = Timestamp::from_nanos(i64::MAX);
        self.due.first().map_or(never, Due::at)
    }

    /// A new entry, for a key that has none. When the table is full the entry that is due first goes
    /// and is handed back.
    pub fn insert(&mut self, key: K, value: V) -> (Handle, Option<(K, V)>) {
        self.insert_hashed(self.hash.of(&key), key, value)
    }

    /// The same, where its hash is known.
    pub fn insert_hashed(&mut self, hash: u32, key: K, value: V) -> (Handle, Option<(K, V)>) {
        let evicted = if self.is_full() { self.evict() } else { None };
        let deadline = value.deadline(&self.patience);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.reminded.push(0);
            (self.slots.len() - 1) as u32
        });
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some((key, value));
        }
        self.index.insert(hash, slot);
        self.remind(Handle::to(slot), deadline);
        (Handle::to(slot), evicted)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, handle: Handle) -> Option<(K, V)> {
        let entry = self.slots.get_mut(handle.slot() as usize)?.take()?;
        if let Some(reminded) = self.reminded.get_mut(handle.slot() as usize) {
            *reminded = !*reminded;
        }
        self.index.remove(self.hash.of(&entry.0), handle.slot());
        self.free.push(handle.slot());
        Some(entry)
    }

    /// Says that an entry is due earlier than before.
    pub fn reschedule(&mut self, handle: Handle) {
        if let Some(deadline) = self.deadline(handle) {
            self.remind(handle, deadline);
        }
    }

    fn deadline(&self, handle: Handle) -> Option<Timestamp> {
        let value = self.get(handle)?;
        Some(value.deadline(&self.patience))
    }

    /// Puts the reminder that counts for an entry.
    fn remind(&mut self, handle: Handle, at: Timestamp) {
        let mut at = at;
        if let Some(reminded) = self.reminded.get_mut(handle.slot() as usize) {
            // An older one must not seem to be this one.
            if *reminded == Due::new(at, handle.slot()).fraction() {
                at = at + Duration::from_nanos(1);
            }
            *reminded = Due::new(at, handle.slot()).fraction();
        }
        self.due.push(at, handle.slot());
        if self.due.len() > FEW.max(2 * self.len()) {
            let reminded = &self.reminded;
            self.due.retain(|due| counts(due, reminded));
        }
    }

    /// The first reminder: taken out if it does not count any more, or says something that is no longer so.
    fn first_due(&mut self) -> Option<(Due, Timestamp)> {
        while let Some(due) = self.due.first() {
            if counts(due, &self.reminded)
                && let Some(deadline) = self.deadline(Handle::to(due.slot))
            {
                return Some((due, deadline));
            }
            self.pop_first();
        }
        None
    }

    /// Takes the first reminder out. Those behind it are needed soon: the memory is asked for what they are of in two
    /// steps, so that nothing waits for it.
    fn pop_first(&mut self) -> Option<Due> {
        if let Some(later) = self.due.behind_first(FETCHED_AHEAD) {
            fetch::entry(&self.reminded, later.slot as usize);
            self.fetch(Handle::to(later.slot));
        }
        if let Some(soon) = self.due.behind_first(FOLLOWED_AHEAD)
            && counts(soon, &self.reminded)
            && let Some(Some((key, value))) = self.slots.get(soon.slot as usize)
        {
            value.fetch_rest();
            self.fetch_guess(self.hash.of(key));
        }
        self.due.pop()
    }

    /// Looks which entry's time has come first. Returns when that was.
    pub fn look_due(&mut self, now: Timestamp) -> Option<Timestamp> {
        // Asked of the reminder alone first: mostly it is for later.
        while self.next_due() <= now
            && let Some((due, deadline)) = self.first_due()
            && due.at() <= now
        {
            if deadline <= now {
                return Some(due.at());
            }
            self.pop_first();
            self.remind(Handle::to(due.slot), deadline);
        }
        None
    }

    /// Takes out an entry whose time has come.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<(K, V)> {
        self.look_due(now)?;
        let due = self.pop_first()?;
        self.remove(Handle::to(due.slot))
    }

    /// Takes out all entries, in no particular order.
    pub fn drain(&mut self) -> Vec<(K, V)> {
        self.index.clear();
        self.due = Reminders::default();
        self.free.clear();
        self.reminded.clear();
        mem::take(&mut self.slots).into_iter().flatten().collect()
    }

    /// Takes out all entries, one with each call, in the order that `order` tells; those of which it tells none
    /// are thrown away. After the first call nothing is found any more, and nothing may be inserted before the last.
    pub fn take_in_order(&mut self, order: impl FnMut(&V) -> Option<u64>) -> Option<(K, V)> {
        self.first_in_order(order);
        let leaving = self.leaving.as_mut()?;
        let next = leaving.pop()?;
        let soon = leaving.iter().nth_back(FETCHED_AHEAD).map(|soon| soon.slot);
        if let Some(soon) = soon {
            self.fetch(Handle::to(soon));
        }
        self.slots.get_mut(next.slot as usize)?.take()
    }

    /// What `order` tells of the entry that [`Table::take_in_order`] will take next; the same holds after it.
    pub fn first_in_order(&mut self, mut order: impl FnMut(&V) -> Option<u64>) -> Option<u64> {
        let slots = &self.slots;
        let leaving = self.leaving.get_or_insert_with(|| {
            self.index = Index::default();
            self.due = Reminders::default();
            self.free = Vec::new();
            self.reminded = Vec::new();
            let all = (0..).zip(slots);
            let there = all.filter_map(|(slot, entry)| Some((slot, entry.as_ref()?)));
            let mut leaving: Vec<_> = there
                .filter_map(|(slot, (_, value))| Some(Leaving::new(order(value)?, slot)))
                .collect();
            leaving.sort_unstable_by_key(|leaving| Reverse(leaving.order()));
            leaving
        });
        let first = leaving.last().map(|leaving| leaving.order());
        if first.is_none() {
            self.leaving = None;
            self.slots = Vec::new();
        }
        first
    }

    /// Takes out the entry that is due first, to make room.
    pub fn evict(&mut self) -> Option<(K, V)> {
        self.first_to_go()?;
        let due = self.due.pop()?;
        self.remove(Handle::to(due.slot))
    }

    /// When the entry is due that [`Table::evict`] would take out.
    pub fn first_to_go(&mut self) -> Option<Timestamp> {
        let mut chances = SECOND_CHANCES;
        while let Some((due, deadline)) = self.first_due() {
            if deadline <= due.at() || chances == 0 {
                return Some(due.at());
            }
            chances -= 1;
            self.due.pop();
            self.remind(Handle::to(due.slot), deadline);
        }
        None
    }
}

/// Whether a reminder is the one of its slot that counts.
fn counts(due: Due, reminded: &[u32]) -> bool {
    reminded.get(due.slot as usize) == Some(&due.fraction())
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
    fn a_removed_entry_is_gone_and_its_reminder_is_not_the_next_tenants() {
        let mut table = Table::new(10, ());
        let (old, _) = table.insert(1u32, Until(1));
        table.remove(old);
        assert!(table.get(old).is_none());
        assert!(table.remove(old).is_none());
        let (new, _) = table.insert(2, Until(9));
        assert_eq!(table.get(new).unwrap().0, 9);
        assert!(table.pop_due(at(5)).is_none());
        assert_eq!(table.pop_due(at(9)).unwrap().0, 2);
    }

    #[test]
    fn reminders_do_not_pile_up() {
        let mut table = Table::new(10, ());
        for until in 0..100_000 {
            let (handle, _) = table.insert(until, Until(until + 1_000_000));
            table.get_mut(handle).unwrap().0 = until;
            table.reschedule(handle);
            table.remove(handle);
        }
        assert!(table.due.len() <= FEW + 1, "{}", table.due.len());
    }

    #[test]
    fn of_two_reminders_only_the_last_counts_however_alike_they_are() {
        let mut table = Table::new(10, ());
        let (handle, _) = table.insert("chat", Until(7 << 32));
        table.get_mut(handle).unwrap().0 = 5 << 32;
        table.reschedule(handle);
        let counted = table.due.iter().filter(|due| counts(*due, &table.reminded));
        assert_eq!(counted.count(), 1);
    }

    #[test]
    fn a_wrong_guess_does_not_mislead() {
        let mut table = Table::new(10, ());
        let [one, other] = [1u32, 2].map(|key| table.insert(key, Until(i64::from(key))).0);
        let hash = table.hash(&1);
        assert_eq!(table.guess(hash), Some(one));
        for guess in [None, Some(one), Some(other), Some(Handle::to(99))] {
            assert_eq!(table.find_guessed(guess, hash, &1), Some(one));
            let its = table.get_guessed(guess, &1).map(|value| value.0);
            assert_eq!(its, (guess == Some(one)).then_some(1));
        }
        table.remove(one);
        assert_eq!(table.find_guessed(Some(one), hash, &1), None);
        assert!(table.get_guessed(Some(one), &1).is_none());
    }

    #[test]
    fn the_end_of_all_time_is_a_deadline_too() {
        let mut table = Table::new(10, ());
        for key in 0..5 {
            let (handle, _) = table.insert(key, Until(i64::MAX));
            table.reschedule(handle);
            if key % 2 == 0 {
                table.remove(handle);
            }
        }
        assert!(table.pop_due(at(i64::MAX - 1)).is_none());
        let mut left = std::iter::from_fn(|| table.pop_due(at(i64::MAX)));
        assert_eq!(left.by_ref().count(), 2);
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
        // Of the fifth nothing is told.
        let order = |until: &Until| (until.0 != 5).then_some(until.0.cast_unsigned());
        let taken: Vec<u8> = std::iter::from_fn(|| table.take_in_order(order))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(taken, [1, 2, 3]);
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
