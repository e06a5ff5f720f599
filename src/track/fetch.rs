//! Asking the memory for what will be needed soon. Nothing waits for that: a look at it would hold up all that
//! follows.

use std::slice;

use prefetch_index::prefetch_index;

/// A line of the cache, in bytes.
const LINE: usize = 64;

/// Has the memory fetch where a value begins.
#[inline]
pub fn value<T>(value: &T) {
    prefetch_index(slice::from_ref(value), 0);
}

/// Has the memory fetch where a value begins, and where it ends.
#[inline]
pub fn both_ends<T>(value: &T) {
    entry(slice::from_ref(value), 0);
}

/// Has the memory fetch where one of many values begins.
#[inline]
pub fn one<T>(values: &[T], at: usize) {
    prefetch_index(values, at);
}

/// Has the memory fetch where an entry of many begins, and where it ends: there begins the next.
#[inline]
pub fn entry<T>(entries: &[T], at: usize) {
    prefetch_index(entries, at);
    prefetch_index(entries, at.wrapping_add(1));
}

/// Has the memory fetch the end of some bytes, and what lies behind it: there a line of a chat will be put.
#[inline]
pub fn behind(bytes: &[u8]) {
    for line in 0..3 {
        prefetch_index(bytes, bytes.len().wrapping_add(line * LINE));
    }
}

/// Has the memory fetch the bytes that hold a frame's headers.
#[inline]
pub fn headers(frame: &[u8]) {
    prefetch_index(frame, 0);
    prefetch_index(frame, LINE);
}
