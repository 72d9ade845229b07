//! Says of everything that was seen why it was kept or dropped.

use std::ops::ControlFlow;

use super::visit;
use super::worker::Workers;
use crate::blob::Content;
use crate::engine::Scanner;
use crate::finding::{Explained, InspectOptions, Inspector};
use crate::source::{Coverage, Source};

/// What was seen in a source.
pub struct Explanation<'r> {
    /// In the order of places and rules.
    pub seen: Vec<Explained<'r>>,
    /// What was covered; problems are sorted.
    pub coverage: Coverage,
    /// Whether anything that was meant was there at all.
    pub is_met: bool,
    /// Whether some of that is binary.
    pub is_binary: bool,
}

/// Explains what `source` lends and `is_meant` by its path.
pub fn explain<'r>(
    source: &dyn Source,
    is_meant: &(dyn Fn(&str) -> bool + Sync),
    scanner: &'r Scanner,
    options: InspectOptions,
) -> Explanation<'r> {
    let inspector = Inspector::new(scanner, options);
    let workers: Workers<Met<'r>> = Workers::default();
    let mut coverage = visit(source, &|blob| {
        let path = || blob.provenance.display_path();
        workers.guard(path, |met, scratch| {
            if is_meant(&path()) {
                met.is_met = true;
                met.is_binary |= blob.content() == Content::Binary;
                met.seen.extend(inspector.explain(&blob, scratch));
            }
        });
        ControlFlow::Continue(())
    });
    let mut all = Met::default();
    for worker in workers.into_inner() {
        all.seen.extend(worker.kept.seen);
        all.is_met |= worker.kept.is_met;
        all.is_binary |= worker.kept.is_binary;
        coverage.problems.extend(worker.problems);
    }
    coverage.sort();
    let Met { mut seen, is_met, is_binary } = all;
    seen.sort_by(|a, b| a.location.cmp(&b.location).then_with(|| a.rule.id.cmp(&b.rule.id)));
    Explanation { seen, coverage, is_met, is_binary }
}

/// What a thread met of what was meant.
#[derive(Default)]
struct Met<'r> {
    seen: Vec<Explained<'r>>,
    is_met: bool,
    is_binary: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Blob, Provenance};
    use crate::rule::RuleSet;
    use crate::source::Sink;

    /// Lends some texts and panics at the end.
    struct Texts(&'static [(&'static str, &'static str)]);

    impl Source for Texts {
        fn visit(&self, sink: &Sink<'_>) -> Coverage {
            for (name, text) in self.0 {
                let _ = sink(Blob::whole(text.as_bytes(), &Provenance::Stream { name: (*name).to_owned() }));
            }
            panic!("told to");
        }
    }

    #[test]
    fn a_panic_is_told_and_loses_nothing_that_was_explained() {
        let scanner = Scanner::new(RuleSet::builtin());
        let texts = Texts(&[("a", "nothing"), ("b.env", "DB_PASSWORD=changeme\n"), ("c", "nothing")]);
        let is_meant = |path: &str| {
            assert_ne!(path, "c");
            path == "b.env"
        };
        let told = explain(&texts, &is_meant, &scanner, InspectOptions::default());
        let seen: Vec<_> = told.seen.iter().map(|it| (&*it.location.path, it.location.start.line)).collect();
        assert_eq!(seen, [("b.env", 1)]);
        assert!(told.is_met && !told.is_binary);
        let problems: Vec<_> = told.coverage.problems.iter().map(|problem| &*problem.path).collect();
        assert_eq!(problems, [".", "c"]);
    }
}
