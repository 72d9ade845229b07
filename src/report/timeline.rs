//! The life of a secret in a few lines, for people.

use super::summary::count;
use super::title;
use crate::finding::{Change, Finding, Life, Novelty};
use crate::remedy::{Limits, Rotation};

/// The largest number of changes, places or refs that are named; the others are counted.
const NAMED: usize = 4;
/// The number of digits of a commit's id that are shown.
const SHORT_COMMIT: usize = 10;

/// What is told of a life: labels and texts.
pub fn lines(finding: &Finding<'_>, limits: &Limits) -> Vec<(&'static str, String)> {
    let Some(life) = finding.life.as_deref() else { return Vec::new() };
    let mut lines: Vec<(&'static str, String)> =
        life.novelty.iter().map(|novelty| ("verdict", verdict(*novelty, life))).collect();
    let labels = std::iter::once("history").chain(std::iter::repeat(""));
    lines.extend(changes(life).into_iter().zip(labels).map(|(text, label)| (label, text)));
    // Of a range nobody asked who else holds it.
    if life.novelty.is_none() {
        lines.push(("held by", held_by(life)));
    }
    if !life.also_at.is_empty() {
        lines.push(("also at", also_at(life)));
    }
    if let (Some(rotation), Some(days)) = (limits.rotation(finding), life.exposed_days) {
        let why = if life.is_shared { ", where others can fetch it" } else { "" };
        let days = count(days, "day", "days");
        let told = match rotation {
            Rotation::Ok => format!("exposed for {days}{why}"),
            Rotation::Due | Rotation::Overdue => format!("{}: exposed for {days}{why}", rotation.name()),
        };
        lines.push(("rotation", told));
    }
    lines
}

/// What fails nothing, in one line; `None` when it is more than a note or silenced.
pub fn note(finding: &Finding<'_>) -> Option<String> {
    let life = finding.life.as_deref().filter(|life| life.is_note && finding.suppression.is_none())?;
    let place = format!("{}:{}", finding.location.path, finding.location.start.line);
    let name = title::of_rule(finding.rule);
    Some(format!("{place}: {name} {}", verdict(life.novelty?, life)))
}

/// Whether the range brought it, and what that means.
pub fn verdict(novelty: Novelty, life: &Life) -> String {
    let more = match novelty {
        Novelty::NewAtHead => return novelty.name().to_owned(),
        Novelty::AddedThenRemoved => ": its commits keep it, so it is to be replaced all the same".to_owned(),
        Novelty::Moved => match life.also_at.first() {
            Some(old) => {
                format!(": it was there before, at {}:{}", old.location.path, old.location.start.line)
            }
            None => String::new(),
        },
        Novelty::AlreadyThere => ": the range changed lines around it".to_owned(),
    };
    format!("{}{more}", novelty.name())
}

/// Commits that brought it in and took it out, in the order of their dates, oldest first.
fn changes(life: &Life) -> Vec<String> {
    let mut changes: Vec<(&Change, &str)> = life.introduced.iter().map(|change| (change, "added")).collect();
    changes.extend(life.removed.iter().map(|change| (change, "removed")));
    changes.sort_by_key(|(change, _)| change.committed);
    let line = |(change, what): &(&Change, &str)| {
        let day = title::of_time(change.committed).map_or_else(String::new, |time| time[..10].to_owned());
        format!("{day} {what} in {} by {}", short(&change.commit), change.author)
    };
    if changes.len() <= NAMED {
        return changes.iter().map(line).collect();
    }
    // The first ones tell since when, the last one how it stands.
    let mut lines: Vec<_> = changes[..NAMED - 2].iter().map(line).collect();
    lines.push(format!("… {} more …", changes.len() - NAMED + 1));
    lines.extend(changes.last().map(line));
    lines
}

fn held_by(life: &Life) -> String {
    if !life.is_reachable {
        return "nothing leads to it any more; the object database keeps it until it is pruned".to_owned();
    }
    let head = if life.in_head { "HEAD" } else { "" };
    let now = life.refs.names.iter().map(|name| ref_name(name));
    let now: Vec<&str> = [head].into_iter().filter(|name| !name.is_empty()).chain(now).collect();
    if !now.is_empty() {
        return some_of(&now, life.refs.more);
    }
    let kept: Vec<&str> = life.kept_by.names.iter().map(|name| ref_name(name)).collect();
    if kept.is_empty() {
        return "no branch; a reflog remembers it".to_owned();
    }
    format!("no branch now; the history of {} keeps it", some_of(&kept, life.kept_by.more))
}

fn also_at(life: &Life) -> String {
    let mut files: Vec<&str> = life.also_at.iter().map(|sight| sight.location.path.as_str()).collect();
    files.dedup();
    let places: Vec<String> = life
        .also_at
        .iter()
        .map(|sight| {
            let commit = sight.commit.as_deref().map(|commit| format!(" in {}", short(commit)));
            format!("{}:{}{}", sight.location.path, sight.location.start.line, commit.unwrap_or_default())
        })
        .collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    match files.len() {
        0 | 1 => some_of(&places, 0),
        number => format!("{} ({number} files)", some_of(&places, 0)),
    }
}

/// The first of some names, and how many others there are; `more` are not even among the names.
fn some_of(names: &[&str], more: usize) -> String {
    if names.len() + more <= NAMED {
        return names.join(", ");
    }
    let named = names.len().min(NAMED - 1);
    let others = count((names.len() - named + more) as u64, "other", "others");
    format!("{} and {others}", names[..named].join(", "))
}

/// A ref as people call it.
fn ref_name(name: &str) -> &str {
    let short =
        ["refs/heads/", "refs/tags/", "refs/remotes/"].iter().find_map(|kind| name.strip_prefix(kind));
    short.unwrap_or(name)
}

/// The beginning of a commit's id.
pub fn short(commit: &str) -> &str {
    &commit[..commit.len().min(SHORT_COMMIT)]
}
