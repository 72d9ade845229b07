//! `stanch redact`: standard input, files or a command's output, with secrets masked.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use stanch::engine::Scanner;
use stanch::finding::{KEY_BYTES, Key};
use stanch::redact::{CopyError, RedactOptions, Redactor, Style, copy};
use stanch::rule::RuleSet;

use super::baseline::random_key;
use super::status::Status;
use super::{command, in_place, tell};

/// Arguments of `stanch redact`.
#[derive(Args, Debug)]
pub struct RedactArgs {
    /// Files to write to standard output, one after the other; `-` is standard input [default: `-`]
    pub files: Vec<PathBuf>,
    /// Rewrite the files instead: each at once, its permissions kept, and only if it holds a secret
    #[arg(long, requires = "files")]
    pub in_place: bool,
    /// Keep what stood in a file that is rewritten, under its name with this at its end
    #[arg(long, value_name = "SUFFIX", requires = "in_place")]
    pub backup: Option<String>,
    /// Mask with a `*` for each byte, so that nothing changes its place
    #[arg(long)]
    pub keep_length: bool,
    /// Exit with 1 if something was masked
    #[arg(long)]
    pub fail: bool,
    /// Make fingerprints with the key in this file, so that they are the same in every run [default: a
    /// new key for each run]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Add the rules of a file; may be given several times
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// A command to run: both of its outputs are redacted, and its exit status is passed on
    #[arg(last = true, conflicts_with_all = ["files", "in_place"], value_name = "COMMAND")]
    pub command: Vec<std::ffi::OsString>,
}

/// How a part of the work ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// How many secrets were masked.
    pub masked: u64,
    /// Something could not be read or written.
    pub failed: bool,
}

impl Done {
    /// Both of them.
    pub fn and(self, other: Self) -> Self {
        Self { masked: self.masked + other.masked, failed: self.failed || other.failed }
    }

    /// The status for it; `fail`: what was masked counts as found.
    pub fn status(self, fail: bool) -> Status {
        match self {
            Self { masked: 1.., .. } if fail => Status::Findings,
            Self { failed: true, .. } => Status::Incomplete,
            _ => Status::Clean,
        }
    }
}

/// Redacts what the arguments name, and says how it ended.
pub fn run(args: &RedactArgs) -> Result<Status, String> {
    let (scanner, options) = prepare(args)?;
    if !args.command.is_empty() {
        return Ok(command::run(&args.command, &scanner, &options, args.fail));
    }
    let done = if args.in_place {
        let rewrite = |file: &PathBuf| in_place::rewrite(file, args.backup.as_deref(), &scanner, &options);
        args.files.iter().map(rewrite).fold(Done::default(), Done::and)
    } else {
        print(&args.files, &scanner, &options)
    };
    Ok(done.status(args.fail))
}

fn prepare(args: &RedactArgs) -> Result<(Scanner, RedactOptions), String> {
    let rules = RuleSet::with_files(&args.rules).map_err(|error| error.to_string())?;
    let key = match &args.key_file {
        Some(path) => read_key(path)?,
        None => random_key()?,
    };
    let style = if args.keep_length { Style::Stars } else { Style::Named };
    Ok((Scanner::new(rules), RedactOptions { key, style }))
}

/// The key in a file, without the white space around it.
fn read_key(path: &Path) -> Result<Key, String> {
    let bytes = std::fs::read(path)
        .map_err(|error| format!("cannot read the key file {}: {error}", path.display()))?;
    let key = bytes.trim_ascii();
    if key.is_empty() {
        return Err(format!("the key file {} is empty; 32 random bytes make a key", path.display()));
    }
    if key.len() < KEY_BYTES {
        tell(&format!(
            "note: the key in {} has {} bytes and may be guessed from its masks; 32 random bytes make a key",
            path.display(),
            key.len()
        ));
    }
    Ok(Key::new(key))
}

/// Writes files to standard output, one after the other.
fn print(files: &[PathBuf], scanner: &Scanner, options: &RedactOptions) -> Done {
    let stdin = [PathBuf::from("-")];
    let mut done = Done::default();
    let mut out = BufWriter::new(io::stdout().lock());
    for file in if files.is_empty() { &stdin } else { files } {
        let (masked, result) = match open(file) {
            Ok(reader) => redact(reader, scanner, options, &mut out),
            Err(error) => (0, Err(CopyError::Read(error))),
        };
        done = done.and(Done { masked, failed: result.is_err() });
        match result {
            Ok(()) => {}
            Err(error @ (CopyError::Read(_) | CopyError::Refused(_))) => {
                tell(&format!("{}: {error}", file.display()))
            }
            Err(CopyError::Write(error)) => {
                super::tell_write_error("standard output", &error);
                break;
            }
        }
    }
    done
}

/// Redacts one stream; says how many secrets were masked, whether or not it came to its end.
pub fn redact(
    reader: impl Read + Send + 'static,
    scanner: &Scanner,
    options: &RedactOptions,
    out: &mut dyn Write,
) -> (u64, Result<(), CopyError>) {
    let mut redactor = Redactor::new(scanner, options.clone());
    let result = copy(reader, &mut redactor, out);
    (redactor.masked(), result)
}

fn open(file: &Path) -> io::Result<Box<dyn Read + Send>> {
    if file.as_os_str() == "-" {
        return Ok(super::stdin::open());
    }
    Ok(Box::new(File::open(file)?))
}
