//! Feeds a digest or an HMAC piece by piece.

use sha2::digest::Update;

/// What takes a text piece by piece.
pub(super) trait Sink {
    /// Takes the next piece.
    fn take(&mut self, piece: &[u8]);

    /// Takes the next byte.
    fn byte(&mut self, byte: u8);
}

impl Sink for Vec<u8> {
    fn take(&mut self, piece: &[u8]) {
        self.extend_from_slice(piece);
    }

    fn byte(&mut self, byte: u8) {
        self.push(byte);
    }
}

/// Hands pieces on in as few turns as there is room for.
// WHY: thirty small pieces, each handed on by itself, cost as much as hashing them.
pub(super) struct Gather<D> {
    digest: D,
    held: [u8; ROOM],
    length: usize,
}

/// Most requests fit, but for a session token, which goes on by itself.
const ROOM: usize = 512;

impl<D: Update> Gather<D> {
    pub(super) fn into(digest: D) -> Self {
        Self { digest, held: [0; ROOM], length: 0 }
    }

    pub(super) fn finish(mut self) -> D {
        self.hand_on();
        self.digest
    }

    fn hold(&mut self, piece: &[u8]) -> bool {
        let end = self.length + piece.len();
        let Some(place) = self.held.get_mut(self.length..end) else { return false };
        place.copy_from_slice(piece);
        self.length = end;
        true
    }

    /// Takes a piece for which there is no room.
    #[cold]
    fn take_further(&mut self, piece: &[u8]) {
        self.hand_on();
        if !self.hold(piece) {
            self.digest.update(piece);
        }
    }

    fn hand_on(&mut self) {
        self.digest.update(self.held.get(..self.length).unwrap_or_default());
        self.length = 0;
    }
}

impl<D: Update> Sink for Gather<D> {
    fn take(&mut self, piece: &[u8]) {
        if !self.hold(piece) {
            self.take_further(piece);
        }
    }

    // WHY: every other piece of a canonical request is a single byte, and copying so few takes as long as many.
    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.held.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        } else {
            self.take_further(&[byte]);
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn pieces_of_any_length_come_to_the_same_hash() {
        for lengths in [&[][..], &[0, 1, 63, 64], &[ROOM, 1], &[1, ROOM], &[ROOM - 1, 1, 1], &[ROOM + 1, ROOM + 1, 3]] {
            let mut gather = Gather::into(Sha256::new());
            let mut whole = Vec::new();
            for (at, length) in lengths.iter().enumerate() {
                let piece = vec![b'a' + at as u8; *length];
                gather.take(&piece);
                gather.byte(b'\n');
                whole.extend(piece);
                whole.push(b'\n');
            }
            assert_eq!(gather.finish().finalize(), Sha256::digest(&whole), "{lengths:?}");
        }
    }
}
