//! The identity of a secret: 128 bits of HMAC-SHA-256 over its normalised value, and nothing else.
//!
//! Rule and path stand beside it, so moving a line, renaming a file or improving a rule changes no
//! identity. The key comes from the configuration or the baseline, else it is the fixed one below,
//! which is public: with it, a weak password can be guessed from its fingerprint.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::{MASK, Secret};

/// The length in bytes of a key that is written down.
pub const KEY_BYTES: usize = 16;

/// The key of a fingerprint.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// A key of the user's own.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The key as it is written down, in hexadecimal digits.
    pub fn reveal(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

impl FromStr for Key {
    type Err = String;

    /// Reads a key that was written down.
    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        let key = bytes.filter(|bytes| bytes.len() == KEY_BYTES).map(Self);
        key.ok_or_else(|| format!("is not {} lower-case hex digits", 2 * KEY_BYTES))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({MASK})")
    }
}

impl Default for Key {
    fn default() -> Self {
        Self(b"stanch fingerprint 1".to_vec())
    }
}

/// The identity of a secret value under a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of a value: line ends and surrounding space do not count.
    pub fn of(secret: &Secret, key: &Key) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes keys of any length");
        for (index, line) in secret.reveal().trim().lines().enumerate() {
            if index > 0 {
                mac.update(b"\n");
            }
            mac.update(line.trim().as_bytes());
        }
        let digest = mac.finalize().into_bytes();
        Self(digest[..16].try_into().expect("the digest has 32 bytes"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| "a fingerprint is 32 hex digits".to_owned())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
