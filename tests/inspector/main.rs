//! Promises that need the whole program, other people's captures or other people's tools.

/// Decoded fields against etherparse's and pnet's.
mod decoders;

/// Every decoded field against tshark's, over the captures in `INSPECTOR_CORPUS`.
mod tshark;
