//! How much of a line that has not ended may be let go.
//!
//! A prompt has to be seen while its line is unfinished, and the first half of a secret must not be. So
//! what could be the beginning of a secret waits for what follows it: the last word, a string that was
//! opened, the text of an element, what a shell is told to print.

use crate::plain::{self, Plain};
use crate::span::Span;

/// How far back a string or an element is looked for that was opened.
const LONGEST_VALUE: usize = 4 * 1024;
/// The most letters and digits in a row that tell nothing of a secret that begins with them.
const TELLS_NOTHING: usize = 3;
/// The longest last word of a prompt.
const LONGEST_PROMPT: usize = 16;
/// What a word holds that promises a secret after it.
const PROMISES: &[&str] =
    &["pass", "pwd", "secr", "toke", "key", "auth", "cred", "bear", "basi", "sign", "cook"];

/// How many bytes at the start of the unfinished `line` may be let go.
pub fn free(line: &[u8]) -> usize {
    let line = &line[..plain::unfinished_code(line).unwrap_or(line.len())];
    // A code of the terminal may stand in the midst of what the eye takes for a word.
    let plain = Plain::without_codes(line);
    let free = free_of_codes(&plain.bytes);
    if free == plain.bytes.len() { line.len() } else { plain.stored(Span::new(free, free + 1)).start }
}

fn free_of_codes(line: &[u8]) -> usize {
    let word = line.iter().rposition(|b| b.is_ascii_whitespace()).map_or(0, |at| at + 1);
    let free = if is_harmless(&line[..word], &line[word..]) { line.len() } else { word };
    [opened(line), echoed(line)].into_iter().flatten().fold(free, usize::min)
}

/// Whether no secret begins with the last word of an unfinished line: one that asks for an answer or
/// shows how far something is, `Password:`, `[y/N]`, `45%`.
fn is_harmless(before: &[u8], word: &[u8]) -> bool {
    if promises(before) {
        return word.is_empty();
    }
    let is_sign = |b: &u8| matches!(b, b':' | b'?' | b'>' | b'$' | b'%' | b'#' | b')' | b']' | b'.' | b'!');
    let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let asks = letters < LONGEST_PROMPT && word[letters..].iter().all(is_sign);
    let longest = word.split(|b| !b.is_ascii_alphanumeric()).map(<[u8]>::len).max().unwrap_or(0);
    let is_short = longest <= TELLS_NOTHING && !word.iter().any(|b| matches!(b, b'=' | b'"' | b'\'' | b'`'));
    word.is_empty() || word.last().is_some_and(is_sign) && (asks || is_short)
}

/// Whether the last word before the next one is an operator, a flag, or one that promises a secret.
fn promises(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let word = before.iter().rposition(|b| b.is_ascii_whitespace()).map_or(before, |at| &before[at + 1..]);
    let Some(last) = word.last() else { return false };
    let lower = word.to_ascii_lowercase();
    let holds = |part: &&str| memchr::memmem::find(&lower, part.as_bytes()).is_some();
    matches!(last, b'=' | b':' | b'>' | b'(' | b',' | b'"' | b'\'' | b'`')
        || word.first() == Some(&b'-')
        || PROMISES.iter().any(holds)
}

/// Where a string or the text of an element begins whose end was not seen.
fn opened(line: &[u8]) -> Option<usize> {
    let reach = line.len().saturating_sub(LONGEST_VALUE);
    let mut opened: Option<(u8, usize)> = None;
    for (at, &b) in line.iter().enumerate().skip(reach) {
        let before = at.checked_sub(1).map(|at| line[at]);
        match opened {
            Some((quote, _)) if b == quote && before != Some(b'\\') => opened = None,
            None if matches!(b, b'"' | b'\'' | b'`')
                && !before.is_some_and(|b| b.is_ascii_alphanumeric()) =>
            {
                opened = Some((b, at));
            }
            _ => {}
        }
    }
    let element = memchr::memrchr(b'<', line)
        .filter(|at| line.get(at + 1).is_some_and(u8::is_ascii_alphabetic))
        .and_then(|at| Some(at + memchr::memchr(b'>', &line[at..])?));
    opened.map(|(_, at)| at).into_iter().chain(element).min()
}

/// Where a shell's command begins to print: a pipe behind that tells whether it is a password.
fn echoed(line: &[u8]) -> Option<usize> {
    let printed = |command: &&[u8]| Some(memchr::memmem::rfind(line, command)? + command.len());
    [b"echo ".as_slice(), b"printf "].iter().filter_map(printed).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_let_go_and_beginnings_of_values_are_not() {
        for (line, held) in [
            ("Password: ", ""),
            ("Password:", ""),
            ("Continue? [y/N]", ""),
            ("user@host:~$ ", ""),
            ("..........", ""),
            ("Loading...", ""),
            ("\r 45%", ""),
            ("that doesn't ", ""),
            ("with ghp", "ghp"),
            ("export TOKEN=ab", "TOKEN=ab"),
            ("Password: h", "h"),
            ("password hun", "hun"),
            ("login -p x:", "x:"),
            ("a word", "word"),
            ("key = \"two wo", "\"two wo"),
            ("key = 'it is", "'it is"),
            ("<password>one two ", ">one two "),
            ("red \x1b[3", "\x1b[3"),
            ("red \x1b[31mand ", ""),
            ("with g\x1b]", "g\x1b]"),
            ("with g\x1b>", "g\x1b>"),
            ("with \x1b[1mg\x1b[?", "g\x1b[?"),
            ("token\x1b[0m \x1b[1mab", "ab"),
            ("+ echo root:x | ch", "root:x | ch"),
            ("echo nothing ", "nothing "),
        ] {
            assert_eq!(&line[free(line.as_bytes())..], held, "{line:?}");
        }
    }
}
