//! Promises that need the whole program, other people's captures or other people's tools.

/// Every decoded field against tshark's, over the captures in `INSPECTOR_CORPUS`.
mod tshark;
