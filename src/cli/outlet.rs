//! Where a command prints to when its output is redacted: a pipe, or where the output goes to a terminal
//! a second terminal, so that the command goes on to print colours and to wrap its lines.
//!
//! The second terminal is only printed to: the command reads from the first one, which stays the one
//! that controls it.

#[cfg(unix)]
pub use unix::Outlet;

/// What a command printed, to be read.
#[cfg(not(unix))]
pub type Outlet = pipe::Outlet;

#[cfg(not(unix))]
mod pipe {
    use std::io::{self, PipeReader, Read};
    use std::process::Stdio;

    pub struct Outlet(PipeReader);

    impl Outlet {
        pub fn like<T>(_: &T) -> io::Result<(Self, Stdio)> {
            let (reader, writer) = io::pipe()?;
            Ok((Self(reader), writer.into()))
        }
    }

    impl Read for Outlet {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions};
    use std::io::{self, IsTerminal, PipeReader, Read};
    use std::os::fd::AsFd;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;
    use std::process::Stdio;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{OptionalActions, OutputModes, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize};

    /// What a command printed, to be read.
    pub enum Outlet {
        Pipe(PipeReader),
        Terminal(File),
    }

    impl Outlet {
        /// An outlet of the kind that `output` is, and the end that the command prints to.
        pub fn like(output: &(impl AsFd + IsTerminal)) -> io::Result<(Self, Stdio)> {
            if output.is_terminal() {
                let (outlet, end) = second_terminal(output)?;
                return Ok((Self::Terminal(outlet), end.into()));
            }
            let (reader, writer) = io::pipe()?;
            Ok((Self::Pipe(reader), writer.into()))
        }
    }

    impl Read for Outlet {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self {
                Self::Pipe(pipe) => pipe.read(buffer),
                // Linux says so when nobody holds the other end any more.
                Self::Terminal(terminal) => match terminal.read(buffer) {
                    Err(error) if error.raw_os_error() == Some(libc::EIO) => Ok(0),
                    read => read,
                },
            }
        }
    }

    /// A terminal of the size of `first`, whose line ends are left to it.
    fn second_terminal(first: &impl AsFd) -> io::Result<(File, File)> {
        let outlet = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&outlet)?;
        unlockpt(&outlet)?;
        let name = ptsname(&outlet, Vec::new())?;
        let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let end = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(path)?;
        let mut modes = tcgetattr(&end)?;
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&end, OptionalActions::Now, &modes)?;
        tcsetwinsize(&end, tcgetwinsize(first)?)?;
        Ok((File::from(outlet), end))
    }
}
