//! The shop: one question, one answer.

use std::{net::SocketAddr, time::Duration};

use super::{
    DATAGRAM, Error, Person,
    udp::{self, Bound},
};

/// What every customer asks.
pub const QUESTION: &str = "给我你商城的信息";

/// What the shop answers.
pub const ANSWER: &str = "商城信息balabala......";

/// A shop.
#[derive(Debug)]
pub struct Server(Bound);

impl Server {
    /// Takes an address.
    ///
    /// Fails when it is not this machine's, or another program has it.
    pub fn bind(address: SocketAddr) -> Result<Self, Error> {
        Bound::to(address).map(Self)
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Answers so many questions, or for ever. Whatever is asked, the answer is the same.
    pub fn serve(&self, person: &mut dyn Person, questions: Option<u64>) -> Result<(), Error> {
        let mut buffer = vec![0; DATAGRAM];
        let mut answered = 0;
        while questions.is_none_or(|questions| answered < questions) {
            let (from, question) = self.0.receive(&mut buffer)?;
            person
                .reads(&from.to_string(), &question)
                .map_err(Error::Person)?;
            if let Err(error) = self.0.socket.send_to(ANSWER.as_bytes(), from) {
                let remark = format!("the answer to {from} could not be sent: {error}");
                person.notices(&remark).map_err(Error::Person)?;
            }
            answered += 1;
        }
        Ok(())
    }
}

/// Asks a shop, and waits so long for the answer.
///
/// Fails when nobody listens there, or no answer comes in time.
pub fn ask(shop: SocketAddr, person: &mut dyn Person, wait: Duration) -> Result<(), Error> {
    let socket = udp::open(shop)?;
    let mut others = |from: SocketAddr, words: &str| {
        person.reads(&from.to_string(), words)?;
        Ok(false)
    };
    match udp::ask(&socket, shop, QUESTION, wait, &mut others)? {
        Some(answer) => person.reads("shop", &answer).map_err(Error::Person),
        None => Ok(()),
    }
}
