//! Rewrites a file with its secrets masked: at once or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use stanch::blob::{Content, SNIFF_BYTES};
use stanch::engine::Scanner;
use stanch::redact::{RedactOptions, Style};
use tempfile::NamedTempFile;

use super::redact::{Done, redact};
use super::tell;

/// Rewrites the file at `path` and tells what was done; one without secrets is left alone.
pub fn rewrite(path: &Path, backup: Option<&str>, scanner: &Scanner, options: &RedactOptions) -> Done {
    match try_rewrite(path, backup, scanner, options) {
        Ok(masked) => {
            if masked > 0 {
                tell(&format!("{}: {masked} masked", path.display()));
            }
            Done { masked, failed: false }
        }
        Err(error) => {
            tell(&format!("{}: {error:#}; it is left as it was", path.display()));
            Done { masked: 0, failed: true }
        }
    }
}

fn try_rewrite(path: &Path, backup: Option<&str>, scanner: &Scanner, options: &RedactOptions) -> Result<u64> {
    // What a link leads to is rewritten, not the link.
    let path = fs::canonicalize(path).context("cannot be found")?;
    let mut file = File::open(&path).context("cannot be opened")?;
    let seen = file.metadata().context("cannot be read")?;
    ensure!(seen.is_file(), "it is no file");
    ensure!(
        options.style == Style::Stars || !is_binary(&mut file).context("cannot be read")?,
        "it is binary, and names in it would move what follows: use --keep-length"
    );
    let folder = path.parent().context("it stands in no folder")?;
    let mut new = NamedTempFile::new_in(folder).context("its folder cannot be written to")?;
    let mut out = BufWriter::new(new.as_file_mut());
    let (masked, result) = redact(file, scanner, options, &mut out);
    result.and_then(|()| out.flush().map_err(stanch::redact::CopyError::Write))?;
    drop(out);
    if masked == 0 {
        return Ok(0);
    }
    keep_attributes(new.as_file(), &seen).context("its owner and permissions cannot be kept")?;
    new.as_file().sync_all().context("the new one cannot be written")?;
    let now = fs::metadata(&path).context("cannot be read")?;
    ensure!(now.len() == seen.len() && now.modified()? == seen.modified()?, "it changed meanwhile");
    if let Some(suffix) = backup {
        keep(&path, suffix).context("it cannot be kept")?;
    }
    new.persist(&path).context("it cannot be replaced")?;
    Ok(masked)
}

fn is_binary(file: &mut File) -> io::Result<bool> {
    let mut head = Vec::new();
    // What begins with a hole is told by what comes after it.
    while Read::by_ref(file).take(SNIFF_BYTES as u64).read_to_end(&mut head)? > 0
        && head.iter().all(|byte| *byte == 0)
    {
        head.clear();
    }
    file.rewind()?;
    Ok(Content::sniff(&head) == Content::Binary)
}

#[cfg(unix)]
fn keep_attributes(new: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let own = new.metadata()?;
    if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid()))?;
    }
    new.set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn keep_attributes(new: &File, old: &Metadata) -> io::Result<()> {
    new.set_permissions(old.permissions())
}

/// Keeps what stands in the file under another name, which nothing may have yet.
fn keep(path: &Path, suffix: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    let backup = Path::new(&name);
    match fs::hard_link(path, backup) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // Not every file system has links.
            let mut copy = File::create_new(backup)?;
            io::copy(&mut File::open(path)?, &mut copy)?;
            copy.set_permissions(fs::metadata(path)?.permissions())?;
            copy.sync_all()
        }
        result => result,
    }
}
