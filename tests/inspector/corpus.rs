use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
};

use inspector::{
    capture::{Next, Source as _, savefile::Savefile, stop::Stop},
    decode,
    track::{
        Checksums, Config, Interest, Tracker,
        event::{Event, Kind, TcpRecord},
    },
};

use super::skip;

/// Other people's captures with what other tools say of them, or `None`, said loudly.
pub fn folder() -> Option<PathBuf> {
    let folder = env::var_os("INSPECTOR_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        skip::loudly("INSPECTOR_CORPUS does not name the folder of other people's captures");
    }
    folder
}

/// The capture files, in their order.
pub fn captures(corpus: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(corpus).expect("the corpus can be listed");
    let mut paths: Vec<_> = folders
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_dir() && !path.ends_with("truth"))
        .flat_map(|folder| fs::read_dir(folder).expect("it can be listed"))
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.to_string_lossy().contains(".pcap"))
        .collect();
    paths.sort();
    paths
}

/// A table with a line of column names, tabs between the columns.
pub fn table(path: &Path) -> Vec<HashMap<String, String>> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    lines
        .map(|line| {
            let named = |(name, value): (&&str, &str)| ((*name).to_owned(), value.to_owned());
            names.iter().zip(line.split('\t')).map(named).collect()
        })
        .collect()
}

/// The captures that a tool has a table of: `tcp-anomaly/zeek__miss_end_data.pcap`, in order.
pub fn with_truth(corpus: &Path, ending: &str) -> Vec<String> {
    let mut names = Vec::new();
    let categories = fs::read_dir(corpus.join("truth")).expect("the corpus has a folder `truth`");
    for category in categories.flatten().filter(|entry| entry.path().is_dir()) {
        let category = category.path();
        for entry in fs::read_dir(&category).expect("it can be listed").flatten() {
            let file = entry.file_name().into_string().expect("plain names");
            if let Some(capture) = file.strip_suffix(ending) {
                let category = category.file_name().expect("it has a name");
                names.push(format!("{}/{capture}", category.to_string_lossy()));
            }
        }
    }
    names.retain(|name| corpus.join(name).is_file());
    names.sort();
    names
}

/// The records of all TCP connections of a capture, in order of first appearance.
pub fn connections(capture: &Path, checksums: Checksums) -> Vec<TcpRecord> {
    let config = Config {
        interest: Interest {
            events: false,
            text: false,
            whole: false,
        },
        checksums,
        ..Config::reading()
    };
    let mut records: Vec<TcpRecord> = events(capture, config)
        .into_iter()
        .filter_map(|event| match event.kind {
            Kind::TcpClosed(record) => Some(*record),
            _ => None,
        })
        .collect();
    records.sort_by_key(|record| record.conn);
    records
}

/// Everything that the tracker tells of a capture.
pub fn events(capture: &Path, config: Config) -> Vec<Event> {
    let mut events = Vec::new();
    // A capture that cannot be opened holds nothing; what is whole in a damaged one counts.
    let stop = Stop::new().expect("a pipe can be made");
    let Ok(mut source) = Savefile::open(&[capture.to_owned()], &stop) else {
        return events;
    };
    let mut tracker = Tracker::new(config);
    let mut number = 0;
    while let Ok(Next::Frame(frame)) = source.next() {
        number += 1;
        let packet = decode::decode(frame.link_type, frame.data, frame.original_len);
        tracker.observe(number, frame.at, &packet, &mut events);
    }
    tracker.finish(&mut events);
    events
}
