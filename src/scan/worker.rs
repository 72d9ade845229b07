//! The threads of a scan: what each keeps to itself, and what becomes of its panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::engine::Scratch;
use crate::lock::{into_inner, lock};
use crate::source::Problem;

/// What a panic leaves behind. Its own message may hold scanned bytes, so nobody ever sees it.
pub(super) const DEFECT: &str = "scanning failed on this file; this is a defect of stanch, please report it";

/// What the threads keep to themselves. Each finds its own entry by a number it was given when it
/// first came; threads that share one take turns.
pub(super) struct Workers<K>(Vec<Mutex<Worker<K>>>);

/// What one thread keeps.
#[derive(Default)]
pub(super) struct Worker<K> {
    scratch: Scratch,
    /// What it found, or whatever else it keeps.
    pub kept: K,
    /// The panics.
    pub problems: Vec<Problem>,
}

impl<K> Worker<K> {
    /// Lets it do some `work`. A panic becomes a problem of the path it was about; what was found before is kept.
    pub fn guard(&mut self, path: impl FnOnce() -> String, work: impl FnOnce(&mut K, &mut Scratch)) {
        let work = || work(&mut self.kept, &mut self.scratch);
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            self.scratch = Scratch::default();
            self.problems.push(Problem { path: path(), message: DEFECT.into() });
        }
    }
}

impl<K: Default> Default for Workers<K> {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self((0..4 * threads).map(|_| Mutex::default()).collect())
    }
}

impl<K> Workers<K> {
    /// Lets this thread's worker do some `work`, as [`Worker::guard`] says.
    pub fn guard(&self, path: impl FnOnce() -> String, work: impl FnOnce(&mut K, &mut Scratch)) {
        let entry = &self.0[thread_number() % self.0.len()];
        lock(entry).guard(path, work);
    }

    /// Lets each worker do some last work, and gives them.
    pub fn guard_each(
        self,
        path: impl Fn() -> String,
        work: impl Fn(&mut K, &mut Scratch),
    ) -> impl Iterator<Item = Worker<K>> {
        self.into_inner().map(move |mut worker| {
            worker.guard(&path, &work);
            worker
        })
    }

    /// Gives all workers.
    pub fn into_inner(self) -> impl Iterator<Item = Worker<K>> {
        self.0.into_iter().map(into_inner)
    }
}

/// The number of this thread: 0 for the first that asks, and so on.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    OWN.with(|own| *own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_problem_without_its_message() {
        let workers: Workers<Vec<&str>> = Workers::default();
        workers.guard(
            || "a".to_owned(),
            |found, _| {
                found.push("found before");
                panic!("bytes of the file");
            },
        );
        workers.guard(|| "b".to_owned(), |_, _| {});
        let workers: Vec<_> = workers.into_inner().collect();
        let problems: Vec<_> = workers.iter().flat_map(|worker| &worker.problems).collect();
        assert_eq!(problems, [&Problem { path: "a".into(), message: DEFECT.into() }]);
        assert_eq!(workers.iter().flat_map(|worker| &worker.kept).collect::<Vec<_>>(), [&"found before"]);
    }
}
