//! What an earlier scan of a history remembers, and what is remembered of this one.

use super::HistoryScan;
use crate::git::{GraphBuilder, Holdings, ObjectId};
use crate::path;
use crate::scan::chronicle::{Holder, Seen};
use crate::scan::memory::{Memory, MemoryKey, memory_key};
use crate::source::{Covered, Problem, Tally};

/// What an earlier scan remembers, and what came since.
pub(super) struct Recalled {
    pub memory: Memory,
    /// In the order of ids.
    pub news: Vec<ObjectId>,
}

/// What a scan is remembered by.
pub(super) struct Scanned<'k, 'r> {
    pub seen: &'k [Seen<'r>],
    /// Archives that could not be read as a whole.
    pub troubled: Vec<ObjectId>,
    /// Files in which something was found, whatever became of it.
    pub marked: Vec<ObjectId>,
    pub commits: &'k GraphBuilder,
}

impl<'r> HistoryScan<'_, 'r> {
    /// What an earlier scan remembers, unless it is of no use, which is told.
    pub(super) fn recall(&mut self) -> Option<Recalled> {
        let file = self.history.options.cache.as_deref()?;
        let useless = match Memory::load(file, &self.memory_key(), self.history.store.format()) {
            Ok(memory) => {
                let memory = memory?;
                match memory.news(&self.history.store.objects.ids()) {
                    // To look up so many one by one takes longer than to read everything.
                    Some(news) if news.len() > memory.objects.len() / 8 + 1024 => return None,
                    Some(news) => return Some(Recalled { memory, news }),
                    None => "objects that were scanned then are gone".to_owned(),
                }
            }
            Err(error) => error.to_string(),
        };
        let file = path::shown(file.as_os_str().as_encoded_bytes());
        self.coverage.notes.push(format!("{file}: the cache is made anew: {useless}"));
        None
    }

    fn memory_key(&self) -> MemoryKey {
        let rules = self.inspector.scanner().rules();
        let no_archives = self.history.options.no_archives;
        memory_key(rules, self.options.confidence, self.history.store.format(), no_archives)
    }

    /// Remembers what was scanned for a later scan: how much of contents and of trees is given. What could
    /// not be read is not known, nor what cannot be read without it, so nothing is remembered then.
    pub(super) fn remember(
        &mut self,
        recalled: Option<&Recalled>,
        scanned: Scanned<'_, 'r>,
        holdings: &Holdings,
        (contents, mut read): (Covered, Tally),
    ) {
        let Scanned { seen, troubled, marked, commits } = scanned;
        let is_unread = |problem: &Problem| problem.path.starts_with("object:");
        let Some(file) = self.history.options.cache.as_deref() else { return };
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
        let mut objects = self.history.store.objects.ids();
        objects.retain(|id| partial.binary_search(id).is_err());
        let mut held: Vec<ObjectId> = seen.iter().filter_map(object).collect();
        held.extend(troubled);
        held.sort_unstable();
        held.dedup();
        if recalled.is_some_and(|known| known.memory.objects == objects && known.memory.held == held) {
            return;
        }
        let mut commits: Vec<_> = commits.iter().map(|(id, raw)| (*id, raw.clone())).collect();
        commits.sort_unstable_by_key(|(id, _)| *id);
        let memory = Memory { objects, held, marked, contents, read, commits, trees };
        if let Err(error) = memory.save(file, &self.memory_key()) {
            let file = path::shown(file.as_os_str().as_encoded_bytes());
            self.coverage.notes.push(format!("{file}: the cache cannot be written: {error}"));
        }
    }
}
