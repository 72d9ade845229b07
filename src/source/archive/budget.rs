//! How much one container, with all that is nested in it, may cost.
//!
//! All limits are sizes and counts, none is a time: so the same container ends at the same place on every
//! machine and at any number of threads, and the time follows from the sizes. What a limit cuts off is
//! a problem of the coverage.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, MutexGuard};

use crate::lock::lock;

/// The limits for one outermost container.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How many containers may be nested in one another. A jar in a jar in a compressed layer of an
    /// image is five deep.
    pub depth: usize,
    /// How many members are opened, in all depths together.
    pub members: u64,
    /// How many bytes may come out of it whatever went in.
    pub free_bytes: u64,
    /// How many times larger than what went in may be what comes out beyond `free_bytes`. Logs shrink to a
    /// hundredth at most, a file of zeros to a thousandth.
    pub ratio: u64,
    /// How many bytes may come out of it in all.
    pub bytes: u64,
    /// How many bytes may be held in memory, for containers in containers that are not read in order.
    pub held: u64,
}

impl Limits {
    pub const DEFAULT: Self = Self {
        depth: 16,
        members: 1_000_000,
        free_bytes: 256 << 20,
        ratio: 200,
        bytes: 64 << 30,
        held: 256 << 20,
    };
}

/// How many bytes a thread may hold beside others. Whoever needs more waits until it is alone with that.
const HELD_TOGETHER: u64 = 16 << 20;
static HOLDS_MUCH: Mutex<()> = Mutex::new(());

/// What a container was stopped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Members(u64),
    Ratio(u64),
    Bytes(u64),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members(most) => write!(f, "left after {most} members: it holds more"),
            Self::Ratio(most) => write!(f, "left because it expands to more than {most} times its size"),
            Self::Bytes(most) => write!(f, "left after {} GiB came out of it: it holds more", most >> 30),
        }
    }
}

impl std::error::Error for Limit {}

/// What one outermost container has cost so far.
pub(super) struct Budget {
    pub limits: Limits,
    /// The size of the container, if known: reading a place twice brings in nothing new.
    size: Option<u64>,
    taken_in: Cell<u64>,
    given_out: Cell<u64>,
    members: Cell<u64>,
    held: Cell<u64>,
    alone: RefCell<Option<MutexGuard<'static, ()>>>,
    hit: Cell<Option<Limit>>,
}

impl Budget {
    pub fn new(limits: Limits, size: Option<u64>) -> Self {
        Self {
            limits,
            size,
            taken_in: Cell::new(0),
            given_out: Cell::new(0),
            members: Cell::new(0),
            held: Cell::new(0),
            alone: RefCell::new(None),
            hit: Cell::new(None),
        }
    }

    /// The limit that ended the work, if one did.
    pub fn hit(&self) -> Option<Limit> {
        self.hit.get()
    }

    /// How many bytes of the container were read.
    pub fn taken_in(&self) -> u64 {
        self.taken_in.get()
    }

    /// Counts a member; an error when it is one too many.
    pub fn open_member(&self) -> Result<(), Limit> {
        if self.members.get() == self.limits.members {
            return Err(self.stop(Limit::Members(self.limits.members)));
        }
        self.members.set(self.members.get() + 1);
        Ok(())
    }

    fn stop(&self, limit: Limit) -> Limit {
        self.hit.set(Some(limit));
        limit
    }

    fn give_out(&self, bytes: usize) -> Result<(), Limit> {
        let given_out = self.given_out.get() + bytes as u64;
        self.given_out.set(given_out);
        let taken_in = self.taken_in.get().min(self.size.unwrap_or(u64::MAX));
        if given_out > self.limits.bytes {
            return Err(self.stop(Limit::Bytes(self.limits.bytes)));
        }
        if given_out > self.limits.free_bytes + self.limits.ratio * taken_in {
            return Err(self.stop(Limit::Ratio(self.limits.ratio)));
        }
        Ok(())
    }

    /// Reads all of `reader` into memory, as far as what may be held allows.
    pub fn hold(&self, reader: &mut dyn Read) -> io::Result<Held<'_>> {
        let mut held = Held { bytes: Vec::new(), budget: self };
        let mut filled = 0;
        loop {
            if filled == held.bytes.len() {
                held.grow()?;
            }
            match reader.read(&mut held.bytes[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        held.bytes.truncate(filled);
        Ok(held)
    }
}

/// Bytes held in memory, given back to the budget when they are dropped.
pub(super) struct Held<'b> {
    bytes: Vec<u8>,
    budget: &'b Budget,
}

impl Held<'_> {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn grow(&mut self) -> io::Result<()> {
        let more = self.bytes.len().max(64 * 1024);
        let held = self.budget.held.get() + more as u64;
        if held > self.budget.limits.held {
            let most = self.budget.limits.held >> 20;
            return Err(io::Error::other(format!("too large to be opened inside another: over {most} MiB")));
        }
        if held > HELD_TOGETHER && self.budget.alone.borrow().is_none() {
            let alone = lock(&HOLDS_MUCH);
            self.budget.alone.replace(Some(alone));
        }
        self.budget.held.set(held);
        self.bytes.reserve_exact(more);
        self.bytes.resize(self.bytes.len() + more, 0);
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.budget.held.set(self.budget.held.get() - self.bytes.capacity() as u64);
    }
}

/// Counts what is read of the outermost container.
pub(super) struct TakingIn<'b, R> {
    pub reader: R,
    pub budget: &'b Budget,
}

impl<R: Read> Read for TakingIn<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.budget.taken_in.set(self.budget.taken_in.get() + count as u64);
        Ok(count)
    }
}

impl<R: Seek> Seek for TakingIn<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

/// Counts what comes out of a decoder, and fails when it is too much.
pub(super) struct GivingOut<'b, R> {
    pub reader: R,
    pub budget: &'b Budget,
}

impl<R: Read> Read for GivingOut<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.budget.give_out(count).map_err(io::Error::other)?;
        Ok(count)
    }
}
