//! What may be typed to say how much is remembered.

use std::time::Duration;

use clap::{Args, ValueEnum};
use inspector::track::{self, Config, Idle};
use ipnet::IpNet;

use super::values::{count, duration, size};

/// How much is remembered, and for how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// What a wrong checksum means
    #[arg(long, value_enum, default_value_t = Checksums::Verify)]
    pub checksums: Checksums,
    /// Connections remembered at once, and as many exchanges [default: 262144 live, 4000000 reading]
    #[arg(long, value_name = "N", value_parser = count)]
    pub max_connections: Option<usize>,
    /// Hosts remembered at once
    #[arg(long, value_name = "N", default_value = "16384", value_parser = count)]
    pub max_hosts: usize,
    /// Bytes of fragments that wait for others
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = size)]
    pub max_fragment_bytes: usize,
    /// Bytes of TCP streams that wait for missing ones or for the end of a message
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    pub max_stream_bytes: usize,
    /// Capture time without a frame after which a connection or exchange is over [default: connections
    /// 5 days, exchanges 1 hour]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub idle: Option<Duration>,
}

/// What a wrong checksum means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Checksums {
    /// The receiver threw it away: it is told and changes nothing
    Verify,
    /// Nothing: the frames were captured where checksums are not filled in yet
    Ignore,
}

impl Limits {
    /// What the tracker may hold; `usual` where nothing else was typed.
    pub fn tracking(&self, nets: Vec<IpNet>, usual: &Config) -> Config {
        let idle = self.idle.map_or(usual.idle, |idle| Idle {
            half_open: usual.idle.half_open.min(idle),
            established: idle,
            exchange: idle,
        });
        Config {
            nets,
            max_connections: self.max_connections.unwrap_or(usual.max_connections),
            max_hosts: self.max_hosts,
            max_fragment_bytes: self.max_fragment_bytes,
            max_stream_bytes: self.max_stream_bytes,
            idle,
            checksums: match self.checksums {
                Checksums::Verify => track::Checksums::Verify,
                Checksums::Ignore => track::Checksums::Ignore,
            },
            ..usual.clone()
        }
    }
}
