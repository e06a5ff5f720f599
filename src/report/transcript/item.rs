//! What a transcript is made of: data, no words and no drawing.

use std::{net::IpAddr, time::Duration};

use crate::{
    time::Timestamp,
    track::{
        event::{ConnectionId, Content, Conversation, Rtt, TcpHandshake},
        flow::{Endpoint, Flow, Side},
    },
};

/// One thing in a transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// When.
    pub at: Timestamp,
    /// The frame that completes it, where one does.
    pub frame: Option<u64>,
    /// It belongs behind this frame, though a later one may have made it known.
    pub behind: u64,
    /// The conversation it belongs to.
    pub of: Conversation,
    /// Both ends of that.
    pub flow: Flow,
    /// What it is.
    pub what: What,
}

/// What an [`Item`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Somebody said something.
    Said(Said),
    /// A program was given bytes (`--recv`).
    Read(Read),
    /// An attempt to connect came to its verdict.
    Attempt {
        /// The verdict.
        handshake: Box<TcpHandshake>,
        /// It is told because the capture ended.
        ending: bool,
    },
    /// A conversation begins.
    Met {
        /// Over UDP: clients that the responder's socket has had so far, this one included.
        clients: u64,
    },
    /// A FIN.
    Closed {
        /// Who sends no more.
        by: Side,
        /// The other side had not sent its FIN yet.
        is_first: bool,
        /// How it took leave.
        leave: Leave,
    },
    /// An RST.
    Reset {
        /// Who broke the connection off.
        by: Side,
        /// How it took leave.
        leave: Leave,
    },
    /// A client waits in the listen queue: connected, but not accepted yet. Inferred.
    Queued {
        /// Its place, from 1.
        place: usize,
        /// A connection that is served meanwhile.
        served: ConnectionId,
    },
    /// Nobody spoke for long.
    Silence(Silence),
    /// Whoever was to acknowledge did not, however often it was asked.
    Vanished {
        /// Who is not heard any more.
        who: Side,
        /// Segments sent again to it since it was last heard.
        tries: u64,
    },
    /// The client's last datagrams got no answer.
    Unanswered {
        /// How many.
        count: u64,
        /// There had been answers before.
        after_answers: bool,
    },
    /// Bytes that no read was there for (`--recv`).
    Unread {
        /// Whose program did not read them.
        by: Side,
        /// How many.
        bytes: u64,
    },
    /// An ICMP error: whatever it quotes was not delivered.
    Unreachable {
        /// In words.
        reason: String,
        /// Who says so.
        from_ip: IpAddr,
        /// The frames that it quotes.
        quotes: Vec<u64>,
    },
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Who.
    pub from: Side,
    /// Bytes.
    pub len: u64,
    /// Characters, where it is text of which nothing is cut.
    pub characters: Option<u64>,
    /// What.
    pub content: Content,
    /// Bytes at its end that were not kept.
    pub cut: u64,
    /// Bytes lost before it.
    pub missing: u64,
    /// The frames that carried it.
    pub frames: Vec<u64>,
    /// When the first of them went by.
    pub began: Timestamp,
    /// When the last of them did.
    pub ended: Timestamp,
    /// What of it met a socket that was closed already.
    pub refused: Option<Refused>,
    /// The responder's first words over TCP: by now its `accept` has returned.
    pub accepts: bool,
    /// How long the speaker thought: the time since the other's last words.
    pub thought: Option<Duration>,
    /// How long the client had waited in the listen queue until these words.
    pub queued: Option<Duration>,
    /// The client's 88, which ends the tutorial's chat.
    pub ends_chat: bool,
}

/// Bytes at a message's end that nobody was there for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub bytes: u64,
    /// The RST that says so.
    pub reset: u64,
}

/// How somebody took leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// As it should be, or of a kind of talk that has no goodbye.
    Fine,
    /// From the tutorial's chat, and the client had not said 88.
    WithoutWord,
}

/// A silence, and whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// How long.
    pub lasted: Duration,
    /// Whose turn it is; none where nobody has spoken yet.
    pub turn: Option<Side>,
    /// What came then.
    pub then: Then,
    /// It is a chat of the tutorial's kind, and nobody has said goodbye.
    pub is_chat: bool,
}

impl Silence {
    /// A silence is worth telling from this length on.
    pub const LONG: Duration = Duration::from_secs(2);

    /// One that ends with words is, from this length on: thinking time stands at the words themselves.
    pub const VERY_LONG: Duration = Duration::from_mins(1);

    /// Each side waits for the other's words: in a chat that takes turns, nobody spoke for long.
    pub fn is_deadlock(&self) -> bool {
        self.is_chat && self.turn.is_some() && self.lasted >= Self::LONG && self.then != Then::Words
    }
}

/// What a silence ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// A FIN or an RST.
    Leaving,
    /// The end of the capture.
    End,
    /// Words.
    Words,
    /// Nothing so far.
    Lasting,
}

/// What a program was given by one `recv(N)` or `recvfrom(N)`, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Whose program.
    pub by: Side,
    /// N.
    pub at_most: usize,
    /// Bytes returned.
    pub len: u64,
    /// The frames that carried them.
    pub frames: Vec<u64>,
    /// How many messages they are of.
    pub messages: usize,
    /// They begin or end inside a message.
    pub is_split: bool,
    /// Bytes of the same stream that still wait in the kernel.
    pub left: u64,
    /// Bytes of the datagram that are lost without a word.
    pub lost: u64,
    /// More of the same message came so soon after, in segments of its own, that one read may have
    /// returned more or less than this.
    pub is_race: bool,
    /// What became of them.
    pub outcome: Outcome,
}

/// What became of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Printed. Not escaped yet.
    Printed(String),
    /// `b''`: the other side has closed.
    Empty,
    /// `str(…, "utf8")` raises a `UnicodeDecodeError` with these words, and the program ends.
    Fails(String),
    /// The capture does not hold all the bytes.
    Unknown,
}

/// What a conversation cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// Which.
    pub of: Conversation,
    /// Both ends.
    pub flow: Flow,
    /// Messages.
    pub messages: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Frames altogether.
    pub frames: u64,
    /// Frames that opened the connection.
    pub handshake: u64,
    /// Frames that carried words for the first time.
    pub words: u64,
    /// Frames that closed it.
    pub teardown: u64,
    /// Frames sent again.
    pub again: u64,
    /// The others: acknowledgments and what else carries no words.
    pub others: u64,
    /// Round trips.
    pub rtt: Option<Rtt>,
    /// From the last frame to the end of the capture, or until it was forgotten.
    pub silent: Duration,
}

/// One server socket with several clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FanIn {
    /// The server's socket.
    pub server: Endpoint,
    /// The first of its clients.
    pub clients: Vec<Endpoint>,
    /// How many it had.
    pub count: u64,
}

/// What all conversations together cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Over TCP.
    pub tcp: Total,
    /// Over UDP.
    pub udp: Total,
    /// Messages of conversations that there was no room to follow.
    pub unfollowed: u64,
}

impl Totals {
    /// All conversations.
    pub const fn talks(&self) -> u64 {
        self.tcp.talks + self.udp.talks
    }
}

/// What the conversations of one kind cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Conversations.
    pub talks: u64,
    /// Messages.
    pub messages: u64,
    /// Frames.
    pub frames: u64,
}

impl Total {
    /// Counts a conversation in.
    pub fn add(&mut self, price: &Price) {
        self.talks += 1;
        self.messages += price.messages;
        self.frames += price.frames;
    }
}
