//! A network in a box: hosts in namespaces of this process, and the chat programs that talk in it.
//!
//! [`Stage::set`] makes the network, [`Stage::play`] lets the programs talk; whoever looks, looks
//! from [`Stage::interface`] in between. Nothing of it has a name outside of this process, so
//! nothing remains of it, however the process ends.

pub mod chat;

mod error;
mod ground;
mod network;
mod percent;
mod scenarios;
mod stage;

pub use error::{Error, Forbidden};
pub use percent::Percent;
pub use scenarios::{SCENARIOS, Scenario, find};
pub use stage::{NET, Playing, Settings, Stage};
