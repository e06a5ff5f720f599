//! What is written is read again, by us and by libpcap; nothing is lost silently.

use std::{os::unix::fs::symlink, process::Command};

use crate::capture::{
    Source as _,
    live::tests::in_namespace,
    savefile::{
        Savefile,
        tests::{Told, all},
    },
    stop::Stop,
};

use super::*;

fn frame(nanos: i64, interface: u32, link_type: LinkType, data: &[u8]) -> Frame<'_> {
    Frame {
        at: Timestamp::from_nanos(nanos),
        link_type,
        interface,
        original_len: data.len() + 5,
        data,
    }
}

fn ethernet(nanos: i64) -> Frame<'static> {
    frame(nanos, 0, LinkType::Ethernet, b"a frame of 20 bytes!")
}

fn create(path: &Path) -> Result<Writer, Error> {
    Writer::create(path, false, &[], Descriptions::default())
}

/// The frames of a file that has no fault, and the interfaces it describes.
fn read(path: &Path) -> (Vec<Told>, Descriptions) {
    let savefile = Savefile::open(&[path.to_owned()], &Stop::new().unwrap()).unwrap();
    let descriptions = savefile.interfaces();
    let (frames, ending) = all(savefile);
    assert!(ending.troubles.is_empty(), "{:?}", ending.troubles);
    (frames, descriptions)
}

/// Time in nanoseconds, original length and data of each frame, as libpcap sees them.
fn read_by_libpcap(path: &Path) -> Vec<(i64, usize, Vec<u8>)> {
    let precision = pcap::Precision::Nano;
    let mut capture = pcap::Capture::from_file_with_precision(path, precision).unwrap();
    let mut frames = Vec::new();
    loop {
        match capture.next_packet() {
            Ok(packet) => frames.push((
                packet.header.ts.tv_sec * 1_000_000_000 + packet.header.ts.tv_usec,
                packet.header.len as usize,
                packet.data.to_vec(),
            )),
            Err(pcap::Error::NoMorePackets) => return frames,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.pcap", "a.PCAP", "a.pcapng", "a"] {
        let path = folder.path().join(name);
        let mut writer = create(&path).unwrap();
        let datas: Vec<Vec<u8>> = (0..50_u8).map(|n| vec![n; usize::from(n)]).collect();
        let times = 1_795_379_545_302_959_001_i64..;
        for (nanos, data) in times.clone().zip(&datas) {
            writer
                .write(&frame(nanos, 0, LinkType::Ethernet, data))
                .unwrap();
        }
        assert_eq!(writer.frames(), 50);
        assert_eq!(writer.finish().unwrap(), 50);
        let (frames, _) = read(&path);
        let theirs = read_by_libpcap(&path);
        assert_eq!(frames.len(), 50);
        assert_eq!(theirs.len(), 50);
        for (nanos, ((data, ours), theirs)) in times.zip(datas.iter().zip(frames).zip(theirs)) {
            let original_len = data.len() + 5;
            let data = data.clone();
            assert_eq!(theirs, (nanos, original_len, data.clone()));
            let told = Told {
                nanos,
                link_type: 1,
                interface: 0,
                original_len,
                data,
            };
            assert_eq!(ours, told);
        }
        let is_pcap = name.to_lowercase().ends_with(".pcap");
        assert_eq!(fs::read(&path).unwrap()[0] == 0x4d, is_pcap, "{name}");
        let mode = fs::metadata(&path).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn interfaces_keep_their_names_and_link_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcapng");
    let descriptions = Descriptions::default();
    for (name, link_type, snaplen) in [
        (&b"eth0"[..], LinkType::Ethernet, 96),
        (b"lo", LinkType::LinuxSll, 0),
    ] {
        descriptions.push(Description {
            name: name.to_vec(),
            link_type,
            snaplen,
        });
    }
    let mut writer = Writer::create(&path, false, &[], descriptions).unwrap();
    for (interface, link_type) in [
        (1, LinkType::LinuxSll),
        (0, LinkType::Ethernet),
        (1, LinkType::LinuxSll),
        // As a source should never tell, and none of these is confused with another.
        (0, LinkType::RawIp),
        (7, LinkType::Other(147)),
    ] {
        writer.write(&frame(1, interface, link_type, b"x")).unwrap();
    }
    writer.finish().unwrap();
    let (frames, interfaces) = read(&path);
    let told: Vec<_> = frames
        .iter()
        .map(|frame| (frame.interface, frame.link_type))
        .collect();
    assert_eq!(told, [(0, 113), (1, 1), (0, 113), (2, 101), (3, 147)]);
    assert_eq!(interfaces.get(0).unwrap().name, b"lo");
    assert_eq!(interfaces.get(1).unwrap().name, b"eth0");
    assert_eq!(interfaces.get(1).unwrap().snaplen, 96);
}

#[test]
fn nothing_of_this_machine_is_in_a_file_without_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcapng");
    assert_eq!(create(&path).unwrap().finish().unwrap(), 0);
    #[rustfmt::skip]
    let section = [
        0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0,
    ];
    assert_eq!(fs::read(&path).unwrap(), section);
    let path = folder.path().join("a.pcap");
    assert_eq!(create(&path).unwrap().finish().unwrap(), 0);
    assert_eq!(read_by_libpcap(&path), []);
}

#[test]
fn the_file_is_whole_after_every_flush() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.pcap", "a.pcapng"] {
        let path = folder.path().join(name);
        let mut writer = create(&path).unwrap();
        for count in 1..5 {
            writer.write(&ethernet(1)).unwrap();
            writer.flush().unwrap();
            assert_eq!(read(&path).0.len(), count);
        }
        // Large amounts reach the file by themselves.
        let large = vec![1; 100_000];
        for _ in 0..10 {
            let large = frame(9, 0, LinkType::Ethernet, &large);
            writer.write(&large).unwrap();
        }
        assert!(fs::metadata(&path).unwrap().len() > 700_000);
        drop(writer);
        assert_eq!(read(&path).0.len(), 14);
    }
}

#[test]
fn a_file_that_exists_is_overwritten_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcap");
    fs::write(&path, vec![7; 10_000]).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let error = create(&path).err().unwrap();
    assert!(matches!(error, Error::Exists { .. }));
    assert_eq!(fs::metadata(&path).unwrap().len(), 10_000);

    let force = |path: &Path, inputs: &[PathBuf]| {
        Writer::create(path, true, inputs, Descriptions::default())
    };
    // The same file under another name is still an input.
    let alias = folder.path().join("alias");
    fs::hard_link(&path, &alias).unwrap();
    let error = force(&path, &[alias]).err().unwrap();
    assert!(matches!(error, Error::OverwritesInput { .. }));
    assert_eq!(fs::metadata(&path).unwrap().len(), 10_000);

    let mut writer = force(&path, &[]).unwrap();
    writer.write(&ethernet(1)).unwrap();
    writer.finish().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), 24 + 16 + 20);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);

    let link = folder.path().join("link.pcap");
    symlink(&path, &link).unwrap();
    assert!(matches!(create(&link).err(), Some(Error::Exists { .. })));
    let said = force(&link, &[]).err().unwrap().to_string();
    assert!(said.contains("symbolic link"), "{said}");
    let said = force(folder.path(), &[]).err().unwrap().to_string();
    assert!(said.contains("could not be created"), "{said}");
    // Nothing is overwritten in a device.
    create(Path::new("/dev/null")).unwrap().finish().unwrap();
}

#[test]
fn a_pcap_file_has_one_link_type_and_a_range_of_time() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bad) in [
        ("a.pcap", frame(1, 0, LinkType::RawIp, b"x")),
        ("b.pcap", ethernet(-1)),
        ("c.pcap", ethernet((1 << 32) * 1_000_000_000)),
        ("d.pcapng", ethernet(-1)),
    ] {
        let path = folder.path().join(name);
        let mut writer = create(&path).unwrap();
        writer.write(&ethernet(1)).unwrap();
        let said = writer.write(&bad).unwrap_err().to_string();
        assert!(said.contains("after 1 frame"), "{said}");
        assert!(said.contains("pcapng"), "{said}");
        // From then on nothing happens.
        writer.write(&ethernet(2)).unwrap();
        assert_eq!(writer.finish().unwrap(), 1);
        assert_eq!(read(&path).0.len(), 1);
    }
    let path = folder.path().join("e.pcap");
    let mut writer = create(&path).unwrap();
    let latest = i64::from(u32::MAX) * 1_000_000_000 + 999_999_999;
    writer.write(&ethernet(latest)).unwrap();
    writer.finish().unwrap();
    assert_eq!(read(&path).0[0].nanos, latest);
}

#[test]
fn a_full_disk_leaves_whole_records_and_says_how_many() {
    let test = "capture::write::tests::a_full_disk_leaves_whole_records_and_says_how_many";
    if !in_namespace(test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=128k", "tmpfs"])
        .arg(folder.path())
        .status();
    assert!(mounted.unwrap().success());
    for name in ["a.pcap", "a.pcapng"] {
        let path = folder.path().join(name);
        let mut writer = create(&path).unwrap();
        // 300 frames of 1000 bytes are too many, whether they are flushed one by one or at the end.
        let data = [3; 1000];
        let mut error = None;
        for n in 0..300 {
            let one = frame(n, 0, LinkType::Ethernet, &data);
            error = error.or(writer.write(&one).err());
        }
        error = error.or(writer.flush().err());
        let Some(Error::Write { frames, .. }) = error else {
            panic!("{error:?}");
        };
        assert!((100..130).contains(&frames), "{frames}");
        assert_eq!(writer.finish().unwrap(), frames);
        assert_eq!(read(&path).0.len() as u64, frames);
        assert_eq!(read_by_libpcap(&path).len() as u64, frames);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_device_that_takes_nothing_is_an_error() {
    let mut writer = create(Path::new("/dev/full")).unwrap();
    writer.write(&ethernet(1)).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(matches!(error, Error::Write { frames: 0, .. }), "{error}");
}

#[test]
fn a_reader_that_went_away_is_a_closed_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let reader = {
        let path = path.clone();
        std::thread::spawn(move || drop(File::open(path).unwrap()))
    };
    let mut writer = create(&path).unwrap();
    reader.join().unwrap();
    writer.write(&ethernet(1)).unwrap();
    assert!(writer.flush().unwrap_err().is_broken_pipe());
}
