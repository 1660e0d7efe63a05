//! Follows the validator's stream of changes, so that no key outlives what it was handed out for.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use super::keys::Keys;
use super::protocol::Meta;
use super::transport::{PROTOCOL, Transport};
use super::unavailable::Unavailable;

/// Without a word for so long, the stream counts as lost: the validator says something every fifteen seconds.
const SILENCE: Duration = Duration::from_secs(40);
/// Between attempts to follow again, growing from the one to the other.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// The longest line of the stream.
const LONGEST_LINE: usize = 16 * 1024;

/// Follows for ever, and again whenever the stream is lost.
pub(super) async fn follow(transport: Arc<Transport>, keys: Arc<Keys>) {
    let mut pause = PAUSES.0;
    let mut said = None;
    loop {
        let Err(lost) = hear(&transport, &keys).await;
        if keys.is_live() {
            keys.lose();
            pause = PAUSES.0;
            said = None;
        }
        // One line for each cause, not for each attempt.
        if said.as_ref() != Some(&lost) {
            tracing::warn!(validator = %transport.endpoint(), cause = %lost, "changes are not heard of: every signature is asked about");
            said = Some(lost);
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Hears of changes until that ends.
async fn hear(transport: &Transport, keys: &Keys) -> Result<Infallible, Unavailable> {
    let meta = ask_meta(transport).await?;
    let mut stream = transport.stream(&format!("/v1/events?after={}", meta.epoch)).await?;
    keys.go_live(meta.epoch, ahead(&meta));
    keys.change(stream.epoch);
    tracing::info!(validator = %transport.endpoint(), epoch = meta.epoch, "changes are heard of");
    let mut feed = Feed::default();
    loop {
        let bytes = timeout(SILENCE, stream.next()).await.map_err(|_| Unavailable::TooSlow)??;
        for event in feed.push(&bytes)? {
            keys.change(event.epoch);
            if event.kind == "clock.changed" {
                let meta = ask_meta(transport).await?;
                keys.go_live(meta.epoch, ahead(&meta));
            }
        }
    }
}

/// Shakes hands.
pub(super) async fn ask_meta(transport: &Transport) -> Result<Meta, Unavailable> {
    let answer = transport.ask(Method::GET, "/v1/meta", Vec::new()).await?;
    let meta: Meta = serde_json::from_slice(&answer.body).map_err(|error| Unavailable::nonsense(error.to_string()))?;
    if meta.protocol.to_string() != PROTOCOL || meta.min_client > meta.protocol {
        return Err(Unavailable::OtherProtocol { message: format!("protocol {}", meta.protocol) });
    }
    Ok(meta)
}

fn ahead(meta: &Meta) -> i64 {
    meta.time.millis_since(meta.machine_time)
}

/// Something changed.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Event {
    epoch: u64,
    #[serde(rename = "type")]
    kind: String,
}

/// Server-sent events, as far as they came.
#[derive(Default)]
struct Feed {
    line: Vec<u8>,
    data: Vec<u8>,
}

impl Feed {
    /// Takes the next bytes, and gives what they complete. What is no event of ours is an error: a change may hide in it.
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Unavailable> {
        let mut events = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + self.data.len() + part.len() > LONGEST_LINE {
                return Err(Unavailable::nonsense("an event without end"));
            }
            self.line.extend_from_slice(part);
            if self.line.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                events.extend(self.take(line.trim_ascii_end())?);
            }
        }
        Ok(events)
    }

    fn take(&mut self, line: &[u8]) -> Result<Option<Event>, Unavailable> {
        if let Some(data) = line.strip_prefix(b"data:") {
            self.data.extend_from_slice(data.trim_ascii());
        }
        if !line.is_empty() || self.data.is_empty() {
            return Ok(None);
        }
        let data = std::mem::take(&mut self.data);
        serde_json::from_slice(&data).map(Some).map_err(|error| Unavailable::nonsense(format!("an event: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(epoch: u64, kind: &str) -> Event {
        Event { epoch, kind: kind.to_owned() }
    }

    #[test]
    fn events_are_read_in_any_portions() {
        let text = b": hello\n\nid: 7\nevent: key.deleted\ndata: {\"epoch\":7,\"type\":\"key.deleted\",\"accessKeyId\":\"AKIA\"}\n\n\
                     :\r\n\r\ndata: {\"epoch\":8,\r\ndata: \"type\":\"state.reset\"}\r\n\r\n";
        for portion in [1, 2, 10, text.len()] {
            let mut feed = Feed::default();
            let events: Vec<Event> = text.chunks(portion).flat_map(|bytes| feed.push(bytes).unwrap()).collect();
            assert_eq!(events, [event(7, "key.deleted"), event(8, "state.reset")], "{portion}");
        }
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        for text in
            ["data: x\n\n", "data: {}\n\n", "data: {\"epoch\":-1,\"type\":\"x\"}\n\n", "data: {\"epoch\":1}\n\n"]
        {
            assert!(Feed::default().push(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Feed::default().push(&vec![b'x'; LONGEST_LINE + 1]).is_err());
        let mut feed = Feed::default();
        let endless = (0..LONGEST_LINE).try_for_each(|_| feed.push(b"data: 1\n").map(|_| ()));
        assert!(endless.is_err());
    }
}
