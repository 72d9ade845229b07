//! Reads the values of a column: what a statement of SQL inserts, `INSERT INTO users (name, password) VALUES ('x', '…')`, what
//! stands below a head of names divided by commas or tabs, `name,password`, and what tables of Markdown and HTML hold.
//!
//! It begins at the column's name and looks at the list around it, and at the rows behind that, as far as they are near. A
//! digest in a column of passwords is what they are stored as.

use super::assignment::{Assignment, LONGEST_VALUE, Operator, Quoting};
use super::byte::{self, skip, skip_back};
use super::form;
use crate::span::Span;

/// How far the list of columns reaches to either side of a name.
const LONGEST_LIST: usize = 240;
/// How long a row is, in bytes.
const LONGEST_ROW: usize = 240;
/// How far behind a name its column is read, in bytes: within `window::REACH`, or what is further off would not be
/// looked for when the name is old and the row is new.
const FARTHEST: usize = 1000;
/// How much white space may divide the signs of a statement, in bytes.
const WIDEST_GAP: usize = 32;
/// The most values of a row.
const MOST_COLUMNS: usize = 64;

/// Whether `rest`, which begins behind a column's name, may go on with the end of the list and the row.
pub fn closes_list(rest: &[u8]) -> bool {
    let next = skip(rest, 1, WIDEST_GAP, |b| b.is_ascii_whitespace());
    rest.first() == Some(&b')') && rest.get(next..).is_some_and(is_values)
}

fn is_values(text: &[u8]) -> bool {
    text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"values"))
}

/// Whether `rest`, which begins behind a name, goes on with the end of a cell in the head of a table.
pub fn ends_cell(rest: &[u8]) -> bool {
    match rest.first() {
        Some(b'|') => true,
        Some(b' ') => rest.get(skip(rest, 1, LONGEST_LIST, |b| b == b' ')) == Some(&b'|'),
        Some(b'<') => rest.starts_with(b"</th>"),
        _ => false,
    }
}

/// The assignment of a column `name` whose quotes, if any, end at `end`: of the first row of the statement or the table.
#[inline(never)]
pub fn read(bytes: &[u8], name: Span, end: usize) -> Option<Assignment> {
    rows(bytes, name, end).next()
}

/// The assignments of a column, row by row, as far as they are near the name.
pub fn rows(bytes: &[u8], name: Span, end: usize) -> Rows<'_> {
    let bytes = &bytes[..bytes.len().min(name.start + FARTHEST)];
    let next = skip(bytes, end, end + WIDEST_GAP, |b| b.is_ascii_whitespace());
    let first = match (bytes.get(end), bytes.get(next)) {
        (Some(b'<'), _) => tagged(bytes, name, end),
        (_, Some(b',' | b')')) => inserted(bytes, name, next).or_else(|| separated(bytes, name, end)),
        _ => separated(bytes, name, end).or_else(|| ruled(bytes, name, end)),
    };
    Rows { bytes, name, next: first }
}

/// What gives a column a value: see [`rows`].
pub struct Rows<'a> {
    bytes: &'a [u8],
    name: Span,
    next: Option<Row>,
}

/// A row that may come next.
#[derive(Clone, Copy)]
struct Row {
    /// Where its first value begins.
    start: usize,
    /// Which of its values is that of the column, and how many there are.
    place: usize,
    count: usize,
    written: Written,
    /// Where the list of columns begins.
    list: usize,
}

/// How rows are written.
#[derive(Clone, Copy)]
enum Written {
    /// As a statement of SQL has them.
    Statement,
    /// With this sign between the values.
    Separated(u8),
    /// With bars, in Markdown.
    Ruled,
    /// With tags, in HTML.
    Tagged,
}

impl Iterator for Rows<'_> {
    type Item = Assignment;

    fn next(&mut self) -> Option<Assignment> {
        loop {
            let row = self.next.take()?;
            let (value, operator, next) = match row.written {
                Written::Statement => {
                    let (value, end) = row.inserted(self.bytes)?;
                    (value, Operator::Column, next_inserted(self.bytes, end))
                }
                Written::Separated(sign) => {
                    let (value, next) = row.separated(self.bytes, sign);
                    (value, Operator::Cell, next)
                }
                Written::Ruled => {
                    let (value, end) = row.ruled(self.bytes)?;
                    (value, Operator::Cell, Some(end))
                }
                Written::Tagged => {
                    let (value, end) = row.tagged(self.bytes)?;
                    (value, Operator::Cell, Some(end))
                }
            };
            self.next = next.map(|start| Row { start, ..row });
            // What stands at the end may be cut there.
            let within = self.name.start + FARTHEST - LONGEST_ROW;
            let Some(value) = value.filter(|value| value.end <= within) else { continue };
            if value.is_empty() || stores_digest(self.name.of(self.bytes), value.of(self.bytes)) {
                continue;
            }
            let depends_on =
                Span::new(row.list, value.end).widen(byte::START_REACH, LONGEST_VALUE, self.bytes.len());
            return Some(Assignment {
                name: self.name,
                operator,
                value,
                quoting: Quoting::Quoted { interpolated: false, joined: false },
                wrapper: Span::default(),
                depends_on,
            });
        }
    }
}

/// The first row of a statement that inserts into a list of columns.
fn inserted(bytes: &[u8], name: Span, end: usize) -> Option<Row> {
    let in_list = |b: u8| {
        byte::is_word(b) || b.is_ascii_whitespace() || matches!(b, b',' | b'`' | b'"' | b'[' | b']' | b'.')
    };
    if !matches!(bytes.get(end), Some(b',' | b')')) {
        return None;
    }
    let rest = &bytes[end..(end + LONGEST_LIST).min(bytes.len())];
    let close = end + memchr::memchr(b')', rest)?;
    if !closes_list(&bytes[close..]) || !bytes[end..close].iter().all(|&b| in_list(b)) {
        return None;
    }
    let open = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_LIST), in_list);
    if open == 0 || bytes[open - 1] != b'(' {
        return None;
    }
    // The row is behind the list, and the value at the same place of it.
    let place = memchr::memchr_iter(b',', &bytes[open..name.start]).count();
    let word = skip(bytes, close + 1, close + WIDEST_GAP, |b| b.is_ascii_whitespace());
    let row = skip_remarks(bytes, word + b"VALUES".len());
    (bytes.get(row) == Some(&b'(')).then_some(Row {
        start: row + 1,
        place,
        count: 0,
        written: Written::Statement,
        list: open - 1,
    })
}

/// Where the first value of the row begins that follows one which ends at `end`.
fn next_inserted(bytes: &[u8], end: usize) -> Option<usize> {
    let sign = skip(bytes, end, end + WIDEST_GAP, |b| b.is_ascii_whitespace());
    let open = skip_remarks(bytes, sign + 1);
    (bytes.get(sign) == Some(&b',') && bytes.get(open) == Some(&b'(')).then_some(open + 1)
}

/// Skips white space, and lines of it that say something about the next row.
fn skip_remarks(bytes: &[u8], start: usize) -> usize {
    let mut at = skip(bytes, start, start + WIDEST_GAP, |b| b.is_ascii_whitespace());
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(b"--")) && at < start + LONGEST_ROW {
        let line = skip(bytes, at, at + LONGEST_ROW, |b| b != b'\n');
        at = skip(bytes, line, line + WIDEST_GAP, |b| b.is_ascii_whitespace());
    }
    at
}

/// The first row of a table whose head names the column: `user,password`, each row on a line of its own.
fn separated(bytes: &[u8], name: Span, end: usize) -> Option<Row> {
    let is_part = |b: u8| byte::is_name(b) || matches!(b, b',' | b';' | b'\t' | b'"' | b' ');
    let list = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_LIST), is_part);
    // Hardly any name but those in a head stands behind nothing else on its line.
    if !byte::begins_line(bytes, list) {
        return None;
    }
    let line = skip(bytes, end, end + LONGEST_LIST, is_part);
    let break_at = line + usize::from(bytes.get(line) == Some(&b'\r'));
    if bytes.get(break_at) != Some(&b'\n') {
        return None;
    }
    let head = &bytes[list..line];
    let sign = [b'\t', b';'].into_iter().find(|sign| head.contains(sign)).unwrap_or(b',');
    // A sentence has blanks behind its commas and seldom capitals; a head may have both in its names.
    let is_name = |field: &[u8]| {
        let name = field.trim_ascii();
        let has_blank = name.contains(&b' ');
        name.len() == field.len()
            && !name.iter().any(|b| matches!(b, b',' | b';'))
            // A row of numbers is no head.
            && !name.iter().all(u8::is_ascii_digit)
            && name.first().is_some_and(|b| !has_blank || b.is_ascii_uppercase() || *b == b'"')
    };
    let count = head.split(|&b| b == sign).count();
    if count < 2 || !head.split(|&b| b == sign).all(is_name) {
        return None;
    }
    let place = bytes[list..name.start].iter().filter(|&&b| b == sign).count();
    Some(Row { start: break_at + 1, place, count, written: Written::Separated(sign), list })
}

/// The first row of a table of Markdown whose head names the column: `| user | password |`, above a line of dashes.
fn ruled(bytes: &[u8], name: Span, end: usize) -> Option<Row> {
    let is_rule = |b: u8| matches!(b, b'|' | b'-' | b':' | b' ' | b'\t' | b'\r');
    let line = skip(bytes, end, end + LONGEST_LIST, |b| b != b'\n');
    // Few lines are followed by one that begins so.
    if !bytes.get(line + 1).is_some_and(|&b| is_rule(b)) {
        return None;
    }
    let rule = Span::new(line + 1, skip(bytes, line + 1, line + 1 + LONGEST_LIST, is_rule));
    let list = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_LIST), |b| b != b'\n');
    let is_whole = byte::begins_line(bytes, list) && bytes.get(rule.end) == Some(&b'\n');
    let holds = |span: Span, sign| span.of(bytes).contains(&sign);
    let head = Span::new(list, line);
    (is_whole && holds(head, b'|') && holds(rule, b'|') && holds(rule, b'-')).then(|| Row {
        start: rule.end + 1,
        place: memchr::memchr_iter(b'|', &bytes[list..name.start]).count(),
        count: 0,
        written: Written::Ruled,
        list,
    })
}

/// The first row of a table of HTML whose head names the column: `<tr><th>User</th><th>Password</th></tr>`.
fn tagged(bytes: &[u8], name: Span, end: usize) -> Option<Row> {
    let rest = bytes.get(end..)?.strip_prefix(b"</th>")?;
    // The head of a row is followed by its values.
    if rest.trim_ascii_start().starts_with(b"<td") {
        return None;
    }
    let before = name.start.saturating_sub(LONGEST_LIST);
    let list = before + memchr::memmem::rfind(&bytes[before..name.start], b"<tr")?;
    let cells = cells(&bytes[list..name.start]).count();
    let close = end + memchr::memmem::find(&bytes[end..bytes.len().min(end + LONGEST_LIST)], b"</tr")?;
    Some(Row { start: close, place: cells.checked_sub(1)?, count: 0, written: Written::Tagged, list })
}

/// Where the tags of cells end.
fn cells(row: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(row, b"<t").filter_map(|at| match &row[at + 2..] {
        [b'd' | b'h', b'>' | b' ', rest @ ..] if row[at + 3] == b'>' => Some(row.len() - rest.len()),
        [b'd' | b'h', b' ', rest @ ..] => Some(row.len() - rest.len() + memchr::memchr(b'>', rest)? + 1),
        _ => None,
    })
}

/// What a cell holds, if that is one word: without the marks or tags that show it as code.
fn word(bytes: &[u8], cell: Span) -> Option<Span> {
    let is_mark = |b: u8| b.is_ascii_whitespace() || matches!(b, b'`' | b'*');
    let start = skip(bytes, cell.start, cell.end, is_mark);
    let word = Span::new(start, skip_back(bytes, cell.end, start, is_mark));
    let is_word = !word.is_empty() && !word.of(bytes).iter().any(|b| b.is_ascii_whitespace());
    is_word.then_some(word)
}

impl Row {
    /// The value of a row of a statement, if it is a string, and the end of the row.
    fn inserted(self, bytes: &[u8]) -> Option<(Option<Span>, usize)> {
        let (mut at, mut found) = (self.start, None);
        for index in 0..MOST_COLUMNS {
            at = skip(bytes, at, at + 16, |b| b.is_ascii_whitespace());
            // Strings may be of a kind.
            at += usize::from(matches!(bytes.get(at..)?, [b'N' | b'E', b'\'', ..]));
            let quote = bytes.get(at).copied().filter(|b| matches!(b, b'\'' | b'"'));
            let value = match quote {
                Some(quote) => string(bytes, at + 1, quote)?,
                None => Span::new(at, expression(bytes, at, self.start + LONGEST_ROW)),
            };
            if index == self.place {
                found = quote.map(|_| value).filter(|value| !value.of(bytes).contains(&b'\n'));
            }
            at = value.end + usize::from(quote.is_some());
            if bytes.get(at..)?.starts_with(b"::") {
                at = skip(bytes, at + 2, at + WIDEST_GAP, byte::is_word);
            }
            at = skip(bytes, at, at + 16, |b| b.is_ascii_whitespace());
            match bytes.get(at)? {
                b',' if at <= self.start + LONGEST_ROW => at += 1,
                b')' if index >= self.place => return Some((found, at + 1)),
                // What stands behind the value, a call perhaps, takes nothing of it.
                _ if index >= self.place => return Some((found, bytes.len())),
                _ => return None,
            }
        }
        None
    }

    /// The value of a row of a table, if it has as many as the head, and where the next one begins.
    fn separated(self, bytes: &[u8], sign: u8) -> (Option<Span>, Option<usize>) {
        let (value, end) = self.fields(bytes, sign).unzip();
        let start = end.unwrap_or(self.start);
        let line = skip(bytes, start, start + LONGEST_ROW, |b| b != b'\n');
        // What is empty ends the table.
        let has_next = line > self.start && line + 1 < bytes.len() && bytes[line] == b'\n';
        (value, has_next.then_some(line + 1))
    }

    /// The value of a row of a table and the row's end.
    fn fields(self, bytes: &[u8], sign: u8) -> Option<(Span, usize)> {
        let limit = (self.start + LONGEST_ROW).min(bytes.len());
        let (mut at, mut found) = (self.start, None);
        for index in 0..self.count {
            let quoted = bytes.get(at) == Some(&b'"');
            let value = if quoted {
                string(bytes, at + 1, b'"')?
            } else {
                Span::new(at, skip(bytes, at, limit, |b| b != sign && !matches!(b, b'\n' | b'\r')))
            };
            if index == self.place {
                found = Some(value);
            }
            at = value.end + usize::from(quoted);
            let is_last = index + 1 == self.count;
            match bytes.get(at) {
                Some(&b) if b == sign && !is_last => at += 1,
                None | Some(b'\n' | b'\r') if is_last => {}
                _ => return None,
            }
        }
        Some((found?, at))
    }
}

impl Row {
    /// The value of a row of Markdown, if it is one word, and where the next row begins.
    fn ruled(self, bytes: &[u8]) -> Option<(Option<Span>, usize)> {
        let end = skip(bytes, self.start, self.start + LONGEST_ROW, |b| b != b'\n');
        let line = &bytes[self.start.min(end)..end];
        if !line.contains(&b'|') {
            return None;
        }
        let mut cells = line.split(|&b| b == b'|');
        let start = self.start + cells.by_ref().take(self.place).map(|cell| cell.len() + 1).sum::<usize>();
        let value = cells.next().and_then(|cell| word(bytes, Span::new(start, start + cell.len())));
        Some((value, end + 1))
    }

    /// The value of a row of HTML, if it is one word, and where the next row may begin.
    fn tagged(self, bytes: &[u8]) -> Option<(Option<Span>, usize)> {
        let rest = bytes.get(self.start..bytes.len().min(self.start + 2 * LONGEST_ROW))?;
        let open = memchr::memmem::find(rest, b"<tr")?;
        let close = open + memchr::memmem::find(&rest[open..], b"</tr")?;
        let value = cells(&rest[open..close]).nth(self.place).and_then(|cell| {
            // Tags in the cell may show the value as code.
            let (mut start, end) = (self.start + open + cell, self.start + close);
            while bytes[start..].starts_with(b"<") && !bytes[start..].starts_with(b"</") {
                start = (skip(bytes, start, end, |b| b != b'>') + 1).min(end);
            }
            word(bytes, Span::new(start, skip(bytes, start, end, |b| b != b'<')))
        });
        Some((value, self.start + close))
    }
}

/// Where what is no string ends: a number, or a call with what stands in its brackets.
fn expression(bytes: &[u8], start: usize, limit: usize) -> usize {
    let mut depth = 0_usize;
    let ends = |b: &u8| {
        match b {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b',' | b')' | b'\n' => return depth == 0,
            _ => {}
        }
        false
    };
    let limit = limit.min(bytes.len());
    bytes[start.min(limit)..limit].iter().position(ends).map_or(limit, |length| start + length)
}

/// A string up to its quote, of which two stand for one.
fn string(bytes: &[u8], start: usize, quote: u8) -> Option<Span> {
    let limit = (start + LONGEST_VALUE / 2).min(bytes.len());
    let mut at = start;
    loop {
        at += memchr::memchr2(quote, b'\\', bytes.get(at..limit)?)?;
        match bytes[at] {
            b'\\' => at += 2,
            _ if bytes.get(at + 1) == Some(&quote) => at += 2,
            _ => return Some(Span::new(start, at)),
        }
    }
}

/// Whether the column is one of passwords, and the value what hashing gives.
fn stores_digest(name: &[u8], text: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let is_of_passwords =
        [b"pass".as_slice(), b"pwd"].iter().any(|piece| memchr::memmem::find(&name, piece).is_some());
    is_of_passwords && matches!(text.len(), 32 | 40 | 64 | 96 | 128) && form::is_hex(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_password(text: &str) -> Option<&str> {
        let start = text.find("password").expect("it is there");
        let name = Span::new(start, start + "password".len());
        let end = name.end + usize::from(text.as_bytes()[name.end] == b'`');
        read(text.as_bytes(), name, end).map(|found| &text[found.value.start..found.value.end])
    }

    #[test]
    fn the_value_at_the_place_of_the_column_is_read() {
        for text in [
            "(name, password) VALUES ('x', 'abc')",
            "(`id`, `password`, `role`)\nVALUES\n  (1, 'abc', 'x'),",
            "(password) values (N'abc')",
            "(id, name, password) VALUES (NULL, 'it''s', \"abc\")",
            "(\n  id,\n  password\n)\nVALUES\n(\n  1,\n  'abc'\n);",
            "(id, made, password) VALUES (1, now(), 'abc')",
            "(name, password) VALUES (f('x, y'), 'abc')",
            "(id, password) VALUES\n  -- the first\n  (1, 'abc');",
            "(id, bio, password) VALUES (1, 'two\nlines', 'abc')",
            "(name, password) VALUES (E'x', 'abc'::text)",
            "(name, password) VALUES ('x'::text, 'abc')",
        ] {
            assert_eq!(of_password(text), Some("abc"), "{text}");
        }
        for text in [
            "(name, password) VALUES (?, ?)",
            "(name, password) VALUES ('x', :password)",
            "(name, password) VALUES ('x', MD5('abc'))",
            "(name, password) SELECT 'x', 'abc'",
            "name, password) VALUES ('x', 'abc')",
            "(password) VALUES ('5f4dcc3b5aa765d61d8327deb882cf99')",
            "(name, password) VALUES ('x')",
            "check(name, password)",
        ] {
            assert_eq!(of_password(text), None, "{text}");
        }
    }

    #[test]
    fn each_row_has_its_value() {
        for text in [
            "(name, password) VALUES\n('x', 'abc'),\n('y', 'def');",
            "(password, id) VALUES ('abc', f(1, 2)), ('def', 2)",
            "name,password,role\nx,abc,y\nx,def,y\n",
            "\"name\",\"password\"\r\n\"x, y\",\"abc\"\r\n\"z\",\"def\"\r\n",
            "name\tpassword\nx\tabc\ny\tdef",
            "\u{feff}name,password\r\nx,abc\r\ny,def\r\n",
            "name;password;role\nx;abc;y\nx;def;y\n",
            "User Name,password,Last Login\nx,abc,y\nx,def,y\n",
            "name,password\nO\"Neil,abc\nx,y,z\n\"two\nlines\",def\n",
        ] {
            let start = text.find("password").expect("it is there");
            let name = Span::new(start, start + "password".len());
            let end = name.end + usize::from(text.as_bytes()[name.end] == b'"');
            let values = rows(text.as_bytes(), name, end).map(|row| &text[row.value.start..row.value.end]);
            assert_eq!(values.collect::<Vec<_>>(), ["abc", "def"], "{text}");
        }
        for text in [
            "name,password\nx\n",
            "name,password\n\nx,abc\n",
            "the name;password\nx;abc\n",
            "the name,password\nx,abc\n",
            "name,password,\nx,abc,\n",
            "password\nabc\n",
            "name, password\nx, abc\n",
            "name,password := f()\n",
        ] {
            assert_eq!(of_password(text), None, "{text}");
        }
    }
}
