//! Tables: a key of the wrong kind or a record of the wrong table does not compile.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::engine::{Batch, Expect, Row, StoreFault, Write};
use super::records::KeyOwner;
use super::tables::LATER;
use crate::ids::{AccessKeyId, AccountId, IssuerId, UniqueId};
use crate::shape::Shape;

/// Rows of one kind.
pub struct Table<K, V> {
    number: u8,
    name: &'static str,
    rows: PhantomData<fn(K) -> V>,
}

/// What rows are found by.
pub trait Key: Sized {
    /// As stored.
    fn to_bytes(&self) -> Vec<u8>;
    /// As written by `to_bytes`.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// A stored form. A changed form gets the next version and reads the ones before it.
pub trait Record: Serialize + DeserializeOwned {
    /// Of the form that is written now.
    const VERSION: u8 = 1;

    /// Reads a form of before.
    fn from_older(_version: u8, _bytes: &[u8]) -> Option<Self> {
        None
    }
}

impl<K: Key, V: Record> Table<K, V> {
    pub(super) const fn new(number: u8, name: &'static str) -> Self {
        Self { number, name, rows: PhantomData }
    }

    /// Adds to `batch` that `record` becomes the row of `key`.
    pub fn put(&self, batch: &mut Batch, key: &K, record: &V) -> Result<(), StoreFault> {
        self.write(batch, key, record, Expect::Anything)
    }

    /// Adds the first row of `key` to `batch`, which conflicts if there is one already.
    pub fn insert(&self, batch: &mut Batch, key: &K, record: &V) -> Result<(), StoreFault> {
        self.write(batch, key, record, Expect::Absent)
    }

    /// Adds to `batch` that the row of `key` goes.
    pub fn remove(&self, batch: &mut Batch, key: &K) {
        batch.writes.push(Write { key: self.row_key(key), value: None, expect: Expect::Anything });
    }

    /// Whether a row is one of this table's.
    pub fn owns(&self, row_key: &[u8]) -> bool {
        self.key_bytes(row_key).is_some()
    }

    /// The key of a row, if it is one of this table's.
    pub fn key_of(&self, row_key: &[u8]) -> Option<K> {
        K::from_bytes(self.key_bytes(row_key)?)
    }

    /// The rows of this table among `rows`.
    pub fn read(&self, rows: &[Row]) -> Result<Vec<(K, V)>, StoreFault> {
        let own = rows.iter().filter_map(|row| Some((self.key_bytes(&row.key)?, &row.value)));
        own.map(|(key, value)| self.read_row(key, value)).collect()
    }

    fn key_bytes<'k>(&self, row_key: &'k [u8]) -> Option<&'k [u8]> {
        row_key.split_first().filter(|(number, _)| **number == self.number).map(|(_, key)| key)
    }

    fn read_row(&self, key: &[u8], value: &[u8]) -> Result<(K, V), StoreFault> {
        let broken = |why: &str| StoreFault(format!("a row of {}: {why}", self.name));
        let key = K::from_bytes(key).ok_or_else(|| broken("its key is not one"))?;
        match value.split_first() {
            Some((&version, record)) if version == V::VERSION => {
                let record = postcard::from_bytes(record).map_err(|error| broken(&error.to_string()))?;
                Ok((key, record))
            }
            Some((version, record)) => V::from_older(*version, record)
                .map(|record| (key, record))
                .ok_or_else(|| broken(&format!("it has version {version}, which {LATER}"))),
            None => Err(broken("it is empty")),
        }
    }

    fn write(&self, batch: &mut Batch, key: &K, record: &V, expect: Expect) -> Result<(), StoreFault> {
        let value = postcard::to_extend(record, vec![V::VERSION]).map_err(|error| StoreFault(error.to_string()))?;
        batch.writes.push(Write { key: self.row_key(key), value: Some(value), expect });
        Ok(())
    }

    fn row_key(&self, key: &K) -> Vec<u8> {
        let mut bytes = vec![self.number];
        bytes.extend(key.to_bytes());
        bytes
    }
}

impl Key for AccountId {
    fn to_bytes(&self) -> Vec<u8> {
        self.number().to_be_bytes().into()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_number(u64::from_be_bytes(bytes.try_into().ok()?))
    }
}

macro_rules! names {
    ($($name:ty)*) => {
        $(impl Key for $name {
            fn to_bytes(&self) -> Vec<u8> {
                self.as_str().into()
            }

            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                Self::parse(std::str::from_utf8(bytes).ok()?).ok()
            }
        })*
    };
}

names! { AccessKeyId UniqueId }

/// Unique ids are longer than the eight bytes of an account.
impl Key for KeyOwner {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Root(account) => account.to_bytes(),
            Self::User(user) => user.to_bytes(),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == 8 {
            AccountId::from_bytes(bytes).map(Self::Root)
        } else {
            UniqueId::from_bytes(bytes).map(Self::User)
        }
    }
}

impl Key for IssuerId {
    fn to_bytes(&self) -> Vec<u8> {
        self.bytes().into()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }
}

impl<const N: usize> Key for [u8; N] {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_slice().into()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok()
    }
}

impl Key for u32 {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_be_bytes().into()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl Key for String {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().into()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_utf8(bytes.to_vec()).ok()
    }
}

impl Key for (String, i64) {
    fn to_bytes(&self) -> Vec<u8> {
        [self.0.as_bytes(), &self.1.to_be_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (text, number) = bytes.split_last_chunk()?;
        Some((String::from_bytes(text)?, i64::from_be_bytes(*number)))
    }
}

impl Key for Vec<u8> {
    fn to_bytes(&self) -> Vec<u8> {
        self.clone()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

impl Key for u8 {
    fn to_bytes(&self) -> Vec<u8> {
        vec![*self]
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [byte] => Some(*byte),
            _ => None,
        }
    }
}
