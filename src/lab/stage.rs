//! The stage: a network, and people in its hosts who talk by the script of a scenario.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use ipnet::{IpNet, Ipv4Net};

use super::{
    Error, Percent, Scenario,
    chat::{self, PORT, Person, tcp},
    ground,
    network::{Network, TAP},
};

/// The subnet of the bridge.
pub const NET: IpNet = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 15, 0), 24));

/// How long a scenario may take.
const LIMIT: Duration = Duration::from_secs(18);

/// How long a person waits to hear something.
const PATIENCE: Duration = LIMIT;

/// How long the kernel may go on to say what is left to say when the programs have ended.
const LEFT_TO_SAY: Duration = Duration::from_secs(10);

/// How long people need to read. Without it client and server would close at the same moment.
const READING: Duration = Duration::from_millis(4);

/// How long silence lasts before the end, so that the last frame is not cut off.
const SILENCE: Duration = Duration::from_millis(100);

/// What can be chosen of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long people think before they type.
    pub think: Duration,
    /// How many frames are lost, where a scenario loses any.
    pub loss: Percent,
    /// How many come twice.
    pub dup: Percent,
    /// How many come after their followers.
    pub reorder: Percent,
    /// Where chance begins: the same number, the same fates.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            think: Duration::from_millis(300),
            loss: Percent::from_whole(10),
            dup: Percent::from_whole(5),
            reorder: Percent::from_whole(5),
            seed: 7,
        }
    }
}

/// A network that stands, before anybody talks.
pub struct Stage {
    pub(super) net: Network,
    pub(super) settings: Settings,
    scenario: &'static Scenario,
}

impl Stage {
    /// Makes the network of a scenario. From now on the calling thread is where its bridge is.
    ///
    /// Must be called while the process has only one thread. Fails where the system forbids it.
    pub fn set(scenario: &'static Scenario, settings: Settings) -> Result<Self, Error> {
        ground::enter()?;
        let mut net = Network::new()?;
        (scenario.set)(&mut net, &settings)?;
        net.wait_up()?;
        Ok(Self {
            net,
            settings,
            scenario,
        })
    }

    /// The bridge: every frame between two hosts of its subnet crosses it once.
    pub const fn interface() -> &'static str {
        TAP
    }

    /// Lets the people talk. `done` is called when they have ended and the wire is silent, or when
    /// they cannot go on.
    ///
    /// Fails when the system allows no more threads.
    pub fn play(self, done: impl FnOnce() + Send + 'static) -> Result<Playing, Error> {
        let (sender, outcome) = mpsc::channel();
        let done = Done(Some(done));
        let begin = move || {
            // Dropped last, so that whoever asks for the outcome does so after it was sent.
            let _done = done;
            let stage = Arc::new(self);
            let outcome = stage.play_within(LIMIT);
            thread::sleep(SILENCE);
            let _ = sender.send((outcome, stage));
        };
        spawn("the scenario", begin)?;
        Ok(Playing { outcome })
    }

    fn play_within(self: &Arc<Self>, limit: Duration) -> Result<(), Error> {
        let end = Instant::now() + limit;
        let (ended, outcome) = mpsc::channel();
        let stage = Arc::clone(self);
        spawn("the people", move || {
            // Nobody asks any more when it took too long.
            let _ = ended.send((stage.scenario.play)(&stage));
        })?;
        let outcome = match outcome.recv_timeout(limit) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Timeout) => Err(Error::TooLong { limit }),
            Err(RecvTimeoutError::Disconnected) => {
                Err(Error::Unexpected("one of its programs crashed".into()))
            }
        };
        let end = end.min(Instant::now() + LEFT_TO_SAY);
        self.net.wait_quiet(end);
        outcome
    }

    /// A person in a host, at a program.
    pub(super) fn person(
        &self,
        host: &'static str,
        program: impl FnOnce(&mut dyn Person) -> Result<(), chat::Error> + Send + 'static,
    ) -> Result<Actor, Error> {
        let (typed, lines) = mpsc::channel();
        let (seen, screen) = mpsc::channel();
        let mut seat = Seat { lines, seen };
        let program = self
            .net
            .host(host)?
            .spawn(move || program(&mut seat))
            .map_err(Error::doing(format!("start a program in the host {host}")))?;
        Ok(Actor {
            host,
            think: self.settings.think,
            keyboard: Some(typed),
            screen,
            program,
        })
    }

    /// A person at the TCP chat's server, which listens already.
    pub(super) fn tcp_server(&self, host: &'static str, ip: Ipv4Addr) -> Result<Actor, Error> {
        let server = self
            .inside(host, move || tcp::Server::listen(at(ip)))?
            .map_err(Error::of(host))?;
        self.person(host, move |person| server.serve(person, None))
    }

    /// A person at the TCP chat's client.
    pub(super) fn tcp_client(&self, host: &'static str, server: Ipv4Addr) -> Result<Actor, Error> {
        self.person(host, move |person| {
            tcp::Client::connect(at(server))?.talk(person)
        })
    }

    /// A socket that listens in a host, for programs that are no chat.
    pub(super) fn listener(&self, host: &'static str, ip: Ipv4Addr) -> Result<TcpListener, Error> {
        let address = at(ip);
        self.inside(host, move || TcpListener::bind(address))?
            .map_err(Error::doing(format!("listen on {address}")))
    }

    /// Does something in a host.
    pub(super) fn inside<T: Send>(
        &self,
        host: &'static str,
        act: impl FnOnce() -> T + Send,
    ) -> Result<T, Error> {
        self.net
            .host(host)?
            .inside(act)
            .map_err(Error::doing(format!("enter the host {host}")))
    }

    /// A moment in which somebody thinks.
    pub(super) fn think(&self) {
        thread::sleep(self.settings.think);
    }
}

/// Calls what it holds when it goes, however the thread ends that has it.
struct Done<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Done<F> {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done();
        }
    }
}

fn spawn(what: &str, act: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = thread::Builder::new().name(what.to_owned()).spawn(act);
    thread
        .map(drop)
        .map_err(Error::doing(format!("begin {what}")))
}

/// A scenario under way. The network stands as long as this.
pub struct Playing {
    outcome: Receiver<(Result<(), Error>, Arc<Stage>)>,
}

impl Playing {
    /// How it went; `None` while it is not over.
    pub fn outcome(&self) -> Option<Result<(), Error>> {
        let (outcome, _) = self.outcome.try_recv().ok()?;
        Some(outcome)
    }
}

/// A person at a running program, as the script sees them.
pub(super) struct Actor {
    host: &'static str,
    think: Duration,
    keyboard: Option<Sender<String>>,
    screen: Receiver<Seen>,
    program: JoinHandle<io::Result<Result<(), chat::Error>>>,
}

/// What appears on a screen.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Words(String),
    Remark(String),
}

impl Actor {
    /// Thinks and types a line.
    pub(super) fn types(&self, line: &str) {
        thread::sleep(self.think);
        if let Some(keyboard) = &self.keyboard {
            // A program that has ended needs no more lines; that it has, `ends` tells.
            let _ = keyboard.send(line.to_owned());
        }
    }

    /// Waits for words.
    pub(super) fn reads(&self, words: &str) -> Result<(), Error> {
        loop {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(Seen::Words(read)) if read == words => return Ok(()),
                Ok(Seen::Remark(_)) => {}
                Ok(Seen::Words(read)) => {
                    return Err(Error::Unexpected(format!(
                        "{} was to read “{words}” and read “{read}”",
                        self.host
                    )));
                }
                Err(why) => {
                    let why = match why {
                        RecvTimeoutError::Timeout => "waited in vain for",
                        RecvTimeoutError::Disconnected => "gave up before it read",
                    };
                    return Err(Error::Unexpected(format!("{} {why} “{words}”", self.host)));
                }
            }
        }
    }

    /// Waits for a remark of the program that ends so.
    pub(super) fn notices(&self, ending: &str) -> Result<(), Error> {
        while let Ok(seen) = self.screen.recv_timeout(PATIENCE) {
            match seen {
                Seen::Remark(remark) if remark.ends_with(ending) => return Ok(()),
                Seen::Remark(_) => {}
                Seen::Words(read) => {
                    return Err(Error::Unexpected(format!(
                        "{} read “{read}” and was to notice that the other {ending}",
                        self.host
                    )));
                }
            }
        }
        Err(Error::Unexpected(format!(
            "{} did not notice that the other {ending}",
            self.host
        )))
    }

    /// No words may appear for so long.
    pub(super) fn reads_nothing_for(&self, span: Duration) -> Result<(), Error> {
        let end = Instant::now() + span;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Ok(Seen::Remark(_)) => {}
                Ok(Seen::Words(read)) => {
                    return Err(Error::Unexpected(format!(
                        "{} was to wait in vain, and read “{read}”",
                        self.host
                    )));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::Unexpected(format!(
                        "{} was to wait in vain, but its program has ended",
                        self.host
                    )));
                }
            }
        }
    }

    /// Types no more and goes.
    pub(super) fn leaves(&mut self) {
        thread::sleep(self.think);
        self.keyboard = None;
    }

    /// Waits until the program has ended by itself.
    pub(super) fn ends(self) -> Result<(), Error> {
        let host = self.host;
        self.result()?.map_err(Error::of(host))
    }

    /// Waits until the program has failed, with this kind of failure.
    pub(super) fn fails(self, kind: io::ErrorKind) -> Result<(), Error> {
        let host = self.host;
        match self.result()? {
            Err(error) if error.kind() == Some(kind) => Ok(()),
            Err(error) => Err(Error::of(host)(error)),
            Ok(()) => Err(Error::Unexpected(format!(
                "{host} had success ({kind} was meant)"
            ))),
        }
    }

    fn result(self) -> Result<Result<(), chat::Error>, Error> {
        let host = self.host;
        match self.program.join() {
            Ok(result) => result.map_err(Error::doing(format!("enter the host {host}"))),
            Err(_) => Err(Error::Unexpected(format!("the program of {host} crashed"))),
        }
    }
}

/// Where a program sits: its lines come from the script, and the script sees what appears.
struct Seat {
    lines: Receiver<String>,
    seen: Sender<Seen>,
}

impl Person for Seat {
    fn types(&mut self, _prompt: &str) -> io::Result<Option<String>> {
        Ok(self.lines.recv().ok())
    }

    fn reads(&mut self, _from: &str, words: &str) -> io::Result<()> {
        thread::sleep(READING);
        // Nobody looks any more when the scenario is over.
        let _ = self.seen.send(Seen::Words(words.to_owned()));
        Ok(())
    }

    fn notices(&mut self, remark: &str) -> io::Result<()> {
        let _ = self.seen.send(Seen::Remark(remark.to_owned()));
        Ok(())
    }
}

/// The chat's port at an address.
pub(super) fn at(ip: Ipv4Addr) -> SocketAddr {
    (ip, PORT).into()
}
