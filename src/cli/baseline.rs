//! `stanch baseline`: makes, extends, trims and shows the file of known findings.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use stanch::config::BASELINE;
use stanch::finding::baseline::{Baseline, Known};
use stanch::finding::{BaselineState, KEY_BYTES, Key, SuppressionKind};
use stanch::report::terminal::escape;
use stanch::scan::{Outcome, Progress, scan};

use super::args::JudgeArgs;
use super::decisions::Decisions;
use super::output::tell_problems;
use super::status::Status;
use super::{print, scan as scan_verb, tell};

/// What is told when there is none.
const NONE: &str = "there is no baseline: `stanch baseline create` makes one";

/// Arguments of `stanch baseline`.
#[derive(Args, Debug)]
pub struct BaselineArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Take all that is found for known
    Create {
        #[command(flatten)]
        take: Box<TakeArgs>,
        /// Replace a baseline that is there, with a new key
        #[arg(long)]
        force: bool,
    },
    /// Take what is found and not yet known for known; keep the rest
    Update(Box<TakeArgs>),
    /// Remove what is found no more
    Prune(Box<PlaceArgs>),
    /// List what is known
    Show(Box<PlaceArgs>),
}

#[derive(Args, Debug)]
struct TakeArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Know each value only in the file it is in now
    #[arg(long)]
    with_paths: bool,
    /// Why it may stay
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who decides
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// The last day on which it is known, as in 2026-01-31
    #[arg(long, value_name = "DAY", value_parser = day)]
    expires: Option<Date>,
}

#[derive(Args, Debug)]
struct PlaceArgs {
    /// Files and folders [default: the current folder]
    paths: Vec<PathBuf>,
    /// Scan what git ignores, too
    #[arg(long)]
    no_ignore: bool,
    #[command(flatten)]
    judge: JudgeArgs,
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a day is written as 2026-01-31".to_owned())
}

/// Runs the verb.
pub fn run(args: &BaselineArgs) -> Result<Status, String> {
    match &args.verb {
        Verb::Create { take, force } => create(take, *force),
        Verb::Update(args) => update(args),
        Verb::Prune(args) => prune(args),
        Verb::Show(args) => show(args),
    }
}

fn create(args: &TakeArgs, force: bool) -> Result<Status, String> {
    let mut decisions = Decisions::load_without_baseline(&args.place.judge, &args.place.paths)?;
    let path = path(&decisions);
    if path.exists() && !force {
        let shown = path.display();
        return Err(format!("{shown} is there: `stanch baseline update` extends it, --force makes it anew"));
    }
    decisions.baseline = Some((path.clone(), Baseline::new(decisions.new_key()?)));
    let status = take(args, &mut decisions)?;
    if status == Status::Clean {
        tell_of_merging(&decisions.base, &path);
    }
    Ok(status)
}

fn update(args: &TakeArgs) -> Result<Status, String> {
    let mut decisions = Decisions::load(&args.place.judge, &args.place.paths)?;
    if decisions.baseline.is_none() {
        return Err(NONE.to_owned());
    }
    take(args, &mut decisions)
}

/// Adds what is found and not known, and what is silenced.
fn take(args: &TakeArgs, decisions: &mut Decisions) -> Result<Status, String> {
    let mut added = Vec::new();
    let complete = with_outcome(&args.place, decisions, |outcome| {
        for finding in &outcome.findings {
            let by_file = finding.suppression.as_ref().is_some_and(|it| it.kind != SuppressionKind::Inline);
            if finding.state == BaselineState::New && !by_file {
                let entry = Known::of(finding, args.with_paths);
                let (reason, owner, expires) = (args.reason.clone(), args.owner.clone(), args.expires);
                added.push(if entry.silenced { entry } else { Known { reason, owner, expires, ..entry } });
            }
        }
    })?;
    let Some((path, baseline)) = &mut decisions.baseline else { return Ok(Status::Incomplete) };
    let before = baseline.entries().len();
    added.into_iter().for_each(|entry| baseline.add(entry));
    let total = baseline.entries().len();
    save(path, &baseline.to_string())?;
    let new = total - before;
    tell(&format!("{}: {total} known findings, {new} of them new", path.display()));
    if new > 0 {
        tell("note: they are reported no more, but a secret among them is as valid as before: revoke it");
    }
    Ok(Status::of_scan(false, complete))
}

fn prune(args: &PlaceArgs) -> Result<Status, String> {
    let mut decisions = Decisions::load(&args.judge, &args.paths)?;
    if decisions.baseline.is_none() {
        return Err(NONE.to_owned());
    }
    let mut marked = None;
    let rules = decisions.rules()?;
    let complete = with_outcome(args, &decisions, |outcome| marked = decisions.mark(outcome, &rules))?;
    if !complete {
        tell("not all could be scanned, so nothing is removed");
        return Ok(Status::Incomplete);
    }
    let Some(((path, baseline), marked)) = decisions.baseline.as_mut().zip(marked) else {
        return Ok(Status::Incomplete);
    };
    for (entry, _) in baseline.entries().iter().zip(&marked.used).filter(|(_, used)| !**used) {
        let path = entry.path.as_ref().map(|path| format!("  path: {path}")).unwrap_or_default();
        tell(&format!("removed {}  {}{path}", entry.fingerprint, entry.rule));
    }
    let removed = baseline.prune(&marked);
    save(path, &baseline.to_string())?;
    tell(&format!("{}: {removed} removed, {} left", path.display(), baseline.entries().len()));
    Ok(Status::Clean)
}

fn show(args: &PlaceArgs) -> Result<Status, String> {
    let decisions = Decisions::load(&args.judge, &args.paths)?;
    let Some((_, baseline)) = &decisions.baseline else { return Err(NONE.to_owned()) };
    Ok(print(|out| baseline.entries().iter().try_for_each(|entry| write_entry(out, entry, decisions.now))))
}

fn write_entry(out: &mut dyn Write, entry: &Known, now: i64) -> io::Result<()> {
    write!(out, "{}  {}", entry.fingerprint, escape(&entry.rule))?;
    let over = if entry.is_expired(now) { " (expired)" } else { "" };
    let expires = entry.expires.map(|day| format!("{day}{over}"));
    let silenced = entry.silenced.then(|| "by a comment".to_owned());
    let fields = [
        ("path", &entry.path),
        ("reason", &entry.reason),
        ("owner", &entry.owner),
        ("until", &expires),
        ("silenced", &silenced),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            write!(out, "  {name}: {}", escape(value))?;
        }
    }
    writeln!(out)
}

/// Scans as `stanch scan` does, lets `use_it` see what was found, and says whether the scan is complete.
fn with_outcome(
    args: &PlaceArgs,
    decisions: &Decisions,
    use_it: impl FnOnce(&mut Outcome<'_>),
) -> Result<bool, String> {
    let scanner = decisions.scanner()?;
    let source = scan_verb::tree(&args.paths, args.no_ignore, &args.judge, decisions.exclude());
    let mut outcome = scan(&source, scanner, &decisions.options(), &Progress::default());
    decisions.apply(&mut outcome, scanner.rules());
    tell_problems(&outcome.coverage);
    use_it(&mut outcome);
    Ok(outcome.coverage.is_complete())
}

/// Where the baseline is, or is to be.
fn path(decisions: &Decisions) -> PathBuf {
    decisions.config.baseline.clone().unwrap_or_else(|| decisions.base.join(BASELINE))
}

/// A key that nobody has seen.
pub fn random_key() -> Result<Key, String> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| format!("no random key can be had: {error}"))?;
    Ok(Key::new(key))
}

/// Writes a file anew beside the old one, under a name that nobody has, then puts it in its place: never half of
/// one, whoever else writes it. The permissions of an old one stay.
pub fn save(path: &Path, text: &str) -> Result<(), String> {
    let write = || -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut new = readable_by_others().tempfile_in(folder.unwrap_or(Path::new(".")))?;
        new.write_all(text.as_bytes())?;
        if let Ok(old) = fs::metadata(path) {
            new.as_file().set_permissions(old.permissions())?;
        }
        new.persist(path)?;
        Ok(())
    };
    // Its own words may name the file beside it, which nobody asked for.
    write().map_err(|error| format!("cannot write {}: {}", path.display(), error.kind()))
}

/// A new file with the permissions that any other would have; by themselves temporary ones are their owner's alone.
#[cfg(unix)]
fn readable_by_others() -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;

    let mut builder = tempfile::Builder::new();
    builder.permissions(fs::Permissions::from_mode(0o666));
    builder
}

#[cfg(not(unix))]
fn readable_by_others() -> tempfile::Builder<'static, 'static> {
    tempfile::Builder::new()
}

/// Says once how git merges the file, unless it is told already.
fn tell_of_merging(base: &Path, path: &Path) {
    let Ok(name) = path.strip_prefix(base) else { return };
    let attributes = fs::read_to_string(base.join(".gitattributes")).unwrap_or_default();
    if base.join(".git").exists() && !attributes.contains("merge=union") {
        tell(&format!(
            "note: for merges without conflicts: echo '/{} merge=union' >> .gitattributes",
            name.display()
        ));
    }
}
