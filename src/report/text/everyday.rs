//! Characters that people write every day and that stand by themselves: nearly all text is made of them. To find
//! that out of others is a search through Unicode's tables.

/// So many bytes are looked at at once.
const BLOCK: usize = 32;

/// Whether bytes are text that may be shown as it is, also between quotation marks, straight or curved: UTF-8 of ASCII
/// and Chinese, as most is, without anything to be escaped. Of other bytes `false` says nothing.
pub fn is_plain(bytes: &[u8]) -> bool {
    // What stands within a character is judged from the two bytes before it, which the first two have not.
    let [first, second] = match bytes {
        [first, second, ..] => [*first, *second],
        [first] => [*first, b' '],
        [] => return true,
    };
    if is_within(first) || is_within(second) != is_lead(first) {
        return false;
    }
    let mut rest = bytes;
    while let Some((block, _)) = rest.split_first_chunk() {
        if !is_plain_block(block) {
            return false;
        }
        rest = rest.get(BLOCK..).unwrap_or_default();
    }
    // One byte more than a block may be left.
    while !rest.is_empty() {
        let mut block = [b' '; BLOCK + 2];
        if let Some(room) = block.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        if !is_plain_block(&block) {
            return false;
        }
        rest = rest.get(BLOCK..).unwrap_or_default();
    }
    true
}

/// Whether that is true of a block; the two bytes behind it end what begins in it.
///
/// Without a way out in the middle all bytes are looked at at once.
#[inline]
fn is_plain_block(text: &[u8; BLOCK + 2]) -> bool {
    let [first @ .., next, last] = text;
    let mut is_odd = [0; BLOCK];
    if first.iter().fold(next | last, |any, byte| any | byte) < 0x80 {
        for (is_odd, byte) in is_odd.iter_mut().zip(first) {
            *is_odd = u8::from(!is_plain_ascii(*byte));
        }
    } else {
        let [_, second @ .., _] = text;
        let [_, _, third @ ..] = text;
        let behind = second.iter().zip(third);
        for ((is_odd, first), (second, third)) in is_odd.iter_mut().zip(first).zip(behind) {
            *is_odd = u8::from(!is_plain_byte(*first, *second, *third));
        }
    }
    is_odd.iter().fold(0, |any, is_odd| any | is_odd) == 0
}

/// Whether a byte is a plain character, begins one, or stands within one, which then its first byte tells; and whether
/// the second byte behind it stands within a character just where one has begun before it.
#[inline]
const fn is_plain_byte(it: u8, next: u8, last: u8) -> bool {
    let is_han = it >= 0xe4 && it <= 0xe9;
    let is_stop = it == 0xe3 && next == 0x80 && last <= 0xa9;
    let is_full_width = it == 0xef && next == 0xbc && last != 0x80;
    // also an ellipsis or a quotation mark, but for the one that ends a quotation
    let is_dash = it == 0xe2 && next == 0x80 && last >= 0x90 && last <= 0xa7 && last != 0x9d;
    let is_whole = is_within(last) == (is_lead(it) | is_lead(next));
    (is_plain_ascii(it) || is_within(it) || is_han || is_stop || is_full_width || is_dash)
        && is_whole
}

/// Whether a byte is a printable character that stands for itself.
const fn is_plain_ascii(byte: u8) -> bool {
    byte.cast_signed() >= 0x20 && byte != b'"' && byte != b'\\' && byte != 0x7f
}

/// Whether a byte begins a character, of three bytes if it is plain.
const fn is_lead(byte: u8) -> bool {
    byte >= 0xc0
}

/// Whether a byte stands within a character or ends it.
const fn is_within(byte: u8) -> bool {
    byte.cast_signed() < 0xc0_u8.cast_signed()
}

/// How many bytes at the beginning of a text are everyday characters, in more scripts.
pub(super) fn everyday(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let run = match rest.first() {
            Some(..0x80) => plain_ascii(rest),
            Some(..0xe0) => run_of(rest, is_everyday_letter),
            Some(..0xf0) => run_of(rest, is_everyday_character),
            _ => 0,
        };
        if run == 0 {
            return at;
        }
        at += run;
    }
}

/// How many bytes at the beginning are characters of `N` bytes such as these.
fn run_of<const N: usize>(text: &[u8], are: fn([u8; N]) -> bool) -> usize {
    let (characters, _) = text.as_chunks();
    N * characters.iter().take_while(|it| are(**it)).count()
}

/// Latin letters with accents, Cyrillic letters.
const fn is_everyday_letter(utf8: [u8; 2]) -> bool {
    matches!(utf8, [0xc3..=0xc8 | 0xd0 | 0xd1, _])
}

/// What is written in East Asia, and punctuation.
const fn is_everyday_character(utf8: [u8; 3]) -> bool {
    match utf8 {
        // Chinese characters
        [0xe4, 0xb8..=0xbf, _] | [0xe5..=0xe9, _, _] => true,
        // their punctuation, full-width ASCII
        [0xe3, 0x80, 0x80..=0xa9] | [0xef, 0xbc, 0x81..=0xbf] | [0xef, 0xbd, 0x80..=0x9e] => true,
        // dashes, quotation marks, the ellipsis
        [0xe2, 0x80, 0x90..=0xa7] => true,
        // Hiragana, Katakana
        [0xe3, 0x81, 0x81..=0xbf] | [0xe3, 0x82, 0x80..=0x96 | 0xa1..=0xbf] => true,
        [0xe3, 0x83, 0x80..=0xba] => true,
        // Hangul
        [0xea, 0xb0..=0xbf, _] | [0xeb | 0xec, _, _] | [0xed, 0x80..=0x9d, _] => true,
        _ => false,
    }
}

/// How many bytes at the beginning are printable ASCII that stands for itself.
fn plain_ascii(bytes: &[u8]) -> usize {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\';
    // Without a way out in the middle of a chunk all of its bytes are looked at at once.
    let is_all_plain =
        |chunk: &&[u8; 8]| chunk.iter().fold(true, |all, byte| all & is_plain(*byte));
    let (chunks, _) = bytes.as_chunks();
    let whole = 8 * chunks.iter().take_while(is_all_plain).count();
    let rest = bytes.iter().skip(whole);
    whole + rest.take_while(|byte| is_plain(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::{Class, class};

    #[test]
    fn what_is_taken_for_everyday_stands_by_itself() {
        let (mut count, mut plain) = (0, 0);
        for c in '\0'..=char::MAX {
            let text = String::from(c);
            if everyday(text.as_bytes()) > 0 {
                assert_eq!(everyday(text.as_bytes()), text.len(), "{c:?}");
                assert!(matches!(class(c), Class::Base), "{c:?}");
                count += 1;
            }
            if is_plain(text.as_bytes()) {
                assert!(matches!(class(c), Class::Base), "{c:?}");
                assert!(!['"', '”'].contains(&c));
                plain += 1;
            }
        }
        assert!(count > 30_000, "{count}");
        assert!(plain > 20_000, "{plain}");
    }

    #[test]
    fn no_byte_is_left_out() {
        for len in 1..200 {
            for at in 0..len {
                let mut text = vec![b'a'; len];
                text[at] = b'\n';
                assert!(!is_plain(&text), "{at} of {len}");
            }
        }
    }

    /// Wherever a character stands, and at whatever end of a block.
    #[test]
    fn text_is_plain_when_all_its_characters_are() {
        let characters = [
            "a", " ", "服", "，", "。", "—", "…", "“", "”", "\"", "\\", "\n", "é", "\u{301}",
        ];
        arbtest::arbtest(|u| {
            let mut text = String::new();
            for _ in 0..u.int_in_range(0..=60)? {
                // Most are plain, else hardly any text would be.
                let at = u.int_in_range(0..=characters.len() - 1)?;
                let at = if u.ratio(1, 60)? { at } else { at % 8 };
                text.push_str(characters[at]);
            }
            let mut one_by_one = text.chars().map(String::from);
            assert_eq!(
                is_plain(text.as_bytes()),
                one_by_one.all(|c| is_plain(c.as_bytes())),
                "{text:?}"
            );
            Ok(())
        });
        assert!(characters[..8].iter().all(|c| is_plain(c.as_bytes())));
        assert!(!characters[8..].iter().any(|c| is_plain(c.as_bytes())));
    }

    /// Whatever the bytes are.
    #[test]
    fn what_is_plain_is_utf8() {
        let pieces: [&[u8]; 9] = [
            b"a",
            b"88 ",
            "服".as_bytes(),
            "，".as_bytes(),
            "…".as_bytes(),
            b"\xe6",
            b"\x9c",
            b"\xe3\x80",
            b"\xbc\x81",
        ];
        arbtest::arbtest(|u| {
            let mut bytes = Vec::new();
            for _ in 0..u.int_in_range(0..=40)? {
                let at = u.int_in_range(0..=pieces.len() - 1)?;
                let at = if u.ratio(1, 20)? { at } else { at % 5 };
                bytes.extend_from_slice(pieces[at]);
            }
            let text = std::str::from_utf8(&bytes);
            assert_eq!(is_plain(&bytes), text.is_ok(), "{bytes:x?}");
            Ok(())
        });
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                for third in [0, b'a', 0x80, 0xa9, 0xbf, 0xe4, 0xff] {
                    for bytes in [
                        &[first, second, third][..],
                        &[b'a', first, second, third],
                        &[first, second],
                    ] {
                        assert!(
                            !is_plain(bytes) || std::str::from_utf8(bytes).is_ok(),
                            "{bytes:x?}"
                        );
                    }
                }
            }
        }
    }
}
