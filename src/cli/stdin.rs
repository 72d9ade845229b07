//! Standard input as it was given, which is not what the standard library makes of it: one that is
//! closed it opens again as an empty file, and one that cannot be read it takes for an empty one. A
//! scan of what was never given must not end clean.

use std::io::{self, Read};

/// Standard input; one that was closed cannot be read.
#[cfg(unix)]
pub fn open() -> Box<dyn Read + Send> {
    use std::os::fd::AsFd;

    if was_closed::answer() {
        return Box::new(Closed);
    }
    // Read without the buffer of the standard library: whoever reads brings a larger one.
    match io::stdin().as_fd().try_clone_to_owned() {
        Ok(stdin) => Box::new(std::fs::File::from(stdin)),
        Err(_) => Box::new(Closed),
    }
}

/// Standard input.
#[cfg(not(unix))]
pub fn open() -> Box<dyn Read + Send> {
    Box::new(io::stdin())
}

/// A standard input that was closed.
#[cfg(unix)]
struct Closed;

#[cfg(unix)]
impl Read for Closed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("standard input is closed"))
    }
}

#[cfg(unix)]
mod was_closed {
    use std::sync::atomic::{AtomicBool, Ordering};

    static CLOSED: AtomicBool = AtomicBool::new(false);

    pub fn answer() -> bool {
        CLOSED.load(Ordering::Relaxed)
    }

    /// Called by the loader, before the standard library opens what is closed.
    // SAFETY: the section holds pointers to functions of this type, and is read only by the loader; the
    // function needs nothing that is not there yet.
    #[used]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        // SAFETY: asks about a number; there is nothing that it could harm.
        let flags = unsafe { libc::fcntl(libc::STDIN_FILENO, libc::F_GETFD) };
        CLOSED.store(flags == -1, Ordering::Relaxed);
    }
}
