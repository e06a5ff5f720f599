//! UDP sockets that several clients talk to: one socket serves them all.

use std::collections::{HashMap, HashSet};

use super::item::FanIn;
use crate::track::flow::Endpoint;

/// At most this many sockets are remembered.
const MAX_SOCKETS: usize = 16_384;

/// At most this many clients of each are remembered by name.
const MAX_CLIENTS: usize = 8;

/// The sockets that datagrams went to.
#[derive(Debug, Default)]
pub struct Sockets {
    /// In order of first appearance.
    servers: Vec<FanIn>,
    places: HashMap<Endpoint, usize>,
    /// Sockets whose program has ended by an error of its own.
    over: HashSet<Endpoint>,
}

impl Sockets {
    /// A client begins to talk to a server. Returns how many clients that has had.
    pub fn meets(&mut self, client: Endpoint, server: Endpoint) -> u64 {
        let places = self.places.len();
        if places >= MAX_SOCKETS && !self.places.contains_key(&server) {
            return 1;
        }
        let place = *self.places.entry(server).or_insert(places);
        if place == places {
            self.servers.push(FanIn {
                server,
                clients: Vec::new(),
                count: 0,
            });
        }
        let Some(socket) = self.servers.get_mut(place) else {
            return 1;
        };
        socket.count += 1;
        if socket.clients.len() < MAX_CLIENTS {
            socket.clients.push(client);
        }
        socket.count
    }

    /// The program behind a socket has ended.
    pub fn ends(&mut self, socket: Endpoint) {
        if self.over.len() < MAX_SOCKETS {
            self.over.insert(socket);
        }
    }

    /// Whether the program behind a socket has ended.
    pub fn is_over(&self, socket: Endpoint) -> bool {
        self.over.contains(&socket)
    }

    /// Sockets with more than one client.
    pub fn fan_ins(&self) -> impl Iterator<Item = &FanIn> {
        self.servers.iter().filter(|socket| socket.count > 1)
    }
}
