//! Records one behind the other in a fixed number of bytes: the newest stay, the oldest make room.

use std::collections::VecDeque;

/// A bounded number of records in a bounded number of bytes. They are numbered from 1, and no number comes twice.
pub(super) struct Slots {
    /// The system hands out its pages only as they are written.
    bytes: Box<[u8]>,
    /// Where the next record begins, if there is room.
    head: usize,
    /// Of the records that are there, oldest first.
    places: VecDeque<Place>,
    most: usize,
    /// The number of the next record.
    next: u64,
}

#[derive(Clone, Copy)]
struct Place {
    begin: usize,
    end: usize,
}

impl Slots {
    /// Room for so many records and so many bytes.
    pub(super) fn of(most: usize, bytes: usize) -> Self {
        let bytes = vec![0; bytes].into_boxed_slice();
        Self { bytes, head: 0, places: VecDeque::with_capacity(most), most: most.max(1), next: 1 }
    }

    /// Keeps a record, unless it is empty or larger than all the room there is.
    pub(super) fn push(&mut self, record: &[u8]) {
        if record.is_empty() || record.len() > self.bytes.len() {
            return;
        }
        if self.places.len() >= self.most {
            self.places.pop_front();
        }
        if self.head + record.len() > self.bytes.len() {
            // INVARIANT: whatever lies behind the head is older than all before it, so it stands in front.
            while self.places.front().is_some_and(|oldest| oldest.begin >= self.head) {
                self.places.pop_front();
            }
            self.head = 0;
        }
        let place = Place { begin: self.head, end: self.head + record.len() };
        while self.places.front().is_some_and(|oldest| oldest.begin < place.end && place.begin < oldest.end) {
            self.places.pop_front();
        }
        if let Some(room) = self.bytes.get_mut(place.begin..place.end) {
            room.copy_from_slice(record);
        }
        self.places.push_back(place);
        self.head = place.end;
        self.next += 1;
    }

    /// The number of the oldest record that is there.
    pub(super) fn first(&self) -> u64 {
        self.next - self.places.len() as u64
    }

    /// The number of the next record.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The record of this number, if it is still there.
    pub(super) fn get(&self, number: u64) -> Option<&[u8]> {
        let at = usize::try_from(number.checked_sub(self.first())?).ok()?;
        let place = self.places.get(at)?;
        self.bytes.get(place.begin..place.end)
    }

    /// Forgets all records, and gives their number. The numbers go on.
    pub(super) fn clear(&mut self) -> usize {
        let forgotten = self.places.len();
        self.places.clear();
        self.head = 0;
        forgotten
    }

    /// How many records there are, and of how many bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.places.len(), self.places.iter().map(|place| place.end - place.begin).sum())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_newest_records_are_there_as_they_were_written(
            lengths in proptest::collection::vec(0_usize..40, 0..200),
            most in 1_usize..20,
            bytes in 1_usize..120,
        ) {
            let mut slots = Slots::of(most, bytes);
            let mut written: Vec<Vec<u8>> = Vec::new();
            for (at, length) in lengths.into_iter().enumerate() {
                let record = vec![u8::try_from(at % 251).unwrap(); length];
                slots.push(&record);
                if (1..=bytes).contains(&length) {
                    written.push(record);
                }
                prop_assert_eq!(slots.next(), written.len() as u64 + 1);
                let (kept, size) = slots.size();
                prop_assert!(kept <= most && size <= bytes && slots.first() + kept as u64 == slots.next());
                prop_assert!(kept > 0 || written.is_empty());
                for number in slots.first()..slots.next() {
                    prop_assert_eq!(slots.get(number), Some(written[usize::try_from(number).unwrap() - 1].as_slice()));
                }
                prop_assert!(slots.get(slots.next()).is_none() && slots.get(slots.first() - 1).is_none());
            }
        }
    }

    #[test]
    fn numbers_go_on_behind_what_is_forgotten() {
        let mut slots = Slots::of(3, 100);
        (0..5).for_each(|_| slots.push(b"abc"));
        assert_eq!((slots.first(), slots.next(), slots.clear()), (3, 6, 3));
        slots.push(b"d");
        assert_eq!((slots.first(), slots.get(6), slots.get(5)), (6, Some(b"d".as_slice()), None));
    }
}
