//! What Python says of bytes that are no UTF-8.

use std::str;

/// The words of the `UnicodeDecodeError` that `str(bytes, "utf8")` raises.
pub fn decode(bytes: &[u8]) -> Result<&str, String> {
    str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let rest = bytes.get(start..).unwrap_or_default();
        let first = rest.first().copied().unwrap_or_default();
        let (len, why) = match error.error_len() {
            None => (rest.len(), "unexpected end of data"),
            Some(_) if matches!(first, 0x80..=0xc1 | 0xf5..) => (1, "invalid start byte"),
            Some(len) => (len, "invalid continuation byte"),
        };
        if len == 1 {
            format!("'utf-8' codec can't decode byte 0x{first:02x} in position {start}: {why}")
        } else {
            let last = start + len - 1;
            format!("'utf-8' codec can't decode bytes in position {start}-{last}: {why}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_worded_as_python_words_them() {
        assert_eq!(decode("再见".as_bytes()), Ok("再见"));
        for (bytes, words) in [
            (
                &"再见".as_bytes()[..4],
                "'utf-8' codec can't decode byte 0xe8 in position 3: unexpected end of data",
            ),
            (
                &"再见".as_bytes()[..5],
                "'utf-8' codec can't decode bytes in position 3-4: unexpected end of data",
            ),
            (
                &"再见".as_bytes()[1..],
                "'utf-8' codec can't decode byte 0x86 in position 0: invalid start byte",
            ),
            (
                b"a\xe5\x86b",
                "'utf-8' codec can't decode bytes in position 1-2: invalid continuation byte",
            ),
            (
                b"a\xe5b",
                "'utf-8' codec can't decode byte 0xe5 in position 1: invalid continuation byte",
            ),
        ] {
            assert_eq!(decode(bytes), Err(words.to_owned()));
        }
    }
}
