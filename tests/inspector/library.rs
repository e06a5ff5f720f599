//! The rooms joined in one process, as `inspector read` joins them: for tests that need a width, a
//! colour, or thousands of captures.

use std::{
    fs,
    io::{self, Cursor},
    path::{Path, PathBuf},
};

use inspector::{
    capture::{self, Ending, Frame, Next, Source, savefile::Savefile, stop::Stop},
    inspect::{self, Job},
    link_type::LinkType,
    report::{
        Opened, Options, Report,
        beside::Beside,
        json::Json,
        ladder::{self, Ladder, layout::Layout},
        lines::Lines,
        page::Page,
        summary::Summary,
        timeline::Timeline,
        transcript::Transcript,
    },
    time::Timestamp,
    track::Config,
};
use serde_json::Value;

/// What a report can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Timeline,
    Packets,
    /// The same, with other reports of the source.
    PacketsBeside,
    Summary,
    Chat,
    Json,
    Ladder,
    Svg,
    Mermaid,
    Page,
}

/// Every view, with all that it can show.
pub const EVERY_VIEW: [View; 9] = [
    View::Timeline,
    View::Packets,
    View::Summary,
    View::Chat,
    View::Json,
    View::Ladder,
    View::Svg,
    View::Mermaid,
    View::Page,
];

/// What was told of a source.
pub struct Told {
    pub text: String,
    pub complaints: Vec<String>,
}

impl Told {
    /// The last event, where the view was JSON: what was counted.
    pub fn totals(&self) -> Value {
        let last = self.text.lines().last().expect("there is always an end");
        let end: Value = serde_json::from_str(last).expect("one object a line");
        assert_eq!(end["event"], "capture_closed");
        end
    }
}

/// Everything verbose: fields, bytes, packets.
pub fn everything() -> Options {
    Options {
        verbose: true,
        hex: true,
        packets: true,
        recv: Some(10),
        top: None,
        ..Options::default()
    }
}

/// The files of captures/, those that the project made itself.
pub fn own_captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut captures: Vec<_> = [folder.join("lab"), folder]
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).expect("it is there"))
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            ending.is_some_and(|ending| ending.starts_with("pcap"))
        })
        .collect();
    captures.sort();
    assert!(captures.len() > 10, "only {captures:?}");
    captures
}

/// Tells what a capture file's bytes show.
pub fn tell(file: &[u8], name: &str, view: View, options: Options) -> Result<Told, String> {
    let stop = Stop::new().expect("a file descriptor");
    let mut source = Savefile::from_reader(Cursor::new(file.to_vec()), name, &stop)
        .map_err(|error| error.to_string())?;
    Ok(tell_source(&mut source, name, view, options))
}

/// Tells what frames show.
pub fn tell_frames(frames: Vec<Owned>, view: View, options: Options) -> Told {
    let mut source = Frames { frames, next: 0 };
    tell_source(&mut source, "frames", view, options)
}

/// The ladder of frames, laid out.
pub fn layout(frames: Vec<Owned>) -> Layout {
    let mut ladder = Ladder::new(Options::default());
    let opened = Opened {
        source: "frames".to_owned(),
        live: false,
        link_types: Vec::new(),
        at: None,
    };
    let job = Job {
        tracking: Config::reading(),
        ..Job::default()
    };
    let mut source = Frames { frames, next: 0 };
    let outcome = inspect::inspect(&mut source, opened, &mut ladder, job, &mut |_| {});
    outcome.expect("nothing is written");
    ladder.layout(24)
}

fn tell_source(source: &mut dyn Source, name: &str, view: View, options: Options) -> Told {
    let opened = Opened {
        source: name.to_owned(),
        live: false,
        link_types: Vec::new(),
        at: None,
    };
    let job = Job {
        tracking: Config::reading(),
        ..Job::default()
    };
    let mut out = Vec::new();
    let mut complaints = Vec::new();
    let mut picture = Ladder::new(options.clone());
    let mut rest = Summary::new(io::sink(), options.clone());
    let mut page = Page::new(options.clone());
    let mut lines;
    let mut report: Box<dyn Report + '_> = match view {
        View::Svg | View::Mermaid => Box::new(Beside::new(vec![&mut picture, &mut rest])),
        View::Page => Box::new(Beside::new(vec![&mut page])),
        View::Timeline => Box::new(Timeline::new(&mut out, options)),
        View::Packets => Box::new(Lines::new(&mut out, options)),
        View::PacketsBeside => {
            lines = Lines::new(&mut out, options);
            Box::new(Beside::new(vec![&mut lines]))
        }
        View::Summary => Box::new(Summary::new(&mut out, options)),
        View::Chat => Box::new(Transcript::new(&mut out, options)),
        View::Json => Box::new(Json::new(&mut out, options)),
        View::Ladder => Box::new(ladder::Terminal::new(&mut out, options)),
    };
    let outcome = inspect::inspect(source, opened, &mut *report, job, &mut |trouble| {
        complaints.push(trouble.to_string());
    });
    drop(report);
    let layout = picture.layout(24);
    let drawn = match view {
        View::Svg => ladder::write_svg(&layout, &mut out),
        View::Mermaid => ladder::write_mermaid(&layout, &mut out),
        View::Page => page.write(&mut out),
        _ => Ok(()),
    };
    drawn.expect("a Vec takes everything");
    let outcome = outcome.expect("a Vec takes everything");
    assert_eq!(outcome.troubled, !complaints.is_empty());
    Told {
        text: String::from_utf8(out).expect("reports write UTF-8"),
        complaints,
    }
}

/// A frame that owns its bytes.
#[derive(Clone, Debug)]
pub struct Owned {
    pub at: Timestamp,
    pub link_type: LinkType,
    pub original_len: usize,
    pub data: Vec<u8>,
}

impl Owned {
    pub fn as_frame(&self) -> Frame<'_> {
        Frame {
            at: self.at,
            link_type: self.link_type,
            interface: 0,
            original_len: self.original_len,
            data: &self.data,
        }
    }
}

/// The frames of a capture file.
pub fn frames(file: &[u8]) -> Vec<Owned> {
    let stop = Stop::new().expect("a file descriptor");
    let mut source =
        Savefile::from_reader(Cursor::new(file.to_vec()), "a capture", &stop).expect("a capture");
    let mut frames = Vec::new();
    while let Next::Frame(frame) = source.next().expect("files do not fail midway") {
        frames.push(Owned {
            at: frame.at,
            link_type: frame.link_type,
            original_len: frame.original_len,
            data: frame.data.to_vec(),
        });
    }
    frames
}

struct Frames {
    frames: Vec<Owned>,
    next: usize,
}

impl Source for Frames {
    fn next(&mut self) -> Result<Next<'_>, capture::Error> {
        let Some(frame) = self.frames.get(self.next) else {
            return Ok(Next::End);
        };
        self.next += 1;
        Ok(Next::Frame(frame.as_frame()))
    }

    fn ending(&mut self) -> Ending {
        Ending::default()
    }
}
