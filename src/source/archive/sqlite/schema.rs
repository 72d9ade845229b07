//! The names of columns, out of the statement that made a table.

/// A table.
pub struct Table {
    pub name: String,
    /// The page that its tree begins with.
    pub root: u32,
    /// In the order in which values stand in rows.
    pub columns: Vec<String>,
}

/// What begins a part of the statement that is no column.
const CONSTRAINTS: &[&str] = &["constraint", "primary", "unique", "check", "foreign"];

/// The names of the columns that `CREATE TABLE name (…)` defines.
///
/// Without row ids, rows begin with the primary key, wherever its columns stand: then no name is told rather
/// than a wrong one, unless the first column is the key.
pub fn columns(sql: &str) -> Vec<String> {
    let (parts, after) = parts(sql);
    let names: Vec<String> = parts.iter().filter_map(|part| name(part)).collect();
    let is_plain = !after.to_ascii_lowercase().contains("without");
    let key_is_first =
        || parts.first().is_some_and(|first| first.to_ascii_lowercase().contains("primary key"));
    if is_plain || key_is_first() { names } else { Vec::new() }
}

/// The parts between the outermost parentheses, without comments, and what stands after those.
fn parts(sql: &str) -> (Vec<String>, String) {
    let (mut parts, mut part, mut depth) = (Vec::new(), String::new(), 0);
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '-' if characters.peek() == Some(&'-') => {
                characters.by_ref().find(|c| *c == '\n');
                part.push(' ');
                continue;
            }
            '/' if characters.peek() == Some(&'*') => {
                let mut last = ' ';
                characters.by_ref().skip(1).find(|c| std::mem::replace(&mut last, *c) == '*' && *c == '/');
                part.push(' ');
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match (character, depth) {
            ('(', 1) => part.clear(),
            (',', 1) | (')', 0) => parts.push(std::mem::take(&mut part)),
            ('"' | '\'' | '`' | '[', _) => {
                let end = if character == '[' { ']' } else { character };
                part.push(character);
                for inner in characters.by_ref() {
                    part.push(inner);
                    if inner == end {
                        break;
                    }
                }
            }
            _ => part.push(character),
        }
    }
    (parts, part)
}

/// The name that a part begins with, unless it is no column.
fn name(part: &str) -> Option<String> {
    let part = part.trim_start();
    let first = part.chars().next()?;
    let quote = match first {
        '"' | '\'' | '`' => Some(first),
        '[' => Some(']'),
        _ => None,
    };
    if let Some(end) = quote {
        return part[1..].split(end).next().map(str::to_owned);
    }
    let name = part.split(|c: char| c.is_whitespace() || c == '(').next()?;
    (!CONSTRAINTS.contains(&&*name.to_ascii_lowercase())).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_from_constraints_and_comments() {
        let sql = "CREATE TABLE \"a(b\" (id INTEGER PRIMARY KEY, -- the key, (of all)\n \"api key\" TEXT DEFAULT ',',\n\
                   [x]int CHECK (x > 1), /* no, none */ last, PRIMARY KEY (id, x), check(x)) STRICT";
        assert_eq!(columns(sql), ["id", "api key", "x", "last"]);
        assert_eq!(columns("CREATE TABLE t (a, b, PRIMARY KEY (b)) WITHOUT ROWID"), [""; 0]);
        assert_eq!(columns("CREATE TABLE t (a PRIMARY KEY, b) without rowid"), ["a", "b"]);
        assert_eq!(columns("CREATE VIRTUAL TABLE t"), [""; 0]);
    }
}
