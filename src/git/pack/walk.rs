//! Visits all objects of some kinds, each once, bases before what is stored as changes to them.
//!
//! Depth first, the lightest child first: a base is let go before its heaviest child's own children are
//! visited, so that in a tree of n objects no more than log2(n) bases wait. Without recursion, since
//! chains can be thousands of steps deep. Threads take whole trees in turn; when no tree is left, heavy
//! branches are split off for those that have nothing to do.
//!
//! # Memory
//! Bases that wait for several children hold at most [`Walk::base_bytes`] together; a child whose base
//! could not wait has it rebuilt. Beside these each thread holds one base, one delta and one object of
//! up to [`LARGE_BYTES`], and one thread at a time holds larger ones, of up to [`LARGEST_HELD_BYTES`].

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use flate2::bufread::ZlibDecoder;
use rayon::Scope;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::entry::Stored;
use super::forest::{Forest, NodeId};
use super::loose::Contents;
use super::objects::Objects;
use super::visitor::{Base, Failure, Visitor, Walk};
use super::worker::Worker;
use super::{LARGE_BYTES, LARGEST_HELD_BYTES, ObjectError, PackError};
use crate::git::{Kind, Object, ObjectId};
use crate::lock::lock;

/// Branches of fewer objects are not worth a task.
const BRANCH: u32 = 32;

impl Objects {
    /// Visits all objects of the wanted kinds, on the threads of the rayon pool that it is called on.
    ///
    /// # Errors
    /// There are more objects than can be numbered.
    pub fn walk<V: Visitor>(&self, walk: Walk, visitor: &V) -> Result<(), PackError> {
        let forest = Forest::new(self, walk.kinds)?;
        let walker = Walker {
            objects: self,
            forest: &forest,
            walk,
            visitor,
            next: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            large: Mutex::new(()),
            holds_large: AtomicBool::new(false),
        };
        walker.packed();
        walker.loose();
        walker.broken();
        walker.later();
        Ok(())
    }
}

struct Walker<'a, V: Visitor> {
    objects: &'a Objects,
    forest: &'a Forest<'a>,
    walk: Walk,
    visitor: &'a V,
    /// The next root that nobody took.
    next: AtomicUsize,
    /// Bytes of the bases that wait for several children.
    held: AtomicUsize,
    /// Held by who reads a large object.
    large: Mutex<()>,
    /// Whether a large base waits for its children.
    holds_large: AtomicBool,
}

/// A node to visit.
struct Item<K> {
    node: NodeId,
    base: Option<Arc<Waiting<K>>>,
}

/// A base that waits for its children.
struct Waiting<K> {
    node: NodeId,
    kept: K,
    length: usize,
    /// Its bytes, unless they are to be rebuilt.
    bytes: Option<Vec<u8>>,
    /// What counts the bytes while they wait.
    counted: Option<Counted>,
}

/// What counts the bytes of a base.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Nothing: it has one child, which comes next.
    Nowhere,
    /// So many bytes of [`Walker::held`].
    Held(usize),
    /// [`Walker::holds_large`].
    Large,
}

impl<'a, V: Visitor> Walker<'a, V> {
    /// Visits what is in packs.
    fn packed(&self) {
        rayon::in_place_scope(|scope| {
            for _ in 0..rayon::current_num_threads() {
                scope.spawn(move |scope| {
                    let mut worker = Worker::new(self.objects);
                    while let Some(&root) = self.forest.roots.get(self.next.fetch_add(1, Ordering::Relaxed)) {
                        self.tree(Item { node: root, base: None }, &mut worker, scope);
                    }
                });
            }
        });
    }

    /// Visits a node and all below it.
    fn tree<'s>(&'s self, item: Item<V::Kept>, worker: &mut Worker<'_>, scope: &Scope<'s>) {
        let mut stack = vec![item];
        while let Some(Item { node, base }) = stack.pop() {
            if self.visitor.flow().is_break() {
                return;
            }
            self.visit(node, base, worker, &mut stack);
            if stack.len() > 1 && self.is_ending() && self.forest.node(stack[0].node).weight >= BRANCH {
                let branch = stack.remove(0);
                scope.spawn(move |scope| self.tree(branch, &mut Worker::new(self.objects), scope));
            }
        }
    }

    /// Whether all roots were taken, so that other threads may have nothing to do.
    fn is_ending(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.forest.roots.len()
    }

    /// Visits one object, and puts its children on the stack, the lightest on top.
    fn visit(
        &self,
        node: NodeId,
        base: Option<Arc<Waiting<V::Kept>>>,
        worker: &mut Worker<'_>,
        stack: &mut Vec<Item<V::Kept>>,
    ) {
        let (id, kind) = (self.forest.id(node), self.forest.node(node).kind);
        let mut turn = None;
        let read = self.read(node, base.as_deref(), worker, &mut turn);
        let bytes = match read {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => match self.other_copy(id, worker) {
                Some((_, bytes)) => bytes,
                None => {
                    self.visitor.fail(Failure { id, error, lost: self.forest.node(node).weight });
                    return self.release(base, worker);
                }
            },
        };
        let known = base.as_ref().filter(|_| !worker.copied.is_empty());
        let known = known.map(|base| Base { kept: &base.kept, length: base.length, copied: &worker.copied });
        let kept = self.visitor.visit(Object { id, kind, bytes: &bytes }, known);
        self.release(base, worker);
        let mut children: Vec<NodeId> = self.forest.children(node).collect();
        if children.is_empty() {
            return worker.reuse(bytes);
        }
        children.sort_unstable_by_key(|child| std::cmp::Reverse(self.forest.node(*child).weight));
        let length = bytes.len();
        let counted = self.count(length, children.len());
        let bytes = counted.is_some().then_some(bytes);
        let waiting = Arc::new(Waiting { node, kept, length, bytes, counted });
        stack.extend(children.into_iter().map(|node| Item { node, base: Some(waiting.clone()) }));
    }

    /// Counts a base of so many bytes, unless it is too large to wait.
    fn count(&self, bytes: usize, children: usize) -> Option<Counted> {
        if bytes as u64 > LARGE_BYTES {
            return (!self.holds_large.swap(true, Ordering::Relaxed)).then_some(Counted::Large);
        }
        if children == 1 {
            return Some(Counted::Nowhere);
        }
        if self.held.fetch_add(bytes, Ordering::Relaxed) + bytes > self.walk.base_bytes {
            self.held.fetch_sub(bytes, Ordering::Relaxed);
            return None;
        }
        Some(Counted::Held(bytes))
    }

    /// Lets a base go if no other child waits for it.
    fn release(&self, base: Option<Arc<Waiting<V::Kept>>>, worker: &mut Worker<'_>) {
        let Some(waiting) = base.and_then(Arc::into_inner) else { return };
        match waiting.counted {
            None | Some(Counted::Nowhere) => {}
            Some(Counted::Held(bytes)) => {
                self.held.fetch_sub(bytes, Ordering::Relaxed);
            }
            Some(Counted::Large) => self.holds_large.store(false, Ordering::Relaxed),
        }
        if let Some(bytes) = waiting.bytes {
            worker.reuse(bytes);
        }
    }

    /// Reads a node, given its base if that was visited: its bytes, or none if they were streamed. What
    /// is large waits for its `turn`. `copied` of the worker is filled if there is a base, else empty.
    fn read<'t>(
        &'t self,
        node: NodeId,
        base: Option<&Waiting<V::Kept>>,
        worker: &mut Worker<'_>,
        turn: &mut Option<MutexGuard<'t, ()>>,
    ) -> Result<Option<Vec<u8>>, ObjectError> {
        worker.copied.clear();
        let place = self.forest.place(node);
        let pack = &self.objects.packs[place.0];
        let entry = pack.entry(place.1, self.objects.format)?;
        let deflated = &pack.bytes()[entry.data..];
        self.wait_turn(entry.size, turn);
        let bytes = match (entry.stored, base) {
            (Stored::Whole(kind), _) if self.is_streamed(node, entry.size) => {
                self.stream(self.forest.id(node), kind, entry.size, &mut ZlibDecoder::new(deflated));
                self.lose_children(node);
                return Ok(None);
            }
            (Stored::Whole(_), _) => worker.inflate(deflated, entry.size)?,
            // Its base is loose.
            (_, None) => worker.reader.read_packed(place)?,
            (_, Some(base)) => {
                let held = worker.inflate_delta(deflated, entry.size)?;
                self.wait_turn(held, turn);
                match &base.bytes {
                    Some(bytes) => worker.apply(bytes)?,
                    None => {
                        let bytes = worker.reader.read_packed(self.forest.place(base.node))?;
                        worker.apply(&bytes)?
                    }
                }
            }
        };
        let object = Object { id: self.forest.id(node), kind: self.forest.node(node).kind, bytes: &bytes };
        if self.walk.verify && !object.is_intact() { Err(ObjectError::Mismatch) } else { Ok(Some(bytes)) }
    }

    /// Another copy of what is damaged may be sound. How it differs from its base is not known then.
    fn other_copy(&self, id: ObjectId, worker: &mut Worker<'_>) -> Option<(Kind, Vec<u8>)> {
        worker.copied.clear();
        let object = worker.reader.read(&id).ok().filter(Object::is_intact)?;
        Some((object.kind, object.bytes.to_vec()))
    }

    /// Lets one thread at a time go on with an object of so many bytes if it is large.
    fn wait_turn<'t>(&'t self, bytes: u64, turn: &mut Option<MutexGuard<'t, ()>>) {
        if bytes > LARGE_BYTES && turn.is_none() {
            *turn = Some(lock(&self.large));
        }
    }

    fn is_streamed(&self, node: NodeId, bytes: u64) -> bool {
        bytes > LARGEST_HELD_BYTES || bytes > LARGE_BYTES && self.forest.children(node).next().is_none()
    }

    /// What is stored as changes to an object that cannot be held cannot be rebuilt.
    fn lose_children(&self, node: NodeId) {
        for child in self.forest.children(node) {
            let lost = self.forest.node(child).weight;
            self.visitor.fail(Failure { id: self.forest.id(child), error: ObjectError::TooLarge, lost });
        }
    }

    /// Hands over an object that is too large to be held, and reads what the visitor leaves of it.
    fn stream(&self, id: ObjectId, kind: Kind, bytes: u64, reader: &mut dyn Read) {
        // A byte more than there should be tells what is too long.
        let mut limited = reader.take(bytes + 1);
        let read = self.visitor.stream(id, kind, bytes, &mut limited);
        if self.visitor.flow().is_break() {
            return;
        }
        let error = match read.and_then(|()| io::copy(&mut limited, &mut io::sink())) {
            Ok(_) if limited.limit() == 1 => return,
            Ok(_) => ObjectError::Size,
            Err(_) => ObjectError::Inflate,
        };
        self.visitor.fail(Failure { id, error, lost: 1 });
    }

    /// Visits the loose objects that are in no pack.
    fn loose(&self) {
        let ids = self.objects.loose.ids();
        let only_loose: Vec<_> = ids.iter().copied().filter(|id| !self.objects.is_packed(id)).collect();
        only_loose.into_par_iter().for_each_init(
            || Worker::new(self.objects),
            |worker, id| {
                if self.visitor.flow().is_continue() {
                    self.loose_object(id, worker);
                }
            },
        );
    }

    fn loose_object(&self, id: ObjectId, worker: &mut Worker<'_>) {
        let mut buffer = worker.buffer();
        match self.objects.loose.read(&id, LARGE_BYTES, &mut worker.inflater, &mut buffer) {
            Ok((kind, _)) if !self.walk.kinds.contains(kind) => {}
            Ok((kind, Contents::Stream(mut reader, bytes))) => self.stream(id, kind, bytes, &mut reader),
            Ok((kind, Contents::Held)) => {
                let object = Object { id, kind, bytes: &buffer };
                if self.walk.verify && !object.is_intact() {
                    self.visitor.fail(Failure { id, error: ObjectError::Mismatch, lost: 1 });
                } else {
                    self.visitor.visit(object, None);
                }
            }
            Err(error) => match self.other_copy(id, worker) {
                Some((kind, bytes)) if self.walk.kinds.contains(kind) => {
                    self.visitor.visit(Object { id, kind, bytes: &bytes }, None);
                }
                Some(_) => {}
                None => self.visitor.fail(Failure { id, error, lost: 1 }),
            },
        }
        worker.reuse(buffer);
    }

    /// Visits what another process packed before it could be found to be loose.
    fn later(&self) {
        let Some(later) = self.objects.renewed() else { return };
        let is_new = |id: &ObjectId| !self.objects.is_packed(id) && !self.objects.loose.ids().contains(id);
        let ids: Vec<_> = later.packed_ids().filter(is_new).collect::<BTreeSet<_>>().into_iter().collect();
        ids.into_par_iter().for_each_init(
            || later.reader(),
            |reader, id| match reader.read(&id) {
                _ if self.visitor.flow().is_break() => {}
                Ok(object) if self.walk.kinds.contains(object.kind) => {
                    self.visitor.visit(object, None);
                }
                Ok(_) => {}
                Err(error) => self.visitor.fail(Failure { id, error, lost: 1 }),
            },
        );
    }

    /// Visits the sound copies of what has no kind where it stands first.
    fn broken(&self) {
        let mut reader = self.objects.reader();
        for (id, error) in &self.forest.broken {
            match reader.read(id).ok().filter(Object::is_intact) {
                Some(object) if self.walk.kinds.contains(object.kind) => {
                    self.visitor.visit(object, None);
                }
                Some(_) => {}
                None => self.visitor.fail(Failure { id: *id, error: error.clone(), lost: 1 }),
            }
        }
    }
}
