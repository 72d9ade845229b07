//! A sign of life on standard error for scans that take more than a second.

use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use stanch::scan::Progress;

const DELAY: Duration = Duration::from_secs(1);
const REDRAW: Duration = Duration::from_millis(100);

/// Runs `work` and, if wanted and someone sits at the terminal, shows how far it is.
pub fn shown<T>(wanted: bool, work: impl FnOnce(Option<&Progress>) -> T) -> T {
    if !wanted || !std::io::stderr().is_terminal() {
        return work(None);
    }
    let progress = Progress::default();
    let (done, ended) = channel::<()>();
    let counts = &progress;
    thread::scope(|scope| {
        scope.spawn(move || {
            if ended.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                draw(counts, || ended.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout));
            }
        });
        let result = work(Some(&progress));
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
