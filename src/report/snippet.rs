//! The lines of a finding as they may be shown: secrets masked, long lines cut.
//!
//! Nothing here is escaped or coloured; that is for whoever shows it.

use unicode_width::UnicodeWidthStr;

use super::Run;
use crate::finding::{Finding, FrameLine, Piece};

/// What a part of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that is no secret.
    Text,
    /// The secret of the finding.
    Found,
    /// Another secret.
    Other,
}

/// A part of a line, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// What to show.
    pub text: String,
}

/// The parts of a line, with secrets in clear only if the run shows them.
///
/// Of the mask of the whole secret and that of the piece, the one that shows less is taken: of a key in
/// several lines, no line shows a character.
pub fn parts(finding: &Finding<'_>, line: &FrameLine, run: &Run) -> Vec<Part> {
    let part = |piece: &Piece| {
        let (kind, text) = match piece {
            Piece::Text(text) if run.show_secrets => (Kind::Text, text.clone()),
            Piece::Text(text) => (Kind::Text, without(text, finding.secret.reveal(), &finding.secret.mask())),
            Piece::Cut => (Kind::Text, "…".to_owned()),
            Piece::Found(secret) if run.show_secrets => (Kind::Found, run.shown(secret).into_owned()),
            Piece::Found(secret) => {
                let masks = [finding.secret.mask(), secret.mask()];
                (Kind::Found, masks.into_iter().min_by_key(String::len).expect("there are two"))
            }
            Piece::Other(secret) => (Kind::Other, run.shown(secret).into_owned()),
        };
        Part { kind, text }
    };
    line.pieces.iter().map(part).collect()
}

/// The text of a finding's lines with secrets masked unless they are to be shown; `…` for lines left out.
pub fn text(finding: &Finding<'_>, run: &Run) -> String {
    let mut text = String::new();
    let mut before: Option<u64> = None;
    for line in &finding.frame.lines {
        if let Some(before) = before {
            text.push_str(if before + 1 < line.number { "\n…\n" } else { "\n" });
        }
        text.extend(parts(finding, line, run).into_iter().map(|part| part.text));
        before = Some(line.number);
    }
    text
}

/// A second copy of the same secret may stand on the line without being a finding of its own.
fn without(text: &str, secret: &str, mask: &str) -> String {
    const SHORTEST: usize = 8;
    if secret.len() < SHORTEST { text.to_owned() } else { text.replace(secret, mask) }
}

/// The terminal columns that a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Shortens the text at both ends of a line until it takes at most `room` columns, if that is enough.
///
/// What stands after the last secret goes first, then what stands before the first one.
pub fn fit(parts: &mut [Part], room: usize) {
    let total: usize = parts.iter().map(|part| columns(&part.text)).sum();
    let mut excess = total.saturating_sub(room);
    if let Some(last) = parts.last_mut().filter(|part| part.kind == Kind::Text) {
        excess = excess.saturating_sub(shorten(&mut last.text, excess, End::Last));
    }
    if let Some(first) = parts.first_mut().filter(|part| part.kind == Kind::Text) {
        shorten(&mut first.text, excess, End::First);
    }
}

/// Which end of a text to cut.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// Cuts at least `excess` columns off one end, if there are so many; says how many fewer it takes now.
fn shorten(text: &mut String, excess: usize, end: End) -> usize {
    const CUT: &str = "…";
    let before = columns(text);
    if excess == 0 || before <= columns(CUT) {
        return 0;
    }
    let target = before.saturating_sub(excess + columns(CUT));
    let mut rest: &str = text;
    while columns(rest) > target {
        let mut characters = rest.chars();
        match end {
            End::First => characters.next(),
            End::Last => characters.next_back(),
        };
        rest = characters.as_str();
    }
    *text = match end {
        End::First => format!("{CUT}{rest}"),
        End::Last => format!("{rest}{CUT}"),
    };
    before - columns(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(texts: &[(Kind, &str)], room: usize) -> String {
        let mut parts: Vec<_> =
            texts.iter().map(|(kind, text)| Part { kind: *kind, text: (*text).to_owned() }).collect();
        fit(&mut parts, room);
        parts.into_iter().map(|part| part.text).collect()
    }

    #[test]
    fn the_end_goes_first_and_the_secret_stays() {
        let line = [(Kind::Text, "const key = '"), (Kind::Found, "********"), (Kind::Text, "'; // a remark")];
        assert_eq!(fitted(&line, 40), "const key = '********'; // a remark");
        assert_eq!(fitted(&line, 30), "const key = '********'; // a …");
        assert_eq!(fitted(&line, 22), "const key = '********…");
        assert_eq!(fitted(&line, 15), "…y = '********…", "at most as wide as the room");
        assert_eq!(fitted(&line, 3), "…********…");
        assert_eq!(fitted(&[(Kind::Text, "値値値値")], 5), "値値…");
    }
}
