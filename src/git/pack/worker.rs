//! What one thread of a walk needs: an inflater, and buffers that it uses again and again.

use super::delta::{Copied, Delta};
use super::inflate::Inflater;
use super::objects::Objects;
use super::reader::Reader;
use super::{LARGEST_HELD_BYTES, ObjectError};

/// A buffer that is larger is given back to the system.
const LARGEST_SPARE: usize = 1 << 20;
/// So many buffers are kept: a thread holds few bases at a time.
const MOST_SPARE: usize = 8;

pub(super) struct Worker<'o> {
    pub inflater: Inflater,
    /// Which stretches of the last object are copies from its base.
    pub copied: Vec<Copied>,
    /// Looks up what the walk has not at hand.
    pub reader: Reader<'o>,
    delta: Vec<u8>,
    spare: Vec<Vec<u8>>,
}

impl<'o> Worker<'o> {
    pub fn new(objects: &'o Objects) -> Self {
        Self {
            inflater: Inflater::default(),
            copied: Vec::new(),
            reader: objects.reader(),
            delta: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// An empty buffer, or one with bytes of no meaning.
    pub fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes a buffer that is needed no more.
    pub fn reuse(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() <= LARGEST_SPARE && self.spare.len() < MOST_SPARE {
            self.spare.push(buffer);
        }
    }

    /// Inflates what is stored whole.
    pub fn inflate(&mut self, deflated: &[u8], bytes: u64) -> Result<Vec<u8>, ObjectError> {
        let mut buffer = self.buffer();
        self.inflater.inflate(deflated, bytes, &mut buffer).map(|()| buffer)
    }

    /// Inflates a delta of so many bytes; answers with how many bytes of base and result must be held.
    pub fn inflate_delta(&mut self, deflated: &[u8], bytes: u64) -> Result<u64, ObjectError> {
        if bytes > LARGEST_HELD_BYTES {
            return Err(ObjectError::TooLarge);
        }
        if self.delta.capacity() > LARGEST_SPARE {
            self.delta = Vec::new();
        }
        self.inflater.inflate(deflated, bytes, &mut self.delta)?;
        let delta = Delta::read(&self.delta)?;
        let held = delta.base_size.max(delta.result_size);
        if held > LARGEST_HELD_BYTES { Err(ObjectError::TooLarge) } else { Ok(held) }
    }

    /// Applies the delta that was inflated last.
    pub fn apply(&mut self, base: &[u8]) -> Result<Vec<u8>, ObjectError> {
        let mut result = self.buffer();
        Delta::read(&self.delta)?.apply(base, &mut result, &mut self.copied).map(|()| result)
    }
}
