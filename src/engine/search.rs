//! Walks from the places that the prefilter names to judged candidates, for one blob.

use super::assignment::{self, Assignment, Operator, Quoting};
use super::checksum;
use super::column;
use super::context::{self, Named, RuleIndex};
use super::index::{Generic, Index};
use super::judge::Promise;
use super::literal;
use super::name::{Ending, Name};
use super::plausible::{self, Look};
use super::prefilter::{AnchorId, Hit};
use super::run::Runs;
use super::section;
use super::token::Token;
use super::window::Wanted;
use super::{Candidate, Input, Landmark, Proof, Reason, Scratch, Verdict, byte, decode, filter, judge, run};
use crate::rule::{Anchor, Confidence, RuleSet, RuleSpec};
use crate::span::Span;

/// The search of one blob.
pub struct Search<'r, 'i, 'j> {
    rules: &'r RuleSet,
    index: &'r Index,
    input: Input<'i>,
    wanted: Wanted<'i>,
    judged: &'j mut dyn FnMut(Candidate<'r>, Verdict),
    /// Where the last name ended that was read, since several stems may stand in one name.
    last_name: usize,
    /// What names promise, by a hash of theirs: the same few come again and again.
    promises: [Promised<'r>; PROMISES],
    /// How many encodings were taken off the input.
    depth: u8,
}

/// How many names are remembered.
const PROMISES: usize = 64;
/// The longest name that is remembered, in bytes.
const LONGEST_REMEMBERED: usize = 30;

/// What a name promises.
#[derive(Clone, Copy, Default)]
struct Promised<'r> {
    name: [u8; LONGEST_REMEMBERED],
    length: usize,
    promise: Option<(&'r Generic, Ending)>,
}

impl<'r, 'i, 'j> Search<'r, 'i, 'j> {
    /// Begins the search of `input`.
    pub fn new(
        rules: &'r RuleSet,
        index: &'r Index,
        input: Input<'i>,
        judged: &'j mut dyn FnMut(Candidate<'r>, Verdict),
    ) -> Self {
        let promises = [Promised::default(); PROMISES];
        let wanted = Wanted::new(input.fresh);
        Self { rules, index, input, wanted, judged, last_name: usize::MAX, promises, depth: 0 }
    }

    /// Searches the windows that `scratch` holds, and what lies further from them than they reach.
    pub fn all(&mut self, scratch: &mut Scratch) {
        scratch.landmarks.clear();
        for &window in &scratch.windows {
            scratch.runs.find(self.input.bytes, window);
            self.runs(&scratch.runs);
            self.rare(window, &mut scratch.landmarks);
        }
        self.far();
        self.freeform();
    }

    /// Searches a text that was decoded; what is found there depends on `depends_on` here.
    #[cold]
    fn decoded(&mut self, decoded: &decode::Decoded, depends_on: Span) {
        if !self.wanted.is_wanted(depends_on) {
            return;
        }
        let judged = &mut *self.judged;
        let mut carried = |candidate: Candidate<'r>, verdict| {
            if let Some(candidate) = decoded.carry(candidate, depends_on) {
                judged(candidate, verdict);
            }
        };
        let input = Input::whole(&decoded.bytes, false);
        let mut inner = Search::new(self.rules, self.index, input, &mut carried);
        inner.depth = self.depth + 1;
        // To read it again from its text would end it at the first sign that was written so that it does not.
        if let Some(assignment) = &decoded.named {
            inner.last_name = assignment.name.end;
            inner.assigned(assignment);
        }
        let windows = vec![Span::new(0, decoded.bytes.len())];
        inner.all(&mut Scratch { windows, ..Scratch::default() });
    }

    /// Looks at the runs of token bytes: for tokens by their literals, and for values by their look.
    fn runs(&mut self, runs: &Runs) {
        let index = self.index;
        index.prefilter.in_runs(self.input.bytes, runs, |anchor, at| self.token(anchor, at));
        if !self.input.binary && !index.context.is_empty() {
            let mut signs = runs.signs.as_slice();
            for &run in &runs.runs {
                self.values(run, &mut signs);
            }
        }
    }

    /// Looks at what no run gives away: rare literals, and names that promise a secret.
    fn rare(&mut self, window: Span, landmarks: &mut Vec<Landmark>) {
        let index = self.index;
        index.prefilter.rare(self.input.bytes, window, |hit| match hit {
            Hit::Anchor(anchor, at) => {
                if index.far.binary_search(&anchor).is_ok() {
                    let length = index.anchors[usize::from(anchor)].0.literal.len();
                    landmarks.push(Landmark { span: Span::new(at, at + length), anchor });
                }
                self.token(anchor, at);
            }
            Hit::Name(at) if !self.input.binary => self.name(at),
            Hit::Name(_) => {}
        });
    }

    /// Looks for tokens that may be longer than the reach of a window, before each new span.
    fn far(&mut self) {
        let (index, bytes) = (self.index, self.input.bytes);
        let fresh = self.input.fresh.unwrap_or_default();
        if let Some(landmarks) = self.input.landmarks {
            for landmark in landmarks {
                let (start, anchor) = (landmark.span.start, &index.anchors[usize::from(landmark.anchor)].0);
                // The first span behind the literal is the nearest.
                let next = fresh.partition_point(|span| span.start <= start);
                if fresh.get(next).is_some_and(|span| span.start <= start + anchor.reach()) {
                    self.token(landmark.anchor, start);
                }
            }
            return;
        }
        // What is new nowhere, or all of it, needs no literal made ready to be looked for.
        for &id in index.far.iter().filter(|_| !fresh.is_empty()) {
            let (anchor, _) = &index.anchors[usize::from(id)];
            let literal = memchr::memmem::Finder::new(anchor.literal.as_bytes());
            // New spans may be many and near each other: what was looked through for one is not for the next.
            let mut searched = 0;
            for span in fresh {
                let unseen = (searched + 1_usize).saturating_sub(literal.needle().len());
                let start = span.start.saturating_sub(anchor.reach()).max(unseen);
                let text = Span::new(start.min(span.start), span.start);
                for at in literal.find_iter(text.of(bytes)) {
                    self.token(id, text.start + at);
                }
                searched = searched.max(span.start);
            }
        }
    }

    /// Looks for what rules of free form match in the whole text, when any of it is new. A text that was decoded is
    /// no file, and in what is binary nobody looks for expressions.
    fn freeform(&mut self) {
        let Input { bytes, binary, fresh, .. } = self.input;
        if fresh.is_some_and(<[Span]>::is_empty) {
            return;
        }
        let (freeform, is_stored) = (&self.index.freeform, self.depth == 0);
        let mut found = |rule: RuleIndex, matched, secret: Span| {
            let rule = self.rules.at(rule.into());
            let text = secret.of(bytes);
            let verdict = if filter::is_allowlisted(rule, text) {
                Verdict::Drop(Reason::Allowlisted)
            } else if rule.entropy > 0.0 && Look::at(text).entropy <= rule.entropy {
                Verdict::Drop(Reason::LowEntropy)
            } else {
                Verdict::Keep
            };
            self.emit(rule, matched, secret, Span::new(0, bytes.len()), rule.confidence, verdict);
        };
        if is_stored {
            freeform.whole(bytes, &mut found);
        }
        if !binary {
            freeform.find(bytes, &mut found);
        }
    }

    fn token(&mut self, id: AnchorId, at: usize) {
        let (anchor, pattern) = &self.index.anchors[usize::from(id)];
        let (rule, pattern) = &self.index.patterns[*pattern];
        if !may_hold(self.input.bytes, anchor, at) {
            return;
        }
        if let Some(token) = pattern.around(self.input.bytes, anchor, at) {
            let rule = self.rules.at(usize::from(*rule));
            let (confidence, verdict) = filter::token(self.input.bytes, rule, &token);
            let Token { matched, secret, depends_on } = token;
            let depends_on = depends_on.widen(filter::DATA, 0, self.input.bytes.len());
            self.emit(rule, matched, secret, depends_on, confidence, verdict);
        }
    }

    /// Looks at the values in a run, which equals signs divide; takes the run's from the front of `signs`.
    fn values(&mut self, run: Span, signs: &mut &[usize]) {
        let mut start = run.start;
        while let [sign, ..] = *signs
            && *sign < run.end
        {
            // Signs at the end pad the value; elsewhere they stand between a name and the next value.
            let end = byte::skip(self.input.bytes, *sign, run.end, |b| b == b'=');
            *signs = signs.get(end - *sign..).unwrap_or_default();
            if start <= *sign && end < run.end {
                self.run_value(Span::new(start, *sign), run);
                start = end;
            }
        }
        self.run_value(Span::new(start, run.end), run);
    }

    /// Looks at a value in a run.
    #[inline(always)]
    fn run_value(&mut self, value: Span, run: Span) {
        let bytes = self.input.bytes;
        if value.len() < run::SHORTEST {
            return;
        }
        if self.depth < decode::DEEPEST
            && let Some(decoded) = decode::run(bytes, value)
        {
            // Were there other bytes around it, the run would be another; signs behind it pad it.
            self.decoded(&decoded, value.widen(1, 3, bytes.len()));
        }
        if self.depth < decode::DEEPEST
            && let Some(decoded) = decode::line_end(bytes, value)
        {
            self.decoded(&decoded, value.widen(decode::LINES, decode::LINES, bytes.len()));
        }
        if !follows_operator(bytes, value.start) {
            return;
        }
        let value = Span::new(value.start, byte::skip_back(bytes, value.end, value.start, |b| b == b'.'));
        let text = value.of(bytes);
        let depends_on = value.widen(context::REACH + 1, context::LONGEST_PARTS + 2, bytes.len());
        // What a call or a path goes on with is no value, nor is what follows the scheme of a URL.
        if value.len() >= run::SHORTEST
            && self.wanted.is_wanted(depends_on)
            && !matches!(bytes.get(run.end), Some(b'(' | b'!' | b'['))
            && !(text.starts_with(b"//") && bytes[value.start - 1] == b':')
            && self.index.context.may_have_form(text)
            // Lock files and logs are full of digests and ids; their own name tells.
            && !context::is_digest(bytes, value)
            && plausible::is_random(text)
        {
            self.value(value, depends_on);
        }
    }

    /// Looks for the words of a context rule before a value.
    fn value(&mut self, value: Span, depends_on: Span) {
        let bytes = self.input.bytes;
        let Some(named) = self.index.context.name(bytes, value) else { return };
        if context::is_go_checksum(bytes, value) {
            return;
        }
        self.formed(named, named.word.union(named.value), depends_on);
    }

    /// Judges a value that has the form of a rule whose word names it.
    fn formed(&mut self, named: Named, matched: Span, depends_on: Span) {
        let bytes = self.input.bytes;
        let rule = self.rules.at(named.rule.into());
        let verdict = filter::form(bytes, named, rule)
            .map_or_else(|| filter::keep_in(filter::form_kinds(named.value.of(bytes))), Verdict::Drop);
        let confidence = context::confidence(rule.confidence, named, named.value.of(bytes));
        self.emit(rule, matched, named.value, depends_on, confidence, verdict);
    }

    /// Looks at the value of a name that holds a stem.
    fn name(&mut self, at: usize) {
        let bytes = self.input.bytes;
        if self.last_name != usize::MAX && at < self.last_name {
            return;
        }
        self.section(at);
        let Some(assignment) = assignment::read(bytes, at) else { return };
        self.last_name = assignment.name.end;
        self.assigned(&assignment);
        if matches!(assignment.operator, Operator::Column | Operator::Cell) {
            self.later_rows(assignment.name);
        }
        if assignment.operator == Operator::Item {
            let items = std::iter::successors(Some(assignment), |item| literal::next_item(bytes, item));
            items.skip(1).for_each(|item| self.assigned(&item));
        }
    }

    /// Looks at the members of a section whose name holds a stem at `at` and says what they are.
    #[inline(always)]
    fn section(&mut self, at: usize) {
        let bytes = self.input.bytes;
        let members = if let Some(name) = section::name(bytes, at) {
            let singular = &name.of(bytes)[..name.len() - 1];
            let promises = |(generic, ending): (&Generic, Ending)| {
                generic.promise != Promise::Random && !ending.harmless && !ending.doubtful
            };
            if !self.promise(singular).is_some_and(promises) {
                return;
            }
            section::members(bytes, name)
        } else if bytes[at..].starts_with(b"Secret") {
            section::of_kubernetes(bytes, at)
        } else {
            return;
        };
        for member in members {
            // What its own name promises is found by that.
            let is_own =
                |(generic, ending): (&Generic, Ending)| generic.promise != Promise::Random || ending.harmless;
            if !self.promise(member.name.of(bytes)).is_some_and(is_own) {
                self.assigned(&member);
            }
        }
    }

    /// Looks at the values of a column in the rows behind the first one.
    #[cold]
    fn later_rows(&mut self, name: Span) {
        let bytes = self.input.bytes;
        let end = name.end + usize::from(matches!(bytes.get(name.end), Some(b'"' | b'`')));
        column::rows(bytes, name, end).skip(1).for_each(|row| self.assigned(&row));
    }

    /// Looks at a value that is given a name.
    #[inline(always)]
    fn assigned(&mut self, assignment: &Assignment) {
        let bytes = self.input.bytes;
        let around = assignment.value.widen(context::REACH + 1, assignment::LONGEST_VALUE + 2, bytes.len());
        let around = assignment.depends_on.union(around);
        // All that is said of a value depends on no more than that.
        if !self.wanted.is_wanted(around) {
            return;
        }
        if self.depth < decode::DEEPEST
            && let Some(decoded) = decode::named(bytes, assignment)
        {
            return self.decoded(&decoded, around);
        }
        let value = assignment.value.of(bytes);
        if (is_refused(value) || assignment.quoting == Quoting::Element)
            && self.index.context.may_have_form(value)
        {
            self.refused_value(assignment);
        }
        self.generic(assignment);
    }

    /// A provider's value that is too short to be a run, or that only its name makes worth a look.
    fn refused_value(&mut self, assignment: &Assignment) {
        let bytes = self.input.bytes;
        let named = self.index.context.name(bytes, assignment.value);
        // What does not look like a secret is one only if its own name says so.
        let long = assignment.value.len() >= run::SHORTEST;
        if let Some(named) = named.filter(|named| named.in_name || !long) {
            let named = Named { value: assignment.value, ..named };
            let depends_on =
                assignment.depends_on.union(assignment.value.widen(context::REACH + 1, 2, bytes.len()));
            self.formed(named, assignment.name.union(assignment.value), depends_on);
        }
    }

    /// A value of no known form whose name promises a secret.
    fn generic(&mut self, assignment: &Assignment) {
        let bytes = self.input.bytes;
        if assignment.operator == Operator::Pair {
            return self.pair(assignment, &Name::new(assignment.name.of(bytes)));
        }
        if assignment.operator == Operator::Member {
            return self.member(assignment);
        }
        if let Some(value) = behind_user(bytes, assignment) {
            return self.pair(&Assignment { value, ..*assignment }, &Name::new(assignment.name.of(bytes)));
        }
        if let Some((generic, ending)) = self.promise(assignment.name.of(bytes)) {
            self.named(assignment, generic, ending);
        }
    }

    /// The generic rule's word in which a name ends.
    fn promise(&mut self, name: &[u8]) -> Option<(&'r Generic, Ending)> {
        let generics: &'r [Generic] = &self.index.generic;
        let ask = || {
            let name = Name::new(name);
            generics.iter().find_map(|generic| Some((generic, name.ends_in(&generic.keyword)?)))
        };
        if name.is_empty() || name.len() > LONGEST_REMEMBERED {
            return ask();
        }
        let hash = name.iter().fold(0_usize, |hash, &byte| hash.wrapping_mul(31) + usize::from(byte));
        let known = &mut self.promises[hash % PROMISES];
        if known.name[..known.length] != *name {
            known.name[..name.len()].copy_from_slice(name);
            (known.length, known.promise) = (name.len(), ask());
        }
        known.promise
    }

    /// A value that a generic rule's word names.
    fn named(&mut self, assignment: &Assignment, generic: &Generic, ending: Ending) {
        let bytes = self.input.bytes;
        let rule = self.rules.at(generic.rule.into());
        let secret = core(bytes, assignment);
        let assignment = Assignment { value: secret, ..*assignment };
        let reach = secret.start.saturating_sub(context::REACH).min(assignment.name.start);
        let before = &bytes[reach..assignment.name.start];
        let (confidence, verdict) = match judge::weigh(bytes, &assignment, ending, generic.promise) {
            Ok(_) if generic.promise == Promise::Password && filter::is_user(before, secret.of(bytes)) => {
                (Confidence::Low, Verdict::Drop(Reason::Weak))
            }
            Ok(weighed) if filter::is_allowlisted(rule, secret.of(bytes)) => {
                (weighed.confidence, Verdict::Drop(Reason::Allowlisted))
            }
            Ok(weighed) => (weighed.confidence.min(rule.confidence), filter::keep_in(weighed.kinds)),
            Err(reason) => (Confidence::Low, Verdict::Drop(reason)),
        };
        let depends_on = assignment.depends_on.union(secret.widen(context::REACH + 1, 2, bytes.len()));
        self.emit(rule, assignment.name.union(secret), secret, depends_on, confidence, verdict);
    }

    /// A user and a password, handed to what takes credentials.
    fn pair(&mut self, assignment: &Assignment, name: &Name) {
        const TAKERS: [&[u8]; 6] = [
            b"auth", b"basicauth", b"credential", b"credentials", b"usernamepassword",
            b"passwordauthentication",
        ];
        let password = self.index.generic.iter().find(|generic| generic.keyword == b"password");
        let Some((generic, ending)) = password.zip(TAKERS.iter().find_map(|taker| name.ends_in(taker)))
        else {
            return;
        };
        self.named(assignment, generic, ending);
    }

    /// A member of a section that holds secrets.
    fn member(&mut self, assignment: &Assignment) {
        let secret = self.index.generic.iter().find(|generic| generic.keyword == b"secret");
        if let Some(generic) = secret {
            let ending = Ending { harmless: false, doubtful: false, whole: false, short: false };
            let of_section = Generic { keyword: Vec::new(), rule: generic.rule, promise: Promise::Random };
            self.named(assignment, &of_section, ending);
        }
    }

    fn emit(
        &mut self,
        rule: &'r RuleSpec,
        matched: Span,
        secret: Span,
        depends_on: Span,
        confidence: Confidence,
        verdict: Verdict,
    ) {
        if !self.wanted.is_wanted(depends_on) {
            return;
        }
        let mut candidate = Candidate {
            rule,
            matched,
            secret,
            depends_on,
            proof: Proof::Unknown,
            severity: rule.severity,
            confidence,
            expires: None,
            facts: Vec::new(),
            decoding: None,
        };
        let verdict = match (verdict, rule.checksum) {
            (Verdict::Keep | Verdict::KeepIf(_), Some(checksum)) => filter::apply(
                &mut candidate,
                checksum::prove(checksum, secret.of(self.input.bytes)),
                checksum,
            )
            .map_or(verdict, Verdict::Drop),
            _ => verdict,
        };
        (self.judged)(candidate, verdict);
    }
}

/// Whether what every token holds from the anchor at `at` on is there: cheaper to ask than the pattern, which need not
/// even be compiled for what only begins as a token does.
fn may_hold(bytes: &[u8], anchor: &Anchor, at: usize) -> bool {
    let run = bytes.get(at..at + usize::from(anchor.run));
    run.is_some_and(|run| run.iter().all(|&b| byte::is_token(b)))
        && anchor.needs.is_none_or(|(byte, within)| {
            let end = at + anchor.literal.len();
            memchr::memchr(byte, &bytes[end..bytes.len().min(end + usize::from(within))]).is_some()
        })
}

/// Whether a value can stand at `start`: behind a quote, an operator or a flag.
fn follows_operator(bytes: &[u8], start: usize) -> bool {
    let Some(&before) = start.checked_sub(1).map(|index| &bytes[index]) else { return false };
    if !byte::is_blank(before) {
        return is_operator(before) || bytes[..start].ends_with(assignment::QUOTE_IN_MARKUP);
    }
    let reach = start.saturating_sub(context::REACH);
    let end = byte::skip_back(bytes, start, reach, byte::is_blank);
    let Some(&before) = end.checked_sub(1).map(|index| &bytes[index]) else { return false };
    is_operator(before)
        || (byte::is_word(before) && {
            let word = byte::skip_back(bytes, end, reach, byte::is_name);
            bytes[word] == b'-'
        })
}

const fn is_operator(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'\'' | b'`' | b'=' | b':' | b'>' | b'(' | b',' | b'[' | b'{' | b'|' | b'@' | b'?' | b'&'
    )
}

/// Whether the search for values by their look leaves a value to its name: it is too short to be a run,
/// more than one, or does not look random enough.
fn is_refused(value: &[u8]) -> bool {
    value.len() < run::SHORTEST
        || value.len() <= 256
            && (!value.iter().all(|&b| byte::is_token(b))
                || !plausible::is_worded(value) && !plausible::is_random(value))
}

/// The secret in a value: without the quotes and the scheme it is sent with, and in a string of JSON
/// the first random value.
fn core(bytes: &[u8], assignment: &Assignment) -> Span {
    let value = assignment.value;
    let text = value.of(bytes);
    if let [b'\\', b'"' | b'\'', .., b'\\', b'"' | b'\''] = text {
        return Span::new(value.start + 2, value.end - 2);
    }
    // A string of another language: `'"…"'`.
    if let [open @ (b'"' | b'\''), _, .., close] = text
        && open == close
    {
        return Span::new(value.start + 1, value.end - 1);
    }
    if let Some(default) = default_of_parameter(text) {
        return Span::new(value.start + default.start, value.start + default.end);
    }
    if text.starts_with(b"{\"") || text.starts_with(b"{\\\"") {
        let mut at = value.start;
        while at < value.end {
            let end = byte::skip(bytes, at, value.end, byte::is_token);
            let run = Span::new(at, end);
            if run.len() >= run::SHORTEST && plausible::is_random(run.of(bytes)) {
                return run;
            }
            at = end + 1;
        }
    }
    without_scheme(bytes, assignment)
}

/// The password behind a user in credentials that are one value: `BASIC_AUTH=user:…`. Without letters and digits it may be
/// much else that a colon divides.
fn behind_user(bytes: &[u8], assignment: &Assignment) -> Option<Span> {
    const NAMES: [&[u8]; 2] = [b"auth", b"credentials"];
    let (name, value) = (assignment.name.of(bytes), assignment.value);
    let is_named =
        |end: &&[u8]| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end);
    NAMES.iter().find(|end| is_named(end))?;
    let user = value.of(bytes).iter().take_while(|b| byte::is_name(**b) || **b == b'@').count();
    let secret = Span::new((value.start + user + 1).min(value.end), value.end);
    let text = secret.of(bytes);
    let may_be = bytes.get(value.start + user) == Some(&b':')
        && user > 0
        && text.len() >= SHORTEST_PASSWORD
        && !text.contains(&b':')
        && text.iter().any(u8::is_ascii_digit)
        && text.iter().any(u8::is_ascii_alphabetic);
    may_be.then_some(secret)
}

/// The fewest bytes of a password behind a user.
const SHORTEST_PASSWORD: usize = 6;

/// Where the default stands of a shell's parameter that is all of a value: `${1:-…}`. Braces behind it that it does not
/// open close parameters around it: `${A:-${B:-…}}`.
fn default_of_parameter(value: &[u8]) -> Option<Span> {
    let [b'$', b'{', inner @ .., b'}'] = value else { return None };
    let name = inner.iter().take_while(|&&b| byte::is_word(b)).count();
    let default = inner[name..].strip_prefix(b":-").or_else(|| inner[name..].strip_prefix(b":="))?;
    let start = value.len() - 1 - default.len();
    let end = if default.contains(&b'{') {
        value.len() - 1
    } else {
        byte::skip_back(value, value.len() - 1, start, |b| b == b'}')
    };
    (name > 0 && start < end).then(|| Span::new(start, end))
}

/// A value may begin with the scheme that it is sent with: `Bearer …`, `token …`.
fn without_scheme(bytes: &[u8], assignment: &Assignment) -> Span {
    const SCHEMES: &[&[u8]] = &[b"bearer ", b"token ", b"basic ", b"apikey ", b"api-key ", b"base64:"];
    let value = assignment.value.of(bytes);
    let head = value[..value.len().min(8)].to_ascii_lowercase();
    let scheme = SCHEMES.iter().find(|scheme| head.starts_with(scheme)).map_or(0, |scheme| scheme.len());
    Span::new(assignment.value.start + scheme, assignment.value.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_ends_before_the_braces_around_it() {
        for (value, expected) in [
            ("${1:-ferret7}", Some("ferret7")),
            ("${B:-ferret7}}", Some("ferret7")),
            ("${B:-fer{ret}7}", Some("fer{ret}7")),
            ("${B:-}", None),
            ("${B}", None),
        ] {
            let found = default_of_parameter(value.as_bytes()).map(|default| default.of(value.as_bytes()));
            assert_eq!(found, expected.map(str::as_bytes), "{value}");
        }
    }
}
