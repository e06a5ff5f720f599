//! Bytes become words, also where a character is cut.

/// The most bytes of one UTF-8 character that can wait for the rest of it.
const LONGEST_TAIL: usize = 3;

/// Puts characters together that arrive in pieces. What is no UTF-8 becomes U+FFFD.
#[derive(Debug, Default)]
pub(super) struct Words {
    waiting: Vec<u8>,
}

impl Words {
    /// The whole characters that these bytes complete.
    pub(super) fn add(&mut self, bytes: &[u8]) -> String {
        self.waiting.extend_from_slice(bytes);
        let tail = unfinished(&self.waiting);
        let rest = self.waiting.split_off(self.waiting.len() - tail);
        let whole = std::mem::replace(&mut self.waiting, rest);
        String::from_utf8_lossy(&whole).into_owned()
    }

    /// Whether a character waits for its other bytes.
    pub(super) fn is_cut(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What is left when nothing more can come.
    pub(super) fn rest(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.waiting)).into_owned()
    }
}

/// How many bytes at the end begin a character without ending it.
fn unfinished(bytes: &[u8]) -> usize {
    let longest = LONGEST_TAIL.min(bytes.len());
    let begins = |tail: &usize| {
        let tail = bytes.get(bytes.len() - tail..).unwrap_or_default();
        match std::str::from_utf8(tail) {
            Ok(_) => false,
            Err(error) => error.valid_up_to() == 0 && error.error_len().is_none(),
        }
    };
    (1..=longest).rev().find(begins).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_come_whole_however_they_are_cut() {
        let text = "a服务🙂端";
        for size in 1..=text.len() {
            let mut words = Words::default();
            let told: String = text
                .as_bytes()
                .chunks(size)
                .map(|piece| words.add(piece))
                .collect();
            assert_eq!(told, text, "in pieces of {size}");
            assert!(!words.is_cut());
        }
    }

    #[test]
    fn no_bytes_are_kept_for_ever_and_none_lost() {
        arbtest::arbtest(|u| {
            let pieces: Vec<Vec<u8>> = u.arbitrary()?;
            let mut words = Words::default();
            let mut told = String::new();
            for piece in &pieces {
                told += &words.add(piece);
                assert!(words.waiting.len() <= LONGEST_TAIL);
            }
            told += &words.rest();
            let all = pieces.concat();
            if let Ok(text) = std::str::from_utf8(&all) {
                assert_eq!(told, text);
            }
            assert_eq!(told.is_empty(), all.is_empty());
            Ok(())
        });
    }
}
