//! How our values look in JSON.

use std::{fmt, net::IpAddr, time::Duration};

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use crate::{
    decode::MacAddr,
    report::{
        names::{Name, Names},
        text,
    },
    track::{
        event::Content,
        flow::{Both, Endpoint, Flow, Side},
    },
};

/// What our objects are made of, beside plain entries.
pub(super) trait Fields: SerializeMap {
    /// A field that is absent when unknown.
    fn known<T: Serialize>(&mut self, name: &str, value: Option<T>) -> Result<(), Self::Error> {
        match value {
            Some(value) => self.serialize_entry(name, &value),
            None => Ok(()),
        }
    }

    /// A string, as something displays itself. Not for what came from outside.
    fn shown(&mut self, name: &str, value: impl fmt::Display) -> Result<(), Self::Error> {
        self.serialize_entry(name, &Shown(value))
    }

    /// A string from outside, escaped.
    fn escaped(&mut self, name: &str, value: &str) -> Result<(), Self::Error> {
        self.serialize_entry(name, &*text::escape(value))
    }

    /// A span in nanoseconds, absent when unknown.
    fn nanos(&mut self, name: &str, span: Option<Duration>) -> Result<(), Self::Error> {
        self.known(
            name,
            span.map(|span| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)),
        )
    }

    /// `orig` and `resp`.
    fn flow(&mut self, flow: &Flow, names: &Names) -> Result<(), Self::Error> {
        self.serialize_entry("orig", &Socket(flow.orig, names))?;
        self.serialize_entry("resp", &Socket(flow.resp, names))
    }

    /// What people call something, absent where it has no name.
    fn name(&mut self, field: &str, name: Option<&Name>) -> Result<(), Self::Error> {
        self.known(field, name.map(Name::as_str))
    }

    /// `orig` or `resp`.
    fn side(&mut self, name: &str, side: Option<Side>) -> Result<(), Self::Error> {
        self.known(name, side.map(side_name))
    }

    /// One field for each side.
    fn both<T: Serialize>(&mut self, names: [&str; 2], both: &Both<T>) -> Result<(), Self::Error> {
        self.serialize_entry(names[0], &both.orig)?;
        self.serialize_entry(names[1], &both.resp)
    }

    /// The total under the plain name, and one field for each side.
    fn total(&mut self, names: [&str; 3], both: &Both<u64>) -> Result<(), Self::Error> {
        self.serialize_entry(names[0], &both.total())?;
        self.both([names[1], names[2]], both)
    }

    /// `text` or `hex`.
    fn content(&mut self, content: &Content) -> Result<(), Self::Error> {
        match content {
            Content::Text(words) => self.escaped("text", words),
            Content::Bytes(bytes) => self.serialize_entry("hex", &text::hex(bytes)),
        }
    }
}

impl<M: SerializeMap> Fields for M {}

/// `orig` or `resp`.
pub(super) const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Orig => "orig",
        Side::Resp => "resp",
    }
}

/// A string, as something displays itself.
pub(super) struct Shown<T>(pub T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A list of strings, as things display themselves.
pub(super) struct ShownList<'a, T>(pub &'a [T]);

impl<T: fmt::Display> Serialize for ShownList<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for item in self.0 {
            list.serialize_element(&Shown(item))?;
        }
        list.end()
    }
}

/// `{"ip": "192.168.15.73", "port": 8520}`, with `name` where it or its host has one.
pub(super) struct Socket<'a>(pub Endpoint, pub &'a Names);

impl Serialize for Socket<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(end, names) = *self;
        let mut object = serializer.serialize_map(None)?;
        object.shown("ip", end.ip)?;
        object.serialize_entry("port", &end.port)?;
        object.name("name", names.socket(end).or(names.host(end.ip)))?;
        object.end()
    }
}

/// `{"ip": "192.168.15.73", "mac": "02:00:00:00:0f:49"}`, the address absent where unknown, with `name`
/// where either has one.
pub(super) struct Host<'a> {
    ip: Option<IpAddr>,
    mac: MacAddr,
    names: &'a Names,
}

impl<'a> Host<'a> {
    /// An address and the hardware address that goes with it.
    pub(super) const fn new(ip: Option<IpAddr>, mac: MacAddr, names: &'a Names) -> Self {
        Self { ip, mac, names }
    }
}

impl Serialize for Host<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let host = self.ip.and_then(|ip| self.names.host(ip));
        let mut object = serializer.serialize_map(None)?;
        object.known("ip", self.ip.map(Shown))?;
        object.shown("mac", self.mac)?;
        object.name("name", host.or(self.names.mac(self.mac)))?;
        object.end()
    }
}
