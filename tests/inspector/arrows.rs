//! Each arrow of the ladder against what tshark says of its frame.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use inspector::report::ladder::layout::{Layout, Row, Rung};

use super::{library, skip};

/// What tshark is asked, in this order.
const FIELDS: [&str; 14] = [
    "frame.number",
    "eth.dst",
    "arp.opcode",
    "arp.src.proto_ipv4",
    "arp.dst.proto_ipv4",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.flags",
    "tcp.len",
    "udp.length",
    "icmp.type",
    "ip.flags.mf",
];

#[test]
fn every_frame_is_the_arrow_that_tshark_says() {
    let mut checked = 0;
    for path in library::own_captures() {
        let Some(rows) = tshark(&path) else {
            skip::loudly("there is no tshark: apt-get install tshark");
            return;
        };
        let file = fs::read(&path).expect("it can be read");
        let layout = library::layout(library::frames(&file));
        let arrows = arrows(&layout);
        for row in &rows {
            let told = format!("{}: {row:?}", path.display());
            match arrows.get(&row.number()) {
                Some(rung) => check(row, rung, &layout, &told),
                None => assert!(row.is_pure_ack(), "no arrow: {told}"),
            }
            checked += 1;
        }
    }
    assert!(checked > 800, "only {checked} frames");
}

/// The arrows by their frames; those that stand for several are checked by their first.
fn arrows(layout: &Layout) -> BTreeMap<u64, &Rung> {
    let rungs = layout.rows.iter().filter_map(|row| match row {
        Row::Rung(rung) => Some(rung),
        _ => None,
    });
    let mut arrows = BTreeMap::new();
    for rung in rungs {
        for frame in rung.frame..=rung.last_frame {
            arrows.insert(frame, rung);
        }
    }
    arrows
}

fn check(row: &Frame, rung: &Rung, layout: &Layout, told: &str) {
    let [from, to] = [rung.from, rung.to].map(|at| &layout.lanes[at]);
    let label = rung.label.text();
    let told = format!("{told} is drawn {from:?} → {to:?}: {label}");
    // Between the frames of a run lie ACKs of the other side.
    if rung.count > 1 && row.is_pure_ack() {
        return;
    }
    let (src, dst) = row.ends();
    if src != "0.0.0.0" {
        assert_eq!(from.address, src, "{told}");
    }
    if row.is_to_group() || !row.of("arp.opcode").is_empty() && src == dst {
        assert!(to.is_many, "{told}");
    } else {
        assert_eq!(to.address, dst, "{told}");
    }
    if let Some(flags) = row.flags() {
        let name = match flags & 0x17 {
            rst if rst & 4 != 0 => "RST",
            0x02 => "SYN",
            0x12 => "SYN-ACK",
            fin if fin & 1 != 0 => "FIN",
            _ => "",
        };
        let first = label.split(' ').next().expect("it says something");
        let is_named = ["RST", "SYN", "SYN-ACK", "FIN"].contains(&first);
        assert_eq!(if is_named { first } else { "" }, name, "{told}");
        if row.of("tcp.len") != "0" && rung.count == 1 {
            assert!(says(&label, row.of("tcp.len")), "{told}");
        }
    }
    if let Ok(length) = row.of("udp.length").parse::<u64>()
        && row.of("ip.flags.mf") != "1"
        && row.of("icmp.type").is_empty()
    {
        assert!(says(&label, &(length - 8).to_string()), "{told}");
    }
}

/// Whether a label names so many bytes.
fn says(label: &str, bytes: &str) -> bool {
    format!(" {label} ").contains(&format!(" {bytes} B "))
}

/// What tshark says of a frame.
#[derive(Debug)]
struct Frame(Vec<String>);

impl Frame {
    fn of(&self, field: &str) -> &str {
        let at = FIELDS.iter().position(|it| *it == field);
        &self.0[at.expect("it was asked")]
    }

    fn number(&self) -> u64 {
        self.of("frame.number").parse().expect("a number")
    }

    fn ends(&self) -> (&str, &str) {
        let either = |fields: [&str; 3]| {
            let told = fields.map(|field| self.of(field));
            told.into_iter()
                .find(|it| !it.is_empty())
                .unwrap_or_default()
        };
        (
            either(["arp.src.proto_ipv4", "ip.src", "ipv6.src"]),
            either(["arp.dst.proto_ipv4", "ip.dst", "ipv6.dst"]),
        )
    }

    fn is_to_group(&self) -> bool {
        self.of("eth.dst").starts_with("ff:ff:") || self.of("eth.dst").starts_with("33:33:")
    }

    /// The flags of TCP; none of a segment that ICMP quotes.
    fn flags(&self) -> Option<u64> {
        let digits = self.of("tcp.flags").strip_prefix("0x")?;
        let flags = u64::from_str_radix(digits, 16).expect("hexadecimal");
        self.of("icmp.type").is_empty().then_some(flags)
    }

    fn is_pure_ack(&self) -> bool {
        self.of("tcp.len") == "0" && self.flags().is_some_and(|flags| flags & 0x17 == 0x10)
    }
}

/// What tshark says of each frame; nothing without tshark.
fn tshark(path: &Path) -> Option<Vec<Frame>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path);
    command.args([
        "-n",
        "-T",
        "fields",
        "-E",
        "occurrence=f",
        "-E",
        "separator=|",
    ]);
    command.args(["-o", "ip.defragment:FALSE"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.stderr(Stdio::null()).output().ok()?;
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    let frame = |line: &str| Frame(line.split('|').map(str::to_owned).collect());
    Some(told.lines().map(frame).collect())
}
