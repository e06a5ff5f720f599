//! Who waits in the listen queue: connected, while a server that serves one client at a time and greets
//! each has not greeted this one yet. The packets do not say so; it is inferred.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};

use crate::{
    time::Timestamp,
    track::{
        event::ConnectionId,
        flow::{Endpoint, Flow},
    },
};

/// A server greets within this time, if it has accepted.
const PATIENCE: Duration = Duration::from_millis(500);

/// At most this many connections of all servers are watched.
const MAX_WATCHED: usize = 16_384;

/// The queues of all servers.
#[derive(Debug, Default)]
pub struct Queue {
    servers: HashMap<Endpoint, Server>,
    watched: usize,
    /// When each waiting client has waited for long enough to be told of, in order.
    due: VecDeque<(Timestamp, Endpoint, ConnectionId)>,
}

#[derive(Debug, Default)]
struct Server {
    serves: BTreeSet<ConnectionId>,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    conn: ConnectionId,
    flow: Flow,
    since: Timestamp,
    is_told: bool,
    /// A segment with the server's first words went by: not all of them are known yet.
    is_greeted: bool,
}

/// A client that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Its connection.
    pub conn: ConnectionId,
    /// Its ends.
    pub flow: Flow,
    /// Its place, from 1.
    pub place: usize,
    /// Who is served meanwhile.
    pub served: ConnectionId,
}

impl Queue {
    /// A handshake is complete.
    pub fn connects(&mut self, at: Timestamp, conn: ConnectionId, flow: Flow) {
        if self.watched >= MAX_WATCHED || self.due.len() >= MAX_WATCHED {
            return;
        }
        self.watched += 1;
        let server = self.servers.entry(flow.resp).or_default();
        server.waiting.push(Waiting {
            conn,
            flow,
            since: at,
            is_told: false,
            is_greeted: false,
        });
        self.due.push_back((at + PATIENCE, flow.resp, conn));
    }

    /// The server's first words to a client. `greets`: the client had not spoken before. Returns how long
    /// the client had waited, where that was told.
    pub fn greets(
        &mut self,
        at: Timestamp,
        conn: ConnectionId,
        flow: &Flow,
        greets: bool,
    ) -> Option<Duration> {
        let server = self.servers.get_mut(&flow.resp)?;
        let place = server.waiting.iter().position(|it| it.conn == conn)?;
        let waited = server.waiting.remove(place);
        if greets {
            server.serves.insert(conn);
        } else {
            self.watched -= 1;
            self.forget(flow.resp);
        }
        waited.is_told.then(|| at.since(waited.since))
    }

    /// A segment with words goes by.
    pub fn hears(&mut self, client: Endpoint, server: Endpoint) {
        let Some(server) = self.servers.get_mut(&server) else {
            return;
        };
        let from = server.waiting.iter_mut().find(|it| it.flow.orig == client);
        if let Some(waiting) = from {
            waiting.is_greeted = true;
        }
    }

    /// A client is served or waits no longer.
    pub fn leaves(&mut self, conn: ConnectionId, flow: &Flow) {
        let Some(server) = self.servers.get_mut(&flow.resp) else {
            return;
        };
        let before = server.waiting.len();
        server.waiting.retain(|it| it.conn != conn);
        let waited = before - server.waiting.len();
        self.watched -= waited + usize::from(server.serves.remove(&conn));
        self.forget(flow.resp);
    }

    /// Who has waited for so long by now that it must be in the queue.
    pub fn settle(&mut self, now: Timestamp) -> Vec<Waits> {
        let mut waits = Vec::new();
        while let Some(&(due, server, conn)) = self.due.front() {
            if due > now {
                break;
            }
            self.due.pop_front();
            let Some(server) = self.servers.get_mut(&server) else {
                continue;
            };
            let place = server.waiting.iter().position(|it| it.conn == conn);
            let place = place.filter(|at| !server.waiting.get(*at).is_some_and(|it| it.is_greeted));
            let (Some(place), Some(&served)) = (place, server.serves.first()) else {
                continue;
            };
            if let Some(it) = server.waiting.get_mut(place) {
                it.is_told = true;
                waits.push(Waits {
                    conn,
                    flow: it.flow,
                    place: place + 1,
                    served,
                });
            }
        }
        waits
    }

    fn forget(&mut self, server: Endpoint) {
        let is_idle = |it: &Server| it.serves.is_empty() && it.waiting.is_empty();
        if self.servers.get(&server).is_some_and(is_idle) {
            self.servers.remove(&server);
        }
    }
}
