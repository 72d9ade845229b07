//! Joins reports in JSON into one: of the shards of one scan, or of many scans.
//!
//! Findings that are the same, at the same place, are one. Of shards, what each knows of a secret is put
//! together so that the outcome is that of a scan in one piece: a commit that one shard sees a secret
//! come in with may follow one in which another shard sees it already. For this a shard says in which
//! commits it holds each secret, by their numbers in an order that all shards share.

mod sarif;

use std::collections::{BTreeMap, BTreeSet};

pub use sarif::{SarifLog, merge_sarif};
use serde_json::{Map, Value, json};

use super::json::Document;
use super::terminal::write_json;
use crate::finding::{Environments, RefNames, more_than_named};
use crate::git::{CommitIndex, NumberSet};
use crate::remedy::{Limits, Rotation};

/// A report in JSON, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    findings: Vec<Value>,
    coverage: Map<String, Value>,
    head: Map<String, Value>,
}

/// Why a file is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is something else, or cut short.
    #[error("no report of stanch in json or jsonl, or one that was cut short: its `{0}` is missing")]
    Field(&'static str),
    /// It is of another version.
    #[error("it is a report of version {0}, and this program joins those of version {known}", known = super::SCHEMA_VERSION)]
    Version(Value),
}

impl Parsed {
    /// Reads a report in json or jsonl.
    ///
    /// # Errors
    /// It is neither, or was cut short.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        let mut report = match serde_json::from_str(text) {
            Ok(Value::Object(report)) if report.contains_key("findings") => report,
            Err(error) if text.lines().count() < 2 => return Err(error.into()),
            _ => of_lines(text)?,
        };
        let version = report.get("schema_version").cloned().ok_or(ReportError::Field("schema_version"))?;
        if version != super::SCHEMA_VERSION {
            return Err(ReportError::Version(version));
        }
        let Some(Value::Array(findings)) = report.remove("findings") else {
            return Err(ReportError::Field("findings"));
        };
        let Some(Value::Object(coverage)) = report.remove("coverage") else {
            return Err(ReportError::Field("coverage"));
        };
        Ok(Self { findings, coverage, head: report })
    }

    /// The report as one document, each finding on a line of its own.
    pub fn to_json(&self) -> String {
        let (mut text, none) = (Vec::new(), json!([]));
        let mut document = Document::new(&mut text);
        let tool = self.head.get("tool").unwrap_or(&Value::Null);
        let notes = self.head.get("notes").unwrap_or(&none);
        let written = document
            .head(&self.head["schema_version"], tool)
            .and_then(|()| self.findings.iter().try_for_each(|finding| document.finding(finding)))
            .and_then(|()| document.end(notes, &self.coverage));
        written.expect("writing to memory does not fail");
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// How many findings are new and not silenced.
    pub fn counted(&self) -> usize {
        let counts = |finding: &&Value| {
            finding["state"] == "new" && finding["suppression"].is_null() && finding["note"] != true
        };
        self.findings.iter().filter(counts).count()
    }

    /// Whether it tells of a part of a scan alone.
    pub fn is_shard(&self) -> bool {
        self.coverage.get("shard").is_some_and(Value::is_object)
    }

    /// What was not covered, in words.
    pub fn problems(&self) -> Vec<String> {
        problems(&self.coverage)
    }

    /// Whether all that was asked for was covered.
    pub fn is_complete(&self) -> bool {
        self.coverage.get("complete") == Some(&Value::Bool(true))
    }
}

/// The problems of a coverage, as lines for people.
fn problems(coverage: &Map<String, Value>) -> Vec<String> {
    let list = coverage.get("problems").and_then(Value::as_array).into_iter().flatten();
    let line = |problem: &Value| {
        let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        // What holds for all has no place.
        match &*text("path") {
            "." => text("message"),
            path => format!("{path}: {}", text("message")),
        }
    };
    list.map(line).collect()
}

/// A value as reports have it: strangers' characters are escaped.
fn written(value: &Value) -> String {
    let mut text = Vec::new();
    write_json(&mut text, value).expect("writing to memory does not fail");
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// A report of lines as one of one document.
fn of_lines(text: &str) -> Result<Map<String, Value>, ReportError> {
    let (mut report, mut findings, mut notes) = (Map::new(), Vec::new(), Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let Value::Object(mut line) = serde_json::from_str(line)? else {
            return Err(ReportError::Field("type"));
        };
        match line.remove("type").as_ref().and_then(Value::as_str) {
            Some("finding") => findings.push(Value::Object(line)),
            Some("note") => notes.push(Value::Object(line)),
            Some("coverage") => {
                for name in ["schema_version", "tool"] {
                    report.extend(line.remove(name).map(|value| (name.to_owned(), value)));
                }
                report.insert("coverage".to_owned(), Value::Object(line));
            }
            _ => return Err(ReportError::Field("type")),
        }
    }
    report.insert("findings".to_owned(), Value::Array(findings));
    report.insert("notes".to_owned(), Value::Array(notes));
    Ok(report)
}

/// Joins reports into one; `None` of none.
pub fn merge(reports: Vec<Parsed>) -> Option<Parsed> {
    let mut head = reports.first()?.head.clone();
    let notes = reports.iter().filter_map(|report| report.head.get("notes")?.as_array()).flatten();
    let mut notes: Vec<Value> = notes.cloned().collect();
    notes.sort_by_cached_key(Value::to_string);
    notes.dedup();
    head.insert("notes".to_owned(), Value::Array(notes));
    let coverage = merge_coverage(reports.iter().map(|report| &report.coverage));
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut findings = Vec::new();
    for finding in reports.into_iter().flat_map(|report| report.findings) {
        match group(&finding) {
            Some(key) => groups.entry(key).or_default().push(finding),
            None => findings.push(finding),
        }
    }
    // The order of one scan stays as it is; what came before is dropped.
    let mut known = BTreeSet::new();
    findings.retain(|finding| known.insert(finding.to_string()));
    let mut joined: Vec<Value> = groups.into_values().filter_map(join).collect();
    joined.sort_by_cached_key(order);
    findings.extend(joined);
    Some(Parsed { findings, coverage, head })
}

/// What the records of one secret have in common that shards of one scan made; `None` of others.
fn group(finding: &Value) -> Option<String> {
    let shard = finding.get("shard").filter(|shard| shard.is_object())?;
    Some(json!([shard["of"], finding["rule"], finding["fingerprint"]]).to_string())
}

/// The order in which a scan tells findings of history.
fn order(finding: &Value) -> impl Ord + use<> {
    let severities = ["info", "low", "medium", "high", "critical"];
    let severity = severities.iter().position(|name| finding["severity"] == *name);
    let committed = texts(&finding["introduced"], "committed").into_iter().min();
    let place = ["start_line", "start_column", "end_line", "end_column"].map(|name| finding[name].as_u64());
    let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let first = (finding["in_head"] == true, finding["reachable"] == true, severity, committed);
    (std::cmp::Reverse(first), text("rule"), text("path"), place, text("fingerprint"))
}

fn texts(list: &Value, name: &str) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|entry| entry[name].as_str().map(str::to_owned)).collect()
}

/// Puts together what shards know of one secret; `None` when it came in at a time that was not asked for.
fn join(mut parts: Vec<Value>) -> Option<Value> {
    let (introduced, removed) = changes(&parts);
    if !is_in_time(&parts[0]["shard"], introduced.iter()) {
        return None;
    }
    let exposed_days = introduced.iter().filter_map(|change| change["days"].as_u64()).max();
    let objects = union(&parts, "objects");
    let refs = [("refs", "more_refs"), ("kept_by", "more_kept_by")].map(|(name, more)| {
        // A ref that no shard names follows those that each of them does.
        let named = RefNames::of(union(&parts, name).iter().map(String::as_str)).names;
        (name, named, more, more_than_named(NumberSet::count_all(&sets(&parts, name))))
    });
    let [in_head, reachable, shared] =
        ["in_head", "reachable", "shared"].map(|name| parts.iter().any(|part| part[name] == true));
    let limits = serde_json::from_value::<Limits>(parts[0]["shard"]["rotation"].clone()).unwrap_or_default();
    let also_at = also_at(&parts);
    parts.sort_by_cached_key(own_place);
    let mut own = parts.swap_remove(0);
    let record = own.as_object_mut()?;
    let (own_place, also_at): (Vec<Value>, Vec<Value>) =
        also_at.into_iter().partition(|place| is_same_place(place, record));
    if let Some(place) = own_place.first() {
        record.insert("commit".into(), place["commit"].clone());
    }
    let paths: Vec<&str> = also_at.iter().filter_map(|place| place["path"].as_str()).collect();
    let own_path = record["path"].as_str().unwrap_or_default();
    let rotation =
        exposed_days.map(|days| limits.after(days, shared, paths.iter().copied().chain([own_path])));
    let reused_in = paths.into_iter().collect::<Environments>().other_than(own_path);
    for (name, names, more, count) in refs {
        record.insert(name.into(), json!(names));
        record.remove(more);
        if count > 0 {
            record.insert(more.into(), json!(count));
        }
    }
    for (name, value) in [
        ("introduced", json!(stripped(introduced))),
        ("removed", json!(stripped(removed))),
        ("occurrences", json!(1 + also_at.len())),
        ("also_at", json!(stripped(also_at))),
        ("objects", json!(objects)),
        ("in_head", json!(in_head)),
        ("reachable", json!(reachable)),
        ("shared", json!(shared)),
        ("exposed_days", json!(exposed_days)),
        ("rotation", json!(rotation.map(Rotation::name))),
        ("reused_in", json!(reused_in)),
    ] {
        record.insert(name.into(), value);
    }
    record.remove("shard");
    Some(own)
}

/// The commits that brought a secret in and those that took it out, by what all shards know of both.
fn changes(parts: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let (held, ever) = (sets(parts, "held"), sets(parts, "ever"));
    let is_in = |sets: &[NumberSet], commit: u64| {
        CommitIndex::try_from(commit).is_ok_and(|commit| sets.iter().any(|set| set.contains(commit)))
    };
    let parents = |change: &Value| -> Vec<u64> {
        change["parents"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
    };
    let changes = |lists: [fn(&Value) -> &Value; 2]| -> BTreeMap<u64, Value> {
        let all = parts.iter().flat_map(|part| lists.map(|list| list(part)));
        let mut changes = BTreeMap::new();
        for change in all.filter_map(Value::as_array).flatten() {
            let known = changes.entry(change["index"].as_u64().unwrap_or(u64::MAX)).or_insert(change.clone());
            // A message holds it whatever its commit follows.
            if parents(change).is_empty() {
                known.clone_from(change);
            }
        }
        changes
    };
    let mut introduced = changes([|part| &part["introduced"], |_| &Value::Null]);
    introduced.retain(|_, change| !parents(change).iter().any(|parent| is_in(&held, *parent)));
    let mut removed = changes([|part| &part["removed"], |part| &part["shard"]["lost"]]);
    removed.retain(|commit, change| {
        let parents = parents(change);
        let had = parents.iter().any(|parent| is_in(&held, *parent));
        let lost_before = parents.iter().any(|parent| !is_in(&held, *parent) && is_in(&ever, *parent));
        !is_in(&held, *commit) && had && !lost_before
    });
    let first_unreachable = parts.iter().filter_map(|part| part["shard"]["reachable"].as_u64()).max();
    let is_reachable = |commit: u64| first_unreachable.is_some_and(|first| commit < first);
    if introduced.keys().any(|commit| is_reachable(*commit)) {
        introduced.retain(|commit, _| is_reachable(*commit));
        removed.retain(|commit, _| is_reachable(*commit));
    }
    (introduced.into_values().collect(), removed.into_values().collect())
}

/// The commits or refs, by their numbers, that each shard says hold a secret in this way.
fn sets(parts: &[Value], name: &str) -> Vec<NumberSet> {
    let text = |part: &Value| part["shard"][name].as_str().map(NumberSet::read);
    parts.iter().filter_map(text).collect()
}

/// The texts that any of them lists under a name.
fn union(parts: &[Value], name: &str) -> BTreeSet<String> {
    let all = parts.iter().flat_map(|part| part[name].as_array().into_iter().flatten());
    all.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Whether one of these changes was committed when it was asked for.
fn is_in_time<'v>(shard: &Value, changes: impl Iterator<Item = &'v Value>) -> bool {
    let (since, until) = (shard["since"].as_i64(), shard["until"].as_i64());
    let committed = |change: &Value| -> Option<i64> {
        let time: jiff::Timestamp = change["committed"].as_str()?.parse().ok()?;
        Some(time.as_second())
    };
    (since.is_none() && until.is_none())
        || changes
            .filter_map(committed)
            .any(|time| since.is_none_or(|since| time >= since) && until.is_none_or(|until| time <= until))
}

/// What decides which of several places stands for a secret; the least does.
fn own_place(part: &Value) -> impl Ord + use<> {
    let in_head = part["shard"]["in_head"] == true;
    let first = part["shard"]["index"].as_u64().unwrap_or(u64::MAX);
    let path = part["path"].as_str().unwrap_or_default().to_owned();
    let place = ["start_line", "start_column"].map(|name| part[name].as_u64());
    let first = if in_head { None } else { Some(first) };
    (!in_head, !part["suppression"].is_null(), first, path, place)
}

/// All places of all shards, their own ones among them; each with the first commit that shows it.
fn also_at(parts: &[Value]) -> Vec<Value> {
    let mut places: BTreeMap<(String, Vec<Option<u64>>), Value> = BTreeMap::new();
    for part in parts {
        let own = json!({
            "path": part["path"], "start_line": part["start_line"], "end_line": part["end_line"],
            "start_column": part["start_column"], "end_column": part["end_column"],
            "commit": part["commit"], "index": part["shard"]["index"],
        });
        for place in part["also_at"].as_array().into_iter().flatten().chain([&own]) {
            let names = ["start_line", "start_column", "end_line", "end_column"];
            let key = (
                place["path"].as_str().unwrap_or_default().to_owned(),
                names.map(|name| place[name].as_u64()).to_vec(),
            );
            let index = |place: &Value| place["index"].as_u64().unwrap_or(u64::MAX);
            let first = places.entry(key).or_insert_with(|| place.clone());
            if index(place) < index(first) {
                *first = place.clone();
            }
        }
    }
    places.into_values().collect()
}

fn is_same_place(place: &Value, record: &Map<String, Value>) -> bool {
    ["path", "start_line", "start_column"].iter().all(|name| Some(&place[*name]) == record.get(*name))
}

/// Records without what only shards say.
fn stripped(mut records: Vec<Value>) -> Vec<Value> {
    for record in records.iter_mut().filter_map(Value::as_object_mut) {
        record.remove("index");
        record.remove("parents");
        record.remove("days");
    }
    records
}

/// Adds up what was covered; a shard that is missing is a problem.
fn merge_coverage<'c>(parts: impl Iterator<Item = &'c Map<String, Value>>) -> Map<String, Value> {
    let mut total = Map::new();
    let mut problems: BTreeSet<String> = BTreeSet::new();
    let mut shards: BTreeMap<(String, u64), BTreeSet<u64>> = BTreeMap::new();
    for part in parts {
        for (name, value) in part {
            match (name.as_str(), value) {
                ("problems", Value::Array(list)) => problems.extend(list.iter().map(Value::to_string)),
                ("shard", Value::Object(shard)) => {
                    let of = shard.get("of").and_then(Value::as_str).unwrap_or_default().to_owned();
                    let count = |name: &str| shard.get(name).and_then(Value::as_u64).unwrap_or(0);
                    shards.entry((of, count("shards"))).or_default().insert(count("number"));
                }
                ("shard", _) => {}
                _ => add(total.entry(name.clone()).or_insert(Value::Null), value),
            }
        }
    }
    for ((_, count), present) in shards {
        for number in (1..=count).filter(|number| !present.contains(number)) {
            let message = format!("shard {number}/{count} is not among the reports");
            problems.insert(json!({"path": ".", "message": message}).to_string());
        }
    }
    let problems: Vec<Value> = problems.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    total.insert("complete".into(), json!(problems.is_empty()));
    total.insert("problems".into(), json!(problems));
    total
}

/// Adds numbers, also those within.
fn add(total: &mut Value, value: &Value) {
    match (&mut *total, value) {
        (Value::Object(total), Value::Object(value)) => {
            for (name, value) in value {
                add(total.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Number(sum), Value::Number(number)) => {
            *total = json!(sum.as_u64().unwrap_or(0) + number.as_u64().unwrap_or(0));
        }
        _ => *total = value.clone(),
    }
}
