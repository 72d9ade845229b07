//! A sign of life on standard error for scans that take more than a second, and their end on Ctrl-C.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use stanch::scan::Progress;

const DELAY: Duration = Duration::from_secs(1);
const REDRAW: Duration = Duration::from_millis(100);

/// Runs `work` and, if wanted and someone sits at the terminal, shows how far it is.
///
/// A first SIGINT or SIGTERM asks the work to end with what it has, unless it `waits` for someone to
/// type; a second one ends the program.
pub fn shown<T>(wanted: bool, waits: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    for signal in [SIGINT, SIGTERM].into_iter().filter(|_| !waits) {
        // In this order: the first signal finds the flag unset. A signal that cannot be caught ends
        // the program as it always did.
        let _ = flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&progress.stop));
        let _ = flag::register(signal, Arc::clone(&progress.stop));
    }
    if !wanted || !std::io::stderr().is_terminal() {
        return work(&progress);
    }
    let (done, ended) = channel::<()>();
    let counts = &progress;
    thread::scope(|scope| {
        scope.spawn(move || {
            if ended.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                draw(counts, || ended.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout));
            }
        });
        let result = work(&progress);
        drop(done);
        result
    })
}

/// Draws a line until `waits` says that the work is done, and wipes it.
fn draw(progress: &Progress, waits: impl Fn() -> bool) {
    let style = ProgressStyle::with_template("{spinner} {msg}").expect("the template is fixed and valid");
    let bar = ProgressBar::new_spinner().with_style(style);
    while waits() {
        let files = HumanCount(progress.blobs.load(Ordering::Relaxed));
        let bytes = HumanBytes(progress.bytes.load(Ordering::Relaxed));
        bar.set_message(format!("{files} files, {bytes} scanned"));
        bar.tick();
    }
    bar.finish_and_clear();
}
