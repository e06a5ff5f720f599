//! Promises that need the whole program, other people's captures or other people's tools.

/// What Zeek and tshark say of other people's captures, and what we say.
mod agreement;
/// Each arrow of the ladder against tshark.
mod arrows;
/// The traffic that the benchmark makes.
mod bench;
/// A browser, for what only a browser can tell.
mod browser;
/// The chat programs: on loopback, and against the tutorial's in Python.
mod chat;
/// A part of a capture, a stream taken out, names: told as within the whole.
mod choose;
/// The newcomer's failures, and what a pipe, a file or a terminal may expect.
mod cli;
/// Other people's captures, and what other tools say of them.
mod corpus;
/// Decoded fields against etherparse's and pnet's.
mod decoders;
/// What `--recv` foretells, against the tutorial's programs in Python.
mod foretold;
/// What it tells of each of our own captures, word by word.
mod golden;
/// What is done to be quick changes nothing of what is told.
mod haste;
/// The house is as its floor plan says.
mod house;
/// Every scenario of the lab, as root and as anybody; and what remains of it: nothing.
mod lab;
/// The ladder: rails that hold, words that cannot become syntax, files written with care.
mod ladder;
/// Which language is told, and what never changes with it.
mod lang;
/// The rooms joined in one process.
mod library;
/// The program on a wire where programs talk: Ctrl-C, limits, rights, both backends.
mod live;
/// Mermaid diagrams, as Mermaid reads them.
mod mermaid;
/// Hosts in network namespaces, joined by a bridge.
mod net;
/// The HTML page, in a browser.
mod page;
/// Capture files made byte by byte, and read back.
mod pcap_file;
/// What holds for any input: no panic, nothing unescaped, counters that add up.
mod promises;
/// What proofs may claim of what a capture shows, and what not.
mod proofs;
/// Small scenes and what the tracker makes of them.
mod scenario;
/// Each line of --json against the schema.
mod schema;
/// How a test says that it could not run.
mod skip;
/// Made-up traffic, from beside the benchmark.
#[path = "../bench/traffic/mod.rs"]
mod traffic;
/// Every decoded field against tshark's, over the captures in `INSPECTOR_CORPUS`.
mod tshark;
/// The tutorial's chat programs, taken out of its text.
mod tutorial;
/// Proofs: every way to fail has one, and each stands on frames that are there.
mod why;
