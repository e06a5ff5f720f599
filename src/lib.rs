//! `inspector` reads network traffic, live or from capture files, and tells the story of a session.

pub mod capture;
pub mod decode;
pub mod inspect;
pub mod link_type;
pub mod report;
pub mod time;
pub mod track;
