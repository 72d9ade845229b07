//! A finding as SARIF describes it.

use std::collections::BTreeMap;

use serde_json::json;
use serde_sarif::sarif as schema;

use super::{ROOT, plain, properties, rule};
use crate::finding::{Finding, Location, Partner, Sight, Suppression, SuppressionKind};
use crate::remedy::Revoke;
use crate::report::record::{FindingRecord, LifeRecord};
use crate::report::{Run, snippet, title, uri};

/// The name under which the identity of the value stands; the number changes with its meaning.
const FINGERPRINT: &str = "stanch/v1";
/// The name under which code scanning looks for its own identity of a result.
const LINE_HASH: &str = "primaryLocationLineHash";

/// The properties of a shard's results that others are joined by.
pub(in crate::report) const RECORD: &str = "finding";
/// The message of a shard's results, without what all shards together know.
pub(in crate::report) const MESSAGE: &str = "messageParts";

/// The result of a finding whose rule stands at `rule_index`.
pub fn of(finding: &Finding<'_>, rule_index: i64, run: &Run) -> schema::Result {
    let mut fingerprints = BTreeMap::from([(FINGERPRINT.to_owned(), finding.fingerprint.to_string())]);
    if let Some(hash) = &finding.line_hash {
        fingerprints.insert(LINE_HASH.to_owned(), hash.clone());
    }
    let mut result = schema::Result::builder()
        .rule_id(&*finding.rule.id)
        .rule_index(rule_index)
        .level(if finding.is_note() { schema::ResultLevel::Note } else { rule::level(finding.severity) })
        .message(plain(message(finding, run)))
        .locations(vec![location(finding, run)])
        .partial_fingerprints(fingerprints)
        .baseline_state(json!(finding.state))
        // All results have them or none has: an empty list says that this one is not silenced.
        .suppressions(finding.suppression.iter().map(suppression).collect::<Vec<_>>())
        .properties(properties([
            ("byteOffset", json!(finding.location.byte_offset)),
            ("category", json!(finding.rule.category)),
            ("confidence", json!(finding.confidence)),
            ("expires", json!(finding.expires.and_then(title::of_time))),
            ("facts", json!(finding.facts.iter().cloned().collect::<BTreeMap<_, _>>())),
            ("proof", json!(finding.proof)),
            ("severity", json!(finding.severity)),
        ]))
        .build();
    if let (Some(life), Some(bag)) = (LifeRecord::of(finding, &run.rotation), &mut result.properties)
        && let Ok(serde_json::Value::Object(life)) = serde_json::to_value(life)
    {
        bag.additional_properties.extend(life.into_iter().map(|(name, value)| (camel_case(&name), value)));
        if finding.life.as_ref().is_some_and(|life| life.share.is_some()) {
            // What other shards know changes both.
            bag.additional_properties.insert(RECORD.to_owned(), json!(FindingRecord::of(finding, run)));
            bag.additional_properties.insert(MESSAGE.to_owned(), json!(message_parts(finding, run)));
        }
    }
    let mut related = partners(finding, run);
    related.extend(finding.life.iter().flat_map(|life| &life.also_at).map(|sight| also_at(sight, run)));
    result.related_locations = (!related.is_empty()).then_some(related);
    result
}

/// A name as SARIF writes those of properties.
pub(in crate::report) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut cased = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.len().min(1));
        cased.push_str(&first.to_ascii_uppercase());
        cased.push_str(rest);
    }
    cased
}

/// Another place of the same secret.
pub(in crate::report) fn also_at(sight: &Sight, run: &Run) -> schema::Location {
    let place = &sight.location;
    let physical = schema::PhysicalLocation::builder()
        .artifact_location(artifact_at(&place.path, run))
        .region(region(place))
        .build();
    let seen = sight.commit.as_deref().map_or_else(String::new, |commit| format!(" in {commit}"));
    schema::Location::builder()
        .physical_location(physical)
        .message(plain(format!("the same secret{seen}")))
        .build()
}

/// One paragraph: what, how sure, where else, where to revoke.
fn message(finding: &Finding<'_>, run: &Run) -> String {
    let [before, after] = message_parts(finding, run);
    let reused = finding.reused_in.iter().map(|reuse| (reuse.path.as_str(), reuse.environment));
    before + &reuse_message(reused) + &after
}

/// Where else a value is, by path and environment.
pub(in crate::report) fn reuse_message<'p>(reused: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    reused.map(|(path, environment)| format!("The same value is in {path} ({environment}). ")).collect()
}

/// What stands before and after where else the value is.
fn message_parts(finding: &Finding<'_>, run: &Run) -> [String; 2] {
    let secret = run.shown(&finding.secret);
    let name = title::of_rule(finding.rule);
    let mut message = format!("{name} {secret} ({} confidence", finding.confidence);
    if let Some(proof) = title::of_proof(finding) {
        message.push_str(&format!(", {proof}"));
    }
    message.push_str("). ");
    if finding.container().is_some() {
        message
            .push_str(&format!("It is in {}, line {}. ", finding.location.path, finding.location.start.line));
    }
    [message, Revoke::of(finding.rule).sentence()]
}

/// Readers show files of the repository: a member of an archive is placed at the first line of the file that
/// it is in, and its own place is a logical location.
fn location(finding: &Finding<'_>, run: &Run) -> schema::Location {
    let place = &finding.location;
    let snippet = schema::ArtifactContent::builder().text(run.shown(&finding.secret)).build();
    let artifact = artifact(finding, run);
    if finding.container().is_some() {
        let region = schema::Region::builder().start_line(1).snippet(snippet).build();
        let physical = schema::PhysicalLocation::builder().artifact_location(artifact).region(region).build();
        let name = format!("{}:{}:{}", place.path, place.start.line, place.start.column);
        let logical = schema::LogicalLocation::builder().fully_qualified_name(name).kind("member").build();
        return schema::Location::builder()
            .physical_location(physical)
            .logical_locations(vec![logical])
            .build();
    }
    let mut region = region(place);
    region.snippet = Some(snippet);
    let mut physical = schema::PhysicalLocation::builder().artifact_location(artifact).region(region).build();
    physical.context_region = context(finding, run);
    schema::Location::builder().physical_location(physical).build()
}

/// The lines around, with every secret on them masked.
fn context(finding: &Finding<'_>, run: &Run) -> Option<schema::Region> {
    let lines = &finding.frame.lines;
    let (first, last) = (lines.first()?, lines.last()?);
    let text = snippet::text(finding, run);
    let region = schema::Region::builder()
        .start_line(first.number as i64)
        .end_line(last.number as i64)
        .snippet(schema::ArtifactContent::builder().text(text).build())
        .build();
    Some(region)
}

fn region(place: &Location) -> schema::Region {
    schema::Region::builder()
        .start_line(place.start.line as i64)
        .start_column(place.start.column as i64)
        .end_line(place.end.line as i64)
        .end_column(place.end.column as i64)
        .build()
}

fn artifact(finding: &Finding<'_>, run: &Run) -> schema::ArtifactLocation {
    artifact_at(finding.container().as_deref().unwrap_or(&finding.location.path), run)
}

fn artifact_at(path: &str, run: &Run) -> schema::ArtifactLocation {
    let mut artifact = schema::ArtifactLocation::builder().uri(uri::of_path(path)).build();
    let has_root = run.root_uri.is_some() && uri::is_relative(path);
    artifact.uri_base_id = has_root.then(|| ROOT.to_owned());
    artifact
}

/// Where the findings stand that belong to this one; a place is named once.
fn partners(finding: &Finding<'_>, run: &Run) -> Vec<schema::Location> {
    let mut named: Vec<&Partner> = Vec::new();
    for partner in &finding.paired_with {
        if !named.contains(&partner) {
            named.push(partner);
        }
    }
    let is_member = finding.container().is_some();
    let location = |partner: &&Partner| {
        let line = if is_member { 1 } else { partner.line };
        let region = schema::Region::builder().start_line(line as i64).build();
        let physical = schema::PhysicalLocation::builder()
            .artifact_location(artifact(finding, run))
            .region(region)
            .build();
        schema::Location::builder()
            .physical_location(physical)
            .message(plain(if is_member {
                format!("{} on line {} of the same member belongs to it", partner.rule, partner.line)
            } else {
                format!("{} belongs to it", partner.rule)
            }))
            .build()
    };
    named.iter().map(location).collect()
}

fn suppression(suppression: &Suppression) -> schema::Suppression {
    let kind = match suppression.kind {
        SuppressionKind::Inline => schema::SupressionKind::InSource,
        SuppressionKind::Configuration | SuppressionKind::Foreign => schema::SupressionKind::External,
    };
    let mut record = schema::Suppression::builder()
        .kind(json!(kind))
        .status(json!(schema::SupressionStatus::Accepted))
        .build();
    record.justification.clone_from(&suppression.reason);
    record
}
