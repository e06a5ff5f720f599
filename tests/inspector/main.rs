//! The tests of the whole program, through its binary.

/// What Zeek and tshark say of other people's captures, and what we say.
mod agreement;
/// The newcomer's failures, and what a pipe, a file or a terminal may expect.
mod cli;
/// Other people's captures, and what other tools say of them.
mod corpus;
/// The program on a wire where programs talk: Ctrl-C, limits, rights, both backends.
mod live;
/// Hosts in network namespaces, joined by a bridge.
mod net;
/// Capture files made byte by byte, and read back.
mod pcap_file;
/// Small scenes and what the tracker makes of them.
mod scenario;
/// How a test says that it could not run.
mod skip;
/// The tutorial's chat programs, taken out of its text.
mod tutorial;
