//! Rewrites a file with its secrets masked: at once or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;

use stanch::blob::{Content, SNIFF_BYTES};
use stanch::engine::Scanner;
use stanch::redact::{CopyError, RedactOptions, Style};
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
            tell(&format!("{}: {error}; it is left as it was", path.display()));
            Done { masked: 0, failed: true }
        }
    }
}

/// Rewrites the file if anything in it is masked, and says how much; in words why not.
fn try_rewrite(
    path: &Path,
    backup: Option<&str>,
    scanner: &Scanner,
    options: &RedactOptions,
) -> Result<u64, String> {
    let fails = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    // What a link leads to is rewritten, not the link.
    let path = fs::canonicalize(path).map_err(fails("cannot be found"))?;
    let mut file = File::open(&path).map_err(fails("cannot be opened"))?;
    let seen = file.metadata().map_err(fails("cannot be read"))?;
    if !seen.is_file() {
        return Err("it is no file".to_owned());
    }
    if options.style != Style::Stars && is_binary(&mut file).map_err(fails("cannot be read"))? {
        return Err("it is binary, and names in it would move what follows: use --keep-length".to_owned());
    }
    let folder = path.parent().ok_or("it stands in no folder")?;
    // The words of the error name a file that nobody asked for.
    let refused = |error: io::Error| fails("its folder cannot be written to")(error.kind().into());
    let mut new = NamedTempFile::new_in(folder).map_err(refused)?;
    let mut out = BufWriter::new(new.as_file_mut());
    let (masked, result) = redact(file, scanner, options, &mut out);
    result.and_then(|()| out.flush().map_err(CopyError::Write)).map_err(|error| error.to_string())?;
    drop(out);
    if masked == 0 {
        return Ok(0);
    }
    keep_attributes(new.as_file(), &seen).map_err(fails("its owner and permissions cannot be kept"))?;
    new.as_file().sync_all().map_err(fails("the new one cannot be written"))?;
    let now = fs::metadata(&path).map_err(fails("cannot be read"))?;
    let when = |file: &Metadata| file.modified().map_err(fails("cannot be read"));
    if now.len() != seen.len() || when(&now)? != when(&seen)? {
        return Err("it changed meanwhile".to_owned());
    }
    if let Some(suffix) = backup {
        keep(&path, suffix).map_err(fails("it cannot be kept"))?;
    }
    new.persist(&path).map_err(|failed| fails("it cannot be replaced")(failed.error))?;
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
