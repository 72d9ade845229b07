//! What threads share, taken whatever became of those who had it before.
//!
//! A panic is caught where the work on one blob begins and becomes a problem of the coverage. What is shared is
//! changed in single steps, so it is whole still, and the other blobs are scanned with it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes what a mutex guards, once it is free.
pub fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes what a mutex guarded, when nobody shares it any more.
pub fn into_inner<T>(shared: Mutex<T>) -> T {
    shared.into_inner().unwrap_or_else(PoisonError::into_inner)
}
