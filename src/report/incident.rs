//! The record of one leak, in Markdown: what is known, what to do, and room for who did what when.
//!
//! Secrets are masked in it unless they are to be shown; where a command needs one, the record says
//! how to print it instead.

use std::io::{self, Write};

use super::terminal::escape;
use super::{Run, title};
use crate::blob::Provenance;
use crate::finding::{Change, Finding, Life, Location};
use crate::remedy::{Revoke, Rotation, Steps};
use crate::secret::MASK;

/// Writes the record of a finding; one from outside history has no life and says so.
///
/// # Errors
/// Those of `out`.
pub fn write_incident(out: &mut dyn Write, finding: &Finding<'_>, run: &Run) -> io::Result<()> {
    let none = Life::default();
    let life = finding.life.as_deref().unwrap_or(&none);
    let mut record = Record { out, finding, life, run };
    record.heading()?;
    record.places()?;
    record.changes()?;
    record.holders()?;
    record.steps()?;
    record.purge()?;
    record.log()
}

struct Record<'a, 'r> {
    out: &'a mut dyn Write,
    finding: &'a Finding<'r>,
    life: &'a Life,
    run: &'a Run,
}

impl Record<'_, '_> {
    fn heading(&mut self) -> io::Result<()> {
        let finding = self.finding;
        let since = self.life.since().and_then(title::of_time);
        writeln!(self.out, "# Incident: {}\n", cell(&title::of_rule(finding.rule)))?;
        writeln!(self.out, "{}\n", cell(&finding.rule.description))?;
        writeln!(self.out, "| | |\n|---|---|")?;
        let rotation = self.run.rotation.rotation(finding).map(|rotation| match rotation {
            // A leak is to be revoked whatever its age.
            Rotation::Ok => "not due by its age alone; revoke it all the same".to_owned(),
            Rotation::Due | Rotation::Overdue => rotation.name().to_owned(),
        });
        let exposed = self.life.exposed_days.map(|days| format!("{days} days"));
        let standing = match (self.life.in_head, self.life.is_reachable) {
            (true, _) => "in the files of HEAD",
            (false, true) => "not in HEAD; history keeps it",
            (false, false) => "nothing leads to it any more; the object database keeps it",
        };
        let rows = [
            ("Secret", Some(code(&self.run.shown(&finding.secret)))),
            ("Fingerprint", Some(code(&finding.fingerprint.to_string()))),
            ("Rule", Some(code(&finding.rule.id))),
            ("Severity", Some(format!("{}, {} confidence", finding.severity, finding.confidence))),
            ("First committed", since),
            ("Exposed", exposed),
            ("Rotation", rotation),
            ("Stands", Some(standing.to_owned())),
        ];
        for (name, value) in rows {
            writeln!(self.out, "| {name} | {} |", value.as_deref().unwrap_or("not known"))?;
        }
        writeln!(self.out)
    }

    fn places(&mut self) -> io::Result<()> {
        let (finding, life) = (self.finding, self.life);
        writeln!(self.out, "## Where\n\n| path | lines | seen in commit |\n|---|---|---|")?;
        let own = (&finding.location, life.commit.as_ref());
        let others = life.also_at.iter().map(|sight| (&sight.location, sight.commit.as_ref()));
        for (place, commit) in std::iter::once(own).chain(others) {
            let lines = match (place.start.line, place.end.line) {
                (start, end) if start == end => start.to_string(),
                (start, end) => format!("{start} to {end}"),
            };
            let commit = commit.map_or_else(String::new, |commit| code(commit));
            writeln!(self.out, "| {} | {lines} | {commit} |", code(&place.path))?;
        }
        writeln!(self.out)
    }

    fn changes(&mut self) -> io::Result<()> {
        writeln!(self.out, "## By which commits\n")?;
        let mut changes: Vec<(&Change, &str)> =
            self.life.introduced.iter().map(|change| (change, "added")).collect();
        changes.extend(self.life.removed.iter().map(|change| (change, "removed")));
        if changes.is_empty() {
            return writeln!(self.out, "No commit holds it.\n");
        }
        changes.sort_by_key(|(change, _)| change.committed);
        writeln!(self.out, "| committed | | commit | author |\n|---|---|---|---|")?;
        for (change, what) in changes {
            let time = title::of_time(change.committed).unwrap_or_default();
            let author = cell(&format!("{} <{}>", change.author, change.email));
            writeln!(self.out, "| {time} | {what} | {} | {author} |", code(&change.commit))?;
        }
        writeln!(self.out)
    }

    fn holders(&mut self) -> io::Result<()> {
        let names = |names: &[String], more: usize| -> String {
            if names.is_empty() {
                return "none".to_owned();
            }
            let named = names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
            if more == 0 { named } else { format!("{named} and {more} more") }
        };
        writeln!(self.out, "## Who holds it\n")?;
        writeln!(self.out, "- Refs that hold it now: {}", names(&self.life.refs.names, self.life.refs.more))?;
        writeln!(
            self.out,
            "- Refs whose history holds it: {}",
            names(&self.life.kept_by.names, self.life.kept_by.more)
        )?;
        let objects: Vec<String> = self.life.objects.iter().cloned().collect();
        writeln!(self.out, "- Objects: {}", names(&objects, 0))?;
        writeln!(self.out, "- Clones, forks, caches, build logs and images: not known here\n")
    }

    fn steps(&mut self) -> io::Result<()> {
        let steps = Steps::of(self.finding.rule.category);
        let revoke = match Revoke::of(self.finding.rule) {
            Revoke::Link(link) => format!("Revoke it at <{link}>."),
            Revoke::Place(place) => format!("Revoke it: {}.", cell(place)),
            Revoke::Advice(advice) => advice.to_owned(),
        };
        writeln!(self.out, "## What to do, in this order\n")?;
        for step in [&revoke, steps.replace, steps.investigate, steps.document] {
            writeln!(self.out, "- [ ] {step}")?;
        }
        writeln!(self.out)
    }

    /// Rewriting comes last: it hides a leak and ends none.
    fn purge(&mut self) -> io::Result<()> {
        writeln!(self.out, "## Purging it from history\n")?;
        writeln!(
            self.out,
            "Only after it was revoked: copies that were fetched stay. It changes the ids of all later commits.\n"
        )?;
        writeln!(self.out, "1. Work in a fresh clone made with `git clone --mirror`.")?;
        if self.run.show_secrets {
            self.replacements()?;
        } else {
            self.how_to_replace()?;
        }
        self.rewriting()?;
        let is_stashed = self.life.kept_by.names.iter().any(|name| name == "refs/stash");
        let stash =
            if is_stashed { "`git stash list`, `git stash drop` of the one that holds it, " } else { "" };
        writeln!(
            self.out,
            "4. In every clone that is kept: {stash}`git fetch --prune`, `git reflog expire --expire=now --all`, \
             `git gc --prune=now`. Ask the host to drop cached views and pull requests' refs.\n\
             5. `rm replacements.txt`, and scan again: `stanch git`.\n"
        )
    }

    /// The second step, with the secret.
    fn replacements(&mut self) -> io::Result<()> {
        let secret = self.finding.secret.reveal();
        writeln!(self.out, "2. Write `replacements.txt`:\n")?;
        writeln!(self.out, "   ```\n   literal:{}==>REMOVED\n   ```\n", escape(secret))?;
        if secret.contains('\n') {
            writeln!(
                self.out,
                "   It has several lines: give each a line of its own with `literal:` before it.\n"
            )?;
        }
        Ok(())
    }

    /// The second step without the secret: how to have it printed.
    fn how_to_replace(&mut self) -> io::Result<()> {
        let Location { path, start, .. } = &self.finding.location;
        // What is in an archive or in a name that is masked git cannot show.
        let is_file = matches!(self.finding.provenance, Provenance::Object { .. }) && !self.is_in_name();
        let what = match (self.life.commit.as_deref(), self.life.objects.first()) {
            (Some(commit), _) if is_file && !path.contains(':') => {
                format!("git show {} | sed -n {}p", quoted(&format!("{commit}:{path}")), start.line)
            }
            (_, Some(object)) if is_file && path.starts_with("blob:") => {
                format!("git cat-file -p {object} | sed -n {}p", start.line)
            }
            _ => match path.split_once(':') {
                // A file may be called `tag:…`, too.
                Some(("commit", id)) if is_file => format!("git show -s --format=raw {}", quoted(id)),
                Some(("tag", id)) if is_file => format!("git cat-file tag {}", quoted(id)),
                _ => format!("stanch git --show-secrets --incident {}", self.finding.fingerprint),
            },
        };
        writeln!(
            self.out,
            "2. Write `replacements.txt` with one line, `literal:THE_SECRET==>REMOVED`. This prints it:\n"
        )?;
        writeln!(self.out, "   ```sh\n   {}\n   ```\n", escape(&what))
    }

    /// Whether the secret is in the name of a file, folder or ref, which are masked.
    fn is_in_name(&self) -> bool {
        self.finding.location.path.contains(MASK)
    }

    /// The third step.
    fn rewriting(&mut self) -> io::Result<()> {
        writeln!(self.out, "3. Rewrite, and push what was rewritten:\n\n   ```sh")?;
        match self.finding.provenance {
            Provenance::Member { .. } => {
                let objects: Vec<&str> = self.life.objects.iter().map(String::as_str).collect();
                writeln!(
                    self.out,
                    "   # nothing is replaced inside of archives: the versions of files that hold it go whole\n   \
                     printf '%s\\n' {} > blobs.txt\n   git filter-repo --strip-blobs-with-ids blobs.txt",
                    objects.join(" ")
                )?;
            }
            _ if self.is_in_name() => writeln!(
                self.out,
                "   # for the name of a file or folder; a branch or tag is made anew under another name, and deleted\n   \
                 git filter-repo --path-rename 'THE_PATH:ANOTHER_PATH'"
            )?,
            _ => writeln!(
                self.out,
                "   git filter-repo --replace-text replacements.txt --replace-message replacements.txt"
            )?,
        }
        let kept_by = &self.life.kept_by;
        let pushed = kept_by.names.iter().filter(|name| {
            name.starts_with("refs/heads/")
                || name.starts_with("refs/tags/")
                || name.starts_with("refs/notes/")
        });
        let mut refspecs: Vec<_> = pushed.map(|name| quoted(&format!("{name}:{name}"))).collect();
        if kept_by.more > 0 {
            refspecs = ["heads", "tags"].map(|kind| format!("'refs/{kind}/*:refs/{kind}/*'")).to_vec();
        }
        if refspecs.is_empty() {
            writeln!(
                self.out,
                "   # no branch or tag of this repository leads to it: nothing is to be pushed"
            )?;
        } else {
            writeln!(self.out, "   git push --force origin {}", escape(&refspecs.join(" ")))?;
        }
        writeln!(self.out, "   ```\n")
    }

    fn log(&mut self) -> io::Result<()> {
        writeln!(self.out, "## Who did what when\n\n| when | who | what |\n|---|---|---|")?;
        for what in ["revoked", "replaced", "looked for uses", "purged", "told those concerned", "closed"] {
            writeln!(self.out, "| | | {what} |")?;
        }
        Ok(())
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Text for a table: on one line, without what would end a cell or begin markup.
fn cell(text: &str) -> String {
    let mut plain = String::new();
    for character in escape(text).chars() {
        if matches!(character, '|' | '<' | '>' | '[' | ']' | '*' | '_' | '`' | '\\') {
            plain.push('\\');
        }
        plain.push(if character == '\n' { ' ' } else { character });
    }
    plain
}

/// Text as it is, in a table.
fn code(text: &str) -> String {
    let text = escape(text).replace(['\n', '\r'], " ").replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
