//! What an earlier scan of a history remembers, and what is remembered of this one.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use super::{HistoryScan, is_intact};
use crate::blob::Blob;
use crate::engine::Scratch;
use crate::finding::{Fingerprint, Trace, Tracer};
use crate::git::pack::{Base, Kinds};
use crate::git::{GraphBuilder, Holdings, IdTable, Kind, ObjectId};
use crate::lock::{into_inner, lock};
use crate::path;
use crate::rule::RuleSet;
use crate::scan::Searched;
use crate::scan::chronicle::{Holder, Seen};
use crate::scan::memory::Memory;
use crate::source::{Coverage, Problem, Tally};

/// What an earlier scan remembers, and what came since.
pub(super) struct Recalled<'r> {
    pub memory: Memory,
    /// What was seen then and is traced.
    pub seen: Vec<Seen<'r>>,
    /// The objects that came since, in the order of ids.
    pub news: Vec<ObjectId>,
}

/// What a scan is remembered by.
pub(super) struct Scanned<'k, 'r> {
    pub seen: &'k [Seen<'r>],
    /// What a later scan is to scan again.
    pub again: Vec<ObjectId>,
    /// Files in which something was found, whatever became of it.
    pub marked: Vec<ObjectId>,
    pub commits: GraphBuilder,
}

impl<'r> HistoryScan<'_, 'r> {
    /// What an earlier scan remembers, unless it is of no use, which is told.
    pub(super) fn recall(&mut self) -> Option<Recalled<'r>> {
        let (file, key) = self.cache?;
        let useless = match Memory::load(file, &key, self.history.store.format()) {
            Ok(memory) => {
                let memory = memory?;
                match self.history.store.objects.news(&memory.objects) {
                    // To look up so many one by one takes longer than to read everything.
                    Some(news) if news.len() > memory.objects.len() / 8 + 1024 => return None,
                    Some(news) => match self.retrace(&memory) {
                        Some(seen) => return Some(Recalled { memory, seen, news }),
                        None => "what was seen then is not there".to_owned(),
                    },
                    None => "objects that were scanned then are gone".to_owned(),
                }
            }
            Err(error) => error.to_string(),
        };
        let file = path::shown(file.as_os_str().as_encoded_bytes());
        self.coverage.notes.push(format!("{file}: the cache is made anew: {useless}"));
        None
    }

    /// What is traced, with the values that the traces are of; `None` if one of them is not where it was.
    fn retrace(&self, memory: &Memory) -> Option<Vec<Seen<'r>>> {
        let rules = self.inspector.scanner().rules();
        let values = self.values(&memory.traces);
        let seen = |(id, traces): &(ObjectId, Vec<Trace>)| {
            let sighting = |trace: &Trace| trace.sighting(rules, *values.get(&trace.value)?);
            let sightings = traces.iter().map(sighting).collect::<Option<_>>()?;
            Some(Seen { holder: Holder::Blob(*id), member: None, sightings })
        };
        memory.traces.iter().map(seen).collect()
    }

    /// The values that traces are of, by their numbers: each is read again in one of the objects that hold it.
    fn values(&self, traces: &[(ObjectId, Vec<Trace>)]) -> HashMap<u32, Fingerprint> {
        let mut witnesses = witnesses(traces);
        self.history.store.objects.sort_by_place(&mut witnesses);
        let rules = self.inspector.scanner().rules();
        let values = Mutex::new((Tracer::new(rules), HashMap::new()));
        let look = |id: ObjectId, kind: Kind, blob: Blob<'_>, _: Option<Base<'_, ()>>| {
            let traces = traces.binary_search_by_key(&id, |(traced, _)| *traced).ok().map(|at| &traces[at].1);
            let Some(traces) = traces.filter(|_| is_intact(id, kind, &blob)) else { return };
            let searched = Searched::around(
                self.inspector.scanner(),
                &blob,
                traces.iter().map(Trace::matched),
                &mut Scratch::default(),
            );
            let seen = self.see(Holder::Blob(id), None, &blob, &searched);
            let sightings = seen.map_or_else(Box::default, |seen| seen.sightings);
            let (tracer, values) = &mut *lock(&values);
            let again = tracer.trace(&sightings).unwrap_or_default();
            let found = again.iter().zip(&sightings).zip(traces).filter(|((a, _), b)| a.numbers == b.numbers);
            let found = found.map(|((_, sighting), trace)| (trace.value, sighting.fingerprint));
            values.extend(found);
        };
        let (kinds, stop) = (Kinds::of(&[Kind::Blob]), &self.progress.stop);
        // What cannot be read is not among them, which its reader will tell of.
        drop(self.history.each_of(&witnesses, kinds, stop, &look, None, None));
        into_inner(values).1
    }

    /// Remembers what was scanned for a later scan: how much of contents and of trees is given. What could
    /// not be read is not known, nor what cannot be read without it, so nothing is remembered then.
    pub(super) fn remember(
        &mut self,
        recalled: Option<&Recalled>,
        scanned: Scanned<'_, 'r>,
        holdings: &Holdings,
        (contents, mut read): (Coverage, Tally),
    ) {
        let Scanned { seen, again, marked, commits } = scanned;
        let is_unread = |problem: &Problem| problem.path.starts_with("object:");
        let Some((file, key)) = self.cache else { return };
        if self.progress.is_stopped() || self.coverage.problems.iter().any(is_unread) {
            return;
        }
        let object = |seen: &Seen<'_>| match seen.holder {
            Holder::Blob(id) | Holder::Commit(id) | Holder::Tag(id) => Some(id),
            Holder::Ref(_) | Holder::Name(_) => None,
        };
        let (trees, partial) = holdings.to_known(|number| object(seen.get(number as usize)?));
        let mut reader = self.history.store.objects.reader();
        for tree in &partial {
            if let Ok(object) = reader.read(tree) {
                read.objects -= 1;
                read.bytes -= object.bytes.len() as u64;
            }
        }
        let store = &self.history.store;
        let objects = match recalled {
            Some(known) => known.memory.objects.with(&known.news),
            None => IdTable::new(store.format(), store.objects.ids()),
        };
        let objects = if partial.is_empty() { objects } else { objects.without(&partial) };
        let mut held: Vec<ObjectId> = seen.iter().filter_map(object).collect();
        held.extend(&again);
        held.sort_unstable();
        held.dedup();
        if recalled.is_some_and(|known| known.memory.objects == objects && known.memory.held == held) {
            return;
        }
        let traces = traces(self.inspector.scanner().rules(), seen, &again);
        let memory = Memory { objects, held, traces, marked, contents, read, commits, trees };
        if let Err(error) = memory.save(file, &key) {
            let file = path::shown(file.as_os_str().as_encoded_bytes());
            self.coverage.notes.push(format!("{file}: the cache cannot be written: {error}"));
        }
    }
}

/// Objects in which all traced values stand, those with the most of them first.
fn witnesses(traces: &[(ObjectId, Vec<Trace>)]) -> Vec<ObjectId> {
    let mut order: Vec<_> = traces.iter().collect();
    order.sort_by_key(|(_, traces)| std::cmp::Reverse(traces.len()));
    let mut known = HashSet::new();
    let mut tells_more =
        |traces: &[Trace]| traces.iter().filter(|trace| known.insert(trace.value)).count() > 0;
    order.into_iter().filter(|(_, traces)| tells_more(traces)).map(|(id, _)| *id).collect()
}

/// The traces of what was seen in files as a whole, but those that are to be scanned again.
fn traces<'r>(rules: &'r RuleSet, seen: &[Seen<'r>], again: &[ObjectId]) -> Vec<(ObjectId, Vec<Trace>)> {
    let mut tracer = Tracer::new(rules);
    let trace = |seen: &[Seen<'r>]| match seen {
        // Archives have members, whose names may say anything.
        [Seen { holder: Holder::Blob(id), member: None, sightings }] if again.binary_search(id).is_err() => {
            Some((*id, tracer.trace(sightings)?))
        }
        _ => None,
    };
    seen.chunk_by(|a, b| a.holder == b.holder).filter_map(trace).collect()
}
