//! Phrases cut at their gaps, while the program is built.

use crate::report::style::Role;

/// A piece of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words as they are.
    Words(Role, &'static str),
    /// What goes into the gap of this number.
    Gap(Role, usize),
    /// One word or the other: the gap of this number holds one, or another number.
    Plural(Role, usize, [&'static str; 2]),
}

/// How many pieces a phrase has.
pub const fn count(phrase: &'static str) -> usize {
    let (mut rest, mut count) = (phrase, 0);
    while !rest.is_empty() {
        let (token, behind) = next(rest);
        if matches!(token, Token::Words(_) | Token::Gap(_)) {
            count += 1;
        }
        rest = behind;
    }
    count
}

/// Whether a phrase has a gap of this name.
pub const fn has_gap(phrase: &'static str, name: &str) -> bool {
    let mut rest = phrase;
    while !rest.is_empty() {
        let (token, behind) = next(rest);
        if let Token::Gap(gap) = token
            && are_equal(split(gap, b':').0, name)
        {
            return true;
        }
        rest = behind;
    }
    false
}

/// Cuts a phrase into its pieces, of which there are `N` ([`count`]); its gaps have these names.
///
/// # Panics
///
/// While the program is built: where a gap has another name, or brackets do not match.
pub const fn cut<const N: usize>(phrase: &'static str, gaps: &[&str]) -> [Piece; N] {
    let mut pieces = [Piece::Words(Role::Plain, ""); N];
    let (mut rest, mut at, mut role, mut is_painted) = (phrase, 0, Role::Plain, false);
    while !rest.is_empty() {
        let (token, behind) = next(rest);
        rest = behind;
        match token {
            Token::Begin(painted) => {
                assert!(!is_painted, "paint inside paint");
                (role, is_painted) = (painted, true);
            }
            Token::End => {
                assert!(is_painted, "a ] without its [");
                (role, is_painted) = (Role::Plain, false);
            }
            Token::Words(words) => {
                pieces[at] = Piece::Words(role, words);
                at += 1;
            }
            Token::Gap(gap) => {
                let (name, plural) = split(gap, b':');
                let gap = index_of(name, gaps);
                pieces[at] = if plural.is_empty() {
                    Piece::Gap(role, gap)
                } else {
                    let (one, many) = split(plural, b'|');
                    Piece::Plural(role, gap, [one, many])
                };
                at += 1;
            }
        }
    }
    assert!(!is_painted, "a [ without its ]");
    pieces
}

enum Token {
    Words(&'static str),
    /// `{name}` or `{name:one|many}`, without its braces.
    Gap(&'static str),
    /// `[role|`
    Begin(Role),
    /// `]`
    End,
}

/// The first token of what is left, and what is left behind it.
const fn next(rest: &'static str) -> (Token, &'static str) {
    match rest.as_bytes()[0] {
        b'{' => {
            let (gap, behind) = split(after_first(rest), b'}');
            (Token::Gap(gap), behind)
        }
        b'[' => {
            let (role, behind) = split(after_first(rest), b'|');
            (Token::Begin(role_of(role)), behind)
        }
        b']' => (Token::End, after_first(rest)),
        _ => {
            let mut end = 0;
            while end < rest.len() && !matches!(rest.as_bytes()[end], b'{' | b'[' | b']') {
                end += 1;
            }
            let (words, behind) = rest.split_at(end);
            (Token::Words(words), behind)
        }
    }
}

const fn role_of(name: &str) -> Role {
    match name.as_bytes() {
        b"good" => Role::Good,
        b"odd" => Role::Odd,
        b"bad" => Role::Bad,
        b"quiet" => Role::Quiet,
        b"heading" => Role::Heading,
        b"orig" => Role::Orig,
        b"resp" => Role::Resp,
        _ => panic!("no such role"),
    }
}

const fn index_of(name: &str, gaps: &[&str]) -> usize {
    let mut at = 0;
    while at < gaps.len() {
        if are_equal(name, gaps[at]) {
            return at;
        }
        at += 1;
    }
    panic!("a gap that is not declared")
}

/// What is before the first such byte, and what is behind it: nothing where it is not there.
const fn split(text: &'static str, by: u8) -> (&'static str, &'static str) {
    let mut at = 0;
    while at < text.len() {
        if text.as_bytes()[at] == by {
            let (before, behind) = text.split_at(at);
            return (before, after_first(behind));
        }
        at += 1;
    }
    (text, "")
}

const fn after_first(text: &'static str) -> &'static str {
    text.split_at(1).1
}

const fn are_equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_cut_at_its_gaps() {
        const PHRASE: &str = "{who} [good|ACK {n} {n:byte|bytes}]: 完成";
        let pieces: [Piece; count(PHRASE)] = cut(PHRASE, &["who", "n"]);
        assert_eq!(
            pieces,
            [
                Piece::Gap(Role::Plain, 0),
                Piece::Words(Role::Plain, " "),
                Piece::Words(Role::Good, "ACK "),
                Piece::Gap(Role::Good, 1),
                Piece::Words(Role::Good, " "),
                Piece::Plural(Role::Good, 1, ["byte", "bytes"]),
                Piece::Words(Role::Plain, ": 完成"),
            ]
        );
        assert!(has_gap(PHRASE, "who") && has_gap(PHRASE, "n"));
        assert!(!has_gap(PHRASE, "wh") && !has_gap(PHRASE, "whom"));
    }

    /// While the program is built these would be errors.
    #[test]
    fn what_is_wrong_is_refused() {
        for wrong in ["{whom}", "[good|a", "a]", "[good|[bad|a]]", "[nice|a]"] {
            let cut = std::panic::catch_unwind(|| cut::<9>(wrong, &["who"]));
            assert!(cut.is_err(), "{wrong}");
        }
    }
}
