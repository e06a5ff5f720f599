//! How single values are typed.

use std::time::Duration;

use inspector::track::event::{ConnectionId, Conversation, ExchangeId};
use ipnet::IpNet;

use super::look::Top;

/// `tcp-1`, `udp-2`.
pub fn conversation(typed: &str) -> Result<Conversation, String> {
    let number = |digits: &str| {
        let digits = Some(digits).filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
        digits?.parse().ok().filter(|number| *number > 0)
    };
    let conversation = match typed.split_once('-') {
        Some(("tcp", digits)) => number(digits).map(|id| Conversation::Tcp(ConnectionId(id))),
        Some(("udp", digits)) => number(digits).map(|id| Conversation::Udp(ExchangeId(id))),
        _ => None,
    };
    conversation.ok_or_else(|| "write tcp-1 or udp-1, as the other views number them".to_owned())
}

/// A subnet: an address and how many of its bits name the net.
pub fn net(typed: &str) -> Result<IpNet, String> {
    typed
        .parse()
        .map_err(|_| "write a subnet such as 192.168.15.0/24 or 2001:db8::/64".to_owned())
}

pub fn count(typed: &str) -> Result<usize, String> {
    let count = typed.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "write a number above 0".to_owned())
}

/// Bytes: `65536`, `64KiB`, `4MiB`, `1GiB`.
pub fn size(typed: &str) -> Result<usize, String> {
    let digits = typed.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match typed.get(digits.len()..).unwrap_or_default() {
        "" | "B" => Some(1),
        "K" | "KiB" => Some(1 << 10),
        "M" | "MiB" => Some(1 << 20),
        "G" | "GiB" => Some(1 << 30),
        _ => None,
    };
    let size = digits.parse::<usize>().ok().zip(unit);
    size.and_then(|(number, unit)| number.checked_mul(unit))
        .filter(|size| *size > 0)
        .ok_or_else(|| "write a size such as 64MiB or 65536".to_owned())
}

pub fn duration(typed: &str) -> Result<Duration, String> {
    let seconds = typed.parse::<f64>().ok().map(Duration::try_from_secs_f64);
    let span = match seconds {
        Some(Ok(span)) => Some(span),
        Some(Err(_)) => None,
        None => typed
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|span| Duration::try_from(span).ok()),
    };
    span.filter(|span| !span.is_zero())
        .ok_or_else(|| "write a time such as 30s, 5m or 500ms".to_owned())
}

pub fn top(typed: &str) -> Result<Top, String> {
    match typed {
        "all" => Ok(Top(None)),
        number => match number.parse() {
            Ok(rows) if rows > 0 => Ok(Top(Some(rows))),
            _ => Err("write a number above 0, or all".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_times() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2.5"), Ok(Duration::from_millis(2500)));
        for wrong in ["", "0s", "-5s", "soon", "-1", "inf", "1e300"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("65536"), Ok(65_536));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("4M"), Ok(4 << 20));
        for wrong in ["", "0", "KiB", "-1", "4MB", "99999999999GiB", "1.5G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn conversations_have_a_protocol_and_a_number() {
        assert_eq!(
            conversation("tcp-12"),
            Ok(Conversation::Tcp(ConnectionId(12)))
        );
        assert_eq!(conversation("udp-1"), Ok(Conversation::Udp(ExchangeId(1))));
        for wrong in [
            "", "tcp", "tcp-", "tcp-0", "tcp-+1", "tcp--1", "1", "icmp-1",
        ] {
            assert!(conversation(wrong).is_err(), "{wrong}");
        }
    }
}
