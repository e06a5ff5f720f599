//! The sentence that is told most: what one side of a connection said, all of it, in the frame that stands in the
//! margin.

use super::{Detail, plain, tcp};
use crate::{
    report::{digits, prose::Prose, style::Role, words::Lang},
    track::{
        event::{ConnectionId, Content, Event, Kind, TcpMessage},
        flow::{Endpoint, Flow, Side},
    },
};

/// What stands in it between who spoke, the words, and how many bytes they are; and behind that.
///
/// It is learned from a sentence told as all others are, piece by piece. To fill it in takes a fraction of that.
#[derive(Debug)]
pub struct Usual {
    says: String,
    how_many: String,
    bytes: String,
}

impl Usual {
    /// The sentence in a language; `None` where it has another order.
    pub fn learn(lang: Lang) -> Option<Self> {
        const WORDS: &str = "WORDS";
        const LEN: u64 = 123_456_789;
        const FRAME: u64 = 1;
        let nobody = Endpoint::new(std::net::Ipv4Addr::UNSPECIFIED.into(), 0);
        let said = TcpMessage {
            conn: ConnectionId(1),
            flow: Flow {
                orig: nobody,
                resp: nobody,
            },
            from: Side::Orig,
            offset: 0,
            len: LEN,
            content: Content::Text(WORDS.into()),
            frames: [FRAME].as_slice().into(),
            missing: 0,
            cut: 0,
        };
        let detail = Detail {
            room: None,
            verbose: false,
        };
        let mut prose = Prose::new(lang);
        tcp::message(&said, Some(FRAME), detail, &mut prose);
        let sentence = prose.into_text();
        let rest = sentence.strip_prefix(&nobody.to_string())?;
        let (says, rest) = rest.split_once(WORDS)?;
        let (how_many, bytes) = rest.split_once(&LEN.to_string())?;
        Some(Self {
            says: says.to_owned(),
            how_many: how_many.to_owned(),
            bytes: bytes.to_owned(),
        })
    }

    /// Tells an event that is told so. `false`: it is another, and nothing is told.
    pub fn tell(&self, event: &Event, detail: Detail, prose: &mut Prose) -> bool {
        let Kind::TcpMessage(it) = &event.kind else {
            return false;
        };
        let is_all = it.missing == 0 && it.cut == 0;
        let is_here = matches!((&it.frames[..], event.frame), ([one], Some(here)) if *one == here);
        // Of one byte, or because of something, other words are told.
        if !is_all || !is_here || it.len <= 1 || !event.because.is_empty() || !prose.is_bare() {
            return false;
        }
        let Some(words) = plain(&it.content, detail) else {
            return false;
        };
        prose.with(Role::Plain, |text| {
            digits::endpoint(it.flow.endpoint(it.from), text);
            text.extend_from_slice(self.says.as_bytes());
            text.extend_from_slice(words);
            text.extend_from_slice(self.how_many.as_bytes());
            digits::decimal(it.len, text);
            text.extend_from_slice(self.bytes.as_bytes());
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{event, message, said};

    #[test]
    fn what_is_usual_is_told_as_all_else() {
        for lang in Lang::ALL {
            let usual = Usual::learn(lang).expect("it is in this order");
            let mut was_usual = [0, 0];
            arbtest::arbtest(|u| {
                let words = *u.choose(&[
                    "88",
                    "服务端提供服务",
                    "a",
                    "",
                    "say \"88\"\n",
                    "再” (2 bytes)",
                    "Where are you? I am waiting for you at the station, as we said.",
                ])?;
                let side = *u.choose(&[Side::Orig, Side::Resp])?;
                let content = if u.ratio(1, 10)? {
                    Content::Bytes(words.as_bytes().to_vec())
                } else {
                    said(words)
                };
                let mut event = event(
                    0,
                    u.int_in_range(0..=12_345_678)?,
                    &[],
                    message(side, content, 2),
                );
                if let Kind::TcpMessage(it) = &mut event.kind {
                    it.len = *u.choose(&[words.len() as u64, 1, u64::MAX])?;
                    it.missing = u64::from(u.ratio(1, 10)?);
                    it.cut = u64::from(u.ratio(1, 10)?);
                    let frames: Vec<u64> = event.frame.into_iter().collect();
                    it.frames = if u.ratio(1, 10)? {
                        vec![1, 2, 3].into()
                    } else {
                        frames.into()
                    };
                }
                if u.ratio(1, 10)? {
                    event.because = vec![1];
                }
                let detail = Detail {
                    room: *u.choose(&[None, Some(16), Some(1000)])?,
                    verbose: u.arbitrary()?,
                };
                let mut bare = Prose::new(lang).uniform();
                let is_usual = usual.tell(&event, detail, &mut bare);
                was_usual[usize::from(is_usual)] += 1;
                let mut prose = Prose::new(lang);
                assert!(!usual.tell(&event, detail, &mut prose) && prose.is_empty());
                super::super::tell(&event, detail, &mut prose);
                if is_usual {
                    assert_eq!(bare.into_text(), prose.into_text());
                } else {
                    assert!(bare.is_empty());
                }
                Ok(())
            });
            assert!(was_usual.iter().all(|times| *times > 10), "{was_usual:?}");
        }
    }
}
