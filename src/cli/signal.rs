//! Signals on their way to a command that stanch runs.
//!
//! What a terminal sends it sends to all that run in it, the command included; only what was sent to
//! stanch alone is passed on. What stanch was started to ignore it ignores, and so does the command.

#[cfg(unix)]
pub use unix::{Caught, die_of};

/// Nothing is caught.
#[cfg(not(unix))]
pub struct Caught;

/// What would end the passing on.
#[cfg(not(unix))]
pub struct Handle;

#[cfg(not(unix))]
impl Caught {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    pub fn pass_on(self, _: &std::process::Child) -> Handle {
        Handle
    }
}

#[cfg(not(unix))]
impl Handle {
    pub fn close(&self) {}
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::mem::MaybeUninit;
    use std::process::Child;
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::exfiltrator::origin::WithOrigin;
    use signal_hook::iterator::{Handle, SignalsInfo};
    use signal_hook::low_level::emulate_default_handler;
    use signal_hook::low_level::siginfo::Cause;

    const PASSED_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

    /// Signals that are caught, to be passed on.
    pub struct Caught(SignalsInfo<WithOrigin>);

    impl Caught {
        /// Catches signals from now on; they wait until there is a command.
        pub fn new() -> io::Result<Self> {
            SignalsInfo::new(PASSED_ON.into_iter().filter(|signal| !is_ignored(*signal))).map(Self)
        }

        /// Passes signals on to `child` until the handle that this answers with is closed.
        pub fn pass_on(mut self, child: &Child) -> Handle {
            let handle = self.0.handle();
            let child = Pid::from_child(child);
            thread::spawn(move || {
                for origin in self.0.forever().filter(|origin| matches!(origin.cause, Cause::Sent(_))) {
                    if let Some(signal) = Signal::from_named_raw(origin.signal) {
                        // A command that is gone needs no signal.
                        let _ = kill_process(child, signal);
                    }
                }
            });
            handle
        }
    }

    fn is_ignored(signal: i32) -> bool {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: with no new action given, the old one is written to where the pointer leads, or nothing.
        let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
        // SAFETY: zeros are a valid action, should nothing have been written.
        asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
    }

    /// Ends as the command did, by the same signal, so that whoever waits is told the same; gives the status that
    /// shells have for it.
    pub fn die_of(signal: i32) -> u8 {
        // Fails for signals that do not end a program, of which none did.
        let _ = emulate_default_handler(signal);
        u8::try_from(128 + signal).unwrap_or(1)
    }
}
