//! What holds for any input at all: no panic, no end that does not come, nothing unescaped, and
//! counters that add up.

use std::{fs, io::Write as _, path::Path};

use arbtest::{
    arbitrary::{self, Unstructured},
    arbtest,
};
use flate2::{Compression, write::GzEncoder};
use inspector::{link_type::LinkType, report::Options, time::Timestamp};
use serde_json::Value;

use super::library::{self, EVERY_VIEW, Owned, Told, View};

const LINK_TYPES: [LinkType; 9] = [
    LinkType::Ethernet,
    LinkType::LinuxSll,
    LinkType::LinuxSll2,
    LinkType::Null,
    LinkType::Loop,
    LinkType::RawIp,
    LinkType::Ipv4,
    LinkType::Ipv6,
    LinkType::Other(105),
];

/// Files above this size are cut and damaged at fewer places.
const LARGE: usize = 8 * 1024;

#[test]
fn any_bytes_on_any_link_type() {
    arbtest(|u| {
        let count = u.int_in_range(1..=12)?;
        let frames = (0..count)
            .map(|_| noise(u))
            .collect::<Result<Vec<_>, _>>()?;
        tell_every_way(&frames);
        Ok(())
    })
    .budget_ms(5_000)
    .size_max(4096);
}

#[test]
fn damaged_frames_among_good_ones() {
    let chat = library::frames(&read("chat.pcap"));
    let fragments = library::frames(&read("fragments.pcap"));
    let neighbours = library::frames(&read("ipv6-chat.pcap"));
    arbtest(|u| {
        let mut frames = (*u.choose(&[&chat, &fragments, &neighbours])?).clone();
        for _ in 0..u.int_in_range(1..=8)? {
            let at = u.choose_index(frames.len())?;
            damage(&mut frames[at], u)?;
            let other = u.choose_index(frames.len())?;
            if u.ratio(1, 4)? {
                frames.swap(at, other);
            }
        }
        tell_every_way(&frames);
        Ok(())
    })
    .budget_ms(5_000)
    .size_max(4096);
}

#[test]
fn every_frame_of_every_capture_cut_at_every_length() {
    for path in library::own_captures() {
        let file = fs::read(&path).expect("it can be read");
        for (index, frame) in library::frames(&file).into_iter().enumerate() {
            let cuts = |original_len: fn(&Owned, usize) -> usize| {
                let cut = |len: usize| Owned {
                    data: frame.data[..len].to_vec(),
                    original_len: original_len(&frame, len),
                    ..frame
                };
                (0..=frame.data.len()).map(cut).collect::<Vec<_>>()
            };
            let name = format!("{} #{}", path.display(), index + 1);
            // By the capture, which kept only a beginning: nothing on the wire was wrong.
            let snapped = cuts(|frame, _| frame.original_len);
            for view in EVERY_VIEW {
                // Pictures of so many frames take their time: they are drawn of some.
                let every = match view {
                    View::Page => 32,
                    View::Ladder | View::Svg | View::Mermaid => 8,
                    _ => 1,
                };
                if index % every > 0 {
                    continue;
                }
                let told = library::tell_frames(snapped.clone(), view, library::everything());
                assert_clean(&told);
                if view == View::Json {
                    let totals = told.totals();
                    assert_eq!(totals["malformed"], 0, "{name}");
                    assert_adds_up(&totals, snapped.len());
                }
            }
            // On the wire, which was as short: some of it is malformed, all of it is counted.
            let short = cuts(|_, len| len);
            let frames = short.len();
            let told = library::tell_frames(short, View::Json, library::everything());
            assert_clean(&told);
            assert_adds_up(&told.totals(), frames);
        }
    }
}

#[test]
fn every_capture_cut_at_every_byte_tells_its_whole_frames() {
    for path in library::own_captures() {
        let file = fs::read(&path).expect("it can be read");
        let ends = good_ends(&path, &file);
        let step = if file.len() > LARGE { 89 } else { 1 };
        for cut in (0..file.len()).step_by(step) {
            let name = format!("{} cut at {cut}", path.display());
            let file = &file[..cut];
            let told = match library::tell(file, "cut", View::Json, Options::default()) {
                Ok(told) => told,
                Err(sentence) => {
                    assert!(cut < ends[0].0, "{name}: {sentence}");
                    assert_printable(&sentence);
                    continue;
                }
            };
            assert_clean(&told);
            let totals = told.totals();
            let (end, frames) = ends.iter().rfind(|(end, _)| *end <= cut).expect("a header");
            assert_adds_up(&totals, *frames);
            let at_an_end = *end == cut;
            assert_eq!(totals["truncated_tail"], !at_an_end, "{name}");
            assert_eq!(told.complaints.len(), usize::from(!at_an_end), "{name}");
        }
    }
}

#[test]
fn captures_with_bits_flipped() {
    let mut chance = Chance(0x1d5a);
    for path in library::own_captures() {
        let file = fs::read(&path).expect("it can be read");
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&file).expect("packed");
        let packed = packed.finish().expect("packed");
        let times = if file.len() > LARGE { 8 } else { 60 };
        for time in 0..times {
            let mut damaged = if time % 8 == 7 {
                packed.clone()
            } else {
                file.clone()
            };
            for _ in 0..=chance.below(8) {
                let at = chance.below(damaged.len());
                damaged[at] ^= 1 << chance.below(8);
            }
            for view in EVERY_VIEW {
                let told = library::tell(&damaged, "damaged", view, library::everything());
                match told {
                    Ok(told) => {
                        assert_clean(&told);
                        if view == View::Json {
                            assert_sum(&told.totals());
                        }
                    }
                    Err(sentence) => assert_printable(&sentence),
                }
            }
        }
    }
}

/// Tells frames in every view, wide and narrow, and checks what holds for all.
fn tell_every_way(frames: &[Owned]) {
    for view in EVERY_VIEW {
        let options = library::everything();
        let told = library::tell_frames(frames.to_vec(), view, options.clone());
        assert_clean(&told);
        if view == View::Json {
            assert_adds_up(&told.totals(), frames.len());
            told.text.lines().for_each(assert_clean_json);
        } else {
            let width = Some(40);
            let options = Options {
                width,
                ..options.clone()
            };
            assert_clean(&library::tell_frames(frames.to_vec(), view, options));
        }
    }
}

fn assert_clean(told: &Told) {
    assert_printable(&told.text);
    told.complaints
        .iter()
        .for_each(|sentence| assert_printable(sentence));
}

/// Nothing steers a terminal, hides or reorders.
fn assert_printable(text: &str) {
    if let Some(at) = text.find(steers) {
        let around: String = text[at..].chars().take(20).collect();
        panic!("{around:?} is not escaped");
    }
}

fn steers(c: char) -> bool {
    match c {
        '\n' => false,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}' => {
            true
        }
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{e000}'..='\u{f8ff}' | '\u{e0000}'.. => true,
        c => c.is_control(),
    }
}

/// Also once a program has decoded it.
fn assert_clean_json(line: &str) {
    fn visit(value: &Value) {
        match value {
            Value::String(text) => {
                assert_printable(text);
                assert!(!text.contains('\n'), "{text:?}");
            }
            Value::Array(values) => values.iter().for_each(visit),
            Value::Object(fields) => fields.values().for_each(visit),
            _ => {}
        }
    }
    visit(&serde_json::from_str(line).expect("one object a line"));
}

fn assert_adds_up(totals: &Value, frames: usize) {
    assert_eq!(totals["frames"], frames, "{totals}");
    assert_sum(totals);
}

/// Every frame is one of four things.
fn assert_sum(totals: &Value) {
    let count = |name: &str| totals[name].as_u64().expect("a count");
    let parts = ["decoded", "malformed", "unsupported", "filtered"].map(count);
    assert_eq!(count("frames"), parts.iter().sum::<u64>(), "{totals}");
}

/// A frame of noise: any link type, any time, any length on the wire that is possible.
fn noise(u: &mut Unstructured<'_>) -> arbitrary::Result<Owned> {
    let len = u.int_in_range(0..=300)?;
    let mut data = u.bytes(len.min(u.len()))?.to_vec();
    // A beginning that leads deeper than chance does.
    let beginnings: [&[u8]; 5] = [
        b"",
        b"\x02\0\0\0\x0f\x49\x02\0\0\0\x0f\x2a\x08\0",
        b"\x02\0\0\0\x0f\x49\x02\0\0\0\x0f\x2a\x08\0\x45\0\0\x40\0\0\0\0\x40\x06",
        b"\x02\0\0\0\x0f\x49\x02\0\0\0\x0f\x2a\x86\xdd\x60\0\0\0\0\x40\x3a",
        b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\x0f\x2a\x08\x06\0\x01\x08\0\x06\x04",
    ];
    data.splice(0..0, u.choose(&beginnings)?.iter().copied());
    Ok(Owned {
        at: Timestamp::from_nanos(u.arbitrary()?),
        link_type: *u.choose(&LINK_TYPES)?,
        original_len: data.len()
            + if u.ratio(1, 3)? {
                u.int_in_range(0..=2000)?
            } else {
                0
            },
        data,
    })
}

/// A good frame with something wrong.
fn damage(frame: &mut Owned, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    match u.int_in_range(0..=4)? {
        0 if !frame.data.is_empty() => {
            let at = u.choose_index(frame.data.len())?;
            frame.data[at] = u.arbitrary()?;
        }
        1 => frame.data.truncate(u.int_in_range(0..=frame.data.len())?),
        2 => {
            frame.data.truncate(u.int_in_range(0..=frame.data.len())?);
            frame.original_len = frame.data.len();
        }
        3 => frame.at = Timestamp::from_nanos(u.arbitrary()?),
        _ => frame.link_type = *u.choose(&LINK_TYPES)?,
    }
    frame.original_len = frame.original_len.max(frame.data.len());
    Ok(())
}

/// Where the file may end well: behind its header and behind each record. Beside each end, how many
/// frames lie before it.
fn good_ends(path: &Path, file: &[u8]) -> Vec<(usize, usize)> {
    let word = |at: usize| u32::from_ne_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let pcapng = path.extension().is_some_and(|ending| ending == "pcapng");
    let (mut at, mut frames) = (if pcapng { word(4) as usize } else { 24 }, 0);
    let mut ends = vec![(at, frames)];
    while at < file.len() {
        let enhanced_packet = 6;
        frames += usize::from(!pcapng || word(at) == enhanced_packet);
        at += if pcapng {
            word(at + 4) as usize
        } else {
            16 + word(at + 8) as usize
        };
        ends.push((at, frames));
    }
    ends
}

fn read(capture: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(capture);
    fs::read(path).expect("it is there")
}

/// The same chances in every run (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound).expect("small");
        usize::try_from((bits ^ (bits >> 31)) % bound).expect("below the bound")
    }
}
