//! Joins logs in SARIF into one: a run for each root that results are relative to, in which every result
//! stands once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::{merge_coverage, written};

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
    let (mut rules, mut indexes) = (Vec::new(), HashMap::new());
    let (mut results, mut known) = (Vec::new(), BTreeSet::new());
    let mut invocations: Vec<Value> = Vec::new();
    for run in runs {
        for rule in list(&run["tool"]["driver"], "rules") {
            let id = rule["id"].as_str().unwrap_or_default();
            indexes.entry(id.to_owned()).or_insert_with(|| {
                rules.push(rule.clone());
                rules.len() - 1
            });
        }
        for result in list(run, "results") {
            let mut result = result.clone();
            if let Some(index) = result["ruleId"].as_str().and_then(|id| indexes.get(id)) {
                result["ruleIndex"] = json!(index);
            }
            if known.insert(result.to_string()) {
                results.push(result);
            }
        }
        let new = list(run, "invocations").filter(|invocation| !invocations.contains(invocation));
        let new: Vec<Value> = new.cloned().collect();
        invocations.extend(new);
    }
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

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value[name].as_array().into_iter().flatten()
}
