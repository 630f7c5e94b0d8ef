//! The keys of callers: found by a keyed hash, so that neither the table nor its timing tells a key.

use std::collections::HashMap;
use std::time::Instant;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::Secret;

/// The key of the hash: chosen once per process.
#[derive(Clone)]
pub struct Salt([u8; 32]);

/// The system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the system has no random bytes to give")]
pub struct NoRandomness;

impl Salt {
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self(bytes))
    }
}

/// Why a key was not taken into the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error("the same key is given twice")]
    Duplicate,
    #[error("a key is empty")]
    Empty,
}

type Digest = [u8; 32];

struct Entry {
    digest: Digest,
    index: usize,
    /// The key is unknown from here on.
    until: Option<Instant>,
}

/// Maps keys to indexes. It keeps no key, only hashes.
pub struct KeyTable {
    hasher: Hmac<Sha256>,
    /// By the first bytes of the digest; the whole digest is compared in constant time.
    buckets: HashMap<u64, Vec<Entry>>,
}

impl KeyTable {
    pub fn new(salt: &Salt) -> Self {
        // A key of exactly the length of a digest is used as it is.
        let hasher = <Hmac<Sha256> as Mac>::new(&pad(&salt.0).into());
        Self { hasher, buckets: HashMap::new() }
    }

    /// Adds a key that counts until `until` (for ever without one).
    pub fn insert(&mut self, key: &Secret, index: usize, until: Option<Instant>) -> Result<(), KeyError> {
        if key.expose().is_empty() {
            return Err(KeyError::Empty);
        }
        let digest = self.digest(key.expose());
        let bucket = self.buckets.entry(bucket_of(&digest)).or_default();
        if bucket.iter().any(|entry| entry.digest == digest) {
            return Err(KeyError::Duplicate);
        }
        bucket.push(Entry { digest, index, until });
        Ok(())
    }

    /// The index of a key that counts at `now`.
    pub fn find(&self, key: &str, now: Instant) -> Option<usize> {
        let digest = self.digest(key);
        let bucket = self.buckets.get(&bucket_of(&digest))?;
        let entry = bucket.iter().find(|entry| bool::from(entry.digest.ct_eq(&digest)))?;
        entry.until.is_none_or(|until| now < until).then_some(entry.index)
    }

    pub fn len(&self) -> usize {
        self.buckets.values().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    fn digest(&self, key: &str) -> Digest {
        let mut hasher = self.hasher.clone();
        hasher.update(key.as_bytes());
        hasher.finalize().into_bytes().into()
    }
}

/// The salt as a block of the hash, zero-filled as HMAC does it with a short key.
fn pad(salt: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(salt) {
        *to = *from;
    }
    block
}

fn bucket_of(digest: &Digest) -> u64 {
    digest.first_chunk::<8>().map_or(0, |first| u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn table() -> KeyTable {
        KeyTable::new(&Salt([7; 32]))
    }

    #[test]
    fn finds_keys_by_their_whole_text() {
        let mut table = table();
        let now = Instant::now();
        assert!(table.is_empty());
        table.insert(&Secret::new("alpha"), 3, None).unwrap();
        table.insert(&Secret::new("beta"), 4, None).unwrap();
        assert_eq!(table.find("alpha", now), Some(3));
        assert_eq!(table.find("beta", now), Some(4));
        for unknown in ["", "alph", "alphaa", "ALPHA", "alpha "] {
            assert_eq!(table.find(unknown, now), None, "{unknown:?}");
        }
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_key_ends_with_its_time() {
        let mut table = table();
        let now = Instant::now();
        let before = now + Duration::from_mins(1);
        let until = before + Duration::from_millis(1);
        table.insert(&Secret::new("short"), 0, Some(until)).unwrap();
        assert_eq!(table.find("short", now), Some(0));
        assert_eq!(table.find("short", before), Some(0));
        assert_eq!(table.find("short", until), None);
    }

    #[test]
    fn duplicates_and_empty_keys_are_refused() {
        let mut table = table();
        table.insert(&Secret::new("k"), 0, None).unwrap();
        assert_eq!(table.insert(&Secret::new("k"), 1, None), Err(KeyError::Duplicate));
        assert_eq!(table.insert(&Secret::new(""), 1, None), Err(KeyError::Empty));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn the_hash_depends_on_the_salt() {
        let (one, other) = (KeyTable::new(&Salt([1; 32])), KeyTable::new(&Salt([2; 32])));
        assert_ne!(one.digest("k"), other.digest("k"));
        assert_eq!(one.digest("k"), KeyTable::new(&Salt([1; 32])).digest("k"));
        assert_ne!(Salt::random().unwrap().0, Salt::random().unwrap().0);
    }
}
