//! Joins logs in SARIF into one: a run for each root that results are relative to, in which every result
//! stands once.
//!
//! Results of shards bring the records that reports in JSON have, and are joined by them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::{group, merge_coverage, order, own_place, written};
use crate::finding::{Location, Sight};
use crate::report::Run;
use crate::report::sarif::result::{MESSAGE, RECORD, also_at, camel_case, reuse_message};
use crate::report::sarif::{ROOT, plain};
use crate::span::Position;

/// A log in SARIF 2.1.0, of any tool.
#[derive(Clone, Debug, PartialEq)]
pub struct SarifLog(Map<String, Value>);

impl SarifLog {
    /// Reads a log; `None` when the text is something else.
    pub fn read(text: &str) -> Option<Self> {
        let Ok(Value::Object(log)) = serde_json::from_str(text) else { return None };
        (log.get("version")? == "2.1.0" && log.get("runs")?.is_array()).then_some(Self(log))
    }

    /// The log as text.
    pub fn to_json(&self) -> String {
        written(&Value::Object(self.0.clone())) + "\n"
    }

    /// How many results are new and not silenced.
    pub fn counted(&self) -> usize {
        let is_silenced =
            |result: &Value| result["suppressions"].as_array().is_some_and(|all| !all.is_empty());
        let is_new = |result: &Value| result["baselineState"].as_str().is_none_or(|state| state == "new");
        let results = self.runs().flat_map(|run| list(run, "results"));
        results.filter(|result| is_new(result) && !is_silenced(result)).count()
    }

    /// Whether no run says that it failed.
    pub fn is_complete(&self) -> bool {
        let mut invocations = self.runs().flat_map(|run| list(run, "invocations"));
        invocations.all(|invocation| invocation["executionSuccessful"] != false)
    }

    /// What runs of stanch did not cover, in words.
    pub fn problems(&self) -> Vec<String> {
        let coverages = self.runs().filter_map(|run| run["properties"]["coverage"].as_object());
        coverages.flat_map(super::problems).collect()
    }

    fn runs(&self) -> impl Iterator<Item = &Value> {
        self.0["runs"].as_array().into_iter().flatten()
    }
}

/// Joins logs into one; `None` of none.
pub fn merge_sarif(logs: Vec<SarifLog>) -> Option<SarifLog> {
    let mut joined = logs.first()?.0.clone();
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for run in logs.iter().flat_map(SarifLog::runs) {
        let key = json!([run["tool"]["driver"]["name"], run["originalUriBaseIds"]]).to_string();
        groups.entry(key).or_default().push(run);
    }
    let runs: Vec<Value> = groups.into_values().map(|runs| join(&runs)).collect();
    joined.insert("runs".to_owned(), json!(runs));
    Some(SarifLog(joined))
}

/// Joins runs of one tool over one root.
fn join(runs: &[&Value]) -> Value {
    let mut descriptors: HashMap<String, &Value> = HashMap::new();
    let (mut results, mut known) = (Vec::new(), BTreeSet::new());
    let mut shards: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut invocations: Vec<Value> = Vec::new();
    for run in runs {
        for rule in list(&run["tool"]["driver"], "rules") {
            descriptors.entry(rule["id"].as_str().unwrap_or_default().to_owned()).or_insert(rule);
        }
        for result in list(run, "results") {
            let mut result = result.clone();
            result["ruleIndex"] = Value::Null;
            if let Some(key) = group(&result["properties"][RECORD]) {
                shards.entry(key).or_default().push(result);
            } else if known.insert(result.to_string()) {
                results.push(result);
            }
        }
        let new = list(run, "invocations").filter(|invocation| !invocations.contains(invocation));
        let new: Vec<Value> = new.cloned().collect();
        invocations.extend(new);
    }
    let has_root = runs[0]["originalUriBaseIds"][ROOT].is_object();
    let mut joined: Vec<(Value, Value)> =
        shards.into_values().filter_map(|parts| join_shards(parts, has_root)).collect();
    joined.sort_by_cached_key(|(record, _)| order(record));
    results.extend(joined.into_iter().map(|(_, result)| result));
    let rules = number_rules(&mut results, &descriptors);
    let mut joined = runs[0].clone();
    joined["tool"]["driver"]["rules"] = json!(rules);
    joined["results"] = json!(results);
    joined["invocations"] = json!(invocations);
    let coverages: Vec<_> = runs.iter().filter_map(|run| run["properties"]["coverage"].as_object()).collect();
    if !coverages.is_empty() {
        joined["properties"]["coverage"] = Value::Object(merge_coverage(coverages.into_iter()));
    }
    joined
}

/// Gives results the numbers of their rules, in the order in which they come; and gives the rules.
fn number_rules<'v>(results: &mut [Value], descriptors: &HashMap<String, &'v Value>) -> Vec<&'v Value> {
    let (mut rules, mut indexes) = (Vec::new(), HashMap::new());
    for result in results {
        let id = result["ruleId"].as_str().unwrap_or_default();
        match descriptors.get_key_value(id) {
            Some((id, descriptor)) => {
                let index = *indexes.entry(id).or_insert_with(|| {
                    rules.push(*descriptor);
                    rules.len() - 1
                });
                result["ruleIndex"] = json!(index);
            }
            None => {
                result.as_object_mut().map(|result| result.remove("ruleIndex"));
            }
        }
    }
    rules
}

/// What shards say of one secret, as one result, with the record that decides its place among others.
fn join_shards(parts: Vec<Value>, has_root: bool) -> Option<(Value, Value)> {
    let record = |part: &Value| part["properties"][RECORD].clone();
    let joined = super::join(parts.iter().map(record).collect())?;
    let mut own = parts.into_iter().min_by_key(|part| own_place(&part["properties"][RECORD]))?;
    let places = list(&own["properties"][RECORD], "also_at").count();
    let mut related: Vec<Value> = list(&own, "relatedLocations").cloned().collect();
    related.truncate(related.len().saturating_sub(places));
    let run = Run { root_uri: has_root.then(String::new), ..Run::default() };
    let others = list(&joined, "also_at").filter_map(sight);
    related.extend(others.map(|sight| json!(also_at(&sight, &run))));
    let reused = list(&joined, "reused_in");
    let reused = reused.filter_map(|reuse| Some((reuse["path"].as_str()?, reuse["environment"].as_str()?)));
    let part = |at: usize| own["properties"][MESSAGE][at].as_str().unwrap_or_default();
    let message = json!(plain(part(0).to_owned() + &reuse_message(reused) + part(1)));
    let record = own["properties"][RECORD].take();
    let properties = own["properties"].as_object_mut()?;
    for name in ["shard", RECORD, MESSAGE] {
        properties.remove(name);
    }
    // What the record had that the joined one has not, and the other way round.
    for name in record.as_object()?.keys().chain(joined.as_object()?.keys()) {
        let cased = camel_case(name);
        match joined.get(name) {
            Some(value) if properties.contains_key(&cased) || name.starts_with("more_") => {
                properties.insert(cased, value.clone());
            }
            Some(_) => {}
            None => drop(properties.remove(&cased)),
        }
    }
    own["message"] = message;
    match related.is_empty() {
        true => drop(own.as_object_mut()?.remove("relatedLocations")),
        false => own["relatedLocations"] = json!(related),
    }
    Some((joined, own))
}

/// A place as a record tells it.
fn sight(record: &Value) -> Option<Sight> {
    let position = |line: &str, column: &str| {
        Some(Position { line: record[line].as_u64()?, column: record[column].as_u64()? })
    };
    let location = Location {
        path: record["path"].as_str()?.to_owned(),
        start: position("start_line", "start_column")?,
        end: position("end_line", "end_column")?,
        byte_offset: 0,
    };
    Some(Sight { location, commit: record["commit"].as_str().map(str::to_owned), index: None })
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value[name].as_array().into_iter().flatten()
}
