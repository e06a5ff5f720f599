//! The frames of a page as data: their layers, fields and bytes, for its script to show.
//!
//! ```text
//! [3, "0.000105", 74, "IP 192.168.15.42.42848 > …", "020000000f49…", [[0, 0, 14, 1, 0, 6, 2, …], …]]
//! ```
//!
//! A frame is its number, its time, its length on the wire, its line in tcpdump's grammar, its bytes, and
//! its layers. A layer is its name, where it begins and its length; behind them name, begin, end and value
//! of each of its fields. Names and values are numbers of strings: most of them come again and again.

use std::collections::HashMap;

use crate::{
    capture::Frame,
    decode::Packet,
    report::{layers::Anatomy, lines, style::Palette, text},
};

/// At most so many frames are kept, the first ones.
pub const MAX_FRAMES: usize = 5_000;

/// At most so many bytes of all frames are kept.
const MAX_BYTES: usize = 4 << 20;

/// At most so many bytes of one frame are kept.
const MAX_FRAME_BYTES: usize = 2_048;

/// The frames of a page.
#[derive(Debug, Default)]
pub struct Frames {
    /// JSON, with a comma before each but the first.
    json: String,
    count: usize,
    strings: Strings,
    bytes: usize,
    left_out: u64,
    anatomy: Anatomy,
}

impl Frames {
    /// Keeps a frame, while there is room.
    pub fn keep(&mut self, number: u64, time: &str, frame: &Frame<'_>, packet: &Packet<'_>) {
        let kept = frame.data.len().min(MAX_FRAME_BYTES);
        if self.left_out > 0 || self.count >= MAX_FRAMES || self.bytes + kept > MAX_BYTES {
            self.left_out += 1;
            return;
        }
        self.bytes += kept;
        let plain = Palette::new(false);
        let mut line = Vec::new();
        lines::grammar(frame, packet, plain, &mut line);
        let line = text::escape_bytes(&line).into_owned();
        let layers = self.layers(frame, packet);
        let bytes = text::hex(frame.data.get(..kept).unwrap_or_default());
        let it = (number, time, frame.original_len, line, bytes, layers);
        // Numbers and strings can always be written as JSON.
        let json = serde_json::to_string(&it).unwrap_or_default();
        self.json.push_str(if self.count > 0 { "," } else { "" });
        self.json.push_str(&json);
        self.count += 1;
    }

    /// How many there was no room for.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// All of them, and their strings: two lists in JSON.
    pub fn to_json(&self) -> [String; 2] {
        let strings = serde_json::to_string(&self.strings.list).unwrap_or_default();
        [format!("[{}]", self.json), strings]
    }

    fn layers(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> Vec<Vec<usize>> {
        let mut anatomy = std::mem::take(&mut self.anatomy);
        anatomy.read(frame, packet);
        let mut layers = Vec::new();
        for (layer, fields) in anatomy.layers() {
            let mut numbers = vec![self.strings.number(layer.name), layer.offset, layer.len];
            for field in fields {
                let mut value = Vec::new();
                field.write_value(frame.data, Palette::new(false), &mut value);
                let name = self.strings.number(field.name);
                let value = self.strings.number(&text::escape_bytes(&value));
                numbers.extend([name, field.bytes.start, field.bytes.end, value]);
            }
            layers.push(numbers);
        }
        let padding = anatomy.padding();
        if !padding.is_empty() {
            let name = self.strings.number("padding");
            layers.push(vec![name, padding.start, padding.len()]);
        }
        self.anatomy = anatomy;
        layers
    }
}

/// Strings, each once.
#[derive(Debug, Default)]
struct Strings {
    list: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Strings {
    fn number(&mut self, string: &str) -> usize {
        if let Some(number) = self.numbers.get(string) {
            return *number;
        }
        let number = self.list.len();
        self.list.push(string.to_owned());
        self.numbers.insert(string.to_owned(), number);
        number
    }
}
