//! Hand-built files of every kind, files cut at every byte, any bytes at all, and real captures.

use std::{collections::HashMap, env, fs, io::Write as _, process::Command};

use arbtest::arbtest;
use flate2::{Compression, write::GzEncoder};

use super::*;

/// What was read of a frame, owned.
#[derive(Debug, PartialEq, Clone)]
struct Read1 {
    nanos: i64,
    link_type: u16,
    interface: u32,
    original_len: usize,
    data: Vec<u8>,
}

fn all(mut savefile: Savefile) -> (Vec<Read1>, Ending) {
    let mut frames = Vec::new();
    while let Next::Frame(frame) = savefile.next().unwrap() {
        frames.push(Read1 {
            nanos: frame.at.as_nanos(),
            link_type: frame.link_type.number(),
            interface: frame.interface,
            original_len: frame.original_len,
            data: frame.data.to_vec(),
        });
    }
    assert!(matches!(savefile.next().unwrap(), Next::End));
    let ending = savefile.ending();
    (frames, ending)
}

fn open(bytes: &[u8]) -> Result<Savefile, Error> {
    let reader = io::Cursor::new(bytes.to_vec());
    Savefile::from_reader(reader, "made.pcap", &Stop::new().unwrap())
}

fn read(bytes: &[u8]) -> (Vec<Read1>, Ending) {
    let (frames, ending) = all(open(bytes).unwrap());
    (frames, ending)
}

fn read_well(bytes: &[u8]) -> Vec<Read1> {
    let (frames, ending) = read(bytes);
    assert!(ending.troubles.is_empty(), "{:?}", ending.troubles);
    assert!(!ending.truncated_tail);
    frames
}

/// Writes numbers in a byte order.
#[derive(Clone, Copy)]
struct Ink(bool);

const BOTH: [Ink; 2] = [Ink(false), Ink(true)];

impl Ink {
    fn u16(self, value: u16) -> [u8; 2] {
        if self.0 {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        if self.0 {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn words(self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| self.u32(*word)).collect()
    }

    fn pcap(self, magic: u32, version: (u16, u16), network: u32) -> Vec<u8> {
        let mut bytes = self.u32(magic).to_vec();
        bytes.extend(self.u16(version.0));
        bytes.extend(self.u16(version.1));
        bytes.extend(self.words(&[0, 0, 65535, network]));
        bytes
    }

    fn record(self, header: &[u32], data: &[u8]) -> Vec<u8> {
        [self.words(header), data.to_vec()].concat()
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let len = body.len() as u32 + 12;
        [self.words(&[kind, len]), body, self.words(&[len])].concat()
    }

    fn section(self) -> Vec<u8> {
        let mut body = self.u32(0x1a2b_3c4d).to_vec();
        body.extend(self.u16(1));
        body.extend(self.u16(0));
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body)
    }

    fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = [self.u16(code), self.u16(value.len() as u16)].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn interface(self, link_type: u16, snaplen: u32, options: &[Vec<u8>]) -> Vec<u8> {
        let mut body = [self.u16(link_type), self.u16(0)].concat();
        body.extend(self.u32(snaplen));
        body.extend(options.concat());
        self.block(1, &body)
    }

    fn enhanced(self, interface: u32, units: u64, original: u32, data: &[u8]) -> Vec<u8> {
        let (high, low) = ((units >> 32) as u32, units as u32);
        let header = [interface, high, low, data.len() as u32, original];
        self.block(6, &self.record(&header, data))
    }
}

const DATA: &[u8] = b"frame";

#[test]
fn pcap_in_both_byte_orders_and_units() {
    for ink in BOTH {
        for (magic, unit) in [(0xa1b2_c3d4, 1000), (0xa1b2_3c4d, 1)] {
            let file = [
                ink.pcap(magic, (2, 4), 1),
                ink.record(&[1, 2, 5, 9], DATA),
                ink.record(&[u32::MAX, 7, 0, 0], b""),
            ]
            .concat();
            let frames = read_well(&file);
            assert_eq!(frames.len(), 2);
            assert_eq!(frames[0].nanos, 1_000_000_000 + 2 * unit);
            assert_eq!(frames[0].original_len, 9);
            assert_eq!(frames[0].data, DATA);
            assert_eq!(frames[0].link_type, 1);
            assert_eq!(frames[1].nanos, 4_294_967_295_000_000_000 + 7 * unit);
        }
    }
}

#[test]
fn the_modified_magic_has_a_longer_record_header() {
    for ink in BOTH {
        let record = ink.record(&[1, 0, 5, 5, 3, 0x0800_0000], DATA);
        let file = [ink.pcap(0xa1b2_cd34, (2, 4), 1), record.clone(), record].concat();
        let frames = read_well(&file);
        assert_eq!(frames.len(), 2);
        assert!(frames.iter().all(|frame| frame.data == DATA));
    }
}

#[test]
fn lengths_stood_in_the_other_order_before_version_2_3() {
    for (version, header) in [
        ((2, 2), [1, 0, 9, 5]),
        ((2, 0), [1, 0, 9, 5]),
        ((543, 0), [1, 0, 9, 5]),
        ((2, 3), [1, 0, 9, 5]),
        ((2, 3), [1, 0, 5, 9]),
        ((2, 4), [1, 0, 5, 9]),
        ((2, 5), [1, 0, 5, 9]),
    ] {
        let ink = Ink(false);
        let file = [ink.pcap(0xa1b2_c3d4, version, 1), ink.record(&header, DATA)].concat();
        let frames = read_well(&file);
        assert_eq!((frames[0].data.len(), frames[0].original_len), (5, 9));
    }
}

#[test]
fn only_the_low_half_of_the_network_field_is_the_link_type() {
    let ink = Ink(true);
    let file = [
        ink.pcap(0xa1b2_c3d4, (2, 4), 0x4400_0071),
        ink.record(&[0, 0, 5, 5], DATA),
    ]
    .concat();
    assert_eq!(read_well(&file)[0].link_type, 113);
}

#[test]
fn contradictions_are_normalised_and_counted() {
    let ink = Ink(false);
    let file = [
        ink.pcap(0xa1b2_c3d4, (2, 4), 1),
        ink.record(&[0, 0, 5, 2], DATA),
        ink.record(&[1, 4_000_000_000, 5, 5], DATA),
        ink.record(&[1, 999_999, 5, 5], DATA),
    ]
    .concat();
    let (frames, ending) = read(&file);
    assert_eq!(frames[0].original_len, 5);
    assert_eq!(frames[1].nanos, 4_001_000_000_000);
    assert_eq!(ending.normalised, 2);
    assert!(ending.troubles.is_empty());
}

#[test]
fn pcapng_with_all_kinds_of_packets_and_blocks() {
    for ink in BOTH {
        let old_header = {
            let mut header = [ink.u16(1), ink.u16(77)].concat();
            header.extend(ink.words(&[0, 5_000_000, 5, 6]));
            header
        };
        let file = [
            ink.section(),
            ink.interface(1, 4, &[ink.option(2, b"eth0"), ink.option(0, b"")]),
            ink.block(4, b"name resolution"),
            ink.interface(113, 0, &[]),
            ink.enhanced(0, 1_000_000, 60, DATA),
            ink.block(3, &ink.record(&[9], b"fram")),
            ink.block(0x0bad, b"custom, one may copy it"),
            ink.block(0x4000_0bad, b"custom"),
            ink.block(5, &ink.words(&[0, 0, 0])),
            ink.block(2, &[old_header, DATA.to_vec()].concat()),
        ]
        .concat();
        let mut savefile = open(&file).unwrap();
        while let Next::Frame(_) = savefile.next().unwrap() {}
        let interfaces = savefile.interfaces();
        assert_eq!(interfaces.len(), 2);
        assert_eq!(interfaces.get(0).unwrap().name, b"eth0");
        assert_eq!(interfaces.get(0).unwrap().snaplen, 4);
        assert_eq!(
            savefile.link_types(),
            [LinkType::Ethernet, LinkType::LinuxSll]
        );

        let frames = read_well(&file);
        let frame = |nanos, link_type, interface, original_len, data: &[u8]| Read1 {
            nanos,
            link_type,
            interface,
            original_len,
            data: data.to_vec(),
        };
        let expected = [
            frame(1_000_000_000, 1, 0, 60, DATA),
            frame(1_000_000_000, 1, 0, 9, b"fram"),
            frame(5_000_000_000, 113, 1, 6, DATA),
        ];
        assert_eq!(frames, expected);
    }
}

#[test]
fn sections_have_their_own_byte_order_and_interfaces() {
    let [little, big] = BOTH;
    let file = [
        little.section(),
        little.interface(1, 0, &[little.option(2, b"eth0")]),
        little.enhanced(0, 1, 5, DATA),
        big.section(),
        big.interface(0, 0, &[big.option(2, b"lo0")]),
        big.interface(1, 0, &[big.option(2, b"eth0")]),
        big.enhanced(0, 2, 5, DATA),
        big.enhanced(1, 3, 5, DATA),
    ]
    .concat();
    let frames = read_well(&file);
    let told: Vec<_> = frames
        .iter()
        .map(|frame| (frame.nanos, frame.interface, frame.link_type))
        .collect();
    assert_eq!(told, [(1000, 0, 1), (2000, 1, 0), (3000, 0, 1)]);
}

#[test]
fn units_and_offsets_of_time() {
    for (resolution, units, offset, nanos) in [
        (6, 1_500_000, 0_i64, 1_500_000_000),
        (9, 1_500_000_000, 0, 1_500_000_000),
        (0, 3, 0, 3_000_000_000),
        (12, 1_234_567, 0, 1_234),
        (127, u64::MAX, 0, 0),
        (0x80, 3, 0, 3_000_000_000),
        (0x80 | 10, 1536, 0, 1_500_000_000),
        (0x80 | 127, u64::MAX, 0, 0),
        (9, 5, 2, 2_000_000_005),
        (9, 5, -1, -999_999_995),
        (0, u64::MAX, 0, i64::MAX),
        (9, 0, i64::MIN, i64::MIN),
    ] {
        for ink in BOTH {
            let offset = if ink.0 {
                offset.to_be_bytes()
            } else {
                offset.to_le_bytes()
            };
            let file = [
                ink.section(),
                ink.interface(
                    1,
                    0,
                    &[ink.option(9, &[resolution]), ink.option(14, &offset)],
                ),
                ink.enhanced(0, units, 5, DATA),
            ]
            .concat();
            assert_eq!(read_well(&file)[0].nanos, nanos, "{resolution} {units}");
        }
    }
}

#[test]
fn blocks_that_contradict_themselves_end_the_file_with_a_sentence() {
    let ink = Ink(false);
    let begin = [
        ink.section(),
        ink.interface(1, 0, &[]),
        ink.enhanced(0, 1, 5, DATA),
    ]
    .concat();
    let mut unequal = ink.enhanced(0, 1, 5, DATA);
    *unequal.last_mut().unwrap() = 1;
    let mut skipped_unequal = ink.block(99, DATA);
    *skipped_unequal.last_mut().unwrap() = 1;
    for (bad, word) in [
        (unequal, "before and after"),
        (skipped_unequal, "before and after"),
        (ink.enhanced(3, 1, 5, DATA), "names interface 3"),
        (ink.words(&[6, 8, 8]), "claims to be 8 bytes"),
        (ink.words(&[6, 13, 13, 0]), "claims to be 13 bytes"),
        (ink.words(&[6, u32::MAX - 3, 0]), "no frame is that long"),
        (
            ink.block(6, &ink.words(&[0, 0, 0, 99, 99])),
            "longer than its block",
        ),
        (ink.block(6, &ink.words(&[0, 0])), "too short"),
        (
            ink.interface(1, 0, &[ink.words(&[0x00ff_0002])]),
            "an option",
        ),
        (ink.words(&[0x0a0d_0d0a, 28, 7]), "no byte order"),
    ] {
        let (frames, ending) = read(&[begin.clone(), bad, begin.clone()].concat());
        assert_eq!(frames.len(), 1, "{word}");
        assert_eq!(ending.troubles.len(), 1);
        let said = ending.troubles[0].to_string();
        assert!(said.contains(word), "{word}: {said}");
        assert!(said.contains("damaged at frame 2 (byte 88)"), "{said}");
        assert!(!ending.truncated_tail);
    }
}

#[test]
fn a_record_no_frame_could_fill_is_damage_and_a_long_one_is_read() {
    let ink = Ink(false);
    let header = ink.pcap(0xa1b2_c3d4, (2, 4), 1);
    let long = vec![7; 3 << 20];
    let len = long.len() as u32;
    let file = [header.clone(), ink.record(&[0, 0, len, len], &long)].concat();
    assert_eq!(read_well(&file)[0].data, long);

    let claim = ink.record(&[0, 0, (64 << 20) + 1, (64 << 20) + 1], DATA);
    let (frames, ending) = read(&[header, claim].concat());
    assert!(frames.is_empty());
    assert!(matches!(
        ending.troubles[..],
        [Error::Damaged {
            frame: 1,
            offset: 24,
            ..
        }]
    ));
}

/// A small file of either format, and where its records end.
fn samples() -> [(Vec<u8>, Vec<usize>); 2] {
    let ink = Ink(false);
    let pcap = [
        ink.pcap(0xa1b2_c3d4, (2, 4), 1),
        ink.record(&[0, 0, 5, 5], DATA),
        ink.record(&[0, 0, 0, 0], b""),
        ink.record(&[0, 0, 5, 5], DATA),
    ];
    let pcapng = [
        [ink.section(), ink.interface(1, 0, &[])].concat(),
        ink.enhanced(0, 1, 5, DATA),
        [ink.block(99, DATA), ink.block(3, &ink.record(&[5], DATA))].concat(),
        ink.enhanced(0, 1, 5, DATA),
    ];
    [pcap, pcapng].map(|parts| {
        let mut end = parts[0].len();
        let ends = parts[1..]
            .iter()
            .map(|part| {
                end += part.len();
                end
            })
            .collect();
        (parts.concat(), ends)
    })
}

#[test]
fn a_file_cut_at_any_byte_tells_its_whole_records() {
    for (file, ends) in samples() {
        let whole = read_well(&file);
        // Only a cut between two blocks leaves a file that looks whole.
        let mut unremarkable = 0;
        for cut in 0..file.len() {
            let expected = ends.iter().filter(|end| **end <= cut).count();
            match open(&file[..cut]) {
                Err(error) => {
                    assert_eq!(expected, 0);
                    match cut {
                        0 => assert!(matches!(error, Error::Empty { .. })),
                        1..4 => assert!(matches!(error, Error::NotACapture { .. })),
                        _ => assert!(matches!(error, Error::Truncated { frames: 0, .. })),
                    }
                }
                Ok(savefile) => {
                    let (frames, ending) = all(savefile);
                    assert_eq!(frames, whole[..expected], "cut at {cut}");
                    if ending.truncated_tail {
                        assert!(matches!(
                            ending.troubles[..],
                            [Error::Truncated { frames, .. }] if frames == expected as u64
                        ));
                    } else {
                        assert!(ending.troubles.is_empty());
                        unremarkable += 1;
                    }
                }
            }
        }
        assert!(unremarkable <= 5, "{unremarkable}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn gzip_is_unpacked_and_its_truncation_is_one() {
    for (file, _) in samples() {
        let frames = read_well(&file);
        assert_eq!(read_well(&gzip(&file)), frames);
        // Two members in one file, as `cat a.gz b.gz` makes them.
        let (half, rest) = file.split_at(file.len() / 2);
        assert_eq!(read_well(&[gzip(half), gzip(rest)].concat()), frames);

        let packed = gzip(&file);
        let (told, ending) = read(&packed[..packed.len() - 4]);
        assert_eq!(told, frames);
        assert!(ending.truncated_tail);
        assert_eq!(ending.troubles.len(), 1);
    }
    assert!(matches!(open(&gzip(b"")), Err(Error::Empty { .. })));
    let said = open(&gzip(b"hello")).err().unwrap().to_string();
    assert!(said.contains("is this a capture file?"), "{said}");
}

#[test]
fn bad_files_have_a_sentence_each() {
    let folder = tempfile::tempdir().unwrap();
    let stop = Stop::new().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let empty = file("empty", b"");
    let text = file("text", b"hello, world");
    let [(good, _), _] = samples();
    let good = file("good", &good);
    let missing = folder.path().join("missing");
    let said = |path: &Path| {
        let error = Savefile::open(&[path.to_owned()], &stop).err().unwrap();
        error.to_string()
    };
    assert!(said(&empty).contains("is empty"));
    assert!(said(&text).contains("is this a capture file?"));
    assert!(said(&missing).contains("does not exist"));
    assert!(said(folder.path()).contains("is a folder"));

    // Among several, each is a trouble, and the others are read.
    let paths = [&missing, &good, &text, &good, &empty].map(PathBuf::clone);
    let (frames, ending) = all(Savefile::open(&paths, &stop).unwrap());
    assert_eq!(frames.len(), 6);
    assert_eq!(ending.troubles.len(), 3);
    assert!(!ending.truncated_tail);

    let error = Savefile::open(&[missing, text, empty], &stop)
        .err()
        .unwrap();
    assert!(matches!(error, Error::NoneReadable { others: 2, .. }));
    assert!(error.to_string().contains("does not exist"));
}

#[test]
fn several_files_are_one_source() {
    let folder = tempfile::tempdir().unwrap();
    let stop = Stop::new().unwrap();
    let [(pcap, ends), (pcapng, _)] = samples();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let paths = [
        file("a", &pcap),
        file("cut", &pcap[..ends[1] + 3]),
        file("b", &gzip(&pcapng)),
        file("c", &pcap),
    ];
    let mut savefile = Savefile::open(&paths, &stop).unwrap();
    let mut frames = 0;
    while let Next::Frame(_) = savefile.next().unwrap() {
        frames += 1;
    }
    assert_eq!(frames, 3 + 2 + 3 + 3);
    let total = paths.iter().map(|path| fs::metadata(path).unwrap().len());
    let total = total.sum::<u64>();
    assert_eq!(savefile.progress(), (total, Some(total)));
    // The pcap files describe the same interface, the pcapng another one.
    assert_eq!(savefile.interfaces().len(), 2);
    let ending = savefile.ending();
    assert!(ending.truncated_tail);
    assert_eq!(ending.troubles.len(), 1);
}

#[test]
fn a_stop_ends_the_reading_of_a_silent_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let [(file, ends), _] = samples();
    let (done, is_done) = std::sync::mpsc::channel();
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || {
            let mut pipe = fs::OpenOptions::new().write(true).open(path).unwrap();
            pipe.write_all(&file[..ends[0] + 1]).unwrap();
            is_done.recv().unwrap();
        })
    };
    let stop = Stop::new().unwrap();
    let mut savefile = Savefile::open(&[path], &stop).unwrap();
    assert!(matches!(savefile.next().unwrap(), Next::Frame(_)));
    assert_eq!(savefile.progress().1, None);
    let wish = stop.clone();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        wish.request();
    });
    // The pipe is open, and holds the first byte of a record.
    assert!(matches!(savefile.next().unwrap(), Next::End));
    let ending = savefile.ending();
    assert!(ending.troubles.is_empty(), "{:?}", ending.troubles);
    done.send(()).unwrap();
    writer.join().unwrap();
    stopper.join().unwrap();
}

#[test]
fn any_bytes_are_read_without_panic_and_to_an_end() {
    let heads = samples();
    arbtest(|u| {
        let (head, _) = &heads[usize::from(u.arbitrary::<bool>()?)];
        let keep = u.int_in_range(0..=head.len())?;
        let mut file = head[..keep].to_vec();
        file.extend(u.arbitrary::<Vec<u8>>()?);
        // Overwrite a few bytes, so that lengths and types are hit as well.
        for _ in 0..u.int_in_range(0..=3)? {
            if let Some(last) = file.len().checked_sub(1) {
                let at = u.int_in_range(0..=last)?;
                file[at] = u.arbitrary()?;
            }
        }
        if let Ok(savefile) = open(&file) {
            let (frames, ending) = all(savefile);
            // The smallest record has 16 bytes, so there is no more than that to tell.
            assert!(frames.len() <= file.len() / 16);
            assert!(ending.troubles.len() <= 1);
            for frame in frames {
                assert!(frame.data.len() <= frame.original_len);
            }
        }
        Ok(())
    })
    .budget_ms(500);
}

/// Files that hold fewer frames than block walking without checks counts, and why.
const NOT_AS_WALKED: [(&str, &str); 2] = [
    (
        "malformed/libpcap__pcapng-invalid-vers-1.pcapng",
        "version 0.1 is none; libpcap and tshark refuse it too",
    ),
    (
        "malformed/libpcap__shb-option-too-long.pcapng",
        "the lengths before and after its first block differ; libpcap and tshark refuse it too",
    ),
];

/// Files whose frames tshark numbers or dates in another way, and why.
const NOT_AS_TSHARK: [(&str, &str); 7] = [
    (
        "pcapng/pcapng-gen__le-test010.pcapng",
        "Simple Packet Blocks have no time",
    ),
    (
        "pcapng/pcapng-gen__le-test016.pcapng",
        "Simple Packet Blocks have no time",
    ),
    (
        "pcapng/pcapng-gen__le-test018.pcapng",
        "tshark numbers custom blocks",
    ),
    (
        "pcapng/pcapng-gen__le-test102.pcapng",
        "tshark numbers custom blocks",
    ),
    (
        "pcapng/pcapng-gen__be-test202.pcapng",
        "tshark numbers custom blocks",
    ),
    (
        "pcapng/PcapPlusPlus__pcapng-example.pcapng",
        "times beyond the year 2262 are held there",
    ),
    (
        "malformed/nDPI__fuzz-2021-10-13.pcap",
        "tshark prints 1882137472 nanoseconds behind the point, here they carry over",
    ),
];

/// The folders whose files differ in format; the others are plain pcap.
const ODD_FORMATS: [&str; 3] = ["pcapng/", "malformed/", "vlan-linktypes/"];

/// The folder of real captures, or a loud line.
fn corpus() -> Option<PathBuf> {
    let folder = env::var_os("INSPECTOR_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("NOT TESTED: INSPECTOR_CORPUS is not set, so no real capture was read");
    }
    folder
}

fn manifest(folder: &Path) -> Vec<(String, usize)> {
    let manifest = fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut rows = manifest.lines().map(|line| line.split('\t'));
    let column = rows
        .next()
        .and_then(|mut names| names.position(|name| name == "packets"))
        .unwrap();
    rows.map(|row| {
        let cells: Vec<_> = row.collect();
        (cells[0].to_owned(), cells[column].parse().unwrap())
    })
    .collect()
}

#[test]
fn real_captures_have_as_many_frames_as_their_manifest_says() {
    let Some(folder) = corpus() else { return };
    let odd = HashMap::from(NOT_AS_WALKED);
    let mut wrong = Vec::new();
    for (name, packets) in manifest(&folder) {
        let told = Savefile::open(&[folder.join(&name)], &Stop::new().unwrap());
        let told = told.map_or(0, |savefile| all(savefile).0.len());
        let expected = if odd.contains_key(name.as_str()) {
            0
        } else {
            packets
        };
        if told != expected {
            wrong.push(format!("{name}: {told} frames, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn real_captures_have_the_times_and_lengths_that_tshark_tells() {
    let Some(folder) = corpus() else { return };
    let odd: HashMap<_, _> = NOT_AS_TSHARK.into_iter().chain(NOT_AS_WALKED).collect();
    let mut wrong = Vec::new();
    for (name, _) in manifest(&folder) {
        let odd_format = ODD_FORMATS.iter().any(|folder| name.starts_with(folder));
        if !odd_format || odd.contains_key(name.as_str()) {
            continue;
        }
        let output = Command::new("tshark")
            .args(["-n", "-T", "fields", "-e", "frame.time_epoch"])
            .args(["-e", "frame.cap_len", "-e", "frame.len", "-r"])
            .arg(folder.join(&name))
            // Only the frames themselves are wanted.
            .args(["--disable-protocol", "eth", "--disable-protocol", "ip"])
            .output()
            .unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        let savefile = Savefile::open(&[folder.join(&name)], &Stop::new().unwrap()).unwrap();
        let ours: String = all(savefile)
            .0
            .iter()
            .map(|frame| {
                format!(
                    "{}.{:09}\t{}\t{}\n",
                    frame.nanos / 1_000_000_000,
                    frame.nanos % 1_000_000_000,
                    frame.data.len(),
                    frame.original_len
                )
            })
            .collect();
        if let Some((ours, theirs)) = ours.lines().zip(theirs.lines()).find(|(a, b)| a != b) {
            wrong.push(format!("{name}: {ours:?}, tshark {theirs:?}"));
        } else if ours.lines().count() != theirs.lines().count() {
            wrong.push(format!("{name}: another number of frames"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
